package browser_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// hostile are texts that want to be something else where they are shown.
var hostile = []string{
	`"><img src=x onerror=alert(1)>`, `</script><script>alert(2)</script>`, `<!--<script>alert(3)//`, `javascript:alert(4)`,
	"a\u2028alert(5)", "\u202etxt.exe", `${alert(6)}`, `{{7*7}}`, `'><svg onload=alert(8)>`, `data:text/html,<script>alert(9)</script>`,
	`</title><base href=//evil.test>`, `]]><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(10)</x:script>`, `</textarea><iframe srcdoc="<script>alert(11)</script>">`,
}

// What a visitor sends is shown and never becomes a part of the page.
func TestT06_HostileTextStaysText(t *testing.T) {
	t.Parallel()
	h := openHost(t)
	for _, text := range hostile {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, h.URL+"/api/"+url.PathEscape(text)+"?q="+url.QueryEscape(text), nil)
		if err != nil {
			t.Fatal(err)
		}
		visible := strings.Map(func(c rune) rune {
			if c > 126 {
				return -1
			}
			return c
		}, text)
		r.Header.Set("User-Agent", visible)
		r.Header.Set("Accept-Language", visible)
		r.Header.Set("Referer", visible)
		r.AddCookie(&http.Cookie{Name: "theme", Value: url.QueryEscape(text)})
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
	}
	if err := h.Toolbar.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	p := openBrowser(t).tab()
	if err := chromedp.Listen(p.ctx, func(event any) {
		if d, ok := event.(*page.EventJavascriptDialogOpening); ok {
			p.add("a dialog opens: %s", d.Message)
		}
	}); err != nil {
		t.Fatal(err)
	}
	paths := []string{"", "requests", "requests?q=" + url.QueryEscape(hostile[0]), "handlers", "alerts", "exceptions", "slow", "compare?what=window", "health"}
	for _, r := range e2etest.Get[e2etest.Records](t, h.URL+"/_toolbar/api/v1/requests").Records {
		paths = append(paths, "requests/"+r.ID, "requests/"+r.ID+"/request", "compare?a="+r.ID)
	}
	for _, path := range paths {
		p.open(h.URL + "/_toolbar/" + path)
		// Only the templates' own elements, none of what the texts want to be.
		const foreign = `[...document.querySelectorAll('img, iframe, base, object, embed, script:not([src]), [onerror], [onload], a[href^="javascript:" i], a[href^="data:" i]')].map((e) => e.outerHTML.slice(0, 120))`
		if found := value[[]string](p, foreign); len(found) > 0 {
			t.Errorf("%s: %q", path, found)
		}
		if strings.Contains(path, "/request") && !value[bool](p, fmt.Sprintf(`document.body.textContent.includes(%q)`, "/api/")) {
			t.Errorf("%s does not show the request", path)
		}
	}
	p.quiet()
}
