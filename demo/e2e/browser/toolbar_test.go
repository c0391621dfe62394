package browser_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

func TestBrowser_TheToolbarListsWhatThePageFetches(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/products/FH-101")
	p.until(handle)
	p.until(`!document.querySelector('[data-recommendations]').hidden`) // what the page itself adds to its height is there
	before := value[float64](p, `document.documentElement.scrollHeight`)
	p.press(handle)
	p.until(bar)
	p.press(button("page"))
	const list = root + `.querySelectorAll('.drawer ol li')`
	p.until(list + `.length === 3`)
	p.until(`![...` + list + `].some((li) => li.textContent.includes('…'))`)
	lines := value[[]string](p, `[...`+list+`].map((li) => li.textContent)`)
	for i, want := range [][]string{{"/products/FH-101", "document"}, {"/api/stock", "fetch"}, {"/api/recommendations", "fetch"}} {
		found := slices.ContainsFunc(lines, func(line string) bool {
			return strings.Contains(line, want[0]) && strings.Contains(line, want[1]) && strings.Contains(line, "200")
		})
		if !found {
			t.Errorf("%d: no line has %q with status 200: %q", i, want, lines)
		}
	}
	p.until(root + `.querySelector('.drawer .content').children.length > 0`)
	p.shoot("toolbar-drawer")

	// The list is narrowed by what is typed, and whole again without it.
	p.until(`((e) => e && (e.focus(), true))(` + root + `.querySelector('input[type=search]'))`)
	p.key("stock")
	p.until(list + `.length === 1 && ` + list + `[0].textContent.includes('/api/stock')`)
	for range "stock" {
		p.key(kb.Backspace)
	}
	p.until(list + `.length === 3`)

	// A fetch opens with its own statements.
	p.press(`[...` + list + `].find((li) => li.textContent.includes('/api/stock')).querySelector('a')`)
	p.press(button("tab-sql"))
	p.until(root + `.querySelector('.drawer .content').textContent.includes('FROM products')`)
	p.shoot("toolbar-sql")

	if after := value[float64](p, `document.documentElement.scrollHeight`); after != before {
		t.Errorf("the page became %v px high, from %v: the toolbar moves it", after, before)
	}
	p.quiet()
}

// TestBrowser_TheDrawerShowsDumpsAndSettings: a value that the app dumps is read in the page that it belongs to.
func TestBrowser_TheDrawerShowsDumpsAndSettings(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/cart")
	p.press(handle)
	p.press(button("custom"))
	p.until(root + `.querySelector('.drawer .content').textContent.includes('lines of the cart')`)
	if got := value[string](p, button("tab-custom")+`.textContent`); got != "Custom1" {
		t.Errorf("the tab says %q, want one custom span", got)
	}
	p.shoot("toolbar-dump")
	p.press(button("tab-settings"))
	p.until(`((text) => !text.includes('lines of the cart') && /settings|toolbar/i.test(text))(` + root + `.querySelector('.drawer .content').textContent)`)
	p.quiet()
}

func TestBrowser_EscapeClosesDrawerAndBar(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.URL + "/products/FH-101")
	p.press(handle)
	p.press(button("sql"))
	p.until(drawer)
	p.key(kb.Escape)
	p.until(`!` + drawer + ` && ` + bar)
	p.key(kb.Escape)
	p.until(`!` + bar + ` && ` + handle)

	// What was open stays open on the next page.
	p.press(handle)
	p.until(bar)
	p.open(a.URL + "/cart")
	p.until(bar)
	p.quiet()
}

func TestBrowser_ThemeIsKept(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	const background = `getComputedStyle(document.body).backgroundColor`
	p.prefer("light")
	p.open(a.Page(""))
	light := value[string](p, background)
	p.prefer("dark")
	dark := value[string](p, background)
	if light == dark {
		t.Errorf("the page is %s, whatever the system asks for", light)
	}

	p.press(`document.querySelector('[data-theme-switch] button[value=light]')`)
	if got := value[string](p, background); got != light {
		t.Errorf("Light was chosen and the page is %s, want %s", got, light)
	}
	p.open(a.Page("requests"))
	if got := value[string](p, background); got != light {
		t.Errorf("the next page is %s: the theme was not kept", got)
	}
	p.open(a.URL + "/")
	p.until(handle)
	if got := value[string](p, `document.querySelector('debug-toolbar').dataset.theme`); got != "light" {
		t.Errorf("the toolbar's theme is %q, want light, as in the dashboard", got)
	}
	p.quiet()
}

func TestBrowser_TheLiveListTakesANewRequestWithoutAReload(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	v.Get("/")
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("requests"))
	p.until(`document.querySelectorAll('tr[data-id]').length === 1`)
	value[bool](p, `window.sameDocument = true`)
	for _, path := range []string{"/shelves/mugs", "/search?q=moss", "/products/FH-999"} {
		id := v.Get(path)
		p.until(`document.querySelector('tbody tr[data-id]').dataset.id === "` + id + `"`) // newest first
	}
	if !value[bool](p, `window.sameDocument === true`) {
		t.Error("the page was loaded again")
	}
	p.shoot("requests-live")
	p.quiet()
}
