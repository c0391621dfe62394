package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func routeListPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	w := windowOf(r.URL.Query(), time.Now())
	s := d.shell(r, "Routes", "routes")
	s.Ranges = w.choices()
	d.live(r, &s, "")
	uses, told, err := d.routeUses(r, w)
	if err != nil {
		return nil, err
	}
	return view.RouteListPage(s, routeListModel(r.URL.Query(), s.Here, uses, told)), nil
}

// routeUses are all routes, with how they were used in a window, and what the app told.
func (d *Dashboard) routeUses(r *http.Request, w window) ([]query.RouteUse, query.Routes, error) {
	told := d.toldRoutes(r.Context())
	asked := query.Handlers{Kinds: []instrument.Kind{instrument.KindRequest}}
	ever, err := d.everHandlers(r.Context(), asked)
	if err != nil {
		return nil, told, err
	}
	asked.Since, asked.Until = w.since, w.until
	rows, err := d.store.Handlers(r.Context(), asked)
	return query.UseOfRoutes(told.Routes, rows, ever), told, err
}

// maxTold is how many of the newest lists of routes are looked at.
const maxTold = 12

// toldRoutes are the routes that the services told of which the store has lists: of each
// the one that was written last and has any, as a command has none.
func (d *Dashboard) toldRoutes(ctx context.Context) (all query.Routes) {
	if d.editor == nil {
		return all
	}
	docs, err := d.editor.Documents(ctx, query.Documents{Name: query.DocRoutes, Processes: d.choice.processes(), Limit: maxTold})
	if err != nil {
		return all
	}
	processes, err := d.store.Processes(ctx)
	if err != nil {
		return all
	}
	return query.LatestRoutes(docs, processes)
}

// routeShown are the ways to look at a part of the routes.
var routeShown = []struct {
	value, label string
	has          func(*query.RouteUse) bool
}{
	{"", "All", func(*query.RouteUse) bool { return true }},
	{"called", "Called", func(r *query.RouteUse) bool { return r.Stats.Count > 0 }},
	{"never", "Never called", func(r *query.RouteUse) bool { return r.Last.IsZero() }},
	{"failed", "Failed", func(r *query.RouteUse) bool { return r.Stats.Errors > 0 }},
	{"unlisted", "Not listed", func(r *query.RouteUse) bool { return !r.Listed }},
}

// chosenRoutes are those that the parameters show and find ask for.
func chosenRoutes(params url.Values, uses []query.RouteUse) (chosen []query.RouteUse) {
	has := routeShown[0].has
	for _, s := range routeShown {
		if s.value == params.Get("show") {
			has = s.has
		}
	}
	text := strings.ToLower(params.Get("find"))
	for i := range uses {
		u := &uses[i]
		if has(u) && (text == "" || strings.Contains(strings.ToLower(u.Name()+"\n"+u.Handler), text)) {
			chosen = append(chosen, *u)
		}
	}
	return chosen
}

func routeListModel(params url.Values, here view.URL, uses []query.RouteUse, told query.Routes) view.RouteList {
	m := view.RouteList{Known: len(told.Routes) > 0, Left: int64(told.Left), All: int64(len(uses)), Text: params.Get("find")}
	for _, s := range routeShown {
		n := int64(0)
		for i := range uses {
			if s.has(&uses[i]) {
				n++
			}
		}
		switch s.value {
		case "never":
			m.Never = n
		case "unlisted":
			m.Unlisted = n
			if !m.Known {
				continue
			}
		}
		m.Show = append(m.Show, view.Choice{Label: s.label, Href: here.With("show", s.value), Count: n, Current: s.value == params.Get("show")})
	}
	for _, name := range []string{"range", "show", "sort", "dir"} {
		if v := params.Get(name); v != "" {
			m.Hidden = append(m.Hidden, view.Attr{Key: name, Value: v})
		}
	}
	for _, u := range chosenRoutes(params, uses) {
		m.Rows = append(m.Rows, routeRow(&u))
	}
	if params.Get("sort") == "" { // as people read a list: from the beginning
		params = url.Values{"sort": {"name"}, "dir": {"asc"}, "after": params["after"]}
	}
	m.Rows, m.Order = ordered(params, m.Rows, routeColumns, func(r *view.RouteRow) string { return r.Pattern + " " + r.Method })
	return m
}

// routeColumns are what routes can be ordered by.
var routeColumns = []column[view.RouteRow]{
	{"name", nil},
	{"calls", func(r *view.RouteRow) int64 { return r.Calls }},
	{"errors", func(r *view.RouteRow) int64 { return r.Errors }},
	{"p95", func(r *view.RouteRow) int64 { return int64(r.P95) }},
	{"seen", func(r *view.RouteRow) int64 { return max(r.Last.Unix(), 0) }},
}

func routeRow(u *query.RouteUse) view.RouteRow {
	row := view.RouteRow{
		Method: u.Method, Pattern: u.Pattern, Handler: u.Handler, Source: placeOf(instrument.Source{File: u.File, Line: u.Line}),
		Layers: u.Layers, Unlisted: !u.Listed, Status: view.StatusOK, Names: u.Names,
		Calls: int64(u.Stats.Count), Errors: int64(u.Stats.Errors), P95: u.Stats.Quantile(.95), Last: u.Last,
	}
	switch {
	case u.Stats.Count == 0:
		row.Status = view.StatusOff
	case u.Stats.Errors > 0:
		row.Status = view.StatusBad
	case u.Stats.Slow > 0:
		row.Status = view.StatusSlow
	}
	return row
}

type routeListJSON struct {
	Told   bool        `json:"told"` // the app has told its routes; otherwise there are those that were asked for
	Left   int         `json:"left"` // routes of the app beyond those that are kept
	Routes []routeJSON `json:"routes"`
}

type routeJSON struct {
	Method  string     `json:"method"` // "" for every method
	Pattern string     `json:"pattern"`
	Handler string     `json:"handler,omitempty"`
	Source  string     `json:"source,omitempty"`
	Layers  []string   `json:"layers,omitempty"`
	Listed  bool       `json:"listed"`          // by the app
	Names   []string   `json:"names,omitempty"` // of the handlers that its requests are counted as
	Count   uint64     `json:"count"`           // in the window
	Errors  uint64     `json:"errors"`
	P95     int64      `json:"p95_ns"`
	Last    *time.Time `json:"last,omitempty"` // the minute, or hour, of its last call at all; missing: it was never called
}

// apiRouteList is the list of routes: parameters range, show and find.
func apiRouteList(d *Dashboard, r *http.Request) (any, error) {
	uses, told, err := d.routeUses(r, windowOf(r.URL.Query(), time.Now()))
	if err != nil {
		return nil, err
	}
	out := routeListJSON{Told: len(told.Routes) > 0, Left: told.Left, Routes: []routeJSON{}}
	for _, u := range chosenRoutes(r.URL.Query(), uses) {
		j := routeJSON{
			Method: u.Method, Pattern: u.Pattern, Handler: u.Handler, Source: instrument.Source{File: u.File, Line: u.Line}.String(), Layers: u.Layers,
			Listed: u.Listed, Names: u.Names, Count: u.Stats.Count, Errors: u.Stats.Errors, P95: int64(u.Stats.Quantile(.95)),
		}
		if last := u.Last.UTC(); !u.Last.IsZero() {
			j.Last = &last
		}
		out.Routes = append(out.Routes, j)
	}
	return out, nil
}
