package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp/kb"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// lines are what the drawer's list of requests says.
const lines = `[...` + root + `.querySelectorAll('.drawer ol li')].map((li) => li.textContent)`

func TestBrowser_TheToolbarSurvivesPageSwaps(t *testing.T) {
	t.Parallel()
	for _, library := range []string{"htmx", "turbo"} {
		t.Run(library, func(t *testing.T) {
			h := openHost(t)
			p := openBrowser(t).tab()
			p.open(h.URL + "/pages/" + library + "/one")
			p.press(handle)
			p.press(button("page"))
			p.until(`window.same = 1`)
			for _, to := range []string{"two", "three", "one"} {
				p.press(`document.getElementById('to-` + to + `')`)
				p.until(`document.querySelector('h1').textContent === '` + to + `' && ` + bar)
				// The page that was swapped in is the document now, and the drawer is still open on it.
				p.until(button("doc") + `.textContent.includes('/pages/` + library + `/` + to + `')`)
				p.until(lines + `[0].includes('/pages/` + library + `/` + to + `')`)
			}
			if !value[bool](p, `window.same === 1 && document.querySelectorAll('debug-toolbar').length === 1`) {
				t.Error("the page was loaded anew, or there is more than one toolbar")
			}
			if library == "htmx" {
				p.press(`document.getElementById('part')`)
				p.until(lines + `.some((l) => l.includes('/part') && l.includes('htmx') && l.includes('200'))`)
			}
			p.shoot("toolbar-swapped-" + library)
			p.quiet()
		})
	}
}

func TestBrowser_StreamsAndBeaconsAreListed(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	p := openBrowser(t).tab()
	p.open(h.URL + "/pages/late/page")
	p.press(handle)
	p.press(button("page"))
	p.until(lines + `.some((l) => l.includes('/events') && l.includes('sse') && l.includes('open'))`)
	p.until(`navigator.sendBeacon('/beacon', 'x')`)
	p.until(lines + `.some((l) => l.includes('/beacon') && l.includes('beacon') && l.includes('204'))`)
	// Once it has ended the stream is a Record with panels of its own.
	p.until(`window.source.close() === undefined`)
	p.until(lines + `.some((l) => l.includes('/events') && l.includes('sse') && !l.includes('open') && / (s|ms)/.test(l))`)
	p.quiet()
}

func TestBrowser_WhatWasFetchedBeforeTheToolbarCameIsListed(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	p := openBrowser(t).tab()
	p.open(h.URL + "/pages/stream/page")
	p.press(handle)
	p.press(button("page"))
	p.until(lines + `.some((l) => l.includes('/api/early') && l.includes('fetch') && l.includes('200'))`)
	p.quiet()
}

func TestBrowser_TheHandleGoesToAnyEdge(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/cart")
	p.until(handle)
	box := func() []float64 {
		return value[[]float64](p, `(() => { const r = `+handle+`.getBoundingClientRect(); return [r.left, r.top, r.right, r.bottom]; })()`)
	}
	type place struct {
		side string
		x, y float64
	}
	for _, to := range []place{{"left", 20, 400}, {"bottom", 640, height - 8}, {"top", 300, 6}, {"right", wide - 10, 500}} {
		b := box()
		x, y := (b[0]+b[2])/2, (b[1]+b[3])/2
		mouse := func(kind input.DispatchMouseEventType, x, y float64) {
			p.t.Helper()
			call(p, input.DispatchMouseEvent, input.DispatchMouseEventParams{Type: kind, X: x, Y: y, Button: input.MouseButtonLeft, ClickCount: 1})
		}
		mouse(input.DispatchMouseEventTypeMousePressed, x, y)
		mouse(input.DispatchMouseEventTypeMouseMoved, (x+to.x)/2, (y+to.y)/2)
		mouse(input.DispatchMouseEventTypeMouseMoved, to.x, to.y)
		mouse(input.DispatchMouseEventTypeMouseReleased, to.x, to.y)
		p.until(handle + `.dataset.side === '` + to.side + `'`)
		at := box()
		p.open(a.URL + "/cart")
		p.until(handle)
		if again := box(); handleMoved(at, again) {
			t.Errorf("after a reload the handle is at %v, and was at %v", again, at)
		}
		edge := map[string]bool{"left": at[0] < 2, "top": at[1] < 2, "right": at[2] > wide-2, "bottom": at[3] > height-2}
		if !edge[to.side] {
			t.Errorf("dragged to the %s, the handle is at %v", to.side, at)
		}
		p.shoot("handle-" + to.side)
	}
	// By keys: along the edge, and over to another.
	p.until(handle + `.focus() === undefined`)
	before := box()
	p.key(kb.ArrowDown)
	p.until(handle + `.getBoundingClientRect().top > ` + fmt.Sprint(before[1]))
	p.key(kb.ArrowLeft)
	p.until(handle + `.dataset.side === 'left'`)
	p.quiet()
}

// handleMoved compares places; its width follows its figures.
func handleMoved(a, b []float64) bool {
	for i := range a {
		if d := a[i] - b[i]; d > 24 || d < -24 {
			return true
		}
	}
	return false
}

func TestBrowser_TheToolbarWorksByKeysAlone(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/products/FH-101")
	p.until(handle)
	chord := func() {
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyDown, Key: "D", Code: "KeyD", Modifiers: 1 | 8})
		call(p, input.DispatchKeyEvent, input.DispatchKeyEventParams{Type: input.DispatchKeyEventTypeKeyUp, Key: "D", Code: "KeyD"})
	}
	chord()
	p.until(bar)
	focus := root + `.activeElement.dataset.k`
	p.until(focus + ` === 'doc'`)
	p.key(kb.ArrowRight)
	p.key(kb.ArrowRight)
	p.until(focus + ` === 'sql'`)
	p.key(kb.Enter)
	p.until(drawer)
	p.until(root + `.querySelector('.drawer .content').textContent.includes('FROM products')`)
	// From the bar to the tabs, along them, and out level by level.
	p.until(button("tab-sql") + `.focus() === undefined`)
	p.key(kb.ArrowRight)
	p.until(focus + ` === 'tab-signals'`)
	p.until(root + `.querySelector('.drawer .content').textContent.includes('log-activity')`)
	p.key(kb.Escape)
	p.until(`!` + drawer + ` && ` + bar)
	p.key(kb.Escape)
	p.until(focus + ` === 'handle'`)
	// A chord typed into a field is the field's.
	p.until(`document.querySelector('input[name=q]').focus() === undefined`)
	chord()
	if !value[bool](p, `!!`+handle) {
		t.Error("the chord opened the toolbar while somebody was typing")
	}
	p.quiet()
}

func TestBrowser_AnExpiredRecordSaysSo(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/cart")
	p.until(handle)
	// An id of the first minute of all.
	p.until(`(() => { const e = document.querySelector('debug-toolbar'), n = e.cloneNode(); n.setAttribute('record', '0000001000401'); e.replaceWith(n); return true; })()`)
	p.until(`document.querySelector('debug-toolbar').shadowRoot && ` + handle + `.textContent.includes('expired')`)
	p.press(handle)
	p.until(button("doc") + `.textContent.includes('expired')`)
	p.quiet()
	p.open(a.Page("requests/0000001000401"))
	if text := value[string](p, `document.querySelector('main').textContent`); !strings.Contains(text, "expired") {
		t.Errorf("the page of a Record that is gone says %q", text)
	}
}

func TestBrowser_WhatTheBrowserMeasuredComesWithTheRecord(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	p := openBrowser(t).tab()
	p.open(h.URL + "/pages/plain/one")
	p.until(handle)
	id := value[string](p, `document.querySelector('debug-toolbar').getAttribute('record')`)
	type record struct {
		Timing *struct {
			Type string             `json:"type"`
			MS   map[string]float64 `json:"ms"`
		} `json:"timing"`
	}
	h.flush()
	// The page sends them once it is loaded, and nobody is told.
	got := e2etest.Get[record](t, h.URL+"/_toolbar/api/v1/requests/"+id)
	again := time.NewTicker(30 * time.Millisecond)
	defer again.Stop()
	for late := time.After(patience); got.Timing == nil; got = e2etest.Get[record](t, h.URL+"/_toolbar/api/v1/requests/"+id) {
		select {
		case <-late:
			t.Fatal("the Record has no timing")
		case <-again.C:
		}
	}
	if got.Timing.Type != "navigate" || got.Timing.MS["load"] <= 0 || got.Timing.MS["ttfb"] <= 0 {
		t.Errorf("the Record's timing is %+v", got.Timing)
	}
	q := openBrowser(t).tab()
	q.open(h.URL + "/_toolbar/requests/" + id + "/time")
	q.until(`document.body.textContent.includes('First content painted')`)
	q.shoot("record-time")
	p.quiet()
	q.quiet()
}

func TestBrowser_AnAppWithoutPagesIsWatched(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	p := openBrowser(t).tab()
	p.open(h.URL + "/_toolbar/watch")
	p.press(handle)
	p.press(`document.querySelector('h1')`)
	e2etest.NewVisitor(t, h.URL).Get("/api/stock")
	p.until(button("doc") + `.textContent.includes('/api/stock')`)
	p.press(button("page"))
	p.until(lines + `.some((l) => l.includes('/api/stock') && l.includes('200'))`)
	p.shoot("watch")
	p.quiet()
}

func TestBrowser_APanelThatFailsLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	served := h.server.Config.Handler
	h.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/sql") {
			http.Error(w, "broken", http.StatusInternalServerError)
			return
		}
		served.ServeHTTP(w, r)
	})
	p := openBrowser(t).tab()
	p.open(h.URL + "/pages/plain/one")
	p.press(handle)
	p.press(button("sql"))
	const content = root + `.querySelector('.drawer .content').textContent`
	p.until(content + `.includes('could not be loaded')`)
	p.press(button("tab-time"))
	p.until(content + `.includes('Own time by kind')`)
	p.press(button("tab-"))
	p.until(content + `.includes('/pages/')`)
	for _, said := range p.noise.take() {
		if !strings.Contains(said, "500") { // the browser's own line about the answer
			t.Error(said)
		}
	}
}

func TestBrowser_TheToolbarWorksUnderAnotherPrefix(t *testing.T) {
	t.Parallel()
	h := openHost(t, func(c *toolbar.Config) { c.Prefix = "/ops/debug/" })
	p := openBrowser(t).tab()
	p.open(h.URL + "/pages/plain/one")
	p.press(handle)
	p.press(button("time"))
	p.until(root + `.querySelector('.drawer .content').textContent.includes('/pages/')`)
	p.open(h.URL + "/ops/debug/")
	for _, link := range value[[]string](p, `[...document.querySelectorAll('a[href^="/"], form[action], script[src], link[rel=stylesheet]')].map((e) => e.getAttribute('href') || e.getAttribute('action') || e.getAttribute('src'))`) {
		if !strings.HasPrefix(link, "/ops/debug/") {
			t.Errorf("%s is outside of the prefix", link)
		}
	}
	h.flush() // a row that came while the click is on its way would move the others
	p.leave(`nav a[href$="/requests"]`)
	p.leave(`tr[data-id] a`)
	p.until(`document.querySelector('table.wf')`)
	p.quiet()
}
