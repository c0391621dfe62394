package browser_test

import (
	"fmt"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// Somebody resolves an exception, it comes again with the next order, and is open again.
func TestBrowser_AResolvedExceptionComesAgain(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	v.Order()
	a.Flush()
	p := openBrowser(t).tab()
	says := func(text string) {
		t.Helper()
		p.until(fmt.Sprintf(`document.querySelector('main').textContent.includes(%q)`, text))
	}

	p.open(a.Page("exceptions?only=panics"))
	p.shoot("exceptions")
	p.leave(`table tbody a[href*="/exceptions/"]`)
	says("New: first seen within a day.")
	says("sync-crm")
	p.until(`document.querySelector('.excerpt mark')`)
	p.until(`document.querySelector('.trace details summary').textContent.includes('librar')`)
	page := value[string](p, `location.href`)
	p.shoot("exception-new")
	p.quiet()

	p.leave(`button[value="resolve"]`)
	says("should it come again, it is opened again.")
	if got := value[string](p, `location.href`); got != page {
		t.Errorf("after the form the browser is at %s, expected %s", got, page)
	}
	p.until(`!document.querySelector('button[value="resolve"]') && document.querySelector('button[value="reopen"]')`)
	p.open(a.Page("exceptions?only=panics"))
	p.until(`!document.querySelector('table tbody a[href*="/exceptions/"]')`)
	p.open(a.Page("exceptions?is=resolved"))
	p.until(`document.querySelectorAll('table tbody tr').length === 1`)

	v.Order()
	a.Flush()
	p.open(a.Page("exceptions?is=reopened"))
	p.until(`document.querySelector('table tbody').textContent.includes('came again')`)
	p.leave(`table tbody a[href*="/exceptions/"]`)
	says("It was resolved and came again")
	says("it is open again.")
	p.shoot("exception-reopened")

	// Ticked in the list, ignored, and not listed any more.
	p.open(a.Page("exceptions?only=panics"))
	p.press(`document.querySelector('input[name="exception"]')`)
	p.leave(`button[value="ignore"]`)
	p.until(`!document.querySelector('table tbody a[href*="/exceptions/"]')`)
	p.quiet()
}
