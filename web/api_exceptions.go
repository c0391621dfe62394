package web

import (
	"net/http"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

type exceptionListJSON struct {
	Exceptions []exceptionJSON `json:"exceptions"`
	Total      int64           `json:"total"`                     // on all pages
	Unknown    int64           `json:"unknown_service,omitempty"` // of a service: more, from before exceptions were counted by service
	Before     string          `json:"before,omitempty"`          // cursor of those behind
}

type exceptionJSON struct {
	ID        string     `json:"id"` // the fingerprint
	Type      string     `json:"type,omitempty"`
	Message   string     `json:"message"` // of the latest
	Source    string     `json:"source,omitempty"`
	Panic     bool       `json:"panic"`
	Reported  bool       `json:"reported"`
	Kind      string     `json:"kind"`
	Handler   string     `json:"handler"`
	State     string     `json:"state"` // new, open, reopened, resolved or ignored
	StateAt   *time.Time `json:"state_at,omitempty"`
	StateBy   string     `json:"state_by,omitempty"`
	NextBuild bool       `json:"next_build"` // resolved in the builds that come after state_at
	Count     int64      `json:"count"`
	Users     int64      `json:"users"` // at most 200
	First     time.Time  `json:"first"`
	Last      time.Time  `json:"last"`
	FirstIn   string     `json:"first_build,omitempty"`
	LastIn    string     `json:"last_build,omitempty"`
	Trend     []float64  `json:"trend"`  // a value a day over the last 30 days
	Record    string     `json:"record"` // the newest
	Page      string     `json:"page"`
}

type exceptionDetailJSON struct {
	exceptionJSON
	Causes  []causeJSON       `json:"causes"` // what it wraps, outermost first
	Stack   []ownFrameJSON    `json:"stack"`  // innermost first
	StackOf string            `json:"stack_build,omitempty"`
	Builds  []exceptionInJSON `json:"builds"`
	Service []exceptionInJSON `json:"services"` // that it came in, as far as it is counted by service
	UsersOf []exceptionInJSON `json:"users_of"` // those it came to most often
	In      []exceptionInJSON `json:"in"`       // kinds of Records
	Records []string          `json:"records"`  // that are kept, the latest first, 100 at most
}

type causeJSON struct {
	Depth   int    `json:"depth"`
	Type    string `json:"type"`
	Message string `json:"message"`
}

type ownFrameJSON struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
	Own  bool   `json:"own"`
}

type exceptionInJSON struct {
	Kind  string    `json:"kind,omitempty"`
	Name  string    `json:"name"`
	Count uint64    `json:"count"`
	Last  time.Time `json:"last"`
}

func newExceptionJSON(x view.ExceptionRow) exceptionJSON {
	out := exceptionJSON{
		ID: x.ID, Type: x.Type, Message: x.Message, Source: x.Source, Panic: x.Panic, Reported: x.Reported, Kind: string(x.Kind), Handler: x.Handler,
		State: x.State.Word, StateBy: x.State.By, NextBuild: x.State.NextBuild, Count: x.Count, Users: x.Users, First: x.First.UTC(), Last: x.Last.UTC(),
		FirstIn: x.FirstIn, LastIn: x.LastIn, Trend: some(x.Trend), Record: x.Sample, Page: x.Href,
	}
	if !x.State.At.IsZero() {
		at := x.State.At.UTC()
		out.StateAt = &at
	}
	return out
}

// apiExceptions lists exceptions, by the parameters of the page.
func apiExceptions(d *Dashboard, r *http.Request) (any, error) {
	now := time.Now()
	q := exceptionQuery(r.URL.Query(), now)
	q.Trend = trendDays
	page, err := d.store.Exceptions(r.Context(), q)
	if err != nil {
		return nil, err
	}
	out := exceptionListJSON{Exceptions: []exceptionJSON{}, Total: page.Total, Unknown: page.Unknown}
	if page.More {
		out.Before = exceptionCursor(page.Next)
	}
	for i := range page.Exceptions {
		out.Exceptions = append(out.Exceptions, newExceptionJSON(d.exceptionRow(&page.Exceptions[i], now)))
	}
	return out, nil
}

// apiException is all that is known of one.
func apiException(d *Dashboard, r *http.Request) (any, error) {
	e, err := d.exceptionOf(r)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	out := exceptionDetailJSON{
		exceptionJSON: newExceptionJSON(d.exceptionRow(&e.Exception, now)), StackOf: e.Build,
		Causes: []causeJSON{}, Stack: []ownFrameJSON{}, Builds: []exceptionInJSON{}, Service: []exceptionInJSON{}, UsersOf: []exceptionInJSON{}, In: []exceptionInJSON{}, Records: []string{},
	}
	out.Trend = dailyTrend(e.Hours, now)
	for _, c := range e.Causes {
		out.Causes = append(out.Causes, causeJSON(c))
	}
	for _, f := range e.Stack {
		out.Stack = append(out.Stack, ownFrameJSON{f.Func, f.File, f.Line, f.Own})
	}
	for _, b := range e.Builds {
		out.Builds = append(out.Builds, exceptionInJSON{"", b.Name, b.Count, b.Last.UTC()})
	}
	for _, v := range e.Services {
		out.Service = append(out.Service, exceptionInJSON{"", v.Name, v.Count, v.Last.UTC()})
	}
	for _, a := range e.Affected {
		out.add(a)
	}
	for _, id := range e.Records {
		out.Records = append(out.Records, id.String())
	}
	return out, nil
}

func (x *exceptionDetailJSON) add(a query.Affected) {
	if a.Handler.Kind == 0 {
		x.UsersOf = append(x.UsersOf, exceptionInJSON{"", a.User, a.Count, a.Last.UTC()})
		return
	}
	x.In = append(x.In, exceptionInJSON{string(kindOf(a.Handler.Kind)), a.Handler.Name, a.Count, a.Last.UTC()})
}
