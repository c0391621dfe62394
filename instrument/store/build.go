package store

import (
	"context"
	"fmt"
	"path"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

var thisBuild = sync.OnceValue(func() query.Build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return query.Build{Go: runtime.Version()}
	}
	b := query.Build{Go: info.GoVersion, Main: info.Path}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Dirty = s.Value == "true"
		}
	}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = &debug.Module{Path: m.Path, Version: m.Replace.Path + " " + m.Replace.Version}
		}
		b.Modules = append(b.Modules, query.Module{Path: m.Path, Version: strings.TrimSpace(m.Version)})
	}
	return b
})

func defaultService() string {
	if main := thisBuild().Main; main != "" {
		return path.Base(main)
	}
	return "app"
}

func (w *writer) internBuild(ctx context.Context, b query.Build) (int64, error) {
	return w.intern(ctx, `INSERT INTO build (revision, dirty, go, main, modules) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET go = go RETURNING id`,
		b.Revision, b.Dirty, b.Go, b.Main, moduleList(b.Modules).String())
}

// moduleList is the stored form: "path version" a line.
type moduleList []query.Module

func (l moduleList) String() string {
	var b strings.Builder
	for _, m := range l {
		fmt.Fprintf(&b, "%s %s\n", m.Path, m.Version)
	}
	return b.String()
}

// Scan reads what String wrote; it implements sql.Scanner.
func (l *moduleList) Scan(v any) error {
	text, ok := v.(string)
	if !ok {
		return fmt.Errorf("read modules: %T is not text", v)
	}
	for line := range strings.Lines(text) {
		p, version, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		*l = append(*l, query.Module{Path: p, Version: version})
	}
	return nil
}
