package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// TestInject_Cross is RELIABILITY 3.5: what may not be touched arrives byte by
// byte, and a page is the page and exactly one snippet.
func TestInject_Cross(t *testing.T) {
	t.Parallel()
	const page = "<!doctype html><html><head></head><body>page</body></html>"
	serve := func(body string, header ...string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for i := 0; i < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			_, _ = io.WriteString(w, body)
		}
	}
	file := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Etag", `"v1"`)
		http.ServeContent(w, r, "page.html", time.Unix(1e9, 0), strings.NewReader(page))
	}
	untouched := map[string]middlewaretest.Case{
		"gzip":           {Serve: ignoring(serve(page, "Content-Encoding", "gzip", "Content-Type", "text/html"))},
		"br":             {Serve: ignoring(serve(page, "Content-Encoding", "br", "Content-Type", "text/html"))},
		"zstd":           {Serve: ignoring(serve(page, "Content-Encoding", "zstd", "Content-Type", "text/html"))},
		"two encodings":  {Serve: ignoring(serve(page, "Content-Encoding", "identity, gzip", "Content-Type", "text/html"))},
		"0 bytes":        {Serve: ignoring(serve("", "Content-Type", "text/html"))},
		"0 bytes stated": {Serve: ignoring(serve("", "Content-Type", "text/html", "Content-Length", "0"))},
		"UTF-16":         {Serve: ignoring(serve("\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00", "Content-Type", "text/html"))},
		"UTF-16 guessed": {Serve: ignoring(serve("\xfe\xff\x00<\x00h\x00t\x00m\x00l\x00>"))},
		"JSON mislabelled as HTML": {Serve: ignoring(serve(`{"html": "<html></body>"}`, "Content-Type", "text/html")),
			Header: http.Header{"Accept": {"application/json"}}},
		"JSON that is a page in a string": {Serve: ignoring(serve(`"`+page+`"`, "Content-Type", "text/html"))},
		"HEAD":                            {Method: "HEAD", Serve: ignoring(file)},
		"304":                             {Serve: ignoring(file), Header: http.Header{"If-None-Match": {`"v1"`}}},
		"304 by time":                     {Serve: ignoring(file), Header: http.Header{"If-Modified-Since": {time.Unix(1e9, 0).UTC().Format(http.TimeFormat)}}},
		"range":                           {Serve: ignoring(file), Header: http.Header{"Range": {"bytes=3-20"}}},
		"several ranges":                  {Serve: ignoring(file), Header: http.Header{"Range": {"bytes=999-"}}},
		"events":                          {Serve: ignoring(serve("data: <html></body>\n\n", "Content-Type", "text/event-stream"))},
		"download":                        {Serve: ignoring(serve(page, "Content-Disposition", `attachment; filename="page.html"`, "Content-Type", "text/html"))},
		"fragment":                        {Serve: ignoring(serve("<li>one</li></body>", "Content-Type", "text/html"))},
		"text in an object":               {Serve: ignoring(serve("<svg></svg>", "Content-Type", "image/svg+xml"))},
	}
	for name, c := range untouched {
		t.Run("untouched: "+name, func(t *testing.T) {
			t.Parallel()
			middlewaretest.Compare(t, c, injecting)
		})
	}
	shiftJIS := "<html><body>\x83\x5c\x95\x5c</body></html>" // whose second bytes are "\"
	for name, c := range map[string]struct{ serve, want string }{
		"exact length": {page, strings.Replace(page, "</body>", mark+"</body>", 1)},
		"no end tag":   {"<!doctype html><p>x", "<!doctype html><p>x" + mark},
		"two end tags": {"<html>a</body>b</body>", "<html>a</body>b" + mark + "</body>"},
		"odd end tag":  {"<html>a</BODY >", "<html>a" + mark + "</BODY >"},
		"Shift_JIS":    {shiftJIS, strings.Replace(shiftJIS, "</body>", mark+"</body>", 1)},
		"an error":     {page, strings.Replace(page, "</body>", mark+"</body>", 1)},
		"XHTML":        {`<?xml version="1.0"?><html><body/></html>`, `<?xml version="1.0"?><html><body/></html>`},
	} {
		for _, how := range []string{"length stated", "chunked", "byte by byte", "identity"} {
			t.Run(name+", "+how, func(t *testing.T) {
				t.Parallel()
				res, body := answer(t, func(w http.ResponseWriter, _ *http.Request) { servePage(w, name, how, c.serve) })
				if strings.TrimRight(body, " ") != c.want {
					t.Errorf("%d %q, want %q", res.StatusCode, body, c.want)
				}
			})
		}
	}
}

func ignoring(h http.HandlerFunc) func(*middlewaretest.Exchange, http.ResponseWriter, *http.Request) {
	return func(_ *middlewaretest.Exchange, w http.ResponseWriter, r *http.Request) { h(w, r) }
}

func servePage(w http.ResponseWriter, name, how, body string) {
	contentType := map[string]string{"Shift_JIS": "text/html; charset=Shift_JIS", "XHTML": "application/xhtml+xml"}[name]
	if contentType != "" {
		w.Header().Set("Content-Type", contentType)
	}
	switch how {
	case "length stated":
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	case "identity":
		w.Header().Set("Content-Encoding", "identity")
	}
	if name == "an error" {
		w.WriteHeader(503)
	}
	if how != "byte by byte" {
		fmt.Fprint(w, body)
		return
	}
	for _, b := range []byte(body) {
		_, _ = w.Write([]byte{b})
	}
}
