package browser_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// violation is a rule of axe-core that a page breaks.
type violation struct {
	ID, Help string
	Targets  []string
}

const (
	axeRules  = `['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa']`
	axeColors = `{ type: 'rule', values: ['color-contrast', 'link-in-text-block'] }`
)

// accessible fails the test when axe-core finds that the page breaks a rule of WCAG 2.0 or 2.1, level A or AA.
func (p *tab) accessible(where string) {
	p.t.Helper()
	p.axe(where, axeRules)
}

// axe fails the test when axe-core finds that the page breaks one of the rules.
// Runtime.evaluate runs outside of the page's content policy, so that the page needs no exception for it.
func (p *tab) axe(where, rules string) {
	p.t.Helper()
	if !value[bool](p, `typeof axe === 'object'`) {
		source, err := vendored.ReadFile("testdata/axe/axe.min.js")
		if err != nil {
			p.t.Fatal(err)
		}
		run(p, "load axe-core", chromedp.Evaluate[chromedp.Void](string(source)+"\n;undefined"))
	}
	value[bool](p, `(() => { window.axeFound = null; axe.run(document, { runOnly: `+rules+`, resultTypes: ['violations'] }).then((r) => {
		window.axeFound = r.violations.map((v) => ({ id: v.id, help: v.help, targets: v.nodes.slice(0, 4).map((n) => n.target.flat().join(' ') + ' ' + (n.any[0] ? n.any[0].message : '')) }));
	}, (e) => { window.axeFound = [{ id: 'axe failed', help: String(e), targets: [] }]; }); return true; })()`)
	p.until(`window.axeFound`)
	for _, v := range value[[]violation](p, `window.axeFound`) {
		p.t.Errorf("%s: %s: %s\n  %s", where, v.ID, v.Help, strings.Join(v.Targets, "\n  "))
	}
}

// thin takes all rows out of a page's tables but one of each shape, which is what elements a row has and what they are, not
// what they say: what a theme or the window's width does to one of them it does to all. A page that is live is paused, or it
// would bring them back.
const thin = `(() => {
	document.querySelector('[data-live-toggle][aria-pressed="true"]')?.click();
	const says = (e) => [e.localName, ...['class', 'role', 'aria-current', 'aria-selected', 'hidden', 'disabled'].map((a) => e.getAttribute(a)), !e.childElementCount && !e.textContent.trim()].join(' ');
	const shape = (e) => says(e) + '(' + [...e.children].map(shape).join() + ')';
	for (const body of document.querySelectorAll('tbody')) {
		const seen = new Set();
		for (const row of [...body.rows]) {
			const is = shape(row);
			if (seen.has(is)) row.remove();
			else seen.add(is);
		}
	}
	return true;
})()`

// accessibleInAll looks at the page that is open as a whole once, and then, with one row of each shape, at what the other
// theme and the other width can change. A theme changes colours alone.
func (p *tab) accessibleInAll(path string) {
	p.t.Helper()
	p.prefer("light")
	p.accessible(fmt.Sprintf("%s at %d px, light", path, wide))
	value[bool](p, thin)
	const displayed = `[...document.querySelectorAll('body *')].filter((e) => e.getClientRects().length).length`
	for _, width := range []int64{wide, narrow} {
		p.size(width)
		p.prefer("light")
		if width != wide {
			p.accessible(fmt.Sprintf("%s at %d px, light", path, width))
		}
		n := value[int](p, displayed)
		p.prefer("dark")
		p.until(fmt.Sprintf("%s === %d", displayed, n)) // charts are drawn anew
		p.axe(fmt.Sprintf("%s at %d px, dark", path, width), axeColors)
	}
}

func TestBrowser_TheToolbarIsAccessible(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	for _, theme := range []string{"light", "dark"} {
		p.prefer(theme)
		p.open(a.URL + "/products/FH-101")
		// What is checked is ours: the shop's own page is not.
		value[bool](p, `(() => { document.querySelector('main').remove(); document.querySelector('header').remove(); return true; })()`)
		p.until(`document.querySelector('debug-toolbar').shadowRoot && (` + handle + ` || ` + bar + `)`)
		if theme == "light" {
			p.accessible("the handle, " + theme)
			p.press(handle)
		}
		p.until(bar)
		p.press(button("sql"))
		p.until(root + `.querySelector('.drawer .content').textContent.includes('FROM')`)
		p.accessible("the drawer, " + theme)
	}
}

// weight is what a page costs over the network the first time, and when everything that may be cached is.
type weight struct{ first, after int64 }

// weigh adds up the transfers of a page, compressed as they come.
func weigh(p *tab) (w weight) {
	p.t.Helper()
	type transfer struct {
		Name string
		Size int64
	}
	const all = `performance.getEntriesByType('navigation').concat(performance.getEntriesByType('resource'))
		.filter((e) => e.name.startsWith(location.origin) && !e.name.includes('/events')).map((e) => ({ name: e.name, size: Math.max(e.encodedBodySize, e.transferSize) }))`
	for _, e := range value[[]transfer](p, all) {
		w.first += e.Size
		if !strings.Contains(e.Name, "/static/") {
			w.after += e.Size
		}
	}
	return w
}

func everyPageIsLight(t *testing.T, a *e2etest.App, paths []string) {
	const most, mostAfter = 150 << 10, 30 << 10
	p := openBrowser(t).tab()
	heaviest, which := weight{}, ""
	for _, path := range paths {
		p.open(a.Page(path))
		p.until(`document.readyState === 'complete'`)
		w := weigh(p)
		if w.first == 0 {
			t.Fatalf("%s weighs nothing", path)
		}
		// The next view has the assets: what is counted then is the page alone.
		if w.first > most || w.after > mostAfter {
			t.Errorf("%s is %d bytes the first time (at most %d) and %d after (at most %d)", path, w.first, most, w.after, mostAfter)
		}
		if w.first > heaviest.first {
			heaviest, which = w, path
		}
	}
	t.Logf("heaviest: %q, %d bytes the first time, %d after", which, heaviest.first, heaviest.after)
	for name, of := range map[string]string{"toolbar.js": `script[src*="toolbar."]`} {
		p.open(a.URL + "/")
		address := value[string](p, `document.querySelector('`+of+`').src`)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodHead, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Accept-Encoding", "gzip")
		res, err := http.DefaultTransport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.ContentLength <= 0 || res.ContentLength > 12<<10 || res.Header.Get("Content-Encoding") != "gzip" {
			t.Errorf("%s is %d bytes with %q, want at most 12 KB with gzip", name, res.ContentLength, res.Header.Get("Content-Encoding"))
		}
		t.Logf("%s: %d bytes", name, res.ContentLength)
	}
}
