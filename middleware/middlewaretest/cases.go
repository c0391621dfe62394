package middlewaretest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
)

// serveFunc is the handler of a case.
type serveFunc = func(x *Exchange, w http.ResponseWriter, r *http.Request)

// Cases are the handlers that Run compares. Their names begin with the number
// of the rule that they check: 1 interfaces, 2 status, 3 header map, 4
// lengths, 5 no body, 6 sniffing, 7 counts, 8 flush, 9 hijack, 11 files, 12
// expect, 13 request, 14 panics, 15 ReverseProxy, 16 TimeoutHandler, 17
// controls, 18 concurrent writes.
func Cases() []Case {
	return slices.Concat(
		interfaceCases(), statusCases(), headerCases(), lengthCases(), sniffCases(), sourceCases(),
		flushCases(), hijackCases(), fileCases(), requestCases(), panicCases(), proxyCases(), timeoutCases(), controlCases(),
	)
}

func simple(name string, serve serveFunc) Case { return Case{Name: name, Serve: serve} }

// Interfaces lists the optional interfaces that w has, sorted by name.
func Interfaces(w http.ResponseWriter) (names []string) {
	add := func(name string, ok bool) {
		if ok {
			names = append(names, name)
		}
	}
	//lint:ignore SA1019 deprecated, but still looked for
	_, ok := w.(http.CloseNotifier)
	add("CloseNotifier", ok)
	_, ok = w.(interface{ EnableFullDuplex() error })
	add("EnableFullDuplex", ok)
	_, ok = w.(interface{ FlushError() error })
	add("FlushError", ok)
	_, ok = w.(http.Flusher)
	add("Flusher", ok)
	_, ok = w.(http.Hijacker)
	add("Hijacker", ok)
	_, ok = w.(http.Pusher)
	add("Pusher", ok)
	_, ok = w.(io.ReaderFrom)
	add("ReaderFrom", ok)
	_, ok = w.(interface{ SetReadDeadline(time.Time) error })
	add("SetReadDeadline", ok)
	_, ok = w.(interface{ SetWriteDeadline(time.Time) error })
	add("SetWriteDeadline", ok)
	_, ok = w.(io.StringWriter)
	add("StringWriter", ok)
	return names
}

func interfaceCases() []Case {
	serve := func(x *Exchange, w http.ResponseWriter, _ *http.Request) { x.Saw("%v", Interfaces(w)) }
	timeout := func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") }
	return []Case{
		simple("1 interfaces of the server", serve),
		{Name: "1 interfaces inside TimeoutHandler", Serve: serve, Outside: timeout},
		{Name: "1 interfaces around TimeoutHandler", Serve: serve, Inside: timeout},
	}
}

func statusCases() []Case {
	return []Case{
		simple("2 nothing written", func(*Exchange, http.ResponseWriter, *http.Request) {}),
		simple("2 implicit 200", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }),
		simple("2 status without body", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }),
		simple("2 first status wins", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
			w.WriteHeader(500)
			fmt.Fprint(w, "body")
		}),
		simple("2 status after body", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "body")
			http.Error(w, "too late", 500)
		}),
		simple("2 early hints", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(103)
			w.WriteHeader(103)
			w.WriteHeader(201)
			fmt.Fprint(w, "made")
		}),
		{Name: "2 switching protocols", OnlyHTTP1: true, Last: true, Serve: func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Upgrade", "x")
			w.WriteHeader(101)
		}},
		{Name: "2 status that does not exist", Last: true, Serve: func(_ *Exchange, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(12) }},
	}
}

func headerCases() []Case {
	return []Case{
		simple("3 one header map", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			h := w.Header()
			h.Set("A", "1")
			w.Header().Set("B", "2")
			x.Saw("%v", h)
			fmt.Fprint(w, "x")
			w.Header().Set("C", "3")
			x.Saw("%v", h)
		}),
		simple("3 changes after WriteHeader", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("A", "1")
			w.WriteHeader(200)
			w.Header().Set("A", "2")
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<!doctype html><p>hello</p>")
		}),
		simple("3 changes after Write", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "<html>")
			w.Header().Set("A", "2")
			fmt.Fprint(w, "</html>")
		}),
		simple("3 declared trailer", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Trailer", "X-Sum")
			fmt.Fprint(w, "body")
			w.Header().Set("X-Sum", "42")
		}),
		simple("3 trailer by prefix", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "body")
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			w.Header().Set(http.TrailerPrefix+"X-Sum", "42")
		}),
	}
}

func lengthCases() []Case {
	write := func(sizes ...int) serveFunc {
		return func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			if l := r.URL.Query().Get("length"); l != "" {
				w.Header().Set("Content-Length", l)
			}
			for _, size := range sizes {
				n, err := w.Write(bytes.Repeat([]byte("x"), size))
				x.Saw("write %d: %d %v", size, n, err)
			}
		}
	}
	status := func(code int) serveFunc {
		return func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			n, err := w.Write([]byte("body"))
			x.Saw("%d %v", n, err)
		}
	}
	return []Case{
		simple("4 length of a small body", write(10, 20)),
		simple("4 chunks of a large body", write(10, 3000, 5, 70_000)),
		{Name: "4 length given", Target: "/?length=5000", Serve: write(2000, 3000)},
		{Name: "4 length not a number", Target: "/?length=x", Serve: write(20)},
		{Name: "4 more than the length", Target: "/?length=30", Serve: write(20, 11, 3)},
		{Name: "4 less than the length", Target: "/?length=30", Serve: write(20), Last: true},
		simple("5 body of a 204", status(204)),
		simple("5 body of a 304", status(304)),
		{Name: "5 HEAD of a small body", Method: "HEAD", Serve: write(10)},
		{Name: "5 HEAD of a large body", Method: "HEAD", Serve: write(10, 70_000)},
	}
}

func sniffCases() []Case {
	write := func(pieces ...string) serveFunc {
		return func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			for _, s := range pieces {
				_, _ = w.Write([]byte(s))
			}
		}
	}
	header := func(key string, values ...string) serveFunc {
		return func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header()[key] = values
			_, _ = w.Write([]byte("<p>hello"))
		}
	}
	return []Case{
		simple("6 text is guessed", write("hello")),
		simple("6 HTML is guessed from pieces", write("<", "p", ">hello")),
		simple("6 image is guessed", write("\x89PNG\r\n\x1a\n"+strings.Repeat("\x00", 600))),
		simple("6 type given", header("Content-Type", "application/json")),
		simple("6 type suppressed", header("Content-Type")),
		simple("6 date suppressed", header("Date")),
		simple("6 encoded body is not guessed", header("Content-Encoding", "gzip")),
	}
}

// failing yields text and then an error.
func failing(text string) io.Reader {
	return io.MultiReader(strings.NewReader(text), errReader{})
}

type errReader struct{}

func (errReader) Read([]byte) (int, error) { return 0, errors.New("source failed") }

func sourceCases() []Case {
	copied := func(src func() io.Reader, then func(w http.ResponseWriter)) serveFunc {
		return func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			if l := r.URL.Query().Get("length"); l != "" {
				w.Header().Set("Content-Length", l)
			}
			n, err := io.Copy(w, src())
			x.Saw("%d %v", n, err)
			if then != nil {
				then(w)
			}
		}
	}
	only := func(r io.Reader) io.Reader { return struct{ io.Reader }{r} }
	big := strings.Repeat("0123456789", 10_000)
	return []Case{
		simple("7 empty source, then 404", copied(func() io.Reader { return only(strings.NewReader("")) }, func(w http.ResponseWriter) { http.Error(w, "none", 404) })),
		simple("7 source failing at once, then 502", copied(func() io.Reader { return only(errReader{}) }, func(w http.ResponseWriter) { http.Error(w, "bad", http.StatusBadGateway) })),
		simple("7 source failing later, then 502", copied(func() io.Reader { return only(failing("some")) }, func(w http.ResponseWriter) { http.Error(w, "bad", http.StatusBadGateway) })),
		simple("7 small source", copied(func() io.Reader { return only(strings.NewReader("hello")) }, nil)),
		simple("7 large source", copied(func() io.Reader { return only(strings.NewReader(big)) }, nil)),
		{Name: "7 large source with length", Target: "/?length=100000", Serve: copied(func() io.Reader { return only(strings.NewReader(big)) }, nil)},
		simple("7 limited source", copied(func() io.Reader { return io.LimitReader(strings.NewReader(big), 7000) }, nil)),
		simple("7 source after a write", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "before")
			n, err := io.Copy(w, only(strings.NewReader(big)))
			x.Saw("%d %v", n, err)
		}),
		simple("7 buffer given to ReadFrom", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			if rf, ok := w.(io.ReaderFrom); ok {
				n, err := rf.ReadFrom(strings.NewReader(big))
				x.Saw("%d %v", n, err)
			}
		}),
		simple("7 strings", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			for _, s := range []string{"short", big, ""} {
				n, err := io.WriteString(w, s)
				x.Saw("%d %v", n, err)
			}
		}),
		simple("7 empty write writes the header", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			n, err := w.Write(nil)
			x.Saw("%d %v", n, err)
			w.WriteHeader(500)
		}),
	}
}
