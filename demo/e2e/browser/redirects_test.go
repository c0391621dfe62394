package browser_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// TestBrowser_ARedirectCanBeLookedAt: with Config.InterceptRedirects a navigation stops at a page with the toolbar, under
// the app's own content policy, and goes on from there.
func TestBrowser_ARedirectCanBeLookedAt(t *testing.T) {
	t.Parallel()
	h := openHost(t, func(c *toolbar.Config) { c.InterceptRedirects = true })
	p := openBrowser(t).tab()
	p.open(h.URL + "/moved/plain")
	p.until(handle)
	if got := value[string](p, `document.querySelector('h1').textContent`); got != "303 See Other" {
		t.Errorf("the page says %q", got)
	}
	p.shoot("redirect")
	p.size(390)
	p.prefer("dark")
	p.shoot("redirect-phone")
	p.press(handle)
	p.until(root + `.querySelector('[data-k="doc"]').textContent.includes('303')`)
	p.leave(`main a`)
	if got := value[string](p, `location.pathname`); got != "/pages/plain/two" {
		t.Errorf("the link leads to %s", got)
	}
	p.quiet()
}
