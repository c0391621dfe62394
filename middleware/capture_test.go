package middleware_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// captured serves one request with everything kept, over a real connection, and gives
// its Record and the body of the response.
func captured(t *testing.T, h http.HandlerFunc, method, contentType, body string, header ...string) (*instrument.Record, string) {
	t.Helper()
	return capturedWith(t, middleware.RecordOptions{Bodies: true}, h, method, contentType, body, header...)
}

func capturedWith(t *testing.T, o middleware.RecordOptions, h http.HandlerFunc, method, contentType, body string, header ...string) (*instrument.Record, string) {
	t.Helper()
	m := newMemory()
	rec := instrument.New(instrument.Config{Sink: m, Masker: mask.Default()})
	srv := httptest.NewServer(middleware.Record(rec, o)(h))
	defer srv.Close()
	r, err := http.NewRequest(method, srv.URL+"/in?q=1", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	res, err := srv.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return m.one(t), string(got)
}

// wantAttrs compares attributes of the Record; nil is for one that must be missing.
func wantAttrs(t *testing.T, rec *instrument.Record, want map[string]any) {
	t.Helper()
	for key, v := range want {
		if got := attr(rec.Attrs, key); got != v {
			t.Errorf("%s is %#v, want %#v", key, got, v)
		}
	}
}

func TestCapture_BodiesAreKeptMasked(t *testing.T) {
	t.Parallel()
	rec, _ := captured(t, func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		w.Header().Add("Set-Cookie", "session=s3cr3t; Path=/; HttpOnly")
		w.Header().Add("Set-Cookie", "theme=dark")
		w.Header().Set("X-Internal", "s3cr3t")
		w.Header().Set("Location", "/next?token=s3cr3t")
		w.WriteHeader(201)
		fmt.Fprint(w, `{"id": 7, "api_key": "s3cr3t", "auth": {"deep": ["s3cr3t"]}}`)
	}, "POST", "application/json; charset=utf-8", `{"user":"ann","password":"s3cr3t","nested":{"client_secret":"s3cr3t"}}`,
		"Cookie", "session=s3cr3t; lang=de", "Authorization", "Bearer s3cr3t")
	wantAttrs(t, rec, map[string]any{
		"http.request.body":                     `{"user":"ann","password":"[redacted]","nested":{"client_secret":"[redacted]"}}`,
		"http.request.body.kind":                "json",
		"http.request.body.read":                int64(70),
		"http.request.body.cut":                 nil,
		"http.request.body.flaw":                nil,
		"http.request.cookies":                  "session=[redacted]; lang=[redacted]",
		"http.response.body":                    `{"id": 7, "api_key": "[redacted]", "auth": "[redacted]"}`,
		"http.response.body.kind":               "json",
		"http.response.header.content-type":     "application/json",
		"http.response.headers_hidden":          "Set-Cookie, X-Internal",
		"http.response.set_cookies":             "session=[redacted]; Path=/; HttpOnly\ntheme=[redacted]",
		"http.response.header.location":         "/next?token=[redacted]",
		"http.request.header.content-type":      "application/json; charset=utf-8",
		"http.response.header.x-content-type-o": nil,
	})
	if all := fmt.Sprintf("%+v", rec); strings.Contains(all, "s3cr3t") {
		t.Errorf("a secret was kept: %s", all)
	}
}

func TestCapture_HeadersSetAroundTheAppAreNotItsOwn(t *testing.T) {
	t.Parallel()
	rec, _ := capturedWith(t, middleware.RecordOptions{Own: []string{"X-Own-Id"}}, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Own-Id", "7")
		w.Header().Set("X-App", "1")
	}, "GET", "", "")
	wantAttrs(t, rec, map[string]any{"http.response.headers_hidden": "X-App"})
}

func TestCapture_NothingIsKeptUnlessAsked(t *testing.T) {
	t.Parallel()
	body := io.NopCloser(strings.NewReader("text"))
	record, m := recording(middleware.RecordOptions{})
	r := httptest.NewRequest("POST", "/", nil)
	r.Body = body
	r.Header.Set("Cookie", "lang=de")
	h := record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != body {
			t.Error("the body was replaced")
		}
		w.Header().Set("Set-Cookie", "a=b")
		fmt.Fprint(w, "out")
	}))
	request(h, r)
	wantAttrs(t, m.one(t), map[string]any{
		"http.request.body": nil, "http.response.body": nil, "http.request.cookies": nil, "http.response.set_cookies": nil,
		"http.request.body.kind": nil, "http.response.headers_hidden": "Set-Cookie",
	})
}

// TestCapture_OnlyWhatTheHandlerReads: a body is neither read ahead nor to its end.
func TestCapture_OnlyWhatTheHandlerReads(t *testing.T) {
	t.Parallel()
	rec, _ := captured(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 5))
	}, "POST", "text/plain", "hello world")
	wantAttrs(t, rec, map[string]any{"http.request.body": "hello", "http.request.body.read": int64(5), "http.request.body.size": int64(11)})

	rec, _ = captured(t, func(http.ResponseWriter, *http.Request) {}, "POST", "text/plain", "hello world")
	wantAttrs(t, rec, map[string]any{"http.request.body": nil, "http.request.body.read": int64(0), "http.request.body.kind": "text"})
}

func TestCapture_Kinds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, contentType, body, kind, kept string }{
		{"a form", "application/x-www-form-urlencoded", "name=ann&password=s3cr3t", "form", "name=ann&password=[redacted]"},
		{"text", "text/plain", "token=s3cr3t and more", "text", "token=[redacted] and more"},
		{"XML", "application/soap+xml", "<password>s3cr3t</password>", "xml", ""},
		{"a page", "text/html", "<input type=hidden name=csrf_token value=s3cr3t>", "page", ""},
		{"a page without a type", "", "<!doctype html><input value=s3cr3t>", "page", ""},
		{"an image", "image/png", "\x89PNG\r\n", "binary", ""},
		{"text that is none", "text/plain", "a\x00b\xff", "binary", ""},
		{"a script", "text/javascript", "alert(1)", "asset", ""},
		{"broken JSON", "application/json", `{"ok":1,"password":"s3cr3t","bad":}`, "json", `{"ok":1,"password":"[redacted]"}`},
		{"JSON without a type", "", `{"password":"s3cr3t"}`, "json", `{"password":"[redacted]"}`},
		{"text without a type", "", "plain", "text", "plain"},
		{"a vendor's JSON", "application/vnd.api+json", `[1]`, "json", "[1]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec, got := captured(t, func(w http.ResponseWriter, r *http.Request) {
				if c.contentType != "" {
					w.Header().Set("Content-Type", c.contentType)
				}
				_, _ = io.Copy(w, r.Body)
			}, "POST", c.contentType, c.body)
			var kept any
			if c.kept != "" {
				kept = c.kept
			}
			wantAttrs(t, rec, map[string]any{
				"http.request.body.kind": c.kind, "http.request.body": kept,
				"http.response.body.kind": c.kind, "http.response.body": kept,
			})
			if got != c.body {
				t.Errorf("the client got %q", got)
			}
		})
	}
	rec, _ := captured(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "br")
		fmt.Fprint(w, "compressed")
	}, "GET", "", "")
	wantAttrs(t, rec, map[string]any{"http.response.body.kind": "encoded", "http.response.body": nil})
	rec, _ = captured(t, func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) },
		"POST", "application/json", `{"a":1,"b":oops}`)
	wantAttrs(t, rec, map[string]any{"http.request.body.flaw": "not JSON from byte 6 on"})
}

// TestCapture_AtMost64KiB in all: what comes behind is counted.
func TestCapture_AtMost64KiB(t *testing.T) {
	t.Parallel()
	const size = 300_000
	rec, got := captured(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.Copy(w, r.Body)
	}, "POST", "text/plain", strings.Repeat("x", size))
	for _, key := range []string{"http.request.body", "http.response.body"} {
		if text, _ := attr(rec.Attrs, key).(string); len(text) != 64<<10 {
			t.Errorf("%s has %d bytes", key, len(text))
		}
		wantAttrs(t, rec, map[string]any{key + ".cut": true, key + ".read": int64(size)})
	}
	if len(got) != size {
		t.Errorf("the client got %d bytes", len(got))
	}
	rec, _ = capturedWith(t, middleware.RecordOptions{Bodies: true, MaxBody: 4}, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
	}, "POST", "application/json", `[1,2,3]`)
	wantAttrs(t, rec, map[string]any{"http.request.body": `[1]`, "http.request.body.cut": true, "http.request.body.flaw": nil})
}

func uploadForm(t *testing.T) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("title", "My photo")
	_ = form.WriteField("password", "s3cr3t")
	file, err := form.CreateFormFile("photo", `holiday "1".png`)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = file.Write(bytes.Repeat([]byte{0, 1, 2, 3}, 500))
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return form.FormDataContentType(), b.String()
}

func TestCapture_Uploads(t *testing.T) {
	t.Parallel()
	contentType, body := uploadForm(t)
	for name, serve := range map[string]http.HandlerFunc{
		"parsed": func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseMultipartForm(1 << 20) },
		"parsed by a copy of the request": func(w http.ResponseWriter, r *http.Request) {
			middleware.NewStack().ThenFunc(func(_ http.ResponseWriter, r *http.Request) { _ = r.ParseMultipartForm(1 << 20) }).ServeHTTP(w, r)
		},
		"read part by part": func(_ http.ResponseWriter, r *http.Request) {
			parts, err := r.MultipartReader()
			for err == nil {
				var p *multipart.Part
				if p, err = parts.NextPart(); err == nil {
					_, _ = io.Copy(io.Discard, p)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rec, _ := captured(t, serve, "POST", contentType, body)
			wantAttrs(t, rec, map[string]any{
				"http.request.body": nil, "http.request.body.kind": "multipart",
				"http.request.form": "password=[redacted]&title=My+photo",
			})
			var files []map[string]any
			text, _ := attr(rec.Attrs, "http.request.files").(string)
			if err := json.Unmarshal([]byte(text), &files); err != nil || len(files) != 1 {
				t.Fatalf("files %q: %v", text, err)
			}
			if f := files[0]; f["field"] != "photo" || f["name"] != `holiday "1".png` || f["size"] != 2000.0 || f["type"] != "application/octet-stream" {
				t.Errorf("file %v", f)
			}
		})
	}
}

// TestCapture_PathsOfABody: however a body is written, it is kept once and arrives.
func TestCapture_PathsOfABody(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "page.txt")
	if err := os.WriteFile(file, []byte("from a file"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, want, kind string
		write            func(w http.ResponseWriter, r *http.Request)
	}{
		{"Write", "abc", "text", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("abc")) }},
		{"WriteString", "abc", "text", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "abc") }},
		{"a reader", "abc", "text", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.(io.ReaderFrom).ReadFrom(onlyReader{strings.NewReader("abc")})
		}},
		{"a reader that writes itself", "abc", "text", func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.(io.ReaderFrom).ReadFrom(strings.NewReader("abc"))
		}},
		{"a limited reader", "abc", "text", func(w http.ResponseWriter, _ *http.Request) {
			lr := &io.LimitedReader{R: onlyReader{strings.NewReader("abcdef")}, N: 3}
			if n, err := w.(io.ReaderFrom).ReadFrom(lr); n != 3 || err != nil || lr.N != 0 {
				t.Errorf("copied %d, left %d, %v", n, lr.N, err)
			}
		}},
		{"a file, past us", "from a file", "file", func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, file) }},
		{"text and then a file", "see from a file", "text", func(w http.ResponseWriter, r *http.Request) {
			fmt.Fprint(w, "see ")
			f, err := os.Open(file)
			if err != nil {
				panic(err)
			}
			defer f.Close()
			_, _ = io.Copy(w, f)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			rec, got := captured(t, c.write, "GET", "", "")
			if got != c.want {
				t.Errorf("the client got %q", got)
			}
			kept, _ := attr(rec.Attrs, "http.response.body").(string)
			if c.kind == "file" && kept != "" || c.kind == "text" && kept != c.want && kept != "see " {
				t.Errorf("kept %q", kept)
			}
			wantAttrs(t, rec, map[string]any{"http.response.body.kind": c.kind, "http.response.body.size": int64(len(c.want))})
		})
	}
}

type onlyReader struct{ io.Reader }

// TestCapture_BodyKeepsWhatItCan: a body that can be rewound is handed on as it is, one
// that writes itself still does.
func TestCapture_BodyKeepsWhatItCan(t *testing.T) {
	t.Parallel()
	type seeking struct {
		io.ReadSeeker
		io.Closer
	}
	body := seeking{strings.NewReader("abc"), io.NopCloser(nil)}
	record, m := recording(middleware.RecordOptions{Bodies: true})
	r := httptest.NewRequest("POST", "/", nil)
	r.Body = body
	request(record(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.Body != body {
			t.Errorf("the body is %T", r.Body)
		}
	})), r)
	wantAttrs(t, m.one(t), map[string]any{"http.request.body": nil})

	record, m = recording(middleware.RecordOptions{Bodies: true})
	r = httptest.NewRequest("POST", "/", nil)
	r.Body = io.NopCloser(bytes.NewReader([]byte("abc")))
	request(record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n, err := r.Body.(io.WriterTo).WriteTo(io.Discard)
		if n != 3 || err != nil {
			t.Errorf("wrote %d, %v", n, err)
		}
	})), r)
	wantAttrs(t, m.one(t), map[string]any{"http.request.body": "abc"})

	record, _ = recording(middleware.RecordOptions{Bodies: true})
	r = httptest.NewRequest("GET", "/", http.NoBody)
	request(record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Body != http.NoBody {
			t.Errorf("no body became %T", r.Body)
		}
	})), r)
}

func TestCapture_PathValues(t *testing.T) {
	t.Parallel()
	for pattern, want := range map[string]any{
		"GET /orders/{id}/{token}": "id=7&token=[redacted]",
		"/orders/{rest...}":        "rest=7%2Fa+b",
		"/{$}":                     nil,
		"/orders/":                 nil,
	} {
		m := newMemory()
		record := middleware.Record(instrument.New(instrument.Config{Sink: m, Masker: mask.Default()}), middleware.RecordOptions{})
		mux := http.NewServeMux()
		mux.HandleFunc(pattern, checkout)
		request(record(middleware.NewStack(passThrough).Then(mux)), httptest.NewRequest("GET", "/orders/7/a%20b", nil))
		wantAttrs(t, m.one(t), map[string]any{"http.route.values": want})
	}
	record, m := recording(middleware.RecordOptions{})
	inner := http.NewServeMux()
	inner.HandleFunc("/shops/{shop}/orders/{id}", checkout)
	outer := http.NewServeMux()
	outer.Handle("/shops/{which}/", middleware.NewStack().Then(inner))
	request(record(middleware.NewStack(passThrough).Then(outer)), httptest.NewRequest("GET", "/shops/3/orders/9", nil))
	wantAttrs(t, m.one(t), map[string]any{"http.route.values": "shop=3&id=9"})
}
