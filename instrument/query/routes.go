package query

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Routes is what a process serves: the body of the Document [DocRoutes].
type Routes struct {
	Routes []Route `json:"routes"`
	Left   int     `json:"left,omitempty"` // how many more there are than are kept
}

// Route is a route that an app serves, whether it was asked for or not.
type Route struct {
	Method  string   `json:"method"`            // "" for every method
	Pattern string   `json:"pattern"`           // as requests are counted by it, with the host if it has one
	Handler string   `json:"handler,omitempty"` // the function or type that serves it
	File    string   `json:"file,omitempty"`    // where that is written: "/src/shop/orders.go"
	Line    int      `json:"line,omitempty"`
	Layers  []string `json:"layers,omitempty"` // around it, the outermost first, as far as they are known
}

// Name is the route as requests are counted by it: "GET /orders/{id}"; for every method
// the pattern alone.
func (r *Route) Name() string {
	if r.Method == "" {
		return r.Pattern
	}
	return r.Method + " " + r.Pattern
}

// LatestRoutes are the routes that processes told of in Documents, the newest first: of
// each service those of the process that told last and has any, as a command has none.
// Documents that cannot be read are left out.
func LatestRoutes(docs []Document, processes []Process) (all Routes) {
	told := map[string]bool{}
	for i := range docs {
		service := ""
		if p := slices.IndexFunc(processes, func(p Process) bool { return p.ID == docs[i].Process }); p >= 0 {
			service = processes[p].Service
		}
		var one Routes
		if told[service] || json.Unmarshal(docs[i].Body, &one) != nil || len(one.Routes) == 0 {
			continue
		}
		told[service] = true
		all.Routes = append(all.Routes, one.Routes...)
		all.Left += one.Left
	}
	return all
}

// RouteUse is a route with how it was used.
type RouteUse struct {
	Route
	// Listed tells that the app lists the route. What is not listed was asked for, but no
	// router that was looked into has it, or not any more.
	Listed bool
	// Names are the names by which its requests were counted: several for a route of every
	// method, none for one that was never called.
	Names []string
	// Stats are those of the window, of all Names together; its Slowest is not kept.
	Stats instrument.Stats
	// Last is when it was called last at all, as HandlerStats.Last has it; zero is never.
	Last time.Time
}

// UseOfRoutes puts what was counted of requests beside the routes that an app lists, and
// behind them, by their names, the routes that it does not list. The statistics are those
// of the window, and those of all time.
func UseOfRoutes(list []Route, window, ever []HandlerStats) []RouteUse {
	u := routeUses{at: map[[2]string]int{}}
	for _, r := range list {
		if key := [2]string{r.Method, r.Pattern}; u.at[key] == 0 {
			u.all = append(u.all, RouteUse{Route: r, Listed: true})
			u.at[key] = len(u.all)
		}
	}
	listed := len(u.all)
	for i := range ever {
		u.add(&ever[i], false)
	}
	for i := range window {
		u.add(&window[i], true)
	}
	slices.SortFunc(u.all[listed:], func(a, b RouteUse) int { return strings.Compare(a.Pattern+" "+a.Method, b.Pattern+" "+b.Method) })
	return u.all
}

type routeUses struct {
	all []RouteUse
	at  map[[2]string]int // by method and pattern: the place in all, from 1
}

func (u *routeUses) add(h *HandlerStats, inWindow bool) {
	if h.Handler.Kind != instrument.KindRequest || h.Handler.Name == instrument.OtherHandler {
		return
	}
	r := u.of(h.Handler.Name)
	if !slices.Contains(r.Names, h.Handler.Name) {
		r.Names = append(r.Names, h.Handler.Name)
	}
	if inWindow {
		r.Stats.Add(&h.Stats)
	}
	if h.Last.After(r.Last) {
		r.Last = h.Last
	}
}

// of is the route that the name of a request stands for.
func (u *routeUses) of(name string) *RouteUse {
	method, pattern, ok := strings.Cut(name, " ")
	if !ok {
		method, pattern = "", name
	}
	pattern = strings.TrimLeft(pattern, " ")
	keys := [][2]string{{method, pattern}, {"", pattern}}
	if method == "HEAD" {
		keys = append(keys, [2]string{"GET", pattern}) // which answers both
	}
	if own, rest, ok := strings.Cut(pattern, " "); ok { // a method that names do not have
		keys = append(keys, [2]string{own, rest})
	}
	for _, key := range keys {
		if i := u.at[key]; i > 0 {
			return &u.all[i-1]
		}
	}
	u.all = append(u.all, RouteUse{Route: Route{Method: method, Pattern: pattern}})
	u.at[keys[0]] = len(u.all)
	return &u.all[len(u.all)-1]
}
