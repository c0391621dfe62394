package browser_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// policed is a page with a content policy of its own.
type policed struct {
	header     []string // Content-Security-Policy
	reportOnly string
	meta       string
	allows     bool // the policy lets the toolbar's script run
}

// policies are those of RELIABILITY T-08, and some that pages really have.
var policies = map[string]policed{
	"none":                            {allows: true},
	"self":                            {header: []string{"default-src 'self'"}, allows: true},
	"nonce":                           {header: []string{"default-src 'none'; script-src 'nonce-r4nd0m'; style-src 'nonce-r4nd0m'; connect-src 'self'"}, allows: true},
	"strict-dynamic with a nonce":     {header: []string{"script-src 'strict-dynamic' 'nonce-r4nd0m'; object-src 'none'; base-uri 'none'"}, allows: true},
	"hashes only":                     {header: []string{"script-src 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='"}},
	"default-src none":                {header: []string{"default-src 'none'"}},
	"script-src none":                 {header: []string{"script-src 'none'"}},
	"report only":                     {reportOnly: "script-src 'self'", allows: true},
	"report only, which would report": {reportOnly: "script-src 'none'"},
	"two headers that allow it":       {header: []string{"script-src 'self' 'nonce-r4nd0m'", "script-src 'nonce-r4nd0m'"}, allows: true},
	"two headers, each for a reason of its own": {header: []string{"script-src 'self'", "script-src 'nonce-r4nd0m' 'strict-dynamic'"}, allows: true},
	"two headers of which one forbids it":       {header: []string{"script-src 'self'", "script-src 'none'"}},
	"in the page":                               {meta: "script-src 'self'; connect-src 'self'", allows: true},
	"in the page, none":                         {meta: "script-src 'none'"},
	"nonce in header and page":                  {header: []string{"script-src 'nonce-r4nd0m'"}, meta: "script-src 'nonce-r4nd0m'", allows: true},
	"trusted types":                             {header: []string{"require-trusted-types-for 'script'; trusted-types 'none'; script-src 'self'"}, allows: true},
	"sandbox":                                   {header: []string{"sandbox allow-same-origin"}},
	"sandbox that allows scripts":               {header: []string{"sandbox allow-scripts allow-same-origin"}, allows: true},
	"unsafe-inline":                             {header: []string{"script-src 'unsafe-inline' 'self'"}, allows: true},
	"img-src none":                              {header: []string{"img-src 'none'; script-src 'self'"}, allows: true},
	"style-src none":                            {header: []string{"style-src 'none'; script-src 'self'"}},
	"style-src with the script's nonce":         {header: []string{"style-src 'nonce-r4nd0m'; script-src 'nonce-r4nd0m'"}, allows: true},
	"style-src with another nonce":              {header: []string{"style-src 'nonce-0ther'; script-src 'nonce-r4nd0m'"}},
	"connect-src none":                          {header: []string{"connect-src 'none'; script-src 'self'"}},
	"connect-src elsewhere, in the page":        {meta: "connect-src https://api.test"},
}

// policedPages serves each of them under its name.
func policedPages() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, ok := policies[strings.TrimPrefix(r.URL.Path, "/")]
		if !ok {
			http.NotFound(w, r)
			return
		}
		for _, policy := range p.header {
			w.Header().Add("Content-Security-Policy", policy)
		}
		if p.reportOnly != "" {
			w.Header().Set("Content-Security-Policy-Report-Only", p.reportOnly)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		meta := ""
		if p.meta != "" {
			meta = fmt.Sprintf(`<meta http-equiv="Content-Security-Policy" content="%s">`, p.meta)
		}
		fmt.Fprintf(w, `<!doctype html><html lang="en"><head><meta charset="utf-8">%s<title>page</title></head><body><h1>page</h1></body></html>`, meta)
	})
}

// countViolations runs before everything else in a page, whatever its policy.
const countViolations = `window.violations = []; document.addEventListener('securitypolicyviolation', (e) => window.violations.push(e.violatedDirective + ' ' + e.blockedURI));`

// TestT08_PoliciesOfThePage: under each policy the page gets the header that its app set, nothing violates it, and the
// toolbar works where the policy lets it and is not there where it does not.
func TestT08_PoliciesOfThePage(t *testing.T) {
	t.Parallel()
	tb, err := toolbar.New(toolbar.Config{Path: filepath.Join(t.TempDir(), "toolbar.db"), NotDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	srv, control := httptest.NewServer(tb.Wrap(policedPages())), httptest.NewServer(policedPages())
	t.Cleanup(func() {
		for _, s := range []*httptest.Server{srv, control} {
			e2etest.CloseServer(s)
		}
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	b := openBrowser(t)
	p := b.tab()
	call(p, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: countViolations})
	for _, name := range slices.Sorted(maps.Keys(policies)) {
		path := "/" + strings.ReplaceAll(name, " ", "%20")
		for _, key := range []string{"Content-Security-Policy", "Content-Security-Policy-Report-Only"} {
			if got, want := headerOf(t, srv.URL+path, key), headerOf(t, control.URL+path, key); !slices.Equal(got, want) {
				t.Errorf("%s: %s is %q, without us %q", name, key, got, want)
			}
		}
		p.noise.take()
		p.open(srv.URL + path)
		p.until(`document.readyState === 'complete'`)
		if policies[name].allows {
			p.until(`document.querySelector('debug-toolbar') && document.querySelector('debug-toolbar').shadowRoot`)
			p.until(`(` + handle + ` || ` + bar + `) && getComputedStyle(` + root + `.querySelector('div')).display !== 'none'`)
			p.until(`document.querySelector('debug-toolbar').requests.some((r) => r.data)`)
		} else if value[bool](p, `!!document.querySelector('debug-toolbar') || document.scripts.length > 0`) {
			t.Errorf("%s: the toolbar is in a page that forbids it", name)
		}
		if found := value[[]string](p, `window.violations`); len(found) > 0 {
			t.Errorf("%s: violated: %q", name, found)
		}
		if said := slices.DeleteFunc(p.noise.take(), func(s string) bool {
			return strings.Contains(s, "favicon") || strings.Contains(s, "can escape its sandboxing") // of the policy itself
		}); len(said) > 0 {
			t.Errorf("%s: the browser says %q", name, said)
		}
	}
}

func headerOf(t *testing.T, url, key string) []string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Dest", "document")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.Header[key]
}
