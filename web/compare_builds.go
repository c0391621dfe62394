package web

import (
	"net/http"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// maxCompared is how many handlers a comparison lists.
const maxCompared = 100

// compareSides sets two builds, or two stretches of time, side by side: parameter "what"
// is "builds" with "old" and "new", names of builds, or "window" with "range".
func (d *Dashboard) compareSides(r *http.Request, here view.URL) (m view.CompareSides, err error) {
	params := r.URL.Query()
	builds, err := d.builds(r)
	if err != nil {
		return m, err
	}
	m.What = params.Get("what")
	var a, b query.Handlers
	if m.What == "builds" {
		a, b, err = d.buildSides(params.Get("old"), params.Get("new"), builds, here, &m)
	} else {
		m.What = "window"
		w := windowOf(params, time.Now())
		m.A, m.B = "the "+w.label+" before", "the last "+w.label
		a = query.Handlers{Since: w.since.Add(-w.length()), Until: w.since}
		b = query.Handlers{Since: w.since, Until: w.until}
	}
	if err != nil || m.A == "" {
		return m, err
	}
	rowsA, err := d.store.Handlers(r.Context(), a)
	if err != nil {
		return m, err
	}
	rowsB, err := d.store.Handlers(r.Context(), b)
	if err != nil {
		return m, err
	}
	if len(rowsA) == 0 || len(rowsB) == 0 { // then all of them would be new, or gone
		m.Silent = m.A
		if len(rowsB) == 0 {
			m.Silent = m.B
		}
		m.Total = max(len(rowsA), len(rowsB))
		return m, nil
	}
	c := report.Compare(rowsA, rowsB, report.CompareOptions{})
	m.Verdict, m.Total = c.Verdict(), len(c.Rows)
	for i := range c.Rows[:min(len(c.Rows), maxCompared)] {
		m.Rows = append(m.Rows, comparedModel(&c.Rows[i]))
	}
	return m, nil
}

// buildSides are the statistics of two builds; without names, of the latest two.
func (d *Dashboard) buildSides(old, now string, builds []build, here view.URL, m *view.CompareSides) (a, b query.Handlers, err error) {
	find := func(name string, otherwise int) int {
		if i := slices.IndexFunc(builds, func(b build) bool { return b.key == name }); i >= 0 {
			return i
		}
		return otherwise
	}
	if len(builds) < 2 {
		return a, b, nil
	}
	j := find(now, 0)
	i := find(old, min(j+1, len(builds)-1))
	if i == j {
		i, j = min(j+1, len(builds)-1), min(j, len(builds)-2)
	}
	for n, x := range builds[:min(len(builds), maxBuilds)] {
		label := x.name + " of " + x.since.Format("2 Jan 15:04")
		m.Old = append(m.Old, view.Choice{Label: label, Href: here.With("old", x.key), Count: -1, Current: n == i})
		m.New = append(m.New, view.Choice{Label: label, Href: here.With("new", x.key), Count: -1, Current: n == j})
	}
	m.A, m.B = "build "+builds[i].name, "build "+builds[j].name
	return query.Handlers{Processes: builds[i].processes}, query.Handlers{Processes: builds[j].processes}, nil
}

func comparedModel(c *report.Compared) view.ComparedRow {
	row := view.ComparedRow{
		Kind: kindOf(c.Kind), Name: c.Name, Source: placeOf(c.Source), Change: string(c.Change), Sentence: c.Sentence(),
		CallsA: int64(c.A.Count), CallsB: int64(c.B.Count), ErrorsA: int64(c.A.Errors), ErrorsB: int64(c.B.Errors),
		P50A: c.A.P50, P50B: c.B.P50, P95A: c.A.P95, P95B: c.B.P95, Ratio: c.Median.Value, Low: c.Median.Low, High: c.Median.High,
	}
	switch c.Change {
	case report.ChangeSlower, report.ChangeFailing:
		row.Status = view.StatusBad
	case report.ChangeNew:
		row.Status = view.StatusNew
	case report.ChangeFaster:
		row.Status = view.StatusOK
	case report.ChangeGone:
		row.Status = view.StatusOff
	}
	return row
}
