package web

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"slices"
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
	if err := d.fillList(r, &m, q); err != nil {
		return nil, err
	}
	asked, _ := instrument.ParseKind(string(m.Kind))
	for _, k := range d.kindsListed(r, asked) {
		m.Kinds = append(m.Kinds, view.Choice{
			Label: kindOf(k).Label(), Href: s.Here.With("kind", k.String()), Count: -1, Current: k == asked,
		})
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
	m := view.RecordList{Kind: kindOf(kind), Sort: "time", Total: -1}
	q := query.Records{Kinds: []instrument.Kind{kind}, Limit: listLimit, Budget: listBudget}
	f, bad, err := filterOf(params)
	if err != nil {
		m.Query, m.Error, m.Pointer = bad, err.Error(), pointer(err)
	}
	f.Narrow(&q)
	m.Filter, m.Tokens = f.String(), tokens(s.Here, f)
	m.Saved = d.savedFilters(r, s.Here, m.Filter, kind)
	m.Columns = view.RecordColumns(s.Here)
	m.Forms = d.recordForms(r)
	d.order(r, s, &m, &q)
	return m, q
}

// listLimit is how many Records a page of a list has.
const listLimit = 50

// listBudget is how long a list is searched for, and asideBudget how long for what a page
// could do without: beyond it a list says how much it has searched.
const (
	listBudget  = 80 * time.Millisecond
	asideBudget = 8 * time.Millisecond
)

// maxDeeper is how often a search that ran out of time may be asked to go on, each time
// with four times as much.
const maxDeeper = 3

// deeper reads how often the search was asked to go on, and gives what time it has.
func deeper(params url.Values) (times int, budget time.Duration) {
	times = min(number(params.Get("deeper"), 0), maxDeeper)
	return times, listBudget << (2 * times)
}

// listColumns are the columns that a list of Records is ordered by, beside its time.
var listColumns = map[string]query.Column{
	"duration": query.ColumnDuration, "code": query.ColumnStatus, "sql": query.ColumnQueries, "sqltime": query.ColumnQueryTime,
	"signals": query.ColumnSignals, "name": query.ColumnName, "user": query.ColumnUser, "note": query.ColumnError,
	"size": query.ColumnSize, "cost": query.ColumnCost,
}

// order reads sort and cursor. Only the newest first are a list that grows at its
// top, so only that one is live.
func (d *Dashboard) order(r *http.Request, s *view.Shell, m *view.RecordList, q *query.Records) {
	params := r.URL.Query()
	_, q.Budget = deeper(params)
	m.Asc = params.Get("dir") == "asc"
	column, ok := listColumns[params.Get("sort")]
	switch {
	case ok && column == query.ColumnDuration && !m.Asc: // which the store has prepared
		m.Sort, q.Sort = "duration", query.Slowest
	case ok:
		m.Sort, q.Sort, q.By, q.Asc = params.Get("sort"), query.ByColumn, column, m.Asc
	case m.Asc:
		q.Sort = query.Oldest
	}
	if c, ok := parseCursor(params.Get("before")); ok {
		q.After = c
	} else if m.Sort == "time" && !m.Asc && m.Error == "" {
		stream := "events?kind=" + string(m.Kind)
		more := url.Values{"col": params["col"], "ticks": {"1"}}
		if m.Filter != "" {
			more.Set("q", m.Filter)
		}
		if text := more.Encode(); text != "" {
			stream += "&" + text
		}
		d.live(r, s, stream)
	}
}

// Kinds of Records that not every store has: tests, and what "toolbar run --logs" keeps of
// an app's output.
var (
	kindTest   = instrument.RegisterKind("test")
	kindOutput = instrument.RegisterKind("output")
)

// kindsListed are the kinds that a list offers: the usual ones, those of the others that
// there are, and the one that was asked for.
func (d *Dashboard) kindsListed(r *http.Request, asked instrument.Kind) []instrument.Kind {
	kinds := slices.Clone(listKinds)
	for _, k := range []instrument.Kind{kindTest, kindOutput} {
		if asked == k || !d.lastOf(r, k).IsZero() {
			kinds = append(kinds, k)
		}
	}
	return kinds
}

func (d *Dashboard) fillList(r *http.Request, m *view.RecordList, q query.Records) error {
	page, err := d.store.Records(r.Context(), q)
	if err != nil {
		return err
	}
	m.Rows = rowModels(page.Records)
	if view.ReadsRecords(d.here(r)) {
		d.readRows(r.Context(), m.Rows)
	}
	if page.More {
		m.Older = cursorText(page.Next)
	}
	if !page.Complete {
		m.Searched, m.All = page.Searched, page.Total
		if times, _ := deeper(r.URL.Query()); times < maxDeeper {
			m.SearchOn = d.here(r).And("deeper", strconv.Itoa(times+1))
		}
	} else if !page.More && q.After == (query.Cursor{}) && m.Sort != "time" {
		m.Total = int64(len(page.Records))
	}
	return nil
}

// savedFilters are the lists that everybody wants, and those that were saved.
func (d *Dashboard) savedFilters(r *http.Request, here view.URL, now string, kind instrument.Kind) []view.Choice {
	var out []view.Choice
	for _, f := range []struct{ label, q string }{
		{"All", ""}, {"Slow", "is:slow"}, {"Failed", "is:failed"}, {"5xx", "status:5xx"}, {"Many queries", "sql>20"}, {"Pinned", "is:pinned"},
	} {
		out = append(out, view.Choice{Label: f.label, Href: here.With("q", f.q), Count: -1, Current: now == f.q})
	}
	for _, f := range d.saved(r.Context()) {
		if f.Kind == "" || f.Kind == kind.String() {
			out = append(out, view.Choice{Label: f.Name, Href: here.With("q", f.Q), Count: -1, Current: now == f.Q, Own: true})
		}
	}
	return out
}

// recordForms are the actions that a viewer has on the rows.
func (d *Dashboard) recordForms(r *http.Request) *view.RecordForms {
	return &view.RecordForms{
		Proof: d.proof(), Marks: d.base.Page("marks"), Filters: d.base.Page("filters"),
		Pin: d.may(r, ActPin), Tag: d.may(r, ActTag), Delete: d.may(r, ActDelete),
	}
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

// readRows fills in what is kept in the Records themselves. A Record that is gone meanwhile
// leaves its row without.
func (d *Dashboard) readRows(ctx context.Context, rows []view.RecordRow) {
	ids, at := make([]instrument.ID, 0, len(rows)), make(map[string]*view.RecordRow, len(rows))
	for i := range rows {
		if id, err := instrument.ParseID(rows[i].ID); err == nil {
			ids, at[rows[i].ID] = append(ids, id), &rows[i]
		}
	}
	err := d.store.EachRecord(ctx, ids, func(rec *instrument.Record) error {
		row := at[rec.ID.String()]
		for _, kv := range rec.Attrs {
			switch kv.Key {
			case instrument.KeyBytesOut.Name():
				if n, ok := kv.Value.(int64); ok {
					row.Size = n
				}
			case instrument.KeySelfTime.Name():
				row.Cost, _ = kv.Value.(time.Duration)
			}
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		d.config.Logger.ErrorContext(ctx, "debug toolbar: read the records of a list", "error", err)
	}
}

func rowModel(s *instrument.Summary, h instrument.HandlerInfo, longest time.Duration) view.RecordRow {
	row := view.RecordRow{
		ID: s.ID.String(), Kind: kindOf(h.Kind), Method: s.Method, Name: h.Name,
		Status: statusOf(s), Code: s.Status, Start: s.StartTime(), Duration: s.Duration, Share: view.Share(s.Duration, longest),
		Queries: int64(s.Count(instrument.KindQuery)), QueryTime: s.QueryTime, Signals: int64(s.Count(instrument.KindSignal)),
		Note: s.Error, User: s.User, Tags: s.Tags, Pinned: s.Flags.Has(instrument.FlagPinned), Size: -1, Running: s.Unfinished() && !s.Flags.Has(instrument.FlagError), // with an error, its process died
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

// cursorText and parseCursor are a place in a list as it stands in a URL: an id, behind
// it the duration, or the number and the text that a column has there.
func cursorText(c query.Cursor) string {
	switch {
	case c.Number != 0 || c.Text != "":
		return c.ID.String() + "~" + strconv.FormatInt(c.Number, 36) + "~" + base64.RawURLEncoding.EncodeToString([]byte(c.Text))
	case c.Duration != 0:
		return c.ID.String() + "-" + strconv.FormatInt(int64(c.Duration), 36)
	}
	return c.ID.String()
}

func parseCursor(s string) (c query.Cursor, ok bool) {
	id, rest, column := strings.Cut(s, "~")
	id, d, slowest := strings.Cut(id, "-")
	parsed, err := instrument.ParseID(id)
	if err != nil {
		return c, false
	}
	c.ID = parsed
	switch {
	case slowest && !column:
		n, err := strconv.ParseInt(d, 36, 64)
		if err != nil || n < 0 {
			return query.Cursor{}, false
		}
		c.Duration = time.Duration(n)
	case column:
		number, text, _ := strings.Cut(rest, "~")
		n, err := strconv.ParseInt(number, 36, 64)
		decoded, err2 := base64.RawURLEncoding.DecodeString(text)
		if err != nil || err2 != nil {
			return query.Cursor{}, false
		}
		c.Number, c.Text = n, string(decoded)
	}
	return c, true
}
