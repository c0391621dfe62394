package chitap_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/go-chi/chi/v5"
	chimiddleware "github.com/go-chi/chi/v5/middleware"

	chitap "github.com/go-debug-toolbar/debugtoolbar/contrib/chi"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func requestLog(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }

func session(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }

func showOrder(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "order "+chi.URLParam(r, "id")) }

func request(h http.Handler, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

// TestFidelity: a router with its middleware measured does on the wire what it
// does without.
func TestFidelity(t *testing.T) {
	t.Parallel()
	build := func(r chi.Router, h http.Handler) http.Handler {
		r.Use(requestLog, chimiddleware.RequestID)
		r.Route("/", func(r chi.Router) {
			r.Use(session)
			r.Handle("/*", h)
		})
		return r
	}
	records := middlewaretest.NewRecords()
	middlewaretest.RunAgainst(t,
		func(h http.Handler) http.Handler { return build(chi.NewRouter(), h) },
		func(h http.Handler) http.Handler { return records.Wrap(build(chitap.Wrap(chi.NewRouter()), h)) })
}

func TestRouter_NamesRoutesAndViewsThroughSubRouters(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := chitap.Wrap(chi.NewRouter())
	r.Use(requestLog)
	r.Get("/", showOrder)
	r.Route("/orders", func(r chi.Router) {
		r.Use(session)
		r.Get("/{id}", showOrder)
		r.With(middleware.Named("csrf", session)).Post("/{id}", showOrder)
		r.Route("/{id}/items", func(r chi.Router) {
			r.Delete("/{item:[0-9]+}", func(http.ResponseWriter, *http.Request) {})
		})
	})
	r.Group(func(r chi.Router) {
		r.Use(middleware.Named("admin only", session))
		r.Handle("/files/*", http.FileServer(http.Dir(".")))
	})
	admin := chitap.Wrap(chi.NewRouter())
	admin.Put("/users/{name}", showOrder)
	r.Mount("/admin", admin)
	plain := chi.NewRouter()
	plain.Get("/old/{x}", showOrder)
	r.Mount("/plain", plain)
	mux := http.NewServeMux()
	mux.HandleFunc("/mounted/x", showOrder)
	r.Mount("/mounted", mux)

	const log = "\n  layer chi_test.requestLog"
	for ask, want := range map[string]string{
		"GET /":          "request GET /" + log + "\n    view chi_test.showOrder",
		"GET /orders/7":  "request GET /orders/{id}" + log + "\n    layer chi_test.session\n      view chi_test.showOrder",
		"POST /orders/7": "request POST /orders/{id}" + log + "\n    layer chi_test.session\n      layer csrf\n        view chi_test.showOrder",
		"DELETE /orders/7/items/3": "request DELETE /orders/{id}/items/{item:[0-9]+}" + log + "\n    layer chi_test.session\n" +
			"      view chi_test.TestRouter_NamesRoutesAndViewsThroughSubRouters /orders/{id}/items/{item:[0-9]+}",
		"GET /files/x":         "request GET /files/*" + log + "\n    layer admin only\n      view *http.fileHandler",
		"PUT /admin/users/ada": "request PUT /admin/users/{name}" + log + "\n    view chi_test.showOrder",
		"GET /plain/old/1":     "request GET /plain/old/{x}" + log + "\n    view *chi.Mux",
		"GET /mounted/x":       "request GET /mounted/x" + log + "\n    view *http.ServeMux",
		"GET /nowhere":         "request unmatched" + log,
		"PATCH /orders/7":      "request unmatched" + log + "\n    layer chi_test.session",
	} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(r), method, target)
		rec := records.Next(t)
		if got := middlewaretest.Tree(rec); got != want+"\n" {
			t.Errorf("%s:\n%swant\n%s", ask, got, want)
		}
		if values := middlewaretest.Attr(rec.Attrs, "http.route.values"); method == "DELETE" && values != "id=7&item=3" {
			t.Errorf("%s: values %v", ask, values)
		}
	}
}

func TestRouter_EveryMethodIsMeasured(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := chitap.Wrap(chi.NewRouter())
	if chitap.Wrap(r) != r || !r.HasViews() {
		t.Error("a wrapped router is wrapped again")
	}
	for _, add := range []func(string, http.HandlerFunc){r.Connect, r.Delete, r.Get, r.Head, r.Options, r.Patch, r.Post, r.Put, r.Query, r.Trace} {
		add("/x", showOrder)
	}
	r.HandleFunc("/any", showOrder)
	r.Method("GET", "/method", http.HandlerFunc(showOrder))
	r.MethodFunc("GET", "/methodfunc", showOrder)
	asks := []string{"GET /any", "POST /any", "GET /method", "GET /methodfunc"}
	for _, m := range []string{"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "QUERY", "TRACE"} {
		asks = append(asks, m+" /x")
	}
	for _, ask := range asks {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(middleware.NewStack(requestLog).Then(r)), method, target)
		got := records.Next(t)
		if name := got.Handler.Name; got.Count(instrument.KindView) != 1 || !strings.HasSuffix(name, " "+target) {
			t.Errorf("%s: %s", ask, middlewaretest.Tree(got))
		}
	}
}

// idLayer changes a value of the route in front of the view.
type idLayer struct{ seen *middleware.Route }

func (l idLayer) ProcessView(_ http.ResponseWriter, r *http.Request, v middleware.Route) (*http.Request, error) {
	*l.seen = v
	chi.RouteContext(r.Context()).URLParams.Add("id", "99")
	return r, nil
}

func TestMW12_ViewHookRunsWhereTheRouterHasChosen(t *testing.T) {
	t.Parallel()
	var seen middleware.Route
	r := chitap.Wrap(chi.NewRouter())
	r.Use(middleware.Hooks(idLayer{&seen}))
	r.Route("/orders", func(r chi.Router) { r.Get("/{id}", showOrder) })
	rec := request(r, "GET", "/orders/7")
	if rec.Body.String() != "order 99" || seen.Pattern != "/orders/{id}" || seen.View != "chi_test.showOrder" {
		t.Errorf("%q, %+v", rec.Body, seen)
	}
	seen = middleware.Route{}
	if request(r, "GET", "/nowhere"); seen.Pattern != "" {
		t.Errorf("called for a route that is none: %+v", seen)
	}
}

// TestA52_TimePerLayer by a clock that moves only when all sleep.
func TestA52_TimePerLayer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(name string, before, after time.Duration) middleware.Layer {
			return middleware.Named(name, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(before)
					next.ServeHTTP(w, r)
					time.Sleep(after)
				})
			})
		}
		records := middlewaretest.NewRecords()
		r := chitap.Wrap(chi.NewRouter())
		r.Use(slow("chi-a", 2*time.Millisecond, time.Millisecond))
		r.With(slow("chi-b", 30*time.Millisecond, 0)).Get("/", func(http.ResponseWriter, *http.Request) { time.Sleep(7 * time.Millisecond) })
		request(records.Wrap(r), "GET", "/")
		got := records.Next(t)
		for i, want := range []time.Duration{0, 3, 30, 7} {
			if self := got.Spans[i].Self; self != want*time.Millisecond {
				t.Errorf("%s took %v of its own, want %d ms", got.Spans[i].Handler.Name, self, want)
			}
		}
		if v := middlewaretest.Attr(got.Spans[1].Attrs, "layer.after"); v != time.Millisecond {
			t.Errorf("after next: %v", v)
		}
	})
}

// TestWebSocket_EchoIsAlive through the router, recording and injection.
func TestWebSocket_EchoIsAlive(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := chitap.Wrap(chi.NewRouter())
	r.Use(requestLog)
	r.Get("/ws", func(w http.ResponseWriter, r *http.Request) {
		c, err := websocket.Accept(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.CloseNow()
		for {
			typ, msg, err := c.Read(r.Context())
			if err != nil {
				return
			}
			if err := c.Write(r.Context(), typ, msg); err != nil {
				t.Error(err)
			}
		}
	})
	inject := middleware.Inject(middleware.Injection{Snippet: func(middleware.Page) []byte { return []byte("x") }})
	srv := httptest.NewServer(records.Wrap(inject(r)))
	defer srv.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	tr := &http.Transport{}
	defer tr.CloseIdleConnections()
	c, _, err := websocket.Dial(ctx, srv.URL+"/ws", &websocket.DialOptions{HTTPClient: &http.Client{Transport: tr}})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		want := strings.Repeat("x", i*100)
		if err := c.Write(ctx, websocket.MessageText, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.Read(ctx); err != nil || string(got) != want {
			t.Fatalf("message %d: %d bytes, %v", i, len(got), err)
		}
	}
	c.Close(websocket.StatusNormalClosure, "")
	if got := records.Next(t); got.Status != 101 || !got.Summary.Flags.Has(instrument.FlagHijacked) || got.Handler.Name != "GET /ws" {
		t.Errorf("%s: status %d [%s]", got.Handler.Name, got.Status, got.Summary.Flags)
	}
}

func TestEvents_ArriveOneByOne(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	next := make(chan struct{})
	r := chitap.Wrap(chi.NewRouter())
	r.Use(requestLog)
	r.Get("/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	srv := httptest.NewServer(records.Wrap(r))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL + "/events")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	buf := make([]byte, 9)
	for i := range 5 {
		if _, err := io.ReadFull(res.Body, buf); err != nil || string(buf) != fmt.Sprintf("data: %d\n\n", i) {
			t.Fatalf("event %d: %q %v", i, buf, err)
		}
		next <- struct{}{}
	}
}

func ExampleWrap() {
	r := chitap.Wrap(chi.NewRouter())
	r.Use(requestLog)
	r.Route("/orders", func(r chi.Router) { r.Get("/{id}", showOrder) })

	rec := instrument.New(instrument.Config{})
	h := middleware.Record(rec, middleware.RecordOptions{})(r)
	fmt.Println(request(h, "GET", "/orders/7").Body)
	for _, s := range rec.AllStats() {
		if s.Count > 0 {
			fmt.Println(s.Handler.Kind(), s.Handler.Name())
		}
	}
	// Unordered output:
	// order 7
	// request GET /orders/{id}
	// layer chi_test.requestLog
	// view chi_test.showOrder
}
