package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// recordPage shows one Record with one of its panels, or with fragment=1 the panel
// alone, for the element in the page.
func recordPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	d = d.whole()
	panel := r.PathValue("panel")
	if !view.KnownPanel(panel) {
		return nil, missingError{view.Missing{Title: "No such panel", Text: "A Record has no panel " + panel + ".", Href: d.base.Record(r.PathValue("id")), Action: "Back to the Record"}}
	}
	rec, err := d.record(r)
	if err != nil {
		return nil, err
	}
	m := d.recordModel(rec)
	m.Panel = panel
	d.panels(r, rec, &m)
	if r.URL.Query().Get("fragment") != "" {
		s := view.Shell{Base: d.base, Here: d.here(r), Now: time.Now()}
		return view.Fragment(view.RecordPanel(s, m)), nil
	}
	d.surround(r, rec, &m)
	return view.RecordPage(d.shell(r, m.Method+" "+m.Name, pageOf(rec.Handler.Kind)), m), nil
}

// record reads the Record that the URL names.
func (d *Dashboard) record(r *http.Request) (*instrument.Record, error) {
	id, err := instrument.ParseID(r.PathValue("id"))
	if err != nil {
		return nil, missingError{view.Missing{Title: "Not a Record", Text: err.Error()}}
	}
	rec, err := d.store.Record(r.Context(), id)
	if errors.Is(err, query.ErrNotFound) {
		return nil, d.expired(id)
	}
	return rec, err
}

// surround fills in what lies around a Record: its route's median and neighbours, what
// led to it and what it led to. What cannot be found is left out.
func (d *Dashboard) surround(r *http.Request, rec *instrument.Record, m *view.Record) {
	m.SlowOver = d.config.Recorder.Slow(rec.Handler.Kind)
	same := query.Records{Kinds: []instrument.Kind{rec.Handler.Kind}, Handler: rec.Handler.Name, Limit: 1, Budget: asideBudget}
	before, after := same, same
	before.After, before.Sort = query.Cursor{ID: rec.ID}, query.Newest
	after.After, after.Sort = query.Cursor{ID: rec.ID}, query.Oldest
	m.Prev, m.Next = d.firstID(r, before), d.firstID(r, after)
	m.Median = d.medianOf(r, rec)
	if p, _, ok := d.processOf(r.Context(), rec.ID); ok {
		m.Process = fmt.Sprintf("%s, pid %d on %s", p.Service, p.PID, p.Host)
		m.Build = buildName(p.Build)
		if p.Build.Revision == "" {
			m.Build = ""
		}
	}
	m.Compare = d.base.CompareRecords(m.ID, medianOf)
	m.Forms = d.recordForms(r)
	if m.Panel == "cache" {
		d.cacheKeys(r, rec, m)
	}
	m.CopyAs = d.copies(m)
	d.links(r, rec, m)
}

// medianOf is the median of a Record's handler: of the last hour, or of the last day where
// that is silent.
func (d *Dashboard) medianOf(r *http.Request, rec *instrument.Record) time.Duration {
	for _, since := range []time.Duration{time.Hour, 24 * time.Hour} {
		stats, err := d.store.Handlers(r.Context(), query.Handlers{
			Kinds: []instrument.Kind{rec.Handler.Kind}, Handler: rec.Handler.Name, Since: time.Now().Add(-since),
		})
		if err != nil {
			return 0
		}
		if len(stats) == 1 {
			return stats[0].Quantile(.5)
		}
	}
	return 0
}

func (d *Dashboard) firstID(r *http.Request, q query.Records) string {
	page, err := d.store.Records(r.Context(), q)
	if err != nil || len(page.Records) == 0 {
		return ""
	}
	return page.Records[0].ID.String()
}

// maxCauses bounds the way up to what began it all.
const maxCauses = 8

func (d *Dashboard) links(r *http.Request, rec *instrument.Record, m *view.Record) {
	seen := map[instrument.ID]bool{rec.ID: true}
	for parent := d.causeOf(r.Context(), rec); parent != 0 && !seen[parent] && len(m.Causes) < maxCauses; {
		up, err := d.store.Record(r.Context(), parent)
		if err != nil {
			break
		}
		seen[parent] = true
		link := linkModel(&up.Summary, up.Handler)
		m.Causes = append([]view.Link{link}, m.Causes...)
		parent = d.causeOf(r.Context(), up)
	}
	d.consequences(r.Context(), rec, rec.ID, 0, m)
}

// maxConsequences and maxDepth bound what is shown of what a Record led to.
const (
	maxConsequences = 40
	maxDepth        = 4
)

// consequences adds the Records that one caused, each with what it caused in turn.
func (d *Dashboard) consequences(ctx context.Context, from *instrument.Record, of instrument.ID, depth int, m *view.Record) {
	children, err := d.store.Children(ctx, of)
	if err != nil || depth == maxDepth {
		return
	}
	for i := range children {
		if len(m.Consequences) == maxConsequences {
			return
		}
		link := linkModel(&children[i].Summary, children[i].Handler)
		link.Depth = depth
		link.Note = "began " + view.Dur(max(children[i].StartTime().Sub(from.StartTime()), 0)) + " later"
		m.Consequences = append(m.Consequences, link)
		d.consequences(ctx, from, children[i].ID, depth+1, m)
	}
}

func linkModel(s *instrument.Summary, h instrument.HandlerInfo) view.Link {
	name := h.Name
	if h.Kind == instrument.KindCommand {
		name = cmp.Or(s.Path, name)
	}
	return view.Link{ID: s.ID.String(), Kind: kindOf(h.Kind), Name: name, Status: statusOf(s), Duration: s.Duration}
}

// pageOf is the entry of the menu that a kind of Record belongs to.
func pageOf(k instrument.Kind) string {
	if k == instrument.KindCommand {
		return "commands"
	}
	return "requests"
}
