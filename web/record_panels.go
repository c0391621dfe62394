package web

import (
	"cmp"
	"context"
	"encoding/json"
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
	m.Page = d.timingModel(r.Context(), rec.ID)
	m.Runtime = runtimeReadings(rec)
	d.jobsOf(r, rec, m)
	d.describedKinds(r.Context(), rec, m)
	switch m.Panel {
	case "sql":
		d.explains(r, rec, m)
		d.queryExcerpt(r, rec, m)
	case "calls", "":
		d.callees(r.Context(), rec, m)
	case "cache":
		d.caches(r.Context(), m)
	case "request":
		d.redirects(r.Context(), rec, m)
	case "versions":
		d.versions(r.Context(), rec, m)
	case "settings":
		if p, _, ok := d.processOf(r.Context(), rec.ID); ok {
			m.Settings = d.settings(r.Context(), p.ID)
		}
	}
}

// describedKinds are how the process that made a Record wants its own kinds to be shown.
func (d *Dashboard) describedKinds(ctx context.Context, rec *instrument.Record, m *view.Record) {
	if !slices.ContainsFunc(rec.Spans, func(s instrument.RecordSpan) bool { return s.Handler.Kind > instrument.KindCustom }) {
		return
	}
	p, _, ok := d.processOf(ctx, rec.ID)
	var list []instrument.DescribedKind
	if !ok || !d.document(ctx, query.DocKinds, p.ID, &list) {
		return
	}
	for _, k := range list[:min(len(list), instrument.MaxKinds)] {
		shape := view.KindShape{Kind: view.Kind(k.Name), Label: cmp.Or(k.Label, k.Name), One: k.One}
		for _, c := range k.Columns[:min(len(k.Columns), instrument.MaxKindColumns)] {
			shape.Columns = append(shape.Columns, view.KindShapeColumn{Title: c.Title, Key: c.Key, Unit: c.Unit, Sum: c.Sum})
		}
		m.Kinds = append(m.Kinds, shape)
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
			out = append(out, view.Attr{Key: "Goroutines started", Value: view.Count(n), Type: "by the whole process meanwhile"})
		case strings.HasPrefix(kv.Key, "go."):
			out = append(out, attr(kv))
		}
	}
	return out
}

// processOf is the process that made a Record.
func (d *Dashboard) processOf(ctx context.Context, id instrument.ID) (query.Process, []query.Process, bool) {
	page, err := d.store.Records(ctx, query.Records{After: query.Cursor{ID: id + 1}, Limit: 1})
	if err != nil || len(page.Records) == 0 || page.Records[0].ID != id {
		return query.Process{}, nil, false
	}
	all, err := d.store.Processes(ctx)
	if err != nil {
		return query.Process{}, nil, false
	}
	i := slices.IndexFunc(all, func(p query.Process) bool { return p.ID == page.Records[0].Process })
	if i < 0 {
		return query.Process{}, all, false
	}
	return all[i], all, true
}

// versions is the build of the process that made the Record, and what differs from the
// build before.
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
	var v query.Versions
	if d.document(ctx, query.DocVersions, p.ID, &v) {
		m.Versions = append(m.Versions, runsOn(v)...)
		for _, mod := range v.Modules {
			m.Modules = append(m.Modules, moduleAttr(mod))
		}
	} else {
		for _, mod := range p.Build.Modules {
			m.Modules = append(m.Modules, view.Attr{Key: mod.Path, Value: mod.Version})
		}
	}
	if earlier, ok := earlierBuild(p, all); ok {
		for _, c := range p.Build.Changes(earlier) {
			m.ModulesChanged = append(m.ModulesChanged, view.Attr{Key: c.What, Value: cmp.Or(c.From, "not there") + " → " + cmp.Or(c.To, "not there any more")})
		}
	}
}

// runsOn is what a process runs on and how it was built.
func runsOn(v query.Versions) []view.Attr {
	limit := "none"
	if v.MemoryLimit > 0 {
		limit = view.Bytes(v.MemoryLimit)
	}
	out := []view.Attr{
		{Key: "Platform", Value: fmt.Sprintf("%s/%s, %d CPUs, GOMAXPROCS %d", v.OS, v.Arch, v.CPUs, v.MaxProcs)},
		{Key: "GOMEMLIMIT", Value: limit}, {Key: "GOGC", Value: fmt.Sprint(v.GC)},
	}
	for _, f := range v.Flags {
		out = append(out, view.Attr{Key: f.Name, Value: f.Value, Type: f.Note})
	}
	return out
}

func moduleAttr(m query.LinkedModule) view.Attr {
	a := view.Attr{Key: m.Path, Value: m.Version}
	if m.Replaced != "" {
		a.Type = "replaced by " + m.Replaced
	} else if m.Unreleased {
		a.Type = "not a release"
	}
	return a
}

// earlierBuild is the latest other build of the same program.
func earlierBuild(p query.Process, all []query.Process) (b query.Build, ok bool) {
	var latest *query.Process
	for i := range all {
		o := &all[i]
		if o.Build.Main == p.Build.Main && o.Started.Before(p.Started) && len(p.Build.Changes(o.Build)) > 0 && (latest == nil || o.Started.After(latest.Started)) {
			latest = o
		}
	}
	if latest == nil {
		return b, false
	}
	return latest.Build, true
}

// document reads a fact about a process into v; false when it published none.
func (d *Dashboard) document(ctx context.Context, name string, process int64, v any) bool {
	if d.editor == nil {
		return false
	}
	docs, err := d.editor.Documents(ctx, query.Documents{Name: name, Processes: []int64{process}, Limit: 1})
	return err == nil && len(docs) > 0 && json.Unmarshal(docs[0].Body, v) == nil
}

// settings is what a process is configured with, in its groups.
func (d *Dashboard) settings(ctx context.Context, process int64) (out []view.AttrGroup) {
	var s query.Settings
	if !d.document(ctx, query.DocSettings, process, &s) {
		return nil
	}
	for _, g := range s.Groups {
		group := view.AttrGroup{Title: cmp.Or(groupTitles[g.Name], g.Name)}
		for _, v := range g.Values {
			group.Attrs = append(group.Attrs, view.Attr{Key: v.Name, Value: v.Value, Type: v.Note, Masked: strings.Contains(v.Value, instrument.Redacted)})
		}
		out = append(out, group)
	}
	return out
}

var groupTitles = map[string]string{"app": "App", "flags": "Flags", "environment": "Environment", "toolbar": "Toolbar"}

// maxRedirects bounds the chain that is shown; browsers follow twenty.
const maxRedirects = 20

// redirects is the chain of redirects that a request is part of.
func (d *Dashboard) redirects(ctx context.Context, rec *instrument.Record, m *view.Record) {
	if m.Request == nil {
		return
	}
	chain := []view.Redirect{redirectModel(rec, true)}
	for at := rec; isRedirected(at) && len(chain) < maxRedirects; {
		up, err := d.store.Record(ctx, at.Parent)
		if err != nil {
			break
		}
		chain = append([]view.Redirect{redirectModel(up, false)}, chain...)
		at = up
	}
	for at := rec; len(chain) < maxRedirects; {
		next := d.redirectedTo(ctx, at)
		if next == nil {
			break
		}
		chain = append(chain, redirectModel(next, false))
		at = next
	}
	if len(chain) > 1 {
		m.Request.Redirects = chain
	}
}

func isRedirected(rec *instrument.Record) bool {
	return rec.Parent != 0 && slices.ContainsFunc(rec.Attrs, func(kv instrument.KV) bool { return kv.Key == "redirect.from" })
}

// redirectedTo is the request that followed a redirect; nil when it ended there.
func (d *Dashboard) redirectedTo(ctx context.Context, rec *instrument.Record) *instrument.Record {
	if rec.Status < 300 || rec.Status > 399 {
		return nil
	}
	children, err := d.store.Children(ctx, rec.ID)
	if err != nil {
		return nil
	}
	for i := range children {
		next, err := d.store.Record(ctx, children[i].ID)
		if err == nil && isRedirected(next) {
			return next
		}
	}
	return nil
}

func redirectModel(rec *instrument.Record, current bool) view.Redirect {
	r := view.Redirect{ID: rec.ID.String(), Method: rec.Method, URL: rec.Path, Code: rec.Status, Current: current}
	for _, kv := range rec.Attrs {
		if strings.EqualFold(kv.Key, "http.response.header.location") {
			r.Location = valueText(kv.Value)
		}
	}
	return r
}
