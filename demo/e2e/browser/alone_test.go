package browser_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
)

// TestBrowser_TheToolbarLeavesThePageAlone: it adds no global, shifts nothing while it comes, opens and closes, and before it
// is opened it loads its script, two style sheets and the figures of the page's own Record.
func TestBrowser_TheToolbarLeavesThePageAlone(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	p := openBrowser(t).tab()
	const globals = `Object.getOwnPropertyNames(window).sort()`
	p.open(h.URL + "/api/1") // JSON: a page without the toolbar
	bare := value[[]string](p, globals)
	p.open(h.URL + "/pages/none/one")
	p.until(handle)
	for _, name := range value[[]string](p, globals) {
		if !slices.Contains(bare, name) {
			t.Errorf("the page has a new global %q", name)
		}
	}

	const loaded = `performance.getEntriesByType('resource').map((e) => e.name)`
	p.until(root + `.querySelector('button').textContent.includes('ms') || ` + root + `.querySelector('button').textContent.includes('µs')`)
	early := value[[]string](p, loaded)
	for _, address := range early {
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		path := strings.TrimPrefix(u.Path, "/_toolbar/")
		known := func(begin string) bool { return strings.HasPrefix(path, begin) }
		if !slices.ContainsFunc([]string{"static/toolbar.", "static/tokens.", "api/v1/requests/"}, known) {
			t.Errorf("before it is opened the toolbar loads %s", address)
		}
	}
	if len(early) < 3 {
		t.Errorf("only %q was loaded: the test looks too early", early)
	}

	p.press(handle)
	p.until(bar)
	p.press(button("page"))
	p.until(root + `.querySelector('.drawer .content').children.length > 0`)
	if all := value[[]string](p, loaded); len(all) <= len(early) {
		t.Error("opened, the toolbar loads nothing more")
	}
	// All shifts since the page began, also those that a click excuses.
	value[bool](p, `(() => {
		document.body.dataset.shifted = '0';
		document.body.dataset.what = '';
		new PerformanceObserver((list) => { for (const e of list.getEntries()) {
			document.body.dataset.shifted = Number(document.body.dataset.shifted) + e.value;
			document.body.dataset.what += e.sources.map((s) => (s.node ? s.node.nodeName : 'of the toolbar') + ' ' + JSON.stringify([s.previousRect, s.currentRect])).join() + ' ';
		} }).observe({ type: 'layout-shift', buffered: true });
		requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => { document.body.dataset.seen = '1'; }, 100)));
		return true;
	})()`)
	p.until(`document.body.dataset.seen`)
	if sum := value[string](p, `document.body.dataset.shifted`); sum != "0" {
		t.Errorf("the page was shifted by %s: %s", sum, value[string](p, `document.body.dataset.what`))
	}
	// That would have been noticed.
	value[bool](p, `(() => { const d = document.createElement('div'); d.style.height = '300px'; document.body.prepend(d); return true; })()`)
	p.until(`Number(document.body.dataset.shifted) > 0`)
	p.quiet()
}

// TestBrowser_NothingMovesForWhoAsksForThat: by the system's setting, in the page and in the dashboard.
func TestBrowser_NothingMovesForWhoAsksForThat(t *testing.T) {
	t.Parallel()
	p := openBrowser(t).tab()
	motion := func(value string) {
		call(p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: value}}})
	}
	for _, c := range []struct {
		asks  string
		moves bool
	}{{"no-preference", true}, {"reduce", false}} {
		h := openHost(t)
		motion(c.asks)
		p.open(h.URL + "/pages/none/one")
		p.press(handle)
		p.press(button("page"))
		p.until(root + `.querySelector('.drawer .content').children.length > 0`)
		if moves := value[bool](p, `getComputedStyle(`+root+`.querySelector('.drawer')).animationName !== 'none'`); moves != c.moves {
			t.Errorf("with %s, the drawer moves: %v", c.asks, moves)
		}
		p.open(h.URL + "/_toolbar/requests")
		p.until(`document.querySelector('.live .dot')`)
		const duration = `document.getAnimations().filter((a) => a.effect.getComputedTiming().activeDuration > 10).length`
		if moves := value[int](p, duration) > 0; moves != c.moves {
			t.Errorf("with %s, something in the dashboard moves: %v", c.asks, moves)
		}
	}
	p.quiet()
}
