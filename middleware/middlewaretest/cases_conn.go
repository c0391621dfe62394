package middlewaretest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"
)

func flushCases() []Case {
	return []Case{
		simple("8 first chunk arrives before the end", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, "first")
			x.Saw("%v", http.NewResponseController(w).Flush())
			x.Received("first")
			fmt.Fprint(w, "second")
		}),
		simple("8 header flushed before the body", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("A", "1")
			w.WriteHeader(202)
			x.Saw("%v", http.NewResponseController(w).Flush())
			x.Received("202 Accepted")
			fmt.Fprint(w, "<!doctype html><p>body</p>")
		}),
		simple("8 flush before anything", func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			if f, ok := w.(http.Flusher); ok {
				f.Flush()
			}
			w.WriteHeader(500)
			fmt.Fprint(w, "body")
		}),
		simple("8 a thousand events", func(_ *Exchange, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			for i := range 1000 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				w.(http.Flusher).Flush()
			}
		}),
	}
}

// hijack takes the connection over and goes on using the writer.
func hijack(take func(w http.ResponseWriter) (http.Hijacker, bool)) serveFunc {
	return func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
		h, ok := take(w)
		if !ok {
			x.Saw("no hijacker")
			return
		}
		conn, rw, err := h.Hijack()
		if err != nil {
			x.Saw("hijack: %v", err)
			return
		}
		defer conn.Close()
		n, err := w.Write([]byte("late"))
		x.Saw("write after hijack: %d %v", n, err)
		n, err = w.Write(nil)
		x.Saw("empty write after hijack: %d %v", n, err)
		n, err = io.WriteString(w, "late")
		x.Saw("string after hijack: %d %v", n, err)
		w.WriteHeader(500)
		line, err := rw.ReadString('\n')
		x.Saw("buffered: %q %v", line, err)
		fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\n\r\nraw "+line)
		rw.Flush()
	}
}

func hijackCases() []Case {
	return []Case{
		{Name: "9 hijack by assertion", OnlyHTTP1: true, Serve: hijack(func(w http.ResponseWriter) (http.Hijacker, bool) {
			h, ok := w.(http.Hijacker)
			return h, ok
		})},
		{Name: "9 hijack by controller", OnlyHTTP1: true, Serve: hijack(func(w http.ResponseWriter) (http.Hijacker, bool) {
			return http.NewResponseController(w), true
		})},
		{Name: "9 hijack twice", OnlyHTTP1: true, Last: true, Serve: func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			conn, _, err := w.(http.Hijacker).Hijack()
			x.Saw("%v", err)
			defer conn.Close()
			_, _, err = w.(http.Hijacker).Hijack()
			x.Saw("%v", err)
		}},
		{Name: "9 hijack is refused by HTTP/2", Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 2 {
				_, _, err := http.NewResponseController(w).Hijack()
				x.Saw("%v", err)
			}
		}},
	}
}

func controlCases() []Case {
	return []Case{
		{Name: "17 read deadline", Method: "POST", Body: "ab", Last: true, Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			x.Saw("%v", http.NewResponseController(w).SetReadDeadline(time.Now().Add(time.Hour)))
			b, err := io.ReadAll(r.Body)
			x.Saw("%q %v", b, err)
		}},
		{Name: "17 write deadline", Last: true, Serve: func(x *Exchange, w http.ResponseWriter, _ *http.Request) {
			rc := http.NewResponseController(w)
			x.Saw("%v", rc.SetWriteDeadline(time.Now().Add(-time.Second)))
			fmt.Fprint(w, strings.Repeat("x", 100_000))
			x.Saw("flush fails: %v", rc.Flush() != nil)
		}},
		{Name: "17 full duplex", Method: "POST", Body: "question", Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			rc := http.NewResponseController(w)
			x.Saw("%v", rc.EnableFullDuplex())
			fmt.Fprint(w, "early ")
			x.Saw("%v", rc.Flush())
			b, err := io.ReadAll(r.Body)
			x.Saw("%q %v", b, err)
			w.Write(b)
		}},
		{Name: "18 writes from several goroutines", Serve: writeConcurrently, Outside: func(h http.Handler) http.Handler {
			return http.TimeoutHandler(h, time.Minute, "late") // its writer has a lock
		}},
	}
}

func writeConcurrently(x *Exchange, w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/html")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				if n, err := w.Write([]byte("<!doctype html>")); n != 15 || err != nil {
					x.Saw("%d %v", n, err)
				}
			}
		})
	}
	wg.Wait()
}
