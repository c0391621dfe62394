package middleware_test

import (
	"bytes"
	"errors"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// three has nothing but the three methods of http.ResponseWriter.
type three struct{ http.ResponseWriter }

type flushErrorOnly struct{ three }

func (flushErrorOnly) FlushError() error { return nil }

func TestWrap_HasExactlyTheInterfacesOfTheWriter(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	for name, w := range map[string]http.ResponseWriter{
		"recorder":        rec,
		"three methods":   three{rec},
		"FlushError only": flushErrorOnly{three{rec}},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		_, once := middleware.Wrap(w, r)
		_, twice := middleware.Wrap(once, r)
		want := middlewaretest.Interfaces(w)
		for _, got := range []http.ResponseWriter{once, twice} {
			if !slices.Equal(middlewaretest.Interfaces(got), want) {
				t.Errorf("%s: got %v, want %v", name, middlewaretest.Interfaces(got), want)
			}
		}
	}
}

func TestResponse_Remembers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		serve  http.HandlerFunc
		status int
		bytes  int64
	}{
		"nothing written":   {func(http.ResponseWriter, *http.Request) {}, 200, 0},
		"implicit 200":      {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "hello") }, 200, 5},
		"first status wins": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404); w.WriteHeader(500) }, 404, 0},
		"interim status":    {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(103); w.WriteHeader(201) }, 201, 0},
		"flush":             {func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); w.WriteHeader(500) }, 200, 0},
		"switching":         {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(101) }, 101, 0},
		"copy":              {func(w http.ResponseWriter, _ *http.Request) { _, _ = io.Copy(w, strings.NewReader("hello")) }, 200, 5},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest("GET", "/", nil)
			res, w := middleware.Wrap(httptest.NewRecorder(), r)
			var calls []int
			res.OnHeader(func(status int, _ http.Header) { calls = append(calls, status) })
			c.serve(w, r)
			res.Finish()
			if res.Status() != c.status || res.BytesWritten() != c.bytes || !res.WroteHeader() {
				t.Errorf("status %d, %d bytes; want %d, %d", res.Status(), res.BytesWritten(), c.status, c.bytes)
			}
			if !slices.Equal(calls, []int{c.status}) {
				t.Errorf("hook called with %v", calls)
			}
		})
	}
}

func TestResponse_KnowsAHijackedConnection(t *testing.T) {
	t.Parallel()
	got := make(chan *middleware.Response, 1)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		res, w := middleware.Wrap(w, r)
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
		}
		conn.Close()
		res.Finish()
		got <- res
	}))
	defer srv.Close()
	for upgrade, want := range map[string]int{"websocket": 101, "": 0} {
		r, _ := http.NewRequestWithContext(t.Context(), "GET", srv.URL, nil)
		r.Header.Set("Upgrade", upgrade)
		if res, err := http.DefaultTransport.RoundTrip(r); err == nil {
			res.Body.Close()
		}
		if res := <-got; !res.Hijacked() || res.Status() != want || res.OnHeader(nil) {
			t.Errorf("Upgrade %q: hijacked %v, status %d", upgrade, res.Hijacked(), res.Status())
		}
	}
}

// TestMW35_HeadersSetByHooksArrive: hooks run before the header is written,
// inner ones first.
func TestMW35_HeadersSetByHooksArrive(t *testing.T) {
	t.Parallel()
	for name, serve := range map[string]http.HandlerFunc{
		"written": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "x") },
		"string":  func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("x")) },
		"status":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) },
		"flushed": func(w http.ResponseWriter, _ *http.Request) { _ = http.NewResponseController(w).Flush() },
		"copied": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("xyz"), 2))
		},
		"empty": func(http.ResponseWriter, *http.Request) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				res, w := middleware.Wrap(w, r)
				res.OnHeader(func(_ int, h http.Header) { h.Add("X-Order", "outer") })
				res.OnHeader(func(_ int, h http.Header) { h.Add("X-Order", "inner") })
				serve(w, r)
				res.Finish()
			}))
			defer srv.Close()
			res, err := srv.Client().Get(srv.URL)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if got := res.Header["X-Order"]; !slices.Equal(got, []string{"inner", "outer"}) {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestResponseOf_LooksThroughOtherWriters(t *testing.T) {
	t.Parallel()
	rec := httptest.NewRecorder()
	want, w := middleware.Wrap(rec, httptest.NewRequest("GET", "/", nil))
	if got := middleware.ResponseOf(unwrapper{w}); got != want {
		t.Errorf("got %p, want %p", got, want)
	}
	if got := middleware.ResponseOf(rec); got != nil {
		t.Errorf("got %p for a writer that nobody watches", got)
	}
}

type unwrapper struct{ http.ResponseWriter }

func (u unwrapper) Unwrap() http.ResponseWriter { return u.ResponseWriter }

type failingWriter struct{ http.ResponseWriter }

func (failingWriter) Write([]byte) (int, error) { return 0, errors.New("gone") }
func (failingWriter) FlushError() error         { return errors.New("gone") }

func TestResponse_NotesThatTheClientIsGone(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(http.ResponseWriter) error{
		"write": func(w http.ResponseWriter) error { _, err := w.Write([]byte("x")); return err },
		"flush": func(w http.ResponseWriter) error { return http.NewResponseController(w).Flush() },
	} {
		res, w := middleware.Wrap(failingWriter{httptest.NewRecorder()}, httptest.NewRequest("GET", "/", nil))
		if err := use(w); err == nil || !res.Failed() {
			t.Errorf("%s: error %v, failed %v", name, err, res.Failed())
		}
	}
}

// spyListener notes whether the server copies from something that sendfile
// can be used on.
type spyListener struct {
	net.Listener
	files atomic.Int32
}

type spyConn struct {
	*net.TCPConn
	l *spyListener
}

func (l *spyListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return spyConn{c.(*net.TCPConn), l}, nil
}

func (c spyConn) ReadFrom(src io.Reader) (int64, error) {
	in := src
	if lr, ok := in.(*io.LimitedReader); ok {
		in = lr.R
	}
	if f, ok := in.(syscall.Conn); ok {
		if _, err := f.SyscallConn(); err == nil {
			c.l.files.Add(1)
		}
	}
	return c.TCPConn.ReadFrom(src)
}

func TestWrap_KeepsSendfile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "file.bin")
	content := bytes.Repeat([]byte("0123456789"), 20_000)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, path) })
	for name, h := range map[string]http.Handler{
		"bare": file, "watched": watch(false)(file), "hooked": watch(true)(file), "hooked twice": watch(true)(watch(true)(file)), "not a page": injecting(file),
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		spy := &spyListener{Listener: l}
		srv := httptest.NewUnstartedServer(h)
		srv.Listener.Close()
		srv.Listener = spy
		srv.Start()
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		res.Body.Close()
		srv.Close()
		if err != nil || !bytes.Equal(got, content) || spy.files.Load() != 1 {
			t.Errorf("%s: %d bytes, %v, %d copies from a file", name, len(got), err, spy.files.Load())
		}
	}
}

// Not parallel: it looks at what is left in the folder for temporary files.
func TestInject_LeavesNoUploadsBehind(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	srv := httptest.NewServer(injecting(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if err := r.ParseMultipartForm(1); err != nil {
			t.Error(err)
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) == 0 {
			t.Error("the upload was not written to a file")
		}
	})))
	upload(t, srv.URL)
	srv.Close()
	if left, _ := filepath.Glob(filepath.Join(dir, "*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func upload(t *testing.T, url string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	f, _ := m.CreateFormFile("f", "f.txt")
	_, _ = f.Write(bytes.Repeat([]byte("x"), 12<<20))
	m.Close()
	r, _ := http.NewRequestWithContext(t.Context(), "POST", url, &b)
	r.Header.Set("Content-Type", m.FormDataContentType())
	r.Header.Set("Sec-Fetch-Dest", "document")
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	if res, err := tr.RoundTrip(r); err == nil {
		res.Body.Close()
	}
}

func TestWrap_Allocates(t *testing.T) {
	r := httptest.NewRequest("GET", "/", nil)
	rec := httptest.NewRecorder()
	body := []byte("x")
	n := testing.AllocsPerRun(100, func() {
		rec.Body.Reset()
		res, w := middleware.Wrap(rec, r)
		_, _ = w.Write(body)
		res.Finish()
	})
	if n > 2 {
		t.Errorf("%v allocations a request", n)
	}
}

func BenchmarkWrap(b *testing.B) {
	r := httptest.NewRequest("GET", "/", nil)
	var sink http.ResponseWriter = discard{}
	body := []byte("x")
	b.ReportAllocs()
	for b.Loop() {
		res, w := middleware.Wrap(sink, r)
		_, _ = w.Write(body)
		res.Finish()
	}
}

type discard struct{}

func (discard) Header() http.Header         { return nil }
func (discard) Write(p []byte) (int, error) { return len(p), nil }
func (discard) WriteHeader(int)             {}
