package web_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web"
	"github.com/go-debug-toolbar/debugtoolbar/web/static"
)

// pathPieces are what paths are made of that lead out of where they should stay.
var pathPieces = []string{
	"..", ".", "...", "....//", "/", "//", "%2f", "%2F%2e%2e", "..%2f", "%2e%2e/", "%252e%252e%252f", "%c0%ae%c0%ae", "%c0%af", "%e0%80%ae",
	`\`, `..\`, "%5c..%5c", "%00", "%00.css", ";", ";/..", "?", "#", "*", "~", "~root", "C:", "file:", "%u002e", "%", "%zz", "%7f", "%ff",
	"etc/passwd", "proc/self/environ", "go.mod", "web.go", "static.go", "toolbar.db", ".git/config", "app.css", "app.js", "tokens.css", "static", "api", "records",
}

// fileSigns are in files of the machine and of the project, and in no page.
var fileSigns = []string{"root:x:", "package web", "package static", "module github.com", "go:embed", "PATH=", "[core]", "SQLite format"}

// No path, however it is written, is answered with a file but one of those that are listed.
func TestT13_TenThousandPathsReachNoFile(t *testing.T) {
	t.Parallel()
	const tries = 10_000
	d := dashboard(t, &spy{}, web.Config{})
	base := ""
	for _, route := range d.Routes() {
		fields := strings.Fields(route) // a method, if any, and the path
		if path, ok := strings.CutSuffix(fields[len(fields)-1], "static/"); ok {
			base = path
		}
	}
	if base == "" {
		t.Fatalf("no route of the static files: %v", d.Routes())
	}
	listed := map[string]bool{}
	pieces := pathPieces
	for _, name := range []string{"tokens.css", "app.css", "toolbar.css", "uplot.css", "app.js", "toolbar.js", "uplot.js", "plot.js"} {
		listed[base+static.Path(name)] = true
		pieces = append(pieces, static.Path(name), strings.TrimPrefix(static.Path(name), "static/"))
	}
	rng := rand.New(rand.NewPCG(13, 13))
	sent, served, refused := 0, 0, 0
	for range tries {
		raw := []string{"/", base, base + "static/", base + "static/", base + "api/v1/", base + "requests/", "//" + strings.TrimPrefix(base, "/")}[rng.IntN(7)]
		for range 1 + rng.IntN(5) {
			if raw += pieces[rng.IntN(len(pieces))]; rng.IntN(2) == 0 {
				raw += "/"
			}
		}
		for range 4 { // the mux leads from what is not clean to what is
			r, ok := parsed(raw)
			if !ok {
				refused++
				break
			}
			sent++
			res := serve(d, r)
			content, err := io.ReadAll(res.Body)
			if err != nil {
				t.Fatal(err)
			}
			for _, sign := range fileSigns {
				if strings.Contains(string(content), sign) {
					t.Errorf("%q is answered with %q", raw, sign)
				}
			}
			if res.StatusCode == http.StatusOK && strings.HasPrefix(r.URL.Path, base+"static/") {
				served++
				if !listed[r.URL.Path] {
					t.Errorf("%q is served as %q", raw, r.URL.Path)
				}
			}
			if raw = res.Header.Get("Location"); raw == "" {
				break
			}
		}
	}
	if served < 20 || sent < tries/2 || refused == 0 {
		t.Errorf("%d sent, %d refused before, %d served: it tried too little", sent, refused, served)
	}
	t.Logf("%d sent, %d refused before, %d were listed files", sent, refused, served)
}

// parsed is the request as a server reads it.
func parsed(raw string) (*http.Request, bool) {
	r, err := http.ReadRequest(bufio.NewReader(strings.NewReader(fmt.Sprintf("GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", raw))))
	if err != nil {
		return nil, false
	}
	r.RemoteAddr = "127.0.0.1:1"
	return r, true
}
