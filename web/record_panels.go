package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// panels fills in what the panels show beside the spans.
func (d *Dashboard) panels(r *http.Request, rec *instrument.Record, m *view.Record) {
	m.Page = d.timingModel(rec.ID)
	m.Runtime = runtimeReadings(rec)
	switch m.Panel {
	case "versions":
		d.versions(r.Context(), rec, m)
	case "settings":
		m.Settings = d.settings()
	}
}

// runtimeReadings are the root's attributes that the Go runtime gave.
func runtimeReadings(rec *instrument.Record) (out []view.Attr) {
	for _, kv := range rec.Attrs {
		n, isInt := kv.Value.(int64)
		switch {
		case kv.Key == instrument.KeyAllocBytes.Name() && isInt:
			out = append(out, view.Attr{Key: "Allocated", Value: view.Bytes(n), Type: "by the whole process meanwhile"})
		case kv.Key == instrument.KeyGCCycles.Name() && isInt:
			out = append(out, view.Attr{Key: "Garbage collections", Value: view.Count(n)})
		case kv.Key == instrument.KeyGoroutines.Name() && isInt:
			out = append(out, view.Attr{Key: "Goroutines", Value: view.Count(n)})
		case strings.HasPrefix(kv.Key, "go."):
			out = append(out, attr(kv))
		}
	}
	return out
}

// processOf is the process that made a Record.
func (d *Dashboard) processOf(ctx context.Context, id instrument.ID) (query.Process, []query.Process, bool) {
	page, err := d.config.Store.Records(ctx, query.Records{After: query.Cursor{ID: id + 1}, Limit: 1})
	if err != nil || len(page.Records) == 0 || page.Records[0].ID != id {
		return query.Process{}, nil, false
	}
	all, err := d.config.Store.Processes(ctx)
	if err != nil {
		return query.Process{}, nil, false
	}
	i := slices.IndexFunc(all, func(p query.Process) bool { return p.ID == page.Records[0].Process })
	if i < 0 {
		return query.Process{}, all, false
	}
	return all[i], all, true
}

// versions is the build of the process that made the Record, and what it has changed
// of the build before.
func (d *Dashboard) versions(ctx context.Context, rec *instrument.Record, m *view.Record) {
	p, all, ok := d.processOf(ctx, rec.ID)
	if !ok {
		return
	}
	revision := cmp.Or(p.Build.Revision, "not known: built without version control")
	if p.Build.Dirty {
		revision += ", with changes that were not committed"
	}
	m.Versions = []view.Attr{
		{Key: "Program", Value: p.Build.Main}, {Key: "Revision", Value: revision}, {Key: "Go", Value: p.Build.Go},
		{Key: "Service", Value: p.Service}, {Key: "Process", Value: fmt.Sprintf("pid %d on %s", p.PID, p.Host)},
		{Key: "Started", Value: p.Started.Format("2006-01-02 15:04:05 MST")},
	}
	for _, mod := range p.Build.Modules {
		m.Modules = append(m.Modules, view.Attr{Key: mod.Path, Value: mod.Version})
	}
	m.ModulesChanged = changedModules(before(p, all), p.Build.Modules)
}

// before is the modules of the latest other build of the same program.
func before(p query.Process, all []query.Process) []query.Module {
	var latest *query.Process
	for i := range all {
		o := &all[i]
		sameBuild := o.Build.Revision == p.Build.Revision && o.Build.Dirty == p.Build.Dirty && slices.Equal(o.Build.Modules, p.Build.Modules)
		if o.Build.Main != p.Build.Main || sameBuild || !o.Started.Before(p.Started) {
			continue
		}
		if latest == nil || o.Started.After(latest.Started) {
			latest = o
		}
	}
	if latest == nil {
		return nil
	}
	return latest.Build.Modules
}

func changedModules(old, now []query.Module) (out []view.Attr) {
	if len(old) == 0 {
		return nil
	}
	was := map[string]string{}
	for _, m := range old {
		was[m.Path] = m.Version
	}
	for _, m := range now {
		switch v, known := was[m.Path]; {
		case !known:
			out = append(out, view.Attr{Key: m.Path, Value: "new: " + m.Version})
		case v != m.Version:
			out = append(out, view.Attr{Key: m.Path, Value: v + " → " + m.Version})
		}
		delete(was, m.Path)
	}
	for path, v := range was {
		out = append(out, view.Attr{Key: path, Value: "gone: " + v})
	}
	slices.SortFunc(out, func(a, b view.Attr) int { return strings.Compare(a.Key, b.Key) })
	return out
}

// settings is what the app hands over about its configuration, in its groups.
func (d *Dashboard) settings() []view.AttrGroup {
	if d.config.Settings == nil {
		return nil
	}
	var out []view.AttrGroup
	for _, s := range d.config.Settings() {
		i := slices.IndexFunc(out, func(g view.AttrGroup) bool { return g.Title == cmp.Or(s.Group, "Settings") })
		if i < 0 {
			i = len(out)
			out = append(out, view.AttrGroup{Title: cmp.Or(s.Group, "Settings")})
		}
		out[i].Attrs = append(out[i].Attrs, view.Attr{
			Key: s.Name, Value: s.Value, Type: s.Note, Masked: strings.Contains(s.Value, instrument.Redacted),
		})
	}
	return out
}
