// Command gallery shows every component of the dashboard in every state, without an app, a store or a clock.
//
//	go run ./web/gallery -addr 127.0.0.1:8099
//
// The table that it shows also feeds the golden tests: what is looked at is what is tested. Besides the previews
// it serves a page with the toolbar in it and enough of the dashboard that the toolbar works.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"html"
	"log"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/static"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// policy is the dashboard's own content security policy: what does not work under it is not done.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'self'"

func main() {
	addr := flag.String("addr", "127.0.0.1:8099", "address to listen on")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	srv := &http.Server{Addr: *addr, Handler: routes(), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		_ = srv.Close()
	}()
	log.Printf("gallery on http://%s/", *addr)
	if err := srv.ListenAndServe(); err != http.ErrServerClosed {
		log.Fatal(err)
	}
}

// routes serves the previews, the assets, and what the toolbar asks for.
func routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", index)
	mux.HandleFunc("GET /s/{name}", preview)
	mux.HandleFunc("GET /page", hostPage)
	mux.HandleFunc("GET /page/{status}", hostCall)
	mux.Handle("GET /_toolbar/static/", http.StripPrefix("/_toolbar/static/", static.Handler()))
	mux.HandleFunc("GET /_toolbar/events", events)
	mux.HandleFunc("GET /_toolbar/api/v1/requests/{id}", recordJSON)
	mux.HandleFunc("GET /_toolbar/requests/{id}", recordOrPanel)
	mux.HandleFunc("GET /_toolbar/requests/{id}/{panel}", recordOrPanel)
	mux.HandleFunc("GET /_toolbar/{page}", dashboard)
	mux.HandleFunc("GET /_toolbar/{$}", dashboard)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		mux.ServeHTTP(w, r)
	})
}

// index lists the previews.
func index(w http.ResponseWriter, _ *http.Request) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!doctype html><html lang=en><title>Gallery</title><link rel=stylesheet href=%s><link rel=stylesheet href=%s><main class=main><h1>Gallery</h1><p><a href=/page>The toolbar in a page</a></p><ul>", hashed("tokens.css"), hashed("app.css"))
	for _, s := range samples {
		fmt.Fprintf(&b, "<li><a href=/s/%s>%s</a> <span class=dim>%s</span></li>", html.EscapeString(s.name), html.EscapeString(s.name), html.EscapeString(s.says))
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	fmt.Fprint(w, b.String(), "</ul></main>")
}

// preview draws one sample.
func preview(w http.ResponseWriter, r *http.Request) {
	for _, s := range samples {
		if s.name == r.PathValue("name") {
			sh := shell(s, hashed)
			if r.URL.Query().Has("still") { // for screenshots: a page that has finished loading
				sh.Live = &view.Live{}
			}
			render(w, r, s.draw(sh))
			return
		}
	}
	http.NotFound(w, r)
}

func render(w http.ResponseWriter, r *http.Request, c templ.Component) {
	buf := templ.GetBuffer()
	defer templ.ReleaseBuffer(buf)
	if err := c.Render(r.Context(), buf); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(buf.Bytes())
}

// dashboard draws the sample of the page that was asked for.
func dashboard(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("page")
	if name == "" {
		name = "overview"
	}
	r.SetPathValue("name", name)
	preview(w, r)
}

// recordOrPanel draws a Record with the parameters that its links carry.
func recordOrPanel(w http.ResponseWriter, r *http.Request) {
	model := order
	for _, f := range []func() view.Record{quick, nightly, crowd, long} {
		if f().ID == r.PathValue("id") {
			model = f
		}
	}
	m := with(model(), func(m *view.Record) { m.Panel = r.PathValue("panel") })
	s := shell(sample{name: "record"}, hashed)
	s.Here = view.URL{Path: r.URL.Path, Query: r.URL.Query()}
	if r.URL.Query().Get("fragment") != "" {
		render(w, r, view.Fragment(view.RecordPanel(s, m)))
		return
	}
	render(w, r, view.RecordPage(s, m))
}

// recordJSON answers what the toolbar asks for.
func recordJSON(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	if id == "gone" {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	out := map[string]any{
		"id": id, "kind": "request", "method": "POST", "path": "/orders", "name": "POST /orders", "status": 201, "duration_ns": 612400000, "query_ns": 113600000,
		"flags":  map[string]bool{"slow": true},
		"counts": map[string]int{"spans": 74, "queries": 48, "signals": 2, "layers": 5, "logs": 6, "errors": 1},
	}
	if id == "failed" {
		out["path"], out["status"], out["duration_ns"], out["flags"], out["counts"] = "/page/500", 500, 12000000, map[string]bool{"error": true}, map[string]int{"queries": 2, "errors": 1}
	}
	if id == "fine" {
		out["method"], out["path"], out["status"], out["duration_ns"], out["flags"], out["counts"] = "GET", "/page/200", 200, 84200, map[string]bool{}, map[string]int{"queries": 1}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(out)
}

// events sends a row every two seconds.
func events(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	s := shell(sample{name: "requests", at: "requests"}, hashed)
	for i := 0; ; i++ {
		row := recordRows()[i%6]
		row.ID, row.Start = fmt.Sprintf("0f4live%06d", i), time.Now()
		s.Now = time.Now()
		buf := templ.GetBuffer()
		if err := view.RecordRows(s, []view.RecordRow{row}).Render(r.Context(), buf); err != nil {
			return
		}
		fmt.Fprintf(w, "event: record\ndata: %s\n\n", strings.ReplaceAll(strings.TrimSpace(buf.String()), "\n", "\ndata: "))
		templ.ReleaseBuffer(buf)
		if err := http.NewResponseController(w).Flush(); err != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-tick.C:
		}
	}
}

// hostPage is a foreign page with the toolbar in it.
func hostPage(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	css := hashed("tokens.css") + " " + hashed("toolbar.css") + " " + hashed("app.css")
	id := orderID
	if v := r.URL.Query().Get("record"); v != "" {
		id = v
	}
	fmt.Fprintf(w, `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Fernhill</title>
<body><h1>Thank you, Mara</h1><p>Order 20417 is confirmed. We wrote to mara@example.test.</p><p><a href="/">Journal</a></p>
<debug-toolbar base="%s" record="%s" css="%s"></debug-toolbar><script src="%s" defer></script>`, base, html.EscapeString(id), css, hashed("toolbar.js"))
}

// hostCall is what the page fetches: an answer that names its Record.
func hostCall(w http.ResponseWriter, r *http.Request) {
	if r.PathValue("status") == "500" {
		w.Header().Set("X-Debug-Toolbar-Id", "failed")
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("X-Debug-Toolbar-Id", "fine")
	fmt.Fprint(w, "ok")
}
