package middlewaretest

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// endHost is the host of the second request on a connection.
const endHost = "end.test"

const endRequest = "GET / HTTP/1.1\r\nHost: " + endHost + "\r\nConnection: close\r\n\r\n"

// serveHTTP1 runs c over a socket of its own, byte by byte.
func serveHTTP1(t testing.TB, c Case, wrap func(http.Handler) http.Handler) outcome {
	t.Helper()
	x := newExchange()
	addr, stop := serve(t, x, &http.Server{Handler: x.handler(c, wrap)})
	defer stop()
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatalf("connect: %v", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(patience))
	sent := make(chan struct{})
	go func() {
		defer close(sent)
		x.send(conn, c)
	}()
	buf := make([]byte, 64<<10)
	for {
		n, err := conn.Read(buf)
		x.receive(buf[:n])
		if err != nil {
			if err != io.EOF {
				x.receive([]byte("\n[" + err.Error() + "]"))
			}
			break
		}
	}
	conn.Close()
	<-sent
	return x.outcome(t)
}

// serve runs srv until stop is called.
func serve(t testing.TB, x *Exchange, srv *http.Server) (addr string, stop func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	srv.ErrorLog = log.New(logWriter{x}, "", 0)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(l)
	}()
	return l.Addr().String(), func() {
		_ = srv.Close()
		<-done
	}
}

// send writes the request. A body that was announced with an expectation is
// sent when the server asks for it.
func (x *Exchange) send(conn net.Conn, c Case) {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: app.test\r\n", or(c.Method, "GET"), or(c.Target, "/"))
	_ = c.Header.Write(&b)
	if c.Body != "" {
		fmt.Fprintf(&b, "Content-Length: %d\r\n", len(c.Body))
	}
	if c.Last {
		b.WriteString("Connection: close\r\n")
	}
	b.WriteString("\r\n")
	if c.Header.Get("Expect") != "" {
		_, _ = io.WriteString(conn, b.String())
		b.Reset()
		x.await("100 Continue\r\n\r\n", "HTTP/1.1 2", "HTTP/1.1 3", "HTTP/1.1 4", "HTTP/1.1 5")
		if !x.has("100 Continue") {
			if tcp, ok := conn.(*net.TCPConn); ok {
				_ = tcp.CloseWrite() // the body is not going to come
			}
			return
		}
	}
	b.WriteString(c.Body)
	if !c.Last {
		b.WriteString(endRequest)
	}
	_, _ = io.WriteString(conn, b.String())
	if tcp, ok := conn.(*net.TCPConn); ok && c.Header.Get("Upgrade") != "" {
		_ = tcp.CloseWrite() // what speaks the other protocol waits for the end
	}
}

func (x *Exchange) has(text string) bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return strings.Contains(x.got.String(), text)
}

func or(s, fallback string) string {
	if s == "" {
		return fallback
	}
	return s
}
