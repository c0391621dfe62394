package middlewaretest

import (
	"fmt"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
)

// serveHTTP2 runs c over HTTP/2 without encryption. The frames are left to
// the client; what it makes of them is the wire.
func serveHTTP2(t testing.TB, c Case, wrap func(http.Handler) http.Handler) outcome {
	t.Helper()
	x := newExchange()
	var p http.Protocols
	p.SetUnencryptedHTTP2(true)
	addr, stop := serve(t, x, &http.Server{Handler: x.handler(c, wrap), Protocols: &p})
	defer stop()
	tr := &http.Transport{Protocols: &p, DisableCompression: true}
	defer tr.CloseIdleConnections()
	res, err := tr.RoundTrip(x.request(t, c, addr))
	if err != nil {
		x.receive([]byte("error: " + err.Error()))
		return x.outcome(t)
	}
	defer res.Body.Close()
	var b strings.Builder
	fmt.Fprintf(&b, "%s length %d\n", res.Status, res.ContentLength)
	_ = res.Header.Write(&b)
	x.receive([]byte(b.String() + "\n"))
	buf := make([]byte, 64<<10)
	for {
		n, err := res.Body.Read(buf)
		x.receive(buf[:n])
		if err != nil {
			x.receive([]byte("\n[" + err.Error() + "]\n"))
			break
		}
	}
	b.Reset()
	_ = res.Trailer.Write(&b)
	x.receive([]byte(b.String()))
	return x.outcome(t)
}

func (x *Exchange) request(t testing.TB, c Case, addr string) *http.Request {
	t.Helper()
	var body strings.Reader
	body.Reset(c.Body)
	r, err := http.NewRequestWithContext(t.Context(), or(c.Method, "GET"), "http://"+addr+or(c.Target, "/"), &body)
	if err != nil {
		t.Fatalf("make request: %v", err)
	}
	if r.Host = "app.test"; c.Body == "" {
		r.Body, r.ContentLength = nil, 0
	} else {
		r.ContentLength = int64(len(c.Body))
	}
	for k, v := range c.Header {
		r.Header[k] = v
	}
	return r.WithContext(httptrace.WithClientTrace(r.Context(), &httptrace.ClientTrace{
		Got1xxResponse: func(code int, h textproto.MIMEHeader) error {
			x.receive(fmt.Appendf(nil, "interim %d %v\n", code, h))
			return nil
		},
	}))
}
