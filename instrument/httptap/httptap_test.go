package httptap_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
)

func serve(t testing.TB, h http.HandlerFunc) *httptest.Server {
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

func TestTransport_PhasesOfANewAndOfAReusedConnection(t *testing.T) {
	t.Parallel()
	srv := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "hello") }))
	t.Cleanup(srv.Close)
	base := srv.Client().Transport.(*http.Transport).Clone()
	c, rec := client(t, base), newRecorded(t, instrument.Config{})
	url := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) // has to be looked up
	base.TLSClientConfig.ServerName = "example.com"
	spans := rec.page(func(ctx context.Context) {
		for range 2 {
			read(t, c, newRequest(t, ctx, "GET", url+"/rates", nil))
		}
	})
	if len(spans) != 2 {
		t.Fatalf("%d spans, want 2", len(spans))
	}
	first, second := spans[0], spans[1]
	for _, phase := range []string{"dns", "connect", "tls", "send", "wait", "transfer"} {
		if d, _ := attr(first, "http.client."+phase+".time").(time.Duration); d <= 0 {
			t.Errorf("a new connection has no time for %s: %v", phase, first.Attrs)
		}
	}
	for _, phase := range []string{"dns", "connect", "tls"} {
		if d := attr(second, "http.client."+phase+".time"); d != nil {
			t.Errorf("a connection that was used again has %v for %s", d, phase)
		}
	}
	if attr(first, "http.client.connection.reused") != false || attr(second, "http.client.connection.reused") != true {
		t.Errorf("reused: %v, %v", attr(first, "http.client.connection.reused"), attr(second, "http.client.connection.reused"))
	}
	for i, sp := range spans {
		sum := time.Duration(0)
		for _, phase := range []string{"queue", "dns", "connect", "tls", "send", "wait", "transfer"} {
			d, _ := attr(sp, "http.client."+phase+".time").(time.Duration)
			sum += d
		}
		if sum > sp.Duration || sum < sp.Duration*9/10 {
			t.Errorf("call %d: its phases take %v, it takes %v", i, sum, sp.Duration)
		}
	}
}

func TestTransport_SaysWhatWasAskedAndAnswered(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body)
		w.WriteHeader(201)
		io.WriteString(w, "created")
	})
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	spans := rec.page(func(ctx context.Context) {
		read(t, c, newRequest(t, ctx, "POST", srv.URL+"/charges/ch_3Px9/refunds/12", strings.NewReader("amount=5")))
		// Of this one nobody says how long it is.
		read(t, c, newRequest(t, ctx, "PUT", srv.URL+"/charges", io.MultiReader(strings.NewReader("0123456789"))))
	})
	host := strings.TrimPrefix(srv.URL, "http://")
	if got, want := spans[0].Handler.Name, "POST "+host+"/charges/ch_{id}/refunds/{id}"; got != want {
		t.Errorf("counted as %q, want %q", got, want)
	}
	for key, want := range map[string]any{
		"http.request.method": "POST", "url.full": srv.URL + "/charges/ch_3Px9/refunds/12", "server.address": "127.0.0.1",
		"http.response.status_code": int64(201), "http.request.body.size": int64(8), "http.response.body.size": int64(7),
		"network.protocol.version": "1.1", "network.peer.address": host,
	} {
		if got := attr(spans[0], key); got != want {
			t.Errorf("%s = %v, want %v", key, got, want)
		}
	}
	if got := attr(spans[1], "http.request.body.size"); got != int64(10) {
		t.Errorf("a body of unknown length: %v, want 10", got)
	}
	if len(spans[0].Stack) == 0 || !strings.HasSuffix(spans[0].Stack[0].File, "_test.go") {
		t.Errorf("the caller's place: %+v", spans[0].Stack)
	}
}

func TestTransport_TheAppsOwnTraceStillHearsEverything(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
	hear := func(c *http.Client, ctx context.Context) (heard []string) {
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
			GetConn:              func(string) { heard = append(heard, "get") },
			GotConn:              func(httptrace.GotConnInfo) { heard = append(heard, "got") },
			ConnectStart:         func(string, string) { heard = append(heard, "connecting") },
			ConnectDone:          func(string, string, error) { heard = append(heard, "connected") },
			WroteHeaders:         func() { heard = append(heard, "headers") },
			WroteRequest:         func(httptrace.WroteRequestInfo) { heard = append(heard, "wrote") },
			GotFirstResponseByte: func() { heard = append(heard, "byte") },
		})
		read(t, c, newRequest(t, ctx, "GET", srv.URL, nil))
		slices.Sort(heard) // the connection writes on a goroutine of its own
		return heard
	}
	rec := newRecorded(t, instrument.Config{})
	bare := &http.Client{Transport: &http.Transport{}}
	t.Cleanup(bare.CloseIdleConnections)
	want := hear(bare, context.Background())
	rec.page(func(ctx context.Context) {
		if got := hear(client(t, nil), ctx); !slices.Equal(got, want) {
			t.Errorf("the app's trace heard %v, without us %v", got, want)
		}
	})
}

func TestTransport_SecretsAreRemoved(t *testing.T) {
	t.Parallel()
	const secret = "hunter2Canary"
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Set-Cookie", "session="+secret)
		w.Header().Set("X-Api-Key", secret)
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"token":"`+secret+`","ok":true}`)
	})
	rec := newRecorded(t, instrument.Config{})
	c := client(t, nil, httptap.Headers(), httptap.Bodies(0))
	spans := rec.page(func(ctx context.Context) {
		url := strings.Replace(srv.URL, "http://", "http://ann:"+secret+"@", 1) + "/pay?token=" + secret + "&page=2#access_token=" + secret
		r := newRequest(t, ctx, "POST", url, strings.NewReader("password="+secret+"&amount=5"))
		r.Header.Set("Authorization", "Bearer "+secret)
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		_, body := read(t, c, r)
		if !strings.Contains(body, secret) {
			t.Errorf("the app read %q", body)
		}
	})
	text := fmt.Sprint(spans)
	if strings.Contains(text, secret) {
		t.Errorf("a secret was kept: %s", text)
	}
	for key, want := range map[string]string{
		"url.full": "page=2", "http.request.body": "amount=5", "http.response.body": `"ok":true`,
		"http.request.headers": "Content-Type: application/x-www-form-urlencoded", "http.response.headers": "X-Api-Key: [redacted]",
	} {
		if got, _ := attr(spans[0], key).(string); !strings.Contains(got, want) {
			t.Errorf("%s = %q lacks %q", key, got, want)
		}
	}
}

func TestTransport_PassesTheTraceOn(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var seen []http.Header
	srv := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, r.Header)
	})
	rec := newRecorded(t, instrument.Config{})
	c := client(t, nil)
	const own = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	ctx, page := rec.Begin(context.Background(), instrument.Begin{
		Handler: pageHandler, Carried: instrument.Carried{State: "vendor=1", Baggage: "tier=gold"},
	})
	r := newRequest(t, ctx, "GET", srv.URL, nil)
	read(t, c, r)
	if len(r.Header) != 0 {
		t.Errorf("the app's request was changed: %v", r.Header)
	}
	r.Header.Set("Traceparent", own)
	read(t, c, r)
	for _, to := range []func(*http.Request) bool{
		func(r *http.Request) bool { return r.URL.Host == "internal.test" },
		func(*http.Request) bool { panic("no") },
		nil,
		func(*http.Request) bool { return true },
	} {
		chosen := client(t, nil, httptap.Propagate(to), httptap.Name(func(*http.Request) string { panic("no") }))
		read(t, chosen, newRequest(t, ctx, "GET", srv.URL, nil))
	}
	page.End()
	read(t, c, newRequest(t, context.Background(), "GET", srv.URL, nil))

	got, ok := instrument.ParseTraceparent(seen[0].Get("Traceparent"))
	made := rec.recs[0]
	if !ok || got.TraceID != made.Trace.TraceID || got.SpanID != made.SpanID(1) {
		t.Errorf("sent %q; the call is %s in trace %s", seen[0].Get("Traceparent"), made.SpanID(1), made.Trace.TraceID)
	}
	if seen[0].Get("Tracestate") != "vendor=1" || seen[0].Get("Baggage") != "" {
		t.Errorf("sent %v", seen[0])
	}
	if seen[1].Get("Traceparent") != own || seen[1].Get("Tracestate") != "" {
		t.Errorf("the app's own traceparent became %v", seen[1])
	}
	if id := made.SpanID(2); id.String() != "00f067aa0ba902b7" {
		t.Errorf("by the app's own traceparent the call is 00f067aa0ba902b7, not %s", id)
	}
	for i := 2; i < 5; i++ {
		if seen[i].Get("Traceparent") != "" || seen[i].Get("Baggage") != "" {
			t.Errorf("sent although it must not be: %v", seen[i])
		}
	}
	if seen[5].Get("Traceparent") == "" || seen[5].Get("Baggage") != "tier=gold" {
		t.Errorf("to whom Propagate names: %v", seen[5])
	}
	if seen[6].Get("Traceparent") != "" {
		t.Errorf("outside a Record %v was sent", seen[6])
	}
}

func TestTransport_EachHopOfARedirectIsACall(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old" {
			http.Redirect(w, r, "/new", http.StatusFound)
		}
	})
	rec := newRecorded(t, instrument.Config{})
	spans := rec.page(func(ctx context.Context) { read(t, client(t, nil), newRequest(t, ctx, "GET", srv.URL+"/old", nil)) })
	if len(spans) != 2 || attr(spans[0], "http.response.status_code") != int64(302) || attr(spans[1], "http.request.redirect_count") != int64(1) {
		t.Errorf("spans: %+v", spans)
	}
}

// stale is a server whose connections break when they are used a second time.
func stale(t testing.TB) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { l.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				in := bufio.NewReader(conn)
				if _, err := http.ReadRequest(in); err != nil {
					return
				}
				io.WriteString(conn, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
				in.Peek(1) // the next one comes, and we are gone
			})
		}
	})
	return "http://" + l.Addr().String()
}

func TestTransport_CountsWhatWasSentAgain(t *testing.T) {
	t.Parallel()
	url := stale(t)
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	spans := rec.page(func(ctx context.Context) {
		for range 2 {
			if _, body := read(t, c, newRequest(t, ctx, "GET", url, nil)); body != "ok" {
				t.Errorf("read %q", body)
			}
		}
	})
	if len(spans) != 2 || attr(spans[0], "http.request.resend_count") != nil || attr(spans[1], "http.request.resend_count") != int64(1) {
		t.Errorf("sent again: %v", spans[1].Attrs)
	}
}

func TestTransport_FailedConnectionsAreRecorded(t *testing.T) {
	t.Parallel()
	refused := errors.New("no such host here")
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	dns := client(t, &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) { return nil, refused }})
	spans := rec.page(func(ctx context.Context) {
		if _, err := c.Do(newRequest(t, ctx, "GET", "http://127.0.0.1:1", nil)); err == nil { // one that was closed just now may be another test's
			t.Error("connected to a closed port")
		}
		if _, err := dns.Do(newRequest(t, ctx, "GET", "http://nowhere.test", nil)); !errors.Is(err, refused) {
			t.Errorf("the error became %v", err)
		}
	})
	if !strings.Contains(spans[0].Error, "refused") || attr(spans[0], "http.client.phase") == nil {
		t.Errorf("first: %q, %v", spans[0].Error, spans[0].Attrs)
	}
	if spans[1].Error != refused.Error() || !spans[1].Flags.Has(instrument.FlagError) {
		t.Errorf("second: %q", spans[1].Error)
	}
}

func TestTransport_ServerErrorsFailAndOthersDoNot(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) {
		status := 503
		if r.URL.Path == "/missing" {
			status = 404
		}
		w.WriteHeader(status)
	})
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	spans := rec.page(func(ctx context.Context) {
		read(t, c, newRequest(t, ctx, "GET", srv.URL+"/missing", nil))
		read(t, c, newRequest(t, ctx, "GET", srv.URL+"/busy", nil))
	})
	if spans[0].Flags.Has(instrument.FlagError) || spans[1].Error != "503 Service Unavailable" {
		t.Errorf("404: %v; 503: %q", spans[0].Flags, spans[1].Error)
	}
}

func TestTransport_ABodyThatIsNeverClosedLeavesTheCallUnfinished(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "part")
		w.(http.Flusher).Flush()
		<-release
	})
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	var open io.Closer
	spans := rec.page(func(ctx context.Context) {
		res, err := c.Do(newRequest(t, ctx, "GET", srv.URL, nil))
		if err != nil {
			t.Fatal(err)
		}
		open = res.Body
	})
	close(release)
	open.Close() // late: only statistics may hear of it
	if !spans[0].Flags.Has(instrument.FlagUnfinished) || attr(spans[0], "http.response.status_code") != int64(200) {
		t.Errorf("%v %v", spans[0].Flags, spans[0].Attrs)
	}
}

func TestTransport_OutsideARecordAndSwitchedOff(t *testing.T) {
	srv := serve(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "x") })
	c := client(t, nil)
	read(t, c, newRequest(t, context.Background(), "GET", srv.URL, nil)) // off
	rec := newRecorded(t, instrument.Config{})
	instrument.SetDefault(rec.Recorder)
	t.Cleanup(func() { instrument.SetDefault(nil) })
	res, _ := read(t, c, newRequest(t, context.Background(), "GET", srv.URL, nil))
	h := instrument.LookupHandler(instrument.KindCall, "GET "+res.Request.URL.Host)
	if h == nil || rec.Stats(h).Count != 1 {
		t.Error("a call outside of Records is not counted")
	}
}

// A base that panics, or ends its goroutine, does so as without us; the span ends.
func TestTransport_PanicsPassUnchanged(t *testing.T) {
	t.Parallel()
	rec := newRecorded(t, instrument.Config{})
	boom := errors.New("boom")
	for name, base := range map[string]func(*http.Request) (*http.Response, error){
		"panic":  func(*http.Request) (*http.Response, error) { panic(boom) },
		"goexit": func(*http.Request) (*http.Response, error) { runtime.Goexit(); return nil, nil },
	} {
		spans := rec.page(func(ctx context.Context) {
			done := make(chan any)
			go func() {
				defer func() { done <- recover() }()
				httptap.Transport(roundTrip(base)).RoundTrip(newRequest(t, ctx, "GET", "http://a.test", nil))
			}()
			if v := <-done; name == "panic" && v != boom {
				t.Errorf("the panic became %v", v)
			}
		})
		if len(spans) != 1 || spans[0].Error == "" {
			t.Errorf("%s: %+v", name, spans)
		}
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestTransport_NilAnswersAndUnwrap(t *testing.T) {
	t.Parallel()
	rec := newRecorded(t, instrument.Config{})
	base := roundTrip(func(*http.Request) (*http.Response, error) { return nil, nil })
	rt := httptap.Transport(base)
	rec.page(func(ctx context.Context) {
		if res, err := rt.RoundTrip(newRequest(t, ctx, "GET", "http://a.test", nil)); res != nil || err != nil {
			t.Errorf("%v, %v", res, err)
		}
	})
	if httptap.Transport(nil).(interface{ Unwrap() http.RoundTripper }).Unwrap() != http.DefaultTransport {
		t.Error("nil is not the default transport")
	}
}

func TestTransport_ManyAtOnceKeepTheirOwnRecord(t *testing.T) {
	t.Parallel()
	srv := serve(t, func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, r.URL.Path) })
	c, rec := client(t, nil), newRecorded(t, instrument.Config{})
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			ctx, own := rec.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
			defer own.End()
			own.SetPath("GET", fmt.Sprintf("/p/x%d", i))
			for j := range 5 {
				r := newRequest(t, ctx, "GET", fmt.Sprintf("%s/p/x%d", srv.URL, i), nil)
				if j%2 == 1 { // and without a context, by the goroutine
					r = r.WithContext(context.Background())
				}
				read(t, c, r)
			}
		})
	}
	all.Wait()
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if len(rec.recs) != 20 {
		t.Fatalf("%d Records", len(rec.recs))
	}
	for _, r := range rec.recs {
		if len(r.Spans) != 6 {
			t.Errorf("%d spans, want 6", len(r.Spans))
		}
		for _, sp := range r.Spans[1:] {
			if url, _ := attr(sp, "url.full").(string); !strings.HasSuffix(url, r.Path) {
				t.Errorf("%s has the call %s", r.Path, url)
			}
		}
	}
}
