package gorillatap_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/mux"
	"github.com/gorilla/websocket"

	gorillatap "github.com/go-debug-toolbar/debugtoolbar/contrib/gorilla"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func requestLog(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }

func session(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }

func showOrder(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "order "+mux.Vars(r)["id"]) }

func request(h http.Handler, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

// TestFidelity: a router with its middleware measured does on the wire what it
// does without.
func TestFidelity(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	middlewaretest.RunAgainst(t, func(h http.Handler) http.Handler {
		r := mux.NewRouter().SkipClean(true)
		r.Use(requestLog, session)
		r.PathPrefix("/").Handler(h)
		return r
	}, func(h http.Handler) http.Handler {
		r := mux.NewRouter().SkipClean(true)
		gorillatap.Use(r, requestLog, session)
		r.PathPrefix("/").Handler(h)
		return records.Wrap(gorillatap.Wrap(r))
	})
}

func TestRouter_NamesRoutesAndViewsThroughSubRouters(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := mux.NewRouter()
	gorillatap.Use(r, requestLog)
	r.HandleFunc("/", showOrder)
	orders := r.PathPrefix("/orders").Subrouter()
	gorillatap.Use(orders, session)
	orders.HandleFunc("/{id:[0-9]+}", showOrder).Methods("GET", "POST")
	items := orders.PathPrefix("/{id}/items").Subrouter()
	items.HandleFunc("/{item}", func(http.ResponseWriter, *http.Request) {}).Methods("DELETE")
	r.Host("{shop}.example.com").Path("/x").HandlerFunc(showOrder)
	r.Headers("X-Special", "1").HandlerFunc(showOrder)
	r.Queries("q", "1").HandlerFunc(showOrder).Name("search")
	other := mux.NewRouter()
	other.HandleFunc("/other/{a}", showOrder)
	r.PathPrefix("/other").Handler(other)
	r.PathPrefix("/files/").Handler(http.FileServer(http.Dir(".")))
	h := gorillatap.Wrap(r)
	if gorillatap.Wrap(r); !h.HasViews() {
		t.Error("the router says that it has no views")
	}
	const log = "\n  layer gorilla_test.requestLog"
	for ask, want := range map[string]string{
		"GET /":         "request GET /" + log + "\n    view gorilla_test.showOrder",
		"GET /orders/7": "request GET /orders/{id:[0-9]+}" + log + "\n    layer gorilla_test.session\n      view gorilla_test.showOrder",
		"DELETE /orders/7/items/3": "request DELETE /orders/{id}/items/{item}" + log + "\n    layer gorilla_test.session\n" +
			"      view gorilla_test.TestRouter_NamesRoutesAndViewsThroughSubRouters /orders/{id}/items/{item}",
		"GET http://a.example.com/x": "request GET {shop}.example.com/x" + log + "\n    view gorilla_test.showOrder",
		"GET /any?q=1":               "request GET search" + log + "\n    view gorilla_test.showOrder",
		"GET /other/1":               "request GET /other/{a}" + log + "\n    view gorilla_test.showOrder",
		"GET /files/none":            "request GET /files/" + log + "\n    view *http.fileHandler",
		"GET /nowhere":               "request unmatched",
		"PATCH /orders/7":            "request unmatched",
	} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(middleware.NewStack().Then(h)), method, target)
		rec := records.Next(t)
		if got := middlewaretest.Tree(rec); got != want+"\n" {
			t.Errorf("%s:\n%swant\n%s", ask, got, want)
		}
		if values := middlewaretest.Attr(rec.Attrs, "http.route.values"); method == "DELETE" && values != "id=7&item=3" {
			t.Errorf("%s: values %v", ask, values)
		}
	}
}

// idLayer changes a value of the route in front of the view.
type idLayer struct{ seen *middleware.Route }

func (l idLayer) ProcessView(_ http.ResponseWriter, r *http.Request, v middleware.Route) (*http.Request, error) {
	*l.seen = v
	return mux.SetURLVars(r, map[string]string{"id": "99"}), nil
}

func TestMW12_ViewHookRunsWhereTheRouterHasChosen(t *testing.T) {
	t.Parallel()
	var seen middleware.Route
	r := mux.NewRouter()
	r.HandleFunc("/orders/{id}", showOrder)
	h := middleware.NewStack(middleware.Hooks(idLayer{&seen})).Then(gorillatap.Wrap(r))
	rec := request(h, "GET", "/orders/7")
	if rec.Body.String() != "order 99" || seen.Pattern != "/orders/{id}" || seen.View != "gorilla_test.showOrder" {
		t.Errorf("%q, %+v", rec.Body, seen)
	}
	seen = middleware.Route{}
	if request(h, "GET", "/nowhere"); seen.Pattern != "" {
		t.Errorf("called for a route that is none: %+v", seen)
	}
}

// TestA52_TimePerLayer by a clock that moves only when all sleep.
func TestA52_TimePerLayer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		slow := func(name string, before, after time.Duration) mux.MiddlewareFunc {
			return mux.MiddlewareFunc(middleware.Named(name, func(next http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					time.Sleep(before)
					next.ServeHTTP(w, r)
					time.Sleep(after)
				})
			}))
		}
		records := middlewaretest.NewRecords()
		r := mux.NewRouter()
		gorillatap.Use(r, slow("gorilla-a", 2*time.Millisecond, time.Millisecond), slow("gorilla-b", 30*time.Millisecond, 0))
		r.HandleFunc("/", func(http.ResponseWriter, *http.Request) { time.Sleep(7 * time.Millisecond) })
		request(records.Wrap(gorillatap.Wrap(r)), "GET", "/")
		got := records.Next(t)
		for i, want := range []time.Duration{0, 3, 30, 7} {
			if self := got.Spans[i].Self; self != want*time.Millisecond {
				t.Errorf("%s took %v of its own, want %d ms", got.Spans[i].Handler.Name, self, want)
			}
		}
	})
}

// TestWebSocket_EchoIsAlive through the router, recording and injection.
func TestWebSocket_EchoIsAlive(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := mux.NewRouter()
	gorillatap.Use(r, requestLog)
	r.HandleFunc("/ws", func(w http.ResponseWriter, r *http.Request) {
		up := websocket.Upgrader{}
		c, err := up.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		for {
			typ, msg, err := c.ReadMessage()
			if err != nil {
				return
			}
			if err := c.WriteMessage(typ, msg); err != nil {
				t.Error(err)
			}
		}
	})
	inject := middleware.Inject(middleware.Injection{Snippet: func(middleware.Page) []byte { return []byte("x") }})
	srv := httptest.NewServer(records.Wrap(inject(gorillatap.Wrap(r))))
	defer srv.Close()
	c, res, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(srv.URL, "http")+"/ws", nil)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	for i := range 100 {
		want := strings.Repeat("x", i*100)
		if err := c.WriteMessage(websocket.TextMessage, []byte(want)); err != nil {
			t.Fatal(err)
		}
		if _, got, err := c.ReadMessage(); err != nil || string(got) != want {
			t.Fatalf("message %d: %d bytes, %v", i, len(got), err)
		}
	}
	c.Close()
	if got := records.Next(t); got.Status != 101 || !got.Summary.Flags.Has(instrument.FlagHijacked) || got.Handler.Name != "GET /ws" {
		t.Errorf("%s: status %d [%s]", got.Handler.Name, got.Status, got.Summary.Flags)
	}
}

func TestEvents_ArriveOneByOne(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	next := make(chan struct{})
	r := mux.NewRouter()
	gorillatap.Use(r, requestLog)
	r.HandleFunc("/events", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(w, "data: %d\n\n", i)
			_ = http.NewResponseController(w).Flush()
			<-next
		}
	})
	srv := httptest.NewServer(records.Wrap(gorillatap.Wrap(r)))
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

// TestPlace_TheRouterRunsItsMiddlewareForMatchesOnly: why the toolbar has to go
// around it.
func TestPlace_TheRouterRunsItsMiddlewareForMatchesOnly(t *testing.T) {
	t.Parallel()
	for _, inside := range []bool{true, false} {
		seen := 0
		count := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				seen++
				next.ServeHTTP(w, r)
			})
		}
		r := mux.NewRouter()
		r.HandleFunc("/", showOrder)
		var h http.Handler = gorillatap.Wrap(r)
		if inside {
			r.Use(count)
		} else {
			h = count(h)
		}
		request(h, "GET", "/")
		request(h, "GET", "/_toolbar/")
		if want := map[bool]int{true: 1, false: 2}[inside]; seen != want {
			t.Errorf("inside %v: saw %d requests, want %d", inside, seen, want)
		}
	}
}

func ExampleWrap() {
	r := mux.NewRouter()
	gorillatap.Use(r, requestLog)
	r.PathPrefix("/orders").Subrouter().HandleFunc("/{id}", showOrder)

	rec := instrument.New(instrument.Config{})
	h := middleware.Record(rec, middleware.RecordOptions{})(gorillatap.Wrap(r))
	fmt.Println(request(h, "GET", "/orders/7").Body)
	for _, s := range rec.AllStats() {
		if s.Count > 0 {
			fmt.Println(s.Handler.Kind(), s.Handler.Name())
		}
	}
	// Unordered output:
	// order 7
	// request GET /orders/{id}
	// layer gorilla_test.requestLog
	// view gorilla_test.showOrder
}
