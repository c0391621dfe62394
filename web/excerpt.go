package web

import (
	"bufio"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

const (
	// maxExcerpts is how many frames of a stack show their lines.
	maxExcerpts = 8
	// excerptLines is how many lines are shown before and behind the one that matters.
	excerptLines = 5
	maxSource    = 2 << 20
	maxLine      = 240
)

// queryExcerpt adds the lines around the call that sent the statement which the SQL panel
// shows, where the app's source may be shown.
func (d *Dashboard) queryExcerpt(r *http.Request, rec *instrument.Record, m *view.Record) {
	i := view.ShownQuery(d.here(r), *m)
	if !d.config.Excerpts || i < 0 {
		return
	}
	stack := rec.Spans[i].Stack
	for j, f := range stack[:min(len(stack), len(m.Spans[i].Stack))] {
		if instrument.IsOwnFile(f.File) {
			m.Spans[i].Stack[j].Excerpt = excerpt(f.File, f.Line, rec.StartTime())
			return
		}
	}
}

// excerpt reads a few lines of a Go file around one; nil when there is no such file or
// line. since is when the program that the line is of ran last.
func excerpt(file string, line int, since time.Time) *view.Excerpt {
	if !filepath.IsAbs(file) || !strings.HasSuffix(file, ".go") || line < 1 {
		return nil
	}
	info, err := os.Lstat(file)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxSource {
		return nil
	}
	f, err := os.Open(file)
	if err != nil {
		return nil
	}
	defer f.Close()
	x := &view.Excerpt{First: max(line-excerptLines, 1), Line: line, Changed: info.ModTime().After(since)}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, maxSource)
	for n := 1; n <= line+excerptLines && lines.Scan(); n++ {
		if n < x.First {
			continue
		}
		text := lines.Text()
		if len(text) > maxLine {
			text = strings.ToValidUTF8(text[:maxLine], "") + "…"
		}
		x.Lines = append(x.Lines, text)
	}
	if x.First+len(x.Lines) <= line {
		return nil // the file is shorter
	}
	return x
}
