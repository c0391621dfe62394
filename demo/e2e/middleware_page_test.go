package e2e_test

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// layerLinks are the layers that a part of the middleware page names, in their order.
func layerLinks(part string) (names []string) {
	for _, m := range regexp.MustCompile(`handlers/one\?kind=layer&amp;name=([^"]+)"`).FindAllStringSubmatch(part, -1) {
		if name, err := url.QueryUnescape(m[1]); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// between is the part of a page from one text to the next.
func between(t *testing.T, page, from, to string) string {
	t.Helper()
	_, rest, ok := strings.Cut(page, from)
	part, _, end := strings.Cut(rest, to)
	if !ok || !end {
		t.Fatalf("the page has no part from %q to %q", from, to)
	}
	return part
}

// TestPages_MiddlewareTellsItsStacksAsTheyWereBuilt: the big one first, that of a single route by its name, each with what
// its layers did over time and what they change.
func TestPages_MiddlewareTellsItsStacksAsTheyWereBuilt(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	v := e2etest.NewVisitor(t, a.URL)
	v.LogIn()
	v.Get("/")
	a.Flush()

	page := e2etest.Text(t, a.Page("middleware"))
	want := []string{"request-log", "security-headers", "compress", "cors", "csrf", "check-forms", "signal-scope", "session", "show-session", "auth", "activity"}
	if got := layerLinks(between(t, page, `aria-label="Middleware layers"`, "</table>")); !slices.Equal(got, want) {
		t.Errorf("the layers are %q, want %q", got, want)
	}
	over := between(t, page, `aria-label="Own time of each layer over time"`, "</table>")
	if n := strings.Count(over, " own, "); n < len(want) {
		t.Errorf("%d steps of time have calls, want one for each of %d layers at least", n, len(want))
	}
	does := between(t, page, `aria-label="What each layer does"`, "</table>")
	for _, text := range []string{"Content-Security-Policy", "X-Content-Type-Options", "shop.userKey"} {
		if !strings.Contains(does, ">"+text+"<") {
			t.Errorf("nobody is said to change %q", text)
		}
	}

	login := e2etest.Text(t, a.Page("middleware?stack="+url.QueryEscape("shop.(*Shop).login")))
	if got := layerLinks(between(t, login, `aria-label="Middleware layers"`, "</table>")); !slices.Equal(got, []string{"login-limit"}) {
		t.Errorf("the stack of the login has %q", got)
	}
	handlers := e2etest.Text(t, a.Page("handlers?kind=view"))
	if !strings.Contains(handlers, "shop.(*Shop).login behind login-limit") || strings.Contains(handlers, "middleware.measured") {
		t.Error("the view in which a route's own stack runs has no name of its own")
	}
}
