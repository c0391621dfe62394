package browser_test

import (
	"context"
	"embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// vendored is what pages of other apps are made with: htmx and Turbo, for tests alone.
//
//go:embed testdata
var vendored embed.FS

// host is an app of another kind than the shop: its pages are swapped by htmx or Turbo, it streams events, it
// sends beacons, and its content policy is strict.
type host struct {
	URL     string
	Toolbar *toolbar.Toolbar
	tb      testing.TB
	server  *httptest.Server
}

const hostPolicy = "default-src 'none'; script-src 'nonce-r4nd0m'; style-src 'self' 'nonce-r4nd0m'; img-src data:; connect-src 'self'; form-action 'self'; base-uri 'none'"

// openHost serves the app; change may change the toolbar's settings.
func openHost(tb testing.TB, change ...func(*toolbar.Config)) *host {
	tb.Helper()
	c := toolbar.Config{Path: filepath.Join(tb.TempDir(), "toolbar.db"), Service: "host", NotDefault: true}
	for _, f := range change {
		f(&c)
	}
	t, err := toolbar.New(c)
	if err != nil {
		tb.Fatal(err)
	}
	h := &host{Toolbar: t, tb: tb, server: httptest.NewServer(t.Wrap(hostPages()))}
	h.URL = h.server.URL
	tb.Cleanup(func() {
		e2etest.CloseServer(h.server)
		if err := t.Close(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return h
}

// flush has everything stored that has ended.
func (h *host) flush() {
	h.tb.Helper()
	if err := h.Toolbar.Flush(h.tb.Context()); err != nil {
		h.tb.Fatal(err)
	}
}

func hostPages() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /testdata/", http.FileServerFS(vendored))
	mux.HandleFunc("GET /favicon.ico", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) }) // browsers ask for it now and then
	mux.HandleFunc("GET /pages/{library}/{page}", func(w http.ResponseWriter, r *http.Request) {
		library, name := r.PathValue("library"), r.PathValue("page")
		script := map[string]string{"htmx": "htmx/htmx.min.js", "turbo": "turbo/turbo.es2017-umd.js"}[library]
		w.Header().Set("Content-Security-Policy", hostPolicy)
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>`, name, `</title><link rel="icon" href="data:,"><meta name="csp-nonce" content="r4nd0m">`)
		if script != "" {
			fmt.Fprintf(w, `<meta name="htmx-config" content='{"includeIndicatorStyles":false,"allowEval":false}'><script nonce="r4nd0m" src="/testdata/%s"></script>`, script)
		}
		fmt.Fprintf(w, `</head><body hx-boost="true"><main id="main"><h1>%s</h1>`, name)
		for _, to := range []string{"one", "two", "three"} {
			fmt.Fprintf(w, `<a id="to-%s" href="/pages/%s/%s">%s</a> `, to, library, to, to)
		}
		fmt.Fprint(w, `<button id="part" hx-get="/part" hx-target="#here">part</button><div id="here"></div></main>`)
		if library == "stream" {
			fmt.Fprint(w, `<script nonce="r4nd0m">fetch('/api/early'); window.source = new EventSource('/stream');</script>`)
		}
		if library == "late" {
			fmt.Fprint(w, `<script nonce="r4nd0m">window.onload = () => { window.source = new EventSource('/events'); };</script>`)
		}
		fmt.Fprint(w, `</body></html>`)
	})
	mux.HandleFunc("GET /moved/{library}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", hostPolicy)
		http.Redirect(w, r, "/pages/"+r.PathValue("library")+"/two", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /part", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<p>a part</p>") })
	mux.HandleFunc("POST /beacon", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("GET /api/", func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, `{"ok":true}`) })
	mux.HandleFunc("GET /events", stream)
	mux.HandleFunc("GET /stream", stream)
	return mux
}

// stream sends an event a second until the client leaves.
func stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	for {
		fmt.Fprint(w, "data: tick\n\n")
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-time.After(time.Second):
		}
	}
}
