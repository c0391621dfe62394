package browser_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// restartable is an app that can be stopped and started again at the same address with the same file.
type restartable struct {
	tb      testing.TB
	address string
	file    string
	toolbar *toolbar.Toolbar
	server  *http.Server
}

func (a *restartable) start() {
	a.tb.Helper()
	t, err := toolbar.New(toolbar.Config{Path: a.file, Service: "host", NotDefault: true})
	if err != nil {
		a.tb.Fatal(err)
	}
	l, err := net.Listen("tcp", a.address)
	if err != nil {
		a.tb.Fatal(err)
	}
	a.toolbar, a.address = t, l.Addr().String()
	a.server = &http.Server{Handler: t.Wrap(hostPages())}
	go func() { _ = a.server.Serve(l) }()
}

func (a *restartable) stop() {
	a.tb.Helper()
	_ = a.server.Close()
	if err := a.toolbar.Close(context.Background()); err != nil {
		a.tb.Error(err)
	}
}

func TestBrowser_TheLiveListGoesOnAfterARestart(t *testing.T) {
	t.Parallel()
	a := &restartable{tb: t, address: "127.0.0.1:0", file: filepath.Join(t.TempDir(), "toolbar.db")}
	a.start()
	get := func(path string) { e2etest.NewVisitor(t, "http://"+a.address).Get(path) }
	get("/api/first")
	if err := a.toolbar.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := openBrowser(t).tab()
	p.open("http://" + a.address + "/_toolbar/requests")
	has := func(path string) string {
		return `[...document.querySelectorAll('tr[data-id]')].filter((tr) => tr.textContent.includes('` + path + `')).length === 1`
	}
	p.until(has("/api/first"))
	p.until(`window.same = 1`)
	a.stop()
	a.start()
	defer a.stop()
	// Before the browser has connected again: what it missed comes afterwards, once.
	get("/api/meanwhile")
	p.until(has("/api/meanwhile"))
	get("/api/after")
	p.until(has("/api/after"))
	p.until(has("/api/first"))
	if !value[bool](p, `window.same === 1`) {
		t.Error("the page was loaded again")
	}
	// That the connection was refused while nobody listened is all that the browser has to say.
	for _, said := range p.noise.take() {
		if !strings.Contains(said, "net::ERR_") {
			t.Error(said)
		}
	}
}

func TestBrowser_TwoTabsAreLiveByThemselves(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	v.Get("/")
	a.Flush()
	b := openBrowser(t)
	p, q := b.tab(), b.tab()
	for _, tab := range []*tab{p, q} {
		tab.open(a.Page("requests"))
		tab.until(`document.querySelectorAll('tr[data-id]').length === 1`)
	}
	p.press(`document.querySelector('[data-live-toggle]')`)
	p.until(`document.querySelector('[data-live-label]').textContent === 'Resume'`)
	id := v.Get("/shelves/mugs")
	q.until(`document.querySelector('tbody tr[data-id]').dataset.id === "` + id + `"`)
	p.until(`document.querySelector('[data-live-show]').textContent.includes('1 newer')`)
	if value[bool](p, `document.querySelector('tbody tr[data-id]').dataset.id === "`+id+`"`) {
		t.Error("the tab that was paused took the row")
	}
	p.press(`document.querySelector('[data-live-toggle]')`)
	p.until(`document.querySelector('tbody tr[data-id]').dataset.id === "` + id + `"`)
	p.quiet()
	q.quiet()
}

// metrics are the browser's own figures about a page.
func metrics(p *tab) map[string]float64 {
	p.t.Helper()
	out := map[string]float64{}
	got := run(p, "read the metrics", func(ctx context.Context, t *chromedp.Target) (performance.GetMetricsResult, error) {
		return cdp.Call(ctx, t, performance.GetMetrics, cdp.Empty{})
	})
	for _, m := range got.Metrics {
		out[m.Name] = m.Value
	}
	return out
}

// The list of a busy app must not make the browser busy: 500 requests a second for a few seconds take less than
// half of a core on the tab's main thread, and at the end the list shows the newest.
func TestBrowser_TheLiveListKeepsUp(t *testing.T) {
	const perSecond, seconds, share = 500, 6, 0.5
	h := openHost(t)
	e2etest.NewVisitor(t, h.URL).Get("/api/warm")
	p := openBrowser(t).tab()
	p.open(h.URL + "/_toolbar/requests")
	p.until(`document.querySelector('tr[data-id]')`)
	call(p, performance.Enable, performance.EnableParams{TimeDomain: performance.EnableTimeDomainThreadTicks})
	before, began := metrics(p), time.Now()
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	last := ""
	served := h.Toolbar.Wrap(hostPages())
	for i := range perSecond * seconds {
		<-tick.C
		last = fmt.Sprintf("/api/n%d", i)
		w := &nobody{header: http.Header{}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+last, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.RemoteAddr = "127.0.0.1:1"
		served.ServeHTTP(w, r)
	}
	took := time.Since(began)
	after := metrics(p)
	used := (after["TaskDuration"] - before["TaskDuration"]) / took.Seconds()
	t.Logf("%d requests in %v: %.0f %% of a core in the tab (script %.0f %%, layout %.0f %%)", perSecond*seconds, took.Round(time.Millisecond), 100*used,
		100*(after["ScriptDuration"]-before["ScriptDuration"])/took.Seconds(), 100*(after["LayoutDuration"]-before["LayoutDuration"])/took.Seconds())
	if used > share {
		t.Errorf("the tab uses %.0f %% of a core, at most %.0f %%", 100*used, 100*share)
	}
	p.until(`document.querySelector('tbody tr[data-id]').textContent.includes('` + last + `')`)
	if n := value[int](p, `document.querySelectorAll('tr[data-id]').length`); n > 60 {
		t.Errorf("the list has %d rows", n)
	}
	p.quiet()
}

// nobody is a client that does not look at the answer.
type nobody struct{ header http.Header }

func (n *nobody) Header() http.Header         { return n.header }
func (n *nobody) Write(b []byte) (int, error) { return len(b), nil }
func (n *nobody) WriteHeader(int)             {}
