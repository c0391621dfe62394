package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

const (
	// newFor is how long an exception is called new.
	newFor = 24 * time.Hour
	// trendDays is how many days a trend shows.
	trendDays = 30
	// shownRecords is how many Records the page of an exception lists.
	shownRecords = 20
	// shownAffected is how many users and handlers it lists of each.
	shownAffected = 20
)

// exceptionsPage lists what went wrong, alike ones together. Parameters: is, only, q and
// order choose, before is a place in the list.
func exceptionsPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Exceptions", "exceptions")
	d.live(r, &s, "")
	now := time.Now()
	params := r.URL.Query()
	q := exceptionQuery(params, now)
	q.Trend = trendDays
	page, err := d.store.Exceptions(r.Context(), q)
	if err != nil {
		return nil, err
	}
	m := view.Exceptions{
		Total: page.Total, Sort: orderName(q.Sort), Text: q.Text, Later: q.After != (query.ExceptionCursor{}),
		Filtered: q.Text != "" || q.Panics || q.Reported || params.Get("is") != "" && params.Get("is") != "open", Form: d.exceptionForm(r, s.Here.And()),
	}
	if page.More {
		m.Older = exceptionCursor(page.Next)
	}
	m.Unknown = page.Unknown
	for i := range page.Exceptions {
		m.Rows = append(m.Rows, d.exceptionRow(&page.Exceptions[i], now))
	}
	if m.States, err = d.exceptionStates(r.Context(), &s, q, now); err != nil {
		return nil, err
	}
	for _, c := range m.States {
		m.Filtered = m.Filtered || c.Count > 0 // there are some, if not of this state
	}
	for _, name := range []string{"", "panics", "reported"} {
		m.Kinds = append(m.Kinds, view.Choice{Label: cmp.Or(name, "all"), Href: s.Here.With("only", name), Count: -1, Current: params.Get("only") == name})
	}
	for _, name := range []string{"is", "only", "order", "live"} {
		if v := params.Get(name); v != "" {
			m.Hidden = append(m.Hidden, view.Attr{Key: name, Value: v})
		}
	}
	return view.ExceptionsPage(s, m), nil
}

// exceptionIs are the choices of the parameter "is".
var exceptionIs = []struct{ name, label string }{
	{"open", "Open"}, {"new", "New"}, {"reopened", "Came again"}, {"resolved", "Resolved"}, {"ignored", "Ignored"}, {"all", "All"},
}

// exceptionStates are the tabs of the list, with how many each has.
func (d *Dashboard) exceptionStates(ctx context.Context, s *view.Shell, q query.Exceptions, now time.Time) (out []view.Choice, err error) {
	chosen := cmp.Or(s.Here.Get("is"), "open")
	for _, is := range exceptionIs {
		c := q
		c.After, c.Limit, c.Trend = query.ExceptionCursor{}, 1, 0
		setState(&c, is.name, now)
		page, err := d.store.Exceptions(ctx, c)
		if err != nil {
			return nil, err
		}
		value := is.name
		if value == "open" {
			value = ""
		}
		out = append(out, view.Choice{Label: is.label, Href: s.Here.With("is", value), Count: page.Total, Current: is.name == chosen})
	}
	return out, nil
}

// setState chooses by the parameter "is"; what it does not know is "open".
func setState(q *query.Exceptions, is string, now time.Time) {
	q.States, q.Reopened, q.New = nil, false, time.Time{}
	switch is {
	case "all":
	case "new":
		q.New = now.Add(-newFor)
	case "reopened":
		q.Reopened = true
	case "resolved":
		q.States = []query.ExceptionState{query.Resolved}
	case "ignored":
		q.States = []query.ExceptionState{query.Ignored}
	default:
		q.States = []query.ExceptionState{query.Unresolved}
	}
}

var exceptionOrders = map[string]query.ExceptionSort{
	"last": query.LastSeen, "first": query.FirstSeen, "count": query.MostOften, "users": query.MostUsers,
}

func orderName(s query.ExceptionSort) string {
	for name, order := range exceptionOrders {
		if order == s {
			return name
		}
	}
	return ""
}

func exceptionQuery(params url.Values, now time.Time) (q query.Exceptions) {
	q.Text = strings.TrimSpace(params.Get("q"))
	q.Panics, q.Reported = params.Get("only") == "panics", params.Get("only") == "reported"
	q.Sort = exceptionOrders[params.Get("order")]
	setState(&q, params.Get("is"), now)
	if value, id, ok := strings.Cut(params.Get("before"), "-"); ok {
		v, err := strconv.ParseInt(value, 36, 64)
		if f, bad := exceptions.ParseFingerprint(id); err == nil && bad == nil {
			q.After = query.ExceptionCursor{Value: v, ID: f}
		}
	}
	return q
}

func exceptionCursor(c query.ExceptionCursor) string {
	return strconv.FormatInt(c.Value, 36) + "-" + c.ID.String()
}

func (d *Dashboard) exceptionForm(r *http.Request, back string) view.ExceptionForm {
	f := view.ExceptionForm{May: d.may(r, ActExceptions), Path: d.base.Page("exceptions"), Back: back}
	if f.May {
		f.Proof = d.proof()
	}
	return f
}

func (d *Dashboard) exceptionRow(e *query.Exception, now time.Time) view.ExceptionRow {
	row := view.ExceptionRow{
		ID: e.ID.String(), Href: d.base.Exception(e.ID.String()), Type: e.Type, Message: e.Message, Panic: e.Panic, Reported: e.Reported && !e.Uncaught,
		Handler: e.Handler.Name, Kind: kindOf(e.Handler.Kind), State: exceptionState(e, now), Count: int64(e.Count),
		Users: int64(e.Users), MostUsers: e.Users >= query.MaxAffected, First: e.First, Last: e.Last,
		FirstIn: e.FirstBuild, LastIn: e.LastBuild, Sample: e.Sample.String(),
	}
	if e.Source != (instrument.Source{}) {
		row.Source = placeOf(e.Source)
	}
	for _, n := range e.Trend {
		row.Trend = append(row.Trend, float64(n))
	}
	return row
}

func exceptionState(e *query.Exception, now time.Time) view.ExceptionState {
	s := view.ExceptionState{Word: "open", At: e.StateAt, By: e.StateBy, NextBuild: e.NextBuild}
	switch {
	case e.State == query.Resolved:
		s.Word = "resolved"
	case e.State == query.Ignored:
		s.Word = "ignored"
	case !e.Reopened.IsZero():
		s.Word, s.At, s.In = "reopened", e.Reopened, e.ReopenedIn
	case now.Sub(e.First) < newFor:
		s.Word = "new"
	}
	return s
}

// exceptionPage is one exception.
func exceptionPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	e, err := d.exceptionOf(r)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	s := d.shell(r, e.Message, "exceptions")
	d.live(r, &s, "")
	m := view.Exception{
		ExceptionRow: d.exceptionRow(&e.Exception, now), PlaceOnly: e.PlaceOnly, StackOf: e.Build, Stack: d.exceptionStack(e),
		Form: d.exceptionForm(r, s.Here.With()),
	}
	m.Trend = dailyTrend(e.Hours, now)
	for _, c := range e.Causes {
		m.Causes = append(m.Causes, view.Cause{Depth: c.Depth, Type: c.Type, Message: c.Message})
	}
	for _, b := range e.Builds {
		m.Builds = append(m.Builds, view.ExceptionIn{Name: b.Name, Count: int64(b.Count), Share: float64(b.Count) / float64(max(e.Count, 1)), Last: b.Last})
	}
	if len(e.Services) > 1 {
		for _, v := range e.Services {
			m.Services = append(m.Services, view.ExceptionIn{Name: v.Name, Count: int64(v.Count), Share: float64(v.Count) / float64(max(e.Count, 1)), Last: v.Last})
		}
	}
	for _, a := range e.Affected {
		in := view.ExceptionIn{Name: a.User, Count: int64(a.Count), Last: a.Last}
		if a.Handler.Kind == 0 && len(m.UserRows) < shownAffected {
			m.UserRows = append(m.UserRows, in)
		} else if a.Handler.Kind != 0 && len(m.In) < shownAffected {
			in.Name, in.Kind = a.Handler.Name, kindOf(a.Handler.Kind)
			m.In = append(m.In, in)
		}
	}
	for _, rec := range d.records(r.Context(), e.Records[:min(len(e.Records), shownRecords)]) {
		m.Records = append(m.Records, rowModel(&rec.Summary, rec.Handler, rec.Duration))
	}
	m.Gone = max(int64(e.Count)-int64(len(m.Records)), 0)
	return view.ExceptionPage(s, m), nil
}

func (d *Dashboard) exceptionOf(r *http.Request) (*query.ExceptionDetail, error) {
	missing := missingError{view.Missing{Title: "No such exception", Text: "It never was, or it was not seen for so long that it was removed.", Href: d.base.Page("exceptions"), Action: "All exceptions"}}
	id, err := exceptions.ParseFingerprint(r.PathValue("exception"))
	if err != nil {
		return nil, missing
	}
	e, err := d.store.Exception(r.Context(), id)
	if errors.Is(err, query.ErrNotFound) {
		return nil, missing
	}
	return e, err
}

// dailyTrend is how often an exception came on each of the last days.
func dailyTrend(hours []query.ExceptionHour, now time.Time) []float64 {
	out := make([]float64, trendDays)
	for _, h := range hours {
		back := int(max(now.Sub(h.Start.Add(time.Hour)), 0) / (24 * time.Hour))
		if at := trendDays - 1 - back; at >= 0 {
			out[at] += float64(h.Count)
		}
	}
	return out
}

// exceptionStack is the stack, with lines of the source where they can be read.
func (d *Dashboard) exceptionStack(e *query.ExceptionDetail) (out []view.Frame) {
	left := maxExcerpts
	for _, f := range e.Stack {
		frame := view.Frame{Func: f.Func, Source: placeOf(instrument.Source(f.Frame)), Own: f.Own}
		if f.Own && d.config.Excerpts && left > 0 {
			if frame.Excerpt = excerpt(f.File, f.Line, e.Last); frame.Excerpt != nil {
				left--
			}
		}
		out = append(out, frame)
	}
	return out
}

// judge notes what a viewer says of exceptions.
func judge(d *Dashboard, r *http.Request) (target string, err error) {
	changes := map[string]query.ExceptionChange{
		"resolve": {To: query.Resolved}, "resolve-next": {To: query.Resolved, NextBuild: true}, "ignore": {To: query.Ignored}, "reopen": {To: query.Unresolved},
	}
	change, known := changes[r.PostForm.Get("do")]
	texts := r.PostForm["exception"]
	switch {
	case !known:
		return "", fmt.Errorf("there is no action %q for exceptions", r.PostForm.Get("do"))
	case len(texts) == 0:
		return "", errors.New("no exception is chosen: tick the rows first")
	case len(texts) > maxMarked:
		return "", fmt.Errorf("%d exceptions are chosen, at most %d at once", len(texts), maxMarked)
	case d.editor == nil:
		return "", errNotKept
	}
	ids := make([]exceptions.Fingerprint, len(texts))
	for i, text := range texts {
		if ids[i], err = exceptions.ParseFingerprint(text); err != nil {
			return "", err
		}
	}
	change.By = d.who(r)
	n, err := d.editor.ChangeExceptions(r.Context(), change, ids...)
	if err == nil && n == 0 {
		err = errors.New("there is no such exception any more")
	}
	return strings.Join(texts[:min(len(texts), 10)], " "), err
}
