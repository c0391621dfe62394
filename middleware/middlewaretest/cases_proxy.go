package middlewaretest

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// proxyCases have an httputil.ReverseProxy for a handler: it uses everything
// that a writer can do.
func proxyCases() []Case {
	upgrade := http.Header{"Connection": {"Upgrade"}, "Upgrade": {"echo"}}
	return []Case{
		proxied("15 plain", func(_ *Exchange, w http.ResponseWriter) { fmt.Fprint(w, "hello") }),
		proxied("15 large", func(_ *Exchange, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "40000") // without it, chunks depend on the network
			_, _ = io.WriteString(w, strings.Repeat("x", 40_000))
		}),
		proxied("15 flushed piece by piece", func(x *Exchange, w http.ResponseWriter) {
			for i := range 3 {
				fmt.Fprintf(w, "data: %d\n\n", i)
				_ = http.NewResponseController(w).Flush()
				x.Received(fmt.Sprintf("data: %d", i))
			}
		}),
		proxied("15 trailers", func(_ *Exchange, w http.ResponseWriter) {
			w.Header().Set("Trailer", "X-Sum")
			fmt.Fprint(w, "body")
			w.Header().Set("X-Sum", "42")
			w.Header().Set(http.TrailerPrefix+"X-More", "1")
		}),
		proxied("15 early hints", func(_ *Exchange, w http.ResponseWriter) {
			w.Header().Set("Link", "</a.css>; rel=preload")
			w.WriteHeader(103)
			w.WriteHeader(201)
		}),
		proxied("15 backend breaks off", func(_ *Exchange, w http.ResponseWriter) {
			fmt.Fprint(w, "partial")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, func(c *Case) { c.Last = true }),
		{Name: "15 backend is not there", Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
			proxyTo("127.0.0.1:0", x).ServeHTTP(w, r)
		}},
		proxied("15 upgrade", echo, func(c *Case) { c.OnlyHTTP1, c.Header, c.Last = true, upgrade, false }),
	}
}

// proxied serves backend through a proxy.
func proxied(name string, backend func(*Exchange, http.ResponseWriter), change ...func(*Case)) Case {
	c := Case{Name: name, Serve: func(x *Exchange, w http.ResponseWriter, r *http.Request) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			x.Saw("listen: %v", err)
			return
		}
		srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { backend(x, w) }), ErrorLog: log.New(io.Discard, "", 0)}
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = srv.Serve(l)
		}()
		defer func() {
			_ = srv.Close()
			<-done
		}()
		proxyTo(l.Addr().String(), x).ServeHTTP(w, r)
	}}
	for _, f := range change {
		f(&c)
	}
	return c
}

func proxyTo(addr string, x *Exchange) *httputil.ReverseProxy {
	p := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: addr})
	p.Transport = &http.Transport{DisableKeepAlives: true}
	p.FlushInterval = -1
	p.ErrorLog = log.New(io.Discard, "", 0)
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, err error) {
		x.Saw("proxy failed: %v", err != nil)
		w.WriteHeader(http.StatusBadGateway)
	}
	return p
}

// echo takes the connection over and answers a line with the same.
func echo(_ *Exchange, w http.ResponseWriter) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	defer conn.Close()
	fmt.Fprint(rw, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n")
	line, _ := bufio.NewReader(rw).ReadString('\n')
	fmt.Fprint(rw, "echo "+line)
	_ = rw.Flush()
}
