package middleware_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

const mark = "<debug-toolbar></debug-toolbar>"

var injecting = middleware.Inject(middleware.Injection{
	Snippet: func(middleware.Page) []byte { return []byte(mark) },
})

// answer serves h with the snippet to a real client and returns what arrives.
func answer(t testing.TB, h http.HandlerFunc, change ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	srv := httptest.NewServer(injecting(h))
	defer srv.Close()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range change {
		c(r)
	}
	tr := &http.Transport{DisableCompression: true}
	defer tr.CloseIdleConnections()
	res, err := tr.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

func writes(pieces ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, p := range pieces {
			_, _ = io.WriteString(w, p)
		}
	}
}

func TestInject_PutsTheSnippetIntoPages(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat("<p>text</p>\n", 100)
	for name, c := range map[string]struct{ page, want string }{
		"before the end tag":          {"<!doctype html><body>a</body></html>", "<!doctype html><body>a|</body></html>"},
		"before the last of two":      {"<html><body>a</body>b</body></html>", "<html><body>a</body>b|</body></html>"},
		"upper case and a space":      {"<HTML><BODY>a</BODY ></HTML>", "<HTML><BODY>a|</BODY ></HTML>"},
		"at the end of a document":    {"<!DOCTYPE html><p>a", "<!DOCTYPE html><p>a|"},
		"long page":                   {"<!doctype html><body>" + pad + "</body>", "<!doctype html><body>" + pad + "|</body>"},
		"text after the end":          {"<html><body>a</body>" + pad, "<html><body>a|</body>" + pad},
		"letters that grow in lower":  {"<html><body>" + strings.Repeat("İ", 500) + "</body>", "<html><body>" + strings.Repeat("İ", 500) + "|</body>"},
		"after a comment":             {" <!-- c --> <html></body>", " <!-- c --> <html>|</body>"},
		"not in a comment":            {"<html><body>a</body><!-- </body> -->", "<html><body>a|</body><!-- </body> -->"},
		"not in a script":             {"<html><body></body><script>'</body>'</script>", "<html><body>|</body><script>'</body>'</script>"},
		"not in a script in a script": {"<html></body><script><!--<script></body></script></body></script>", "<html>|</body><script><!--<script></body></script></body></script>"},
		"not in a text area":          {"<html></body><textarea></body></textarea>", "<html>|</body><textarea></body></textarea>"},
		"not in an attribute":         {"<html></body><a b='</body>' c=\"</body>\">", "<html>|</body><a b='</body>' c=\"</body>\">"},
		"not in a longer name":        {"<html></body></bodyx></body-x>", "<html>|</body></bodyx></body-x>"},
		"after a short comment":       {"<html><!--></body>", "<html><!-->|</body>"},
		"after a comment with a bang": {"<html><!--a--!></body>", "<html><!--a--!>|</body>"},
		"in an unfinished comment":    {"<html><!-- </body>", "<html><!-- </body>|"},
		"after a style":               {"<html><style></body></style></body>", "<html><style></body></style>|</body>"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := strings.ReplaceAll(c.want, "|", mark)
			if res, got := answer(t, writes(c.page)); got != want || res.Header.Get("Content-Type") != "text/html; charset=utf-8" {
				t.Errorf("got  %q (%v)\nwant %q", got, res.Header, want)
			}
		})
	}
}

// TestInject_LeavesOthersAlone is RELIABILITY 3.5: what is not a page of its
// own arrives as without us.
func TestInject_LeavesOthersAlone(t *testing.T) {
	t.Parallel()
	const page = "<!doctype html><html><body>page</body></html>"
	set := func(key string, values ...string) middlewaretest.Case {
		return middlewaretest.Case{Serve: func(_ *middlewaretest.Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header()[key] = values
			_, _ = io.WriteString(w, page)
		}}
	}
	status := func(code int) middlewaretest.Case {
		return middlewaretest.Case{Serve: func(_ *middlewaretest.Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			_, _ = io.WriteString(w, page)
		}}
	}
	asked := func(key, value string) middlewaretest.Case {
		return middlewaretest.Case{Header: http.Header{key: {value}}, Serve: set("Content-Type", "text/html").Serve}
	}
	body := func(text string) middlewaretest.Case {
		return middlewaretest.Case{Serve: func(_ *middlewaretest.Exchange, w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, text)
		}}
	}
	head := set("Content-Type", "text/html")
	head.Method = "HEAD"
	for name, c := range map[string]middlewaretest.Case{
		"HEAD":                head,
		"204":                 status(204),
		"205":                 status(205),
		"206":                 status(206),
		"304":                 status(304),
		"gzip":                set("Content-Encoding", "gzip"),
		"attachment":          set("Content-Disposition", "Attachment; filename=a.html"),
		"Content-Range":       set("Content-Range", "bytes 0-10/20"),
		"Digest":              set("Digest", "sha-256=x"),
		"Content-Digest":      set("Content-Digest", "sha-256=:x:"),
		"Content-MD5":         set("Content-Md5", "x"),
		"Signature":           set("Signature", "sig1=:x:"),
		"digest in a trailer": set("Trailer", "Repr-Digest"),
		"JSON":                set("Content-Type", "application/json"),
		"plain text":          set("Content-Type", "text/plain"),
		"type suppressed":     set("Content-Type"),
		"UTF-16":              set("Content-Type", "text/html; charset=utf-16le"),
		"ISO-2022-JP":         set("Content-Type", "text/html; charset=ISO-2022-JP"),
		"policy forbids":      set("Content-Security-Policy", "script-src 'none'"),
		"fragment":            body("<div>fragment</div></body>"),
		"fragment with type": {Serve: func(_ *middlewaretest.Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<tr></tr>")
		}},
		"text that is guessed":  body("just text </body>"),
		"empty":                 body(""),
		"page read by a script": asked("X-Requested-With", "XMLHttpRequest"),
		"htmx":                  asked("Hx-Request", "true"),
		"turbo frame":           asked("Turbo-Frame", "f"),
		"frame":                 asked("Sec-Fetch-Dest", "iframe"),
		"fetch":                 asked("Sec-Fetch-Dest", "empty"),
		"less than the length": {Last: true, Serve: func(_ *middlewaretest.Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "2000")
			_, _ = io.WriteString(w, strings.Repeat("x", 600))
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			middlewaretest.Compare(t, c, injecting)
		})
	}
}

func TestInject_HeaderOfAPage(t *testing.T) {
	t.Parallel()
	const page = "<!doctype html><html><body>page</body></html>"
	res, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Length", strconv.Itoa(len(page)))
		h.Set("ETag", `"v1"`)
		h.Set("Accept-Ranges", "bytes")
		h.Set("Trailer", "X-Sum")
		w.WriteHeader(404)
		h.Set("X-Late", "never sent")
		h.Set("Content-Type", "text/plain")
		fmt.Fprint(w, page)
		h.Set("X-Sum", "42")
	})
	if want := strings.Replace(page, "</body>", mark+"</body>", 1); body != want {
		t.Errorf("body %q, want %q", body, want)
	}
	if res.StatusCode != 404 || res.ContentLength != int64(len(page)+len(mark)) {
		t.Errorf("status %d, length %d", res.StatusCode, res.ContentLength)
	}
	if h := res.Header; h.Get("ETag") != `W/"v1"` || h["Accept-Ranges"] != nil || h["X-Late"] != nil || h.Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("header %v", h)
	}
}

func TestInject_NoStore(t *testing.T) {
	t.Parallel()
	h := middleware.Inject(middleware.Injection{Snippet: snippet, NoStore: true})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Cache-Control", "max-age=60")
		_, _ = io.WriteString(w, "<"+r.URL.Path[1:]+"></body>")
	}))
	for path, want := range map[string]string{"/html": "no-store", "/div": "max-age=60"} {
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", path, nil))
		if got := rec.Result().Header.Get("Cache-Control"); got != want {
			t.Errorf("%s: Cache-Control is %q, want %q", path, got, want)
		}
	}
}

// TestInject_WriterThatSendsLater: a wrapper outside may read the header only
// when it sends it, after our own WriteHeader.
func TestInject_WriterThatSendsLater(t *testing.T) {
	t.Parallel()
	const page = "<html><body></body></html>"
	rec := httptest.NewRecorder()
	late := &lateWriter{rec: rec}
	injecting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.Itoa(len(page)))
		w.WriteHeader(200)
		w.Header().Set("X-Late", "1")
		_, _ = io.WriteString(w, page)
	})).ServeHTTP(late, httptest.NewRequest("GET", "/", nil))
	if got := late.Header().Get("Content-Length"); got != strconv.Itoa(len(page)+len(mark)) || late.Header().Get("X-Late") != "1" {
		t.Errorf("header when it is sent: %v", late.Header())
	}
}

type lateWriter struct{ rec *httptest.ResponseRecorder }

func (w *lateWriter) Header() http.Header         { return w.rec.Header() }
func (w *lateWriter) WriteHeader(int)             {}
func (w *lateWriter) Write(p []byte) (int, error) { return w.rec.Body.Write(p) }

func TestInject_NeedsASnippet(t *testing.T) {
	t.Parallel()
	defer func() {
		if v := fmt.Sprint(recover()); !strings.HasPrefix(v, "middleware: Inject: Injection.Snippet is nil") {
			t.Errorf("got %q", v)
		}
	}()
	middleware.Inject(middleware.Injection{})
}

func TestInject_RefusesMoreThanTheLength(t *testing.T) {
	t.Parallel()
	page := "<!doctype html><body>" + strings.Repeat("x", 600) + "</body>"
	for _, first := range []int{10, 600, len(page)} {
		var errs []error
		_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			for _, s := range []string{page[:first], page[first:], "more"} {
				_, err := io.WriteString(w, s)
				errs = append(errs, err)
			}
		})
		if fmt.Sprint(errs) != fmt.Sprint([]error{nil, nil, http.ErrContentLength}) || !strings.HasSuffix(body, mark+"</body>") {
			t.Errorf("first %d: errors %v, page ends %q", first, errs, body[len(body)-20:])
		}
	}
}

func TestInject_HoldsBackOnlyWhatItMust(t *testing.T) {
	t.Parallel()
	start := "<!doctype html><body>first"
	far := "</body>" + strings.Repeat("y", 100<<10)
	_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, start)
		if err := http.NewResponseController(w).Flush(); err != nil {
			t.Error(err)
		}
		_, _ = io.WriteString(w, far)
	})
	if want := start + far + mark; body != want {
		t.Errorf("a </body> 100 KiB before the end: page ends %q", body[max(0, len(body)-40):])
	}
	rec := httptest.NewRecorder()
	injecting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, start)
		w.(http.Flusher).Flush()
		if got := rec.Body.String(); got != start {
			t.Errorf("after the flush the client has %q", got)
		}
		_, _ = io.WriteString(w, "<p></p></bo")
		if got := rec.Body.String(); got != start+"<p></p>" {
			t.Errorf("before a possible end tag the client has %q", got)
		}
	})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if got := rec.Body.String(); got != start+"<p></p></bo"+mark {
		t.Errorf("at the end the client has %q", got)
	}
}

func TestInject_AfterAnEarlyFlush(t *testing.T) {
	t.Parallel()
	_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		w.(http.Flusher).Flush()
		_, _ = io.WriteString(w, "<html></body>")
	})
	if body != "<html>"+mark+"</body>" {
		t.Errorf("got %q", body)
	}
}

func TestInject_CopiesFromAReader(t *testing.T) {
	t.Parallel()
	page := "<!doctype html><body>" + strings.Repeat("z", 100_000) + "</body>"
	for _, text := range []string{page, page[:30] + "</body>"} {
		_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, text[:5])
			n, err := io.Copy(w, struct{ io.Reader }{strings.NewReader(text[5:])})
			if n != int64(len(text)-5) || err != nil {
				t.Errorf("copied %d, %v", n, err)
			}
		})
		if want := strings.Replace(text, "</body>", mark+"</body>", 1); body != want {
			t.Errorf("got %d bytes, want %d", len(body), len(want))
		}
	}
}

func TestInject_XHTMLStaysWellFormed(t *testing.T) {
	t.Parallel()
	const page = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><script>//<![CDATA[ "</body>" //]]></script></html>`
	for _, sized := range []bool{true, false} {
		_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/xhtml+xml; charset=utf-8")
			if sized {
				w.Header().Set("Content-Length", strconv.Itoa(len(page)))
			}
			fmt.Fprint(w, page)
		})
		if strings.TrimRight(body, " ") != page || sized != (len(body) == len(page)+len(mark)) {
			t.Errorf("length given %v: %q", sized, body)
		}
	}
}

func TestInject_AddsNothingAfterAPanic(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	func() {
		defer func() {
			if v := recover(); v != "boom" {
				t.Errorf("recovered %v", v)
			}
		}()
		injecting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(201)
			_, _ = io.WriteString(w, "<!doctype html></body>")
			panic("boom")
		})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	}()
	if rec.Code != 201 || rec.Body.String() != "<!doctype html></body>" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func TestF01_PanickingCallbacksAddNothing(t *testing.T) {
	t.Parallel()
	h := writes("<!doctype html></body>")
	for name, o := range map[string]middleware.Injection{
		"snippet": {Snippet: func(middleware.Page) []byte { panic("ours") }},
		"show":    {Snippet: snippet, Show: func(*http.Request) bool { panic("ours") }},
	} {
		rec := httptest.NewRecorder()
		middleware.Inject(o)(h).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		if got := rec.Body.String(); got != "<!doctype html></body>" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestInject_AsksForIdentity(t *testing.T) {
	t.Parallel()
	ask := func(keep bool, dest string) (inner, outer string) {
		h := middleware.Inject(middleware.Injection{Snippet: snippet, KeepEncoding: keep})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			inner = r.Header.Get("Accept-Encoding")
			r.Pattern = "GET /x"
		}))
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Encoding", "gzip, br")
		r.Header.Set("Sec-Fetch-Dest", dest)
		h.ServeHTTP(httptest.NewRecorder(), r)
		if r.Pattern != "GET /x" {
			t.Errorf("the pattern is not visible outside: %q", r.Pattern)
		}
		return inner, r.Header.Get("Accept-Encoding")
	}
	for _, c := range []struct {
		keep bool
		dest string
		want string
	}{{false, "document", "identity"}, {true, "document", "gzip, br"}, {false, "", "gzip, br"}, {false, "iframe", "gzip, br"}} {
		if inner, outer := ask(c.keep, c.dest); inner != c.want || outer != "gzip, br" {
			t.Errorf("%+v: inside %q, outside %q", c, inner, outer)
		}
	}
}

func TestInject_StopsWhenTheInnerWriterIsTaken(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	injecting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		_, _ = io.WriteString(w, "<div>")
		inner := w.(interface{ Unwrap() http.ResponseWriter }).Unwrap()
		_, _ = io.WriteString(inner, "behind</div>")
	})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	if rec.Code != 404 || rec.Body.String() != "<div>behind</div>" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func TestT08_NonceComesFromThePolicyOfTheResponse(t *testing.T) {
	t.Parallel()
	const no = "not injected"
	for name, c := range map[string]struct {
		policies []string
		report   string
		want     string
	}{
		"none at all":            {nil, "", ""},
		"self":                   {[]string{"default-src 'self'"}, "", ""},
		"nonce":                  {[]string{"script-src 'nonce-AbC+/9=='"}, "", "AbC+/9=="},
		"strict-dynamic, nonce":  {[]string{"script-src 'strict-dynamic' 'self' 'nonce-x1'"}, "", "x1"},
		"strict-dynamic alone":   {[]string{"script-src 'strict-dynamic' 'self'"}, "", no},
		"hash only":              {[]string{"script-src 'sha256-abc='"}, "", no},
		"default-src none":       {[]string{"default-src 'none'"}, "", no},
		"elem wins":              {[]string{"script-src 'none'; script-src-elem 'nonce-e'"}, "", "e"},
		"report only":            {nil, "script-src 'nonce-r'", "r"},
		"two headers, one nonce": {[]string{"script-src 'nonce-a' 'nonce-b'", "script-src 'nonce-b'"}, "", "b"},
		"two headers, two":       {[]string{"script-src 'nonce-a'", "script-src 'nonce-b'"}, "", no},
		"two in one header":      {[]string{"script-src 'nonce-a', default-src 'self'"}, "", "a"},
		"sandbox":                {[]string{"sandbox allow-forms"}, "", no},
		"sandbox with scripts":   {[]string{"sandbox allow-scripts"}, "", ""},
		"unsafe-inline only":     {[]string{"script-src 'unsafe-inline'"}, "", no},
		"img-src":                {[]string{"img-src 'none'"}, "", ""},
		"trusted types":          {[]string{"require-trusted-types-for 'script'"}, "", ""},
		"own host":               {[]string{"script-src example.com"}, "", ""},
		"other host":             {[]string{"script-src cdn.example.com"}, "", no},
		"https from http":        {[]string{"script-src https:"}, "", no},
		"hostile nonce":          {[]string{`script-src 'nonce-"><b>'`}, "", no},
		"nonce without its end":  {[]string{"script-src 'nonce-a"}, "", no},
		"nonce in capitals":      {[]string{"script-src 'NONCE-Aa'"}, "", "Aa"},
		"first directive counts": {[]string{"script-src 'none'; script-src 'self'"}, "", no},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := no
			h := middleware.Inject(middleware.Injection{Snippet: func(p middleware.Page) []byte {
				got = p.Nonce
				return []byte(mark)
			}})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				for _, p := range c.policies {
					w.Header().Add("Content-Security-Policy", p)
				}
				if c.report != "" {
					w.Header().Set("Content-Security-Policy-Report-Only", c.report)
				}
				_, _ = io.WriteString(w, "<html></body>")
			}))
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Content-Security-Policy", "script-src 'nonce-fromrequest'")
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, r)
			if got != c.want || (got == no) == strings.Contains(rec.Body.String(), mark) {
				t.Errorf("nonce %q, want %q; page %q", got, c.want, rec.Body)
			}
		})
	}
}

// TestT08_WhatTheScriptLoads: a script that may run and may not load what it needs would
// only make errors.
func TestT08_WhatTheScriptLoads(t *testing.T) {
	t.Parallel()
	for policy, want := range map[string]string{
		"script-src 'self'": "", "connect-src 'self'; style-src 'self'": "",
		"connect-src 'none'": "no", "style-src 'none'": "no", "default-src 'self'; style-src https://cdn.test": "no",
		"default-src 'none'; script-src 'nonce-a'; style-src 'nonce-a'; connect-src 'self'": "a",
		"script-src 'nonce-a' 'nonce-b'; style-src 'nonce-b'":                               "b",
		"script-src 'self'; style-src 'nonce-b'":                                            "b",
		"script-src 'nonce-a'; style-src 'nonce-b'":                                         "no",
		"connect-src 'nonce-a'; script-src 'nonce-a'":                                       "no",
		"script-src-elem 'self'; style-src-elem 'self'; default-src 'none'":                 "no",
		"sandbox allow-scripts":                                                             "no", "sandbox allow-scripts allow-same-origin": "",
	} {
		got := "no"
		h := middleware.Inject(middleware.Injection{Loads: []string{"style-src", "connect-src"}, Snippet: func(p middleware.Page) []byte {
			got = p.Nonce
			return []byte(mark)
		}})(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", policy)
			_, _ = io.WriteString(w, "<html></body>")
		}))
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
		if got != want || (got == "no") == strings.Contains(rec.Body.String(), mark) {
			t.Errorf("%s: nonce %q, want %q; page %q", policy, got, want, rec.Body)
		}
	}
}

// TestT08_PolicyInThePage: a policy in a meta tag comes too late to be asked
// for a nonce, but not too late to be respected.
func TestT08_PolicyInThePage(t *testing.T) {
	t.Parallel()
	for meta, in := range map[string]bool{
		`<meta http-equiv="Content-Security-Policy" content="script-src 'none'">`:                    false,
		`<META content='default-src https://cdn.test' HTTP-EQUIV=content-security-policy />`:         false,
		`<meta http-equiv=content-security-policy content="script-src &#39;none&#39;">`:              false,
		`<meta http-equiv="Content-Security-Policy" content="script-src 'self'">`:                    true,
		`<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-abc'">`:               true,
		`<meta http-equiv="Content-Security-Policy" content="script-src 'nonce-other'">`:             false,
		`<meta name=description content="script-src 'none'">`:                                        true,
		`<meta http-equiv="refresh" content="script-src 'none'"><metal content="script-src 'none'">`: true,
		`<!-- <meta http-equiv="Content-Security-Policy" content="script-src 'none'"> -->`:           true,
		`<meta = http-equiv = "Content-Security-Policy" content = "script-src 'none'">`:              false,
	} {
		for _, sized := range []bool{true, false} {
			page := "<!doctype html><head>" + meta + "</head>" + strings.Repeat("x", 600) + "<body></body>"
			_, body := answer(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Security-Policy", "script-src 'nonce-abc' 'self'")
				if sized {
					w.Header().Set("Content-Length", strconv.Itoa(len(page)))
				}
				for _, c := range []byte(page) {
					_, _ = w.Write([]byte{c})
				}
			})
			want := page
			switch {
			case in:
				want = strings.Replace(page, "</body>", mark+"</body>", 1)
			case sized:
				want += strings.Repeat(" ", len(mark))
			}
			if body != want {
				t.Errorf("%s: ends %q", meta, body[600:])
			}
		}
	}
}

// FuzzInject_ChunkingDoesNotMatter: however a page is cut into writes and
// flushes, the client gets the page and the snippet at one place.
func FuzzInject_ChunkingDoesNotMatter(f *testing.F) {
	pages := []string{
		"<!doctype html><html><body>hello</body></html>",
		"<html><!-- </body> --><script>'</body>'<!--<script></script></body>--></script></BODY\n></html>",
		"<!doctype html><p title='</body>'>" + strings.Repeat("text </b ", 100) + "</body>x</body>",
		"<div>fragment</div></body>", "text", "",
	}
	for i := range pages {
		f.Add([]byte(pages[i]), []byte{1, 200, 3, 0, 128})
	}
	f.Fuzz(func(t *testing.T, page, cuts []byte) {
		whole := inPieces(page, nil)
		got := inPieces(page, cuts)
		if len(whole) != len(page) && len(whole) != len(page)+len(mark) {
			t.Fatalf("page of %d bytes became %d", len(page), len(whole))
		}
		// A flush in the first bytes decides earlier; then the page may stay as it is.
		if !bytes.Equal(got, whole) && !(bytes.Equal(got, page) && hasFlush(cuts)) {
			t.Fatalf("in pieces %q\nwhole %q", got, whole)
		}
		if bare := bytes.Replace(got, []byte(mark), nil, 1); !bytes.Equal(bare, page) && !bytes.Contains(page, []byte(mark)) {
			t.Fatalf("without the snippet %q\nwant %q", bare, page)
		}
	})
}

// inPieces writes page in pieces as long as cuts say; 0 is a flush.
func inPieces(page, cuts []byte) []byte {
	rec := httptest.NewRecorder()
	injecting(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		for len(page) > 0 && len(cuts) > 0 {
			if n := min(int(cuts[0]), len(page)); n > 0 {
				_, _ = w.Write(page[:n])
				page = page[n:]
			} else {
				w.(http.Flusher).Flush()
			}
			cuts = cuts[1:]
		}
		_, _ = w.Write(page)
	})).ServeHTTP(rec, httptest.NewRequest("GET", "/", nil))
	return rec.Body.Bytes()
}

func hasFlush(cuts []byte) bool { return bytes.IndexByte(cuts, 0) >= 0 }

func TestInject_CutAtEveryByte(t *testing.T) {
	t.Parallel()
	const page = "<html><!-- </body> --><script>'</body>'<!--<script></script></body>--></script><a b='</body>'></BODY\n></html>"
	want := strings.Replace(page, "</BODY", mark+"</BODY", 1)
	for i := range len(page) {
		if got := string(inPieces([]byte(page), []byte{byte(i)})); got != want && i > 0 {
			t.Errorf("cut at %d: %q", i, got)
		}
	}
	if got := string(inPieces([]byte(page), bytes.Repeat([]byte{1}, len(page)))); got != want {
		t.Errorf("byte by byte: %q", got)
	}
}
