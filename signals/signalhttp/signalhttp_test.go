package signalhttp_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"mime/multipart"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"path/filepath"
	"sync"
	"testing"

	"go.uber.org/goleak"
	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalhttp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type order struct{ ID int }

var proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}

// do sends a request to a real server, on a connection of its own.
func do(t *testing.T, h http.Handler, header http.Header) string {
	t.Helper()
	srv := httptest.NewServer(h)
	defer srv.Close()
	req, err := http.NewRequestWithContext(t.Context(), "GET", srv.URL+"/orders", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header = header
	res, err := srv.Client().Do(req)
	if err != nil {
		return err.Error()
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return string(body)
}

func TestA15_TheScopeHoldsDuringTheRequestOnly(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]http.HandlerFunc{
		"returns": func(http.ResponseWriter, *http.Request) {},
		"fails":   func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", 500) },
		"panics":  func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var during, after signals.Scope
			var request, requestAfter *http.Request
			inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				during, request = signals.ScopeOf(r.Context()), signalhttp.RequestOf(r.Context())
				handler(w, r)
			})
			stack := signalhttp.Middleware(signalhttp.Options{User: func(*http.Request) string { return "ann" }})(inner)
			var seen sync.WaitGroup
			seen.Add(1)
			do(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				defer seen.Done()
				defer func() { // after the middleware, also when it unwinds
					after, requestAfter = signals.ScopeOf(r.Context()), signalhttp.RequestOf(r.Context())
				}()
				stack.ServeHTTP(w, r)
			}), http.Header{"User-Agent": {"test/1"}})
			seen.Wait()
			if during.User != "ann" || during.RequestID == "" || during.UserAgent != "test/1" || !during.IP.IsLoopback() || request == nil {
				t.Errorf("during the request %+v", during)
			}
			if after != (signals.Scope{}) || requestAfter != nil {
				t.Errorf("after the request %+v", after)
			}
		})
	}
}

func TestMiddleware_LayersOutsideSeeWhatHandlersLearnt(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(_ http.ResponseWriter, r *http.Request) {
		r.MultipartForm = &multipart.Form{} // as parsing does
		panic("boom")
	})
	h := signalhttp.Middleware(signalhttp.Options{})(mux)
	r := httptest.NewRequest("GET", "/orders/7", nil)
	func() {
		defer func() { _ = recover() }()
		h.ServeHTTP(httptest.NewRecorder(), r)
	}()
	if r.Pattern != "GET /orders/{id}" || r.MultipartForm == nil {
		t.Errorf("pattern %q, form %v", r.Pattern, r.MultipartForm)
	}
}

func openDB(t *testing.T) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "a16.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if _, err := db.Exec(`CREATE TABLE orders (id INTEGER, created_by TEXT, ip TEXT, agent TEXT)`); err != nil {
		t.Fatal(err)
	}
	return db
}

func TestA16_D04_ReceiversKnowWhoAsksInRequestsAndCommands(t *testing.T) {
	t.Parallel()
	db := openDB(t)
	created := signals.New[order]("order_created", signals.Unlisted())
	created.Connect(func(ctx context.Context, e signals.Event[order]) error {
		s := signals.ScopeOf(ctx)
		ip := ""
		if s.IP.IsValid() {
			ip = s.IP.String()
		}
		if (signalhttp.RequestOf(ctx) == nil) != (s.RequestID == "") {
			t.Error("the request and its id come together")
		}
		_, err := db.ExecContext(ctx, `INSERT INTO orders VALUES (?, ?, ?, ?)`, e.Payload.ID, s.User, ip, s.UserAgent)
		return err
	})
	auth := func(w http.ResponseWriter, r *http.Request) { // a layer further in finds out who asks
		ctx := signals.WithUser(r.Context(), "ann")
		if _, err := created.Send(ctx, nil, order{1}); err != nil {
			t.Error(err)
		}
	}
	do(t, signalhttp.Middleware(signalhttp.Options{TrustedProxies: proxies})(http.HandlerFunc(auth)),
		http.Header{"User-Agent": {"test/1"}, "X-Forwarded-For": {"1.2.3.4"}})
	root := commands.New("manage")
	root.Add(commands.Command{Name: "cron", Run: func(ctx context.Context, _ *commands.Run) error {
		_, err := created.Send(ctx, nil, order{2})
		return err
	}})
	if res := commandstest.Call(t, root, "cron"); res.Code != 0 {
		t.Errorf("command: %+v", res)
	}
	for id, want := range map[int]string{1: "ann 1.2.3.4 test/1", 2: "  "} {
		var user, ip, agent string
		if err := db.QueryRow(`SELECT created_by, ip, agent FROM orders WHERE id = ?`, id).Scan(&user, &ip, &agent); err != nil {
			t.Error(err)
		}
		if got := user + " " + ip + " " + agent; got != want {
			t.Errorf("order %d: %q, want %q", id, got, want)
		}
	}
}

func TestA17_D19_ParallelRequestsKeepTheirUsers(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	rows := map[string]int{} // "user of the request / user of the scope"
	inner := signals.New[string]("inner", signals.Unlisted())
	inner.Connect(func(ctx context.Context, e signals.Event[string]) error {
		mu.Lock()
		rows[e.Payload+"/"+signals.ScopeOf(ctx).User]++
		mu.Unlock()
		return nil
	})
	outer := signals.New[string]("outer", signals.Unlisted())
	outer.Connect(func(ctx context.Context, e signals.Event[string]) error {
		_, err := inner.Send(ctx, nil, e.Payload)
		return err
	})
	var started sync.WaitGroup
	h := signalhttp.Middleware(signalhttp.Options{User: func(r *http.Request) string { return r.Header.Get("X-User") }})(
		http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			ctx, user := r.Context(), r.Header.Get("X-User")
			_, _ = outer.Send(ctx, nil, user)
			_, _ = outer.SendConcurrent(ctx, 0, nil, user)
			started.Go(func() { _, _ = outer.Send(context.WithoutCancel(ctx), nil, user) }) // outlives the request
		}))
	srv := httptest.NewServer(h)
	defer srv.Close()
	var clients sync.WaitGroup
	for i := range 200 {
		clients.Go(func() {
			req, _ := http.NewRequest("GET", srv.URL, nil)
			req.Header.Set("X-User", fmt.Sprint("user", i))
			if res, err := srv.Client().Do(req); err != nil {
				t.Error(err)
			} else {
				_ = res.Body.Close()
			}
		})
	}
	clients.Wait()
	started.Wait()
	if len(rows) != 200 {
		t.Errorf("%d pairs of users, want 200: %v", len(rows), rows)
	}
	for i := range 200 {
		if user := fmt.Sprint("user", i); rows[user+"/"+user] != 3 {
			t.Errorf("%s: %d rows of its own, want 3", user, rows[user+"/"+user])
		}
	}
	srv.Client().CloseIdleConnections()
}

func TestA18_D05_TheClientsAddress(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"trimmed behind a trusted proxy", "10.0.0.9:1", []string{" 1.2.3.4 , 10.0.0.1"}, "1.2.3.4"},
		{"no header", "203.0.113.7:55", nil, "203.0.113.7"},
		{"no header behind a proxy", "10.0.0.9:1", nil, "10.0.0.9"},
		{"spoofed by an untrusted peer", "203.0.113.7:55", []string{"1.2.3.4"}, "203.0.113.7"},
		{"spoofed through a trusted proxy", "10.0.0.9:1", []string{"1.2.3.4, 203.0.113.7"}, "203.0.113.7"},
		{"in several headers", "10.0.0.9:1", []string{"6.6.6.6, 1.2.3.4", "10.0.0.1"}, "1.2.3.4"},
		{"IPv6 with a port", "[fd00::1]:443", []string{"[2001:db8::7]:5000"}, "2001:db8::7"},
		{"IPv6 in brackets", "[fd00::1]:443", []string{"[2001:db8::7]"}, "2001:db8::7"},
		{"IPv6 as it is", "[fd00::1]:443", []string{"2001:db8::7"}, "2001:db8::7"},
		{"IPv6 peer with a zone", "[fe80::1%eth0]:443", nil, "fe80::1"},
		{"IPv4 in IPv6", "[::ffff:10.0.0.9]:1", []string{"::ffff:1.2.3.4"}, "1.2.3.4"},
		{"IPv4 with a port", "10.0.0.9:1", []string{"1.2.3.4:80"}, "1.2.3.4"},
		{"only proxies", "10.0.0.9:1", []string{"10.0.0.2, 10.0.0.1"}, "10.0.0.2"},
		{"nonsense", "10.0.0.9:1", []string{"1.2.3.4, unknown, 10.0.0.1"}, "10.0.0.1"},
		{"empty header", "10.0.0.9:1", []string{""}, "10.0.0.9"},
		{"no address at all", "@", []string{"1.2.3.4"}, "invalid IP"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := &http.Request{RemoteAddr: tt.peer, Header: http.Header{"X-Forwarded-For": tt.forwarded}}
			if got := signalhttp.ClientIP(r, proxies).String(); got != tt.want {
				t.Errorf("client %s, want %s", got, tt.want)
			}
		})
	}
}

func TestA18_OverTheWire(t *testing.T) {
	t.Parallel()
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, signals.ScopeOf(r.Context()).IP)
	})
	header := http.Header{"X-Forwarded-For": {" 1.2.3.4 , 10.0.0.1"}}
	if got := do(t, signalhttp.Middleware(signalhttp.Options{TrustedProxies: proxies})(show), header); got != "1.2.3.4" {
		t.Errorf("client %s behind a trusted proxy", got)
	}
	if got := do(t, signalhttp.Middleware(signalhttp.Options{})(show), header); !net.ParseIP(got).IsLoopback() {
		t.Errorf("client %s, want the peer", got)
	}
}

func TestRequestID_IsMadeOrTakenFromWhoIsTrusted(t *testing.T) {
	t.Parallel()
	show := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, signals.ScopeOf(r.Context()).RequestID)
	})
	own := func(*http.Request) string { return "own" }
	none := func(*http.Request) string { return "" }
	for _, tt := range []struct {
		name string
		o    signalhttp.Options
		id   string
		want string // "" for a new one
	}{
		{"of a trusted proxy", signalhttp.Options{TrustedProxies: proxies}, "r-1.a_B", "r-1.a_B"},
		{"of anybody", signalhttp.Options{}, "r-1", ""},
		{"that breaks log lines", signalhttp.Options{TrustedProxies: proxies}, "r 1", ""},
		{"missing", signalhttp.Options{TrustedProxies: proxies}, "", ""},
		{"of the app", signalhttp.Options{RequestID: own}, "r-1", "own"},
		{"not of the app", signalhttp.Options{RequestID: none}, "r-1", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got := do(t, signalhttp.Middleware(tt.o)(show), http.Header{"X-Request-Id": {tt.id}})
			if tt.want != "" && got != tt.want || tt.want == "" && (len(got) < 20 || got == tt.id) {
				t.Errorf("id %q, want %q", got, tt.want)
			}
		})
	}
}

func ExampleMiddleware() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(func(ctx context.Context, e signals.Event[int]) error {
		s := signals.ScopeOf(ctx)
		fmt.Println("order", e.Payload, "by", s.User, "from", s.IP)
		return nil
	})
	handler := signalhttp.Middleware(signalhttp.Options{
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")},
		User:           func(r *http.Request) string { user, _, _ := r.BasicAuth(); return user },
	})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = saved.Send(r.Context(), "shop", 7)
	}))
	r := httptest.NewRequest("POST", "/orders", nil)
	r.SetBasicAuth("ann", "secret")
	r.Header.Set("X-Forwarded-For", "203.0.113.9")
	handler.ServeHTTP(httptest.NewRecorder(), r)
	// Output: order 7 by ann from 203.0.113.9
}
