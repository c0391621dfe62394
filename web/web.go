package web

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/static"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// Dashboard serves the pages. It is an http.Handler for everything below its prefix.
type Dashboard struct {
	*shared
	base   view.Base // of links, as the viewer's browser sees them
	store  Store     // what is chosen of Config.Store
	choice choice
}

// shared is what all viewers have in common.
type shared struct {
	config    Config
	mux       *http.ServeMux
	patterns  []string      // of mux
	streams   chan struct{} // one for each live viewer
	heavy     chan struct{} // one for each page in the making
	snapshots chan struct{} // one for the copy in the making
	key       []byte        // signs what every form carries
	timings   timings
	plans     plans
	gone      gone
	followed  followed
	edit      view.Editor
	ever      longStats
	editor    Editor // nil: nothing can be changed
	alertsOff map[string]bool
	own       own
}

const (
	maxStreams = 8
	maxHeavy   = 4
	pageTime   = 10 * time.Second
)

// New makes a Dashboard. The error says which field of the Config cannot be used.
func New(c Config) (*Dashboard, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	d := &Dashboard{&shared{
		config: c, mux: http.NewServeMux(),
		streams: make(chan struct{}, maxStreams), heavy: make(chan struct{}, maxHeavy), snapshots: make(chan struct{}, 1), key: newKey(),
	}, view.Base(c.Prefix), c.Store, choice{}}
	d.followed.key = newKey()
	d.editor, _ = c.Store.(Editor)
	if d.edit, err = editor(c.Editor, c.EditorPaths); err != nil {
		return nil, err
	}
	if d.alertsOff, err = alertsOff(c.AlertsOff); err != nil {
		return nil, err
	}
	if d.own, err = newOwn(&c); err != nil {
		return nil, err
	}
	d.config.Gate.prefix, d.config.Gate.guesses = c.Prefix, newGuesses()
	d.routes()
	return d, nil
}

// page answers a request with a component, or with an error that is shown as a page.
type page func(d *Dashboard, r *http.Request) (templ.Component, error)

func (d *Dashboard) routes() {
	for path, p := range map[string]page{
		"{$}":                    overviewPage,
		"requests":               requestsPage,
		"requests/{id}":          recordPage,
		"requests/{id}/{panel}":  recordPage,
		"handlers":               handlersPage,
		"handlers/one":           handlerPage,
		"signals":                signalsPage,
		"middleware":             middlewarePage,
		"routes":                 routeListPage,
		"queries":                queriesPage,
		"commands":               commandsPage,
		"tasks":                  tasksPage,
		"tasks/{job}":            jobPage,
		"exceptions":             exceptionsPage,
		"exceptions/{exception}": exceptionPage,
		"slow":                   slowPage,
		"alerts":                 alertsPage,
		"health":                 healthPage,
		"watch":                  watchPage,
		"compare":                comparePage,
		"logs":                   browserLogsPage,
		"help":                   helpPage,
		"pages/{page}":           customPage,
		"":                       noPage, // whatever else is asked for
	} {
		h := d.html(p)
		if a, ok := pageAPI[path]; ok {
			h = d.either(h, d.json(a))
		}
		d.handle(path, h)
	}
	for path, route := range apiRoutes {
		d.handle("api/v1/"+path, d.json(route.api))
	}
	d.handle("api/v1/", d.json(func(*Dashboard, *http.Request) (any, error) { return nil, query.ErrNotFound }))
	for path, f := range forms {
		d.mount(http.MethodPost, path, d.post(f))
	}
	d.mount(http.MethodPost, "api/v1/requests/{id}/timing", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !d.sameOrigin(r) {
			http.NotFound(w, r)
			return
		}
		d.timing(w, r)
	}))
	d.handle("requests/{id}/as/{format}", http.HandlerFunc(d.copyAs))
	d.handle("events", http.HandlerFunc(d.events))
	d.handle("api/v1/store", http.HandlerFunc(d.snapshot))
	d.handle("healthz", http.HandlerFunc(healthz))
	d.handle("static/", http.StripPrefix(d.config.Prefix+"static/", static.Handler()))
	if d.config.Metrics != nil {
		d.handle("metrics", d.config.Metrics)
	}
}

// seen is the dashboard as the request's browser sees it: behind a proxy that takes the
// beginning of paths away, links need it.
func (d *Dashboard) seen(r *http.Request) *Dashboard {
	outside := d.outside(r)
	if outside == "" {
		return d
	}
	return &Dashboard{d.shared, view.Base(outside + d.config.Prefix), d.store, d.choice}
}

func (d *Dashboard) outside(r *http.Request) string {
	if d.config.Outside == nil {
		return ""
	}
	return d.config.Outside(r)
}

// here is the address of a page as its browser sees it.
func (d *Dashboard) here(r *http.Request) view.URL {
	return view.URL{Path: d.outside(r) + r.URL.Path, Query: r.URL.Query()}
}

// handle mounts a GET route below the prefix.
func (d *Dashboard) handle(path string, h http.Handler) { d.mount(http.MethodGet, path, h) }

// mount adds a route below the prefix. It is the only way to one, so that tests can ask
// all that there are.
func (d *Dashboard) mount(method, path string, h http.Handler) {
	pattern := method + " " + d.config.Prefix + path
	d.patterns = append(d.patterns, pattern)
	d.mux.Handle(pattern, h)
}

// Routes are the patterns that the dashboard answers, as http.ServeMux has them.
func (d *Dashboard) Routes() []string { return slices.Sorted(slices.Values(d.patterns)) }

// Prefix is the path below which the dashboard answers.
func (d *Dashboard) Prefix() string { return d.config.Prefix }

// Owns reports whether a path is the dashboard's.
func (d *Dashboard) Owns(path string) bool { return strings.HasPrefix(path, d.config.Prefix) }

// Open reports whether the Gate lets the request in.
func (d *Dashboard) Open(r *http.Request) bool { return d.config.Gate.Open(r) }

// ServeHTTP answers whoever the Gate lets in. Everybody else gets net/http's own 404,
// without a hint that there is something.
func (d *Dashboard) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.Open(r) {
		http.NotFound(w, r)
		return
	}
	secure(w.Header())
	if d.config.Gate.signIn(w, r, string(d.seen(r).base)) {
		return
	}
	d.mux.ServeHTTP(w, r)
}

// html draws a page into memory first, so that a page that fails half-way is an error
// page and not half a page.
func (d *Dashboard) html(p page) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		d := d.seen(r)
		ctx, cancel := context.WithTimeout(r.Context(), pageTime)
		defer cancel()
		release, ok := d.enter(ctx)
		if !ok {
			return
		}
		defer release()
		status, body, err := d.draw(p, r.WithContext(ctx))
		if err != nil {
			d.config.Logger.ErrorContext(ctx, "debug toolbar: draw page", "path", r.URL.Path, "error", err)
			http.Error(w, "The page could not be drawn; the app's log has the reason.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		write(w, r, status, body)
	})
}

// small is a body that is not worth compressing: it fits into one packet.
const small = 1400

// write sends a body, compressed for who takes it so: tables are a tenth then.
func write(w http.ResponseWriter, r *http.Request, status int, body []byte) {
	w.Header().Add("Vary", "Accept-Encoding")
	if len(body) > small && static.AcceptsGzip(r.Header.Get("Accept-Encoding")) {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		_, _ = z.Write(body) // a buffer never fails
		_ = z.Close()
		body = b.Bytes()
		w.Header().Set("Content-Encoding", "gzip")
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, _ = w.Write(body)
}

// draw makes the page. A mistake of ours in one page, a panic, leaves the others alone:
// a panel in the host's page is replaced by a line that says so.
func (d *Dashboard) draw(p page, r *http.Request) (status int, body []byte, err error) {
	defer func() {
		if v := recover(); v != nil {
			status, body, err = http.StatusOK, nil, fmt.Errorf("panic: %v\n%s", v, debug.Stack())
			if r.URL.Query().Get("fragment") != "" {
				d.config.Logger.ErrorContext(r.Context(), "debug toolbar: draw panel", "path", r.URL.Path, "error", err)
				body, err = render(r.Context(), view.Fragment(view.PanelFailed(r.PathValue("panel"), fmt.Sprint(v))))
			}
		}
	}()
	status = http.StatusOK
	var c templ.Component
	if d, err = d.choose(r); err == nil {
		c, err = p(d, r)
	}
	if _, drawn := errors.AsType[ownError](err); drawn {
		status = http.StatusInternalServerError
	} else if err != nil {
		c, status = d.failed(r, err)
	}
	body, err = render(view.WithEditor(r.Context(), d.edit), c)
	return status, body, err
}

func render(ctx context.Context, c templ.Component) ([]byte, error) {
	var b bytes.Buffer
	err := c.Render(ctx, &b)
	return b.Bytes(), err
}

// enter waits for a place among the pages in the making; false when the viewer left.
func (d *Dashboard) enter(ctx context.Context) (release func(), ok bool) {
	select {
	case d.heavy <- struct{}{}:
		return func() { <-d.heavy }, true
	case <-ctx.Done():
		return nil, false
	}
}

// failed is the page for an error.
func (d *Dashboard) failed(r *http.Request, err error) (templ.Component, int) {
	if m, ok := errors.AsType[missingError](err); ok {
		return view.MissingPage(d.shell(r, m.page.Title, ""), m.page), http.StatusNotFound
	}
	if errors.Is(err, query.ErrNotFound) {
		m := view.Missing{Title: "Not found", Text: "There is nothing at this address, or not any more."}
		return view.MissingPage(d.shell(r, m.Title, ""), m), http.StatusNotFound
	}
	d.config.Logger.ErrorContext(r.Context(), "debug toolbar: page", "path", r.URL.Path, "error", err)
	m := view.Missing{Title: "This page failed", Text: "The store could not answer: " + err.Error()}
	return view.MissingPage(d.shell(r, m.Title, ""), m), http.StatusInternalServerError
}

// noPage is the page for an address that the dashboard does not have.
func noPage(*Dashboard, *http.Request) (templ.Component, error) {
	return nil, missingError{view.Missing{Title: "No such page", Text: "The dashboard has no page at this address."}}
}

// missingError is the page for something that is not there.
type missingError struct{ page view.Missing }

func (e missingError) Error() string { return e.page.Title }

func healthz(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}
