package middlewaretest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"
)

const form = "--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n" +
	"--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"f.txt\"\r\n\r\nfile\r\n--b--\r\n"

func requestCases() []Case {
	expect := http.Header{"Expect": {"100-continue"}}
	multi := http.Header{"Content-Type": {"multipart/form-data; boundary=b"}}
	upload := func(x *Exchange, _ http.ResponseWriter, r *http.Request) {
		x.Saw("%v %q", r.ParseMultipartForm(1<<20), r.FormValue("a"))
	}
	return []Case{
		{Name: "12 body expected and read", Method: "POST", Header: expect, Body: "body", Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			b, err := io.ReadAll(r.Body)
			x.Saw("%q %v", b, err)
			w.WriteHeader(201)
		}},
		{Name: "12 body expected and not read", Method: "POST", Header: expect, Body: "body", Serve: func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(413)
		}},
		{Name: "13 request as it came", Method: "POST", Target: "/a%2fb?q=1", Header: http.Header{"Accept-Encoding": {"gzip"}, "Sec-Fetch-Dest": {"empty"}}, Body: "body", Serve: describeRequest},
		{Name: "13 multipart form", Method: "POST", Header: multi, Body: form, Serve: upload},
		{Name: "13 multipart form and a panic", Method: "POST", Header: multi, Body: form, Last: true, Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			upload(x, w, r)
			throw(http.ErrAbortHandler)
		}},
		{Name: "13 pattern of a mux", Target: "/users/7", Serve: func(x *Exchange, _ http.ResponseWriter, r *http.Request) {
			x.Saw("%q %q", r.Pattern, r.PathValue("id"))
		}, Inside: func(h http.Handler) http.Handler {
			mux := http.NewServeMux()
			mux.Handle("GET /users/{id}", h)
			return mux
		}},
		{Name: "13 context of an outer layer", Serve: func(x *Exchange, _ http.ResponseWriter, r *http.Request) {
			x.Saw("%v", r.Context().Value(ctxKey{}))
			<-r.Context().Done()
			x.Saw("%v %v", r.Context().Err(), context.Cause(r.Context()))
		}, Outside: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				ctx, cancel := context.WithCancelCause(context.WithValue(r.Context(), ctxKey{}, "value"))
				cancel(errors.New("enough"))
				h.ServeHTTP(w, r.WithContext(ctx))
			})
		}},
	}
}

type ctxKey struct{}

func describeRequest(x *Exchange, _ http.ResponseWriter, r *http.Request) {
	x.Saw("%s %s %s %s %s", r.Method, r.URL, r.RequestURI, r.Proto, r.Host)
	x.Saw("length %d, body %T, remote %v, tls %v", r.ContentLength, r.Body, r.RemoteAddr != "", r.TLS != nil)
	x.Saw("accepts %q", r.Header["Accept-Encoding"])
	_, ok := r.Context().Value(http.ServerContextKey).(*http.Server)
	x.Saw("server %v, address %v", ok, r.Context().Value(http.LocalAddrContextKey))
}

// throw panics in a function of its own, to be found in the stack.
func throw(v any) { panic(v) }

func panicCases() []Case {
	after := func(written string, flush bool, v any) serveFunc {
		return func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, written)
			if flush {
				_ = http.NewResponseController(w).Flush()
			}
			throw(v)
		}
	}
	cases := []Case{
		simple("14 panic with a string", after("", false, "boom")),
		simple("14 panic with an error", after("", false, errors.New("boom"))),
		simple("14 panic with nil", after("", false, nil)),
		simple("14 ErrAbortHandler", after("", false, http.ErrAbortHandler)),
		simple("14 ErrAbortHandler wrapped", after("", false, fmt.Errorf("wrapped: %w", http.ErrAbortHandler))),
		simple("14 panic after a write", after("<!doctype html><body>partial", false, "boom")),
		simple("14 panic after a flush", after("<!doctype html><body>partial</body>", true, "boom")),
		simple("14 abort after a flush", after("partial", true, http.ErrAbortHandler)),
		simple("14 runtime error", func(*Exchange, http.ResponseWriter, *http.Request) {
			var m map[string]int
			m["a"] = 1 //lint:ignore SA5000 it is what the case is about
		}),
		simple("14 Goexit", func(*Exchange, http.ResponseWriter, *http.Request) { runtime.Goexit() }),
		{Name: "14 panic that an outer layer answers", Serve: after("", false, "boom"), Outside: func(h http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer func() { http.Error(w, fmt.Sprint("recovered ", recover()), 500) }()
				h.ServeHTTP(w, r)
			})
		}},
	}
	for i := range cases {
		cases[i].Last = true
	}
	return cases
}

func timeoutCases() []Case {
	return []Case{
		{Name: "16 TimeoutHandler around, in time", Serve: func(_ *Exchange, w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "in time") },
			Outside: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Minute, "late") }},
		{Name: "16 TimeoutHandler around, late", Serve: writeLate, outlives: true,
			Outside: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Millisecond, "late") }},
		{Name: "16 TimeoutHandler inside, late", Serve: writeLate, outlives: true,
			Inside: func(h http.Handler) http.Handler { return http.TimeoutHandler(h, time.Millisecond, "late") }},
	}
}

// writeLate writes when the client has the answer already. It may begin after that too.
func writeLate(x *Exchange, w http.ResponseWriter, r *http.Request) {
	defer x.runs(-1)
	<-r.Context().Done()
	x.await("late")
	w.WriteHeader(201)
	n, err := w.Write([]byte("too late"))
	x.Saw("%d %v", n, err)
}
