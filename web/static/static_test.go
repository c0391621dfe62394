package static_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web/static"
)

var names = []string{"tokens.css", "app.css", "toolbar.css", "app.js", "toolbar.js"}

func get(t *testing.T, method, target string, header ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, "/", nil)
	r.URL.Path = target
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	static.Handler().ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, res *http.Response) []byte {
	t.Helper()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestHandler_ServesEachFileUnderItsHash(t *testing.T) {
	t.Parallel()
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := static.Path(name)
			if !regexp.MustCompile(`^static/[a-z]+\.[0-9a-f]{12}\.(css|js)$`).MatchString(p) {
				t.Fatalf("Path(%q) = %q: want static/NAME.HASH.EXT", name, p)
			}
			res := get(t, "GET", path.Base(p))
			if res.StatusCode != 200 {
				t.Fatalf("GET %s: status %d", p, res.StatusCode)
			}
			want := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}[path.Ext(name)]
			for k, v := range map[string]string{
				"Content-Type":           want,
				"X-Content-Type-Options": "nosniff",
				"Cache-Control":          "public, max-age=31536000, immutable",
			} {
				if got := res.Header.Get(k); got != v {
					t.Errorf("%s = %q, want %q", k, got, v)
				}
			}
			if len(body(t, res)) == 0 {
				t.Error("empty body")
			}
		})
	}
}

func TestHandler_CompressedBodyIsTheSame(t *testing.T) {
	t.Parallel()
	p := path.Base(static.Path("app.css"))
	plain := body(t, get(t, "GET", p))
	res := get(t, "GET", p, "Accept-Encoding", "br, gzip")
	if res.Header.Get("Content-Encoding") != "gzip" {
		t.Fatalf("Content-Encoding = %q", res.Header.Get("Content-Encoding"))
	}
	r, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(r)
	if err != nil || !bytes.Equal(got, plain) {
		t.Errorf("unzipped body differs (error %v)", err)
	}
	if enc := get(t, "GET", p, "Accept-Encoding", "gzip;q=0").Header.Get("Content-Encoding"); enc != "" {
		t.Errorf("gzip;q=0 answered with Content-Encoding %q", enc)
	}
}

func TestHandler_HeadAndRevalidationHaveNoBody(t *testing.T) {
	t.Parallel()
	p := path.Base(static.Path("app.js"))
	head := get(t, "HEAD", p)
	if head.StatusCode != 200 || len(body(t, head)) != 0 || head.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD: status %d, length %q", head.StatusCode, head.Header.Get("Content-Length"))
	}
	again := get(t, "GET", p, "If-None-Match", head.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || len(body(t, again)) != 0 {
		t.Errorf("revalidation: status %d", again.StatusCode)
	}
}

func TestT13_OnlyListedNamesAreServed(t *testing.T) {
	t.Parallel()
	known := path.Base(static.Path("app.css"))
	for _, target := range []string{
		"", "/", "app.css", "app.js", "static.go", "../static.go", "..%2fstatic.go", "./" + known, known + "/", known + "\x00",
		"//" + known, strings.ToUpper(known), `..\static.go`, "app.000000000000.css", "toolbar/" + known, "%c0%ae%c0%ae/app.css",
	} {
		if res := get(t, "GET", target); res.StatusCode != http.StatusNotFound {
			t.Errorf("GET %q: status %d, want 404", target, res.StatusCode)
		}
	}
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS", "PATCH"} {
		if res := get(t, method, known); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: status %d, want 404", method, res.StatusCode)
		}
	}
}

func TestPath_PanicsForAnUnknownName(t *testing.T) {
	t.Parallel()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	static.Path("missing.css")
}

// The lint of T-06 and T-07: our scripts and styles never turn text into markup or code, and fetch nothing from elsewhere.
func TestT06_ScriptsNeverTurnTextIntoMarkup(t *testing.T) {
	t.Parallel()
	banned := []string{
		"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "setTimeout('", `setTimeout("`,
		"createContextualFragment", "setHTMLUnsafe", "srcdoc", "javascript:", "console.", "http://", "https://", "@import", "url(http",
	}
	for _, name := range names {
		text := string(body(t, get(t, "GET", path.Base(static.Path(name)))))
		text = strings.ReplaceAll(text, "http://www.w3.org/2000/svg", "")
		for _, word := range banned {
			if strings.Contains(text, word) {
				t.Errorf("%s contains %q", name, word)
			}
		}
	}
}

func TestToolbarScript_FitsIntoTwelveKilobytes(t *testing.T) {
	t.Parallel()
	res := get(t, "GET", path.Base(static.Path("toolbar.js")), "Accept-Encoding", "gzip")
	if n := len(body(t, res)); n > 12<<10 {
		t.Errorf("toolbar.js is %d bytes compressed, want at most %d", n, 12<<10)
	}
}
