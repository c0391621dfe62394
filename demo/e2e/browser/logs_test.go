package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

func TestBrowser_TheLogsOfOneBrowserAreFollowedLive(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	viewer, mara := openBrowser(t).tab(), openBrowser(t).tab()
	viewer.open(a.Page("logs"))
	viewer.leave(`button[value="follow"]`)
	address := value[string](viewer, `document.querySelector('[data-copy-text*="toolbar-logs"]').dataset.copyText`)
	mara.open(address)
	mara.until(`location.search === '' && location.pathname === '/'`)
	e2etest.NewVisitor(t, a.URL).Get("/products/FH-999") // of another browser: its lines stay out
	mara.open(a.URL + "/search?q=moss")
	const rows = `[...document.querySelectorAll('tr[data-id]')]`
	viewer.until(rows + `.some((tr) => tr.textContent.includes('/search'))`)
	if value[bool](viewer, rows+`.some((tr) => tr.textContent.includes('FH-999'))`) {
		t.Error("another browser's lines are there")
	}
	viewer.shoot("logs-live")
	viewer.leave(`button[value="stop"]`)
	viewer.until(`!document.querySelector('[data-copy-text*="toolbar-logs"]')`)
	viewer.quiet()
	mara.quiet()
}

func TestBrowser_AKeyIsDeletedFromACache(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	id := e2etest.NewVisitor(t, a.URL).Get("/shelves/mugs")
	a.Flush()
	p := openBrowser(t).tab()
	p.open(a.Page("requests/" + id + "/cache"))
	p.leave(`button[form="cache-form"]`)
	p.until(`document.querySelector('h1').textContent === 'Delete a key'`)
	p.leave(`main a.btn`)
	p.leave(`button[form="cache-form"]`)
	p.leave(`button.danger`)
	p.until(`document.querySelector('main').textContent.includes('deleted ')`)
	p.shoot("cache-deleted")
	p.open(a.Page("health"))
	p.somewhere(p.texts("main tr"), "cache", "shelves")
	p.quiet()
}

func TestBrowser_HelpIsReachedByAKeyAndFromEveryPage(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	p := openBrowser(t).tab()
	p.open(a.Page("health"))
	p.key("?")
	p.until(`document.querySelector('dialog.keys[open] dl.keys kbd')`)
	p.shoot("keys")
	p.size(narrow) // where there may be a keyboard, too
	p.until(`document.querySelector('dialog.keys kbd').getClientRects().length > 0`)
	p.size(wide)
	p.leave(`dialog.keys a.btn`)
	p.until(`document.querySelector('h1').textContent === 'Help'`)
	p.somewhere(p.texts("main tr"), "dur, duration", "dur>200ms")
	p.leave(`main table a`)
	p.until(`location.pathname.endsWith('/requests') && document.querySelector('.token')`)
	p.key("?")
	p.until(`document.querySelector('dialog.keys[open]')`)
	p.key(kb.Escape)
	p.until(`!document.querySelector('dialog.keys[open]')`)
	p.quiet()
}
