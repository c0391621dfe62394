package echotap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"
	"github.com/labstack/echo/v4"
	echomiddleware "github.com/labstack/echo/v4/middleware"

	echotap "github.com/go-debug-toolbar/debugtoolbar/contrib/echo"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

func requestLog(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error { return next(c) }
}

func session(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error { return next(c) }
}

func showOrder(c echo.Context) error { return c.String(http.StatusOK, "order "+c.Param("id")) }

func request(h http.Handler, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

// serve answers all paths with h. A group's middleware has a route of its own for what is
// not found at "/", before which "/*" does not come.
func serve(g interface {
	Any(path string, h echo.HandlerFunc, m ...echo.MiddlewareFunc) []*echo.Route
}, h http.Handler) {
	for _, path := range []string{"/", "/*"} {
		g.Any(path, echo.WrapHandler(h))
	}
}

// TestFidelity: echo with its middleware measured does on the wire what it does
// without.
func TestFidelity(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	control := func(h http.Handler) http.Handler {
		e := echo.New()
		e.Use(requestLog, session)
		serve(e.Group("", requestLog), h)
		return e
	}
	wrap := func(h http.Handler) http.Handler {
		e := echotap.Wrap(echo.New())
		e.Use(requestLog, session)
		serve(e.Group("", requestLog), h)
		return records.Wrap(e)
	}
	for _, c := range middlewaretest.Cases() {
		if c.Name == "18 writes from several goroutines" {
			continue // echo's own writer counts without a lock
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			middlewaretest.CompareAgainst(t, c, control, wrap)
		})
	}
}

func TestEcho_NamesRoutesAndViewsThroughGroups(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	e := echotap.Wrap(echo.New())
	e.Pre(echotap.Named("slash", session))
	e.Use(requestLog)
	e.GET("/", showOrder)
	orders := e.Group("/orders", session)
	orders.GET("/:id", showOrder)
	orders.POST("/:id", showOrder, echotap.Named("csrf", session))
	items := orders.Group("/:id/items")
	items.Use(requestLog)
	items.DELETE("/:item", func(echo.Context) error { return nil })
	e.Host("shop.test").GET("/x", showOrder)
	e.Static("/files", ".")
	e.FileFS("/one", "main_test.go", os.DirFS("."))
	e.Echo.GET("/old/:x", showOrder)

	const log = "\n  layer slash\n    layer echo_test.requestLog"
	const in = log + "\n      layer echo_test.session"
	for ask, want := range map[string]string{
		"GET /":          "request GET /" + log + "\n      view echo_test.showOrder",
		"GET /orders/7":  "request GET /orders/:id" + in + "\n        view echo_test.showOrder",
		"POST /orders/7": "request POST /orders/:id" + in + "\n        layer csrf\n          view echo_test.showOrder",
		"DELETE /orders/7/items/3": "request DELETE /orders/:id/items/:item" + in + "\n        layer echo_test.requestLog\n" +
			"          view echo_test.TestEcho_NamesRoutesAndViewsThroughGroups /orders/:id/items/:item",
		"GET http://shop.test/x":  "request GET /x" + log + "\n      view echo_test.showOrder",
		"GET /files/main_test.go": "request GET /files*" + log,
		"GET /one":                "request GET /one" + log + "\n      view echo.StaticFileHandler /one",
		"GET /old/1":              "request GET /old/:x" + log,
		"GET /nowhere":            "request unmatched" + log,
		"GET /orders/7/none/x":    "request unmatched" + in, // a group's middlewares run there too
		"PATCH /orders/7":         "request unmatched" + in,
	} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(middleware.NewStack().Then(e)), method, target)
		rec := records.Next(t)
		if got := middlewaretest.Tree(rec); got != want+"\n" {
			t.Errorf("%s:\n%swant\n%s", ask, got, want)
		}
		if values := middlewaretest.Attr(rec.Attrs, "http.route.values"); method == "DELETE" && values != "id=7&item=3" {
			t.Errorf("%s: values %v", ask, values)
		}
	}
	if got := e.URI(showOrder, "7"); got == "" || !e.HasViews() {
		t.Errorf("echo finds no path of the view: %q", got)
	}
}

func TestEcho_EveryMethodIsMeasured(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	e := echotap.Wrap(echo.New())
	type add = func(string, echo.HandlerFunc, ...echo.MiddlewareFunc) *echo.Route
	for _, f := range []add{e.CONNECT, e.DELETE, e.GET, e.HEAD, e.OPTIONS, e.PATCH, e.POST, e.PUT, e.TRACE} {
		f("/x", showOrder)
	}
	own := len(echo.New().Any("/any", showOrder))
	if n := len(e.Any("/any", showOrder)); n != own {
		t.Errorf("any means %d methods, echo's %d", n, own)
	}
	e.Match([]string{"GET"}, "/match", showOrder)
	e.RouteNotFound("/lost/*", func(c echo.Context) error { return c.NoContent(404) }, session)
	for _, ask := range []string{"GET /any", "PUT /any", "GET /match", "DELETE /x", "GET /x", "HEAD /x", "OPTIONS /x", "PATCH /x", "POST /x", "PUT /x", "TRACE /x"} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(e), method, target)
		if got := records.Next(t); got.Count(instrument.KindView) != 1 || got.Handler.Name != ask {
			t.Errorf("%s: %s", ask, middlewaretest.Tree(got))
		}
	}
	request(records.Wrap(e), "GET", "/lost/x")
	if got := records.Next(t); got.Count(instrument.KindLayer) != 1 || got.Status != 404 {
		t.Errorf("%d %s", got.Status, middlewaretest.Tree(got))
	}
}

func TestEcho_ErrorsAreEchos(t *testing.T) {
	t.Parallel()
	noStock := errors.New("no stock")
	records := middlewaretest.NewRecords()
	e := echotap.Wrap(echo.New())
	var seen error
	e.HTTPErrorHandler = func(err error, c echo.Context) { seen = err; e.DefaultHTTPErrorHandler(err, c) }
	e.Use(requestLog)
	e.GET("/error", func(echo.Context) error { return noStock })
	e.GET("/http", func(echo.Context) error { return echo.NewHTTPError(503, "busy") })
	e.GET("/mistake", func(echo.Context) error { return echo.ErrForbidden })
	e.GET("/panic", func(echo.Context) error { panic("boom") }, echomiddleware.RecoverWithConfig(echomiddleware.RecoverConfig{
		LogErrorFunc: func(_ echo.Context, err error, _ []byte) error { return err },
	}))
	for path, want := range map[string]struct {
		status int
		failed string
	}{"/error": {500, "no stock"}, "/http": {503, "busy"}, "/mistake": {403, ""}, "/panic": {500, "boom"}} {
		rec := request(records.Wrap(e), "GET", path)
		got := records.Next(t)
		if view := got.Spans[len(got.Spans)-1]; !strings.Contains(view.Error, want.failed) || (want.failed == "") != (view.Error == "") || rec.Code != want.status || got.Status != want.status {
			t.Errorf("%s: %d, recorded %d, view failed with %q", path, rec.Code, got.Status, view.Error)
		}
		if path == "/error" && seen != noStock {
			t.Errorf("echo's error handler got %T", seen)
		}
	}
}

// TestEcho_RequestIsEchos: what handlers do to the request is as without us.
func TestEcho_RequestIsEchos(t *testing.T) {
	t.Parallel()
	type key struct{}
	outside := func(got *any) echo.MiddlewareFunc {
		return func(next echo.HandlerFunc) echo.HandlerFunc {
			return func(c echo.Context) error {
				err := next(c)
				*got = c.Request().Context().Value(key{})
				return err
			}
		}
	}
	set := func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			c.SetRequest(c.Request().WithContext(context.WithValue(c.Request().Context(), key{}, "set")))
			return next(c)
		}
	}
	records := middlewaretest.NewRecords()
	var bare, ours any
	e := echo.New()
	e.Use(outside(&bare), set)
	e.GET("/", showOrder)
	request(e, "GET", "/")
	w := echotap.Wrap(echo.New())
	w.Use(outside(&ours), set)
	w.GET("/", showOrder)
	request(records.Wrap(w), "GET", "/")
	if bare != "set" || ours != bare {
		t.Errorf("echo alone: %v, measured: %v", bare, ours)
	}
}

// idLayer notes the route in front of the view, or answers.
type idLayer struct{ seen *middleware.Route }

func (l idLayer) ProcessView(w http.ResponseWriter, r *http.Request, v middleware.Route) (*http.Request, error) {
	*l.seen = v
	if r.URL.Query().Get("refuse") != "" {
		w.WriteHeader(http.StatusForbidden)
		return nil, nil
	}
	return r, nil
}

func TestMW12_ViewHookRunsWhereTheRouterHasChosen(t *testing.T) {
	t.Parallel()
	var seen middleware.Route
	e := echotap.Wrap(echo.New())
	e.GET("/orders/:id", showOrder)
	h := middleware.NewStack(middleware.Hooks(idLayer{&seen})).Then(e)
	if rec := request(h, "GET", "/orders/7"); rec.Body.String() != "order 7" || seen.Pattern != "/orders/:id" || seen.View != "echo_test.showOrder" {
		t.Errorf("%q, %+v", rec.Body, seen)
	}
	if rec := request(h, "GET", "/orders/7?refuse=1"); rec.Code != 403 || rec.Body.Len() > 0 {
		t.Errorf("%d %q", rec.Code, rec.Body)
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
		slow := func(name string, before, after time.Duration) echo.MiddlewareFunc {
			return echotap.Named(name, func(next echo.HandlerFunc) echo.HandlerFunc {
				return func(c echo.Context) error {
					time.Sleep(before)
					defer time.Sleep(after)
					return next(c)
				}
			})
		}
		records := middlewaretest.NewRecords()
		e := echotap.Wrap(echo.New())
		e.Use(slow("echo-a", 2*time.Millisecond, time.Millisecond))
		e.GET("/", func(echo.Context) error { time.Sleep(7 * time.Millisecond); return nil }, slow("echo-b", 30*time.Millisecond, 0))
		request(records.Wrap(e), "GET", "/")
		got := records.Next(t)
		for i, want := range []time.Duration{0, 3, 30, 7} {
			if self := got.Spans[i].Self; self != want*time.Millisecond {
				t.Errorf("%s took %v of its own, want %d ms", got.Spans[i].Handler.Name, self, want)
			}
		}
	})
}

// TestWebSocket_EchoIsAlive through echo, recording and injection, in both places.
func TestWebSocket_EchoIsAlive(t *testing.T) {
	t.Parallel()
	for _, pre := range []bool{false, true} {
		records := middlewaretest.NewRecords()
		e := echotap.Wrap(echo.New())
		inject := middleware.Inject(middleware.Injection{Snippet: func(middleware.Page) []byte { return []byte("x") }})
		toolbar := func(h http.Handler) http.Handler { return records.Wrap(inject(h)) }
		var h http.Handler = e
		if pre {
			e.Echo.Pre(echotap.Around(toolbar))
		} else {
			h = toolbar(e)
		}
		e.Use(requestLog)
		e.GET("/ws", func(c echo.Context) error {
			up := websocket.Upgrader{}
			conn, err := up.Upgrade(c.Response(), c.Request(), nil)
			if err != nil {
				return err
			}
			defer conn.Close()
			for {
				typ, msg, err := conn.ReadMessage()
				if err != nil {
					return nil
				}
				if err := conn.WriteMessage(typ, msg); err != nil {
					return err
				}
			}
		})
		srv := httptest.NewServer(h)
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
		srv.Close()
	}
}

func TestEvents_ArriveOneByOne(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	next := make(chan struct{})
	e := echotap.Wrap(echo.New())
	e.Use(requestLog)
	e.GET("/events", func(c echo.Context) error {
		c.Response().Header().Set("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(c.Response(), "data: %d\n\n", i)
			c.Response().Flush()
			<-next
		}
		return nil
	})
	srv := httptest.NewServer(records.Wrap(e))
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

// TestPlace_StartServerDropsWhatIsAround: it puts echo itself into the server, so
// that only Around is still there.
func TestPlace_StartServerDropsWhatIsAround(t *testing.T) {
	t.Parallel()
	for _, pre := range []bool{false, true} {
		records := middlewaretest.NewRecords()
		e := echotap.Wrap(echo.New())
		e.HideBanner, e.HidePort, e.StdLogger = true, true, log.New(io.Discard, "", 0)
		srv := &http.Server{Handler: records.Wrap(e)}
		if pre {
			e.Echo.Pre(echotap.Around(records.Wrap))
		}
		e.GET("/", showOrder)
		e.GET("/error", func(echo.Context) error { return echo.NewHTTPError(503, "busy") })
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		e.Listener = l
		done := make(chan struct{})
		go func() {
			defer close(done)
			_ = e.StartServer(srv)
		}()
		for path, status := range map[string]int{"/": 200, "/error": 503} {
			if got := fetch(t, "http://"+l.Addr().String()+path); got != status {
				t.Errorf("%s: %d", path, got)
			}
			if pre {
				if got := records.Next(t); got.Handler.Name != "GET "+path || got.Status != status {
					t.Errorf("%s: recorded %s, %d", path, got.Handler.Name, got.Status)
				}
			}
		}
		if n := len(records.Recorder.AllStats()); (n > 0) != pre {
			t.Errorf("with Around %v: %d handlers have statistics", pre, n)
		}
		srv.Close()
		<-done
	}
}

func TestAround_FormsAreLeftToTheServer(t *testing.T) {
	t.Parallel()
	e := echotap.Wrap(echo.New())
	e.Echo.Pre(echotap.Around(middlewaretest.NewRecords().Wrap))
	e.POST("/", func(c echo.Context) error { return c.String(200, c.FormValue("a")) })
	r := httptest.NewRequest("POST", "/", strings.NewReader("--b\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--b--\r\n"))
	r.Header.Set("Content-Type", "multipart/form-data; boundary=b")
	rec := httptest.NewRecorder()
	e.ServeHTTP(rec, r)
	if rec.Body.String() != "1" || r.MultipartForm == nil {
		t.Errorf("%q, the server's request has a form: %v", rec.Body, r.MultipartForm != nil)
	}
	drops := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(context.Background())) })
	}
	broken := echo.New()
	broken.Pre(echotap.Around(drops))
	if rec := request(broken, "GET", "/"); rec.Code != 500 || !strings.Contains(rec.Body.String(), "must pass on the context") {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func fetch(t *testing.T, url string) int {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res.StatusCode
}

func ExampleWrap() {
	e := echotap.Wrap(echo.New())
	e.Use(requestLog)
	e.Group("/orders").GET("/:id", showOrder)

	rec := instrument.New(instrument.Config{})
	h := middleware.Record(rec, middleware.RecordOptions{})(e)
	fmt.Println(request(h, "GET", "/orders/7").Body)
	for _, s := range rec.AllStats() {
		if s.Count > 0 {
			fmt.Println(s.Handler.Kind(), s.Handler.Name())
		}
	}
	// Unordered output:
	// order 7
	// request GET /orders/:id
	// layer echo_test.requestLog
	// view echo_test.showOrder
}
