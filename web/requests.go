package web

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// listKinds are the kinds that Records have.
var listKinds = []instrument.Kind{instrument.KindRequest, instrument.KindCommand, instrument.KindTask, instrument.KindSignal}

func requestsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Requests", "requests")
	m, q := d.recordList(r, &s)
	if m.Error == "" {
		if err := d.fillList(r, &m, q); err != nil {
			return nil, err
		}
	}
	return view.RecordListPage(s, m), nil
}

// recordList reads the URL: the kind, the filter, the order.
func (d *Dashboard) recordList(r *http.Request, s *view.Shell) (view.RecordList, query.Records) {
	params := r.URL.Query()
	kind, ok := instrument.ParseKind(params.Get("kind"))
	if !ok {
		kind = instrument.KindRequest
	}
	m := view.RecordList{Kind: kindOf(kind), Query: params.Get("q"), Sort: "time", Total: -1}
	q := query.Records{Kinds: []instrument.Kind{kind}, Limit: listLimit}
	for _, k := range listKinds {
		m.Kinds = append(m.Kinds, view.Choice{
			Label: kindOf(k).Label(), Href: s.Here.With("kind", k.String()), Count: -1, Current: k == kind,
		})
	}
	cs, err := parseFilter(m.Query)
	for _, c := range cs {
		err = errors.Join(err, c.apply(&q))
	}
	if err != nil {
		m.Error = err.Error()
	} else {
		m.Tokens, m.Query = tokens(s.Here, cs), ""
	}
	m.Saved = savedFilters(s.Here)
	d.order(r, s, &m, &q)
	return m, q
}

// listLimit is how many Records a page of a list has.
const listLimit = 50

// order reads sort and cursor. Only the newest first are a list that grows at its
// top, so only that one is live.
func (d *Dashboard) order(r *http.Request, s *view.Shell, m *view.RecordList, q *query.Records) {
	params := r.URL.Query()
	switch {
	case params.Get("sort") == "duration":
		m.Sort, q.Sort = "duration", query.Slowest
	case params.Get("dir") == "asc":
		m.Asc, q.Sort = true, query.Oldest
	}
	if c, ok := parseCursor(params.Get("before")); ok {
		q.After = c
	} else if m.Sort == "time" && !m.Asc && m.Error == "" {
		stream := "events?kind=" + string(m.Kind)
		if text := filterText(m.Tokens); text != "" {
			stream += "&q=" + url.QueryEscape(text)
		}
		d.live(r, s, stream)
	}
}

func (d *Dashboard) fillList(r *http.Request, m *view.RecordList, q query.Records) error {
	page, err := d.config.Store.Records(r.Context(), q)
	if err != nil {
		return err
	}
	m.Rows = rowModels(page.Records)
	if page.More {
		m.Older = cursorText(page.Next)
	}
	if !page.Complete {
		m.Searched, m.All = page.Searched, page.Total
	} else if !page.More && q.After == (query.Cursor{}) && m.Sort != "time" {
		m.Total = int64(len(page.Records))
	}
	return nil
}

// savedFilters are the lists that everybody wants.
func savedFilters(here view.URL) []view.Choice {
	var out []view.Choice
	for _, f := range []struct{ label, q string }{
		{"All", ""}, {"Slow", "is:slow"}, {"Failed", "is:failed"}, {"5xx", "status:5xx"}, {"Many queries", "queries:>20"},
	} {
		out = append(out, view.Choice{Label: f.label, Href: here.With("q", f.q), Count: -1, Current: here.Get("q") == f.q})
	}
	return out
}

func filterText(ts []view.Token) string {
	parts := make([]string, len(ts))
	for i, t := range ts {
		parts[i] = condition{t.Key, t.Value}.String()
	}
	return strings.Join(parts, " ")
}

// rowModels are the lines of a list; bars are shares of its slowest.
func rowModels(rows []query.Row) []view.RecordRow {
	longest := time.Duration(0)
	for i := range rows {
		longest = max(longest, rows[i].Duration)
	}
	out := make([]view.RecordRow, len(rows))
	for i := range rows {
		out[i] = rowModel(&rows[i].Summary, rows[i].Handler, longest)
	}
	return out
}

func rowModel(s *instrument.Summary, h instrument.HandlerInfo, longest time.Duration) view.RecordRow {
	row := view.RecordRow{
		ID: s.ID.String(), Kind: kindOf(h.Kind), Method: s.Method, Name: h.Name,
		Status: statusOf(s), Code: s.Status, Start: s.StartTime(), Duration: s.Duration, Share: view.Share(s.Duration, longest),
		Queries: int64(s.Count(instrument.KindQuery)), QueryTime: s.QueryTime, Signals: int64(s.Count(instrument.KindSignal)),
		Note: s.Error, User: s.User,
	}
	if s.Path != "" {
		row.Name = s.Path
	}
	if row.Note == "" && s.Failed > 0 {
		row.Note = strconv.Itoa(int(s.Failed)) + " inside failed"
	}
	if s.Flags.Has(instrument.FlagClientGone) {
		row.Reason = "The client went away"
	}
	return row
}

// cursorText and parseCursor are a place in a list as it stands in a URL.
func cursorText(c query.Cursor) string {
	if c.Duration == 0 {
		return c.ID.String()
	}
	return c.ID.String() + "-" + strconv.FormatInt(int64(c.Duration), 36)
}

func parseCursor(s string) (c query.Cursor, ok bool) {
	id, d, with := strings.Cut(s, "-")
	parsed, err := instrument.ParseID(id)
	if err != nil {
		return c, false
	}
	c.ID = parsed
	if with {
		n, err := strconv.ParseInt(d, 36, 64)
		if err != nil || n < 0 {
			return query.Cursor{}, false
		}
		c.Duration = time.Duration(n)
	}
	return c, true
}
