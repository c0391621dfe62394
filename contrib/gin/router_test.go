package gintap_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gorilla/websocket"

	gintap "github.com/go-debug-toolbar/debugtoolbar/contrib/gin"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
)

// requestLog calls c.Next, session does not: both lie around what follows.
func requestLog(c *gin.Context) { c.Next() }

func session(*gin.Context) {}

func showOrder(c *gin.Context) { c.String(http.StatusOK, "order "+c.Param("id")) }

func request(h http.Handler, method, target string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, httptest.NewRequest(method, target, nil))
	return rec
}

// TestFidelity: an engine with its middleware measured does on the wire what it
// does without.
func TestFidelity(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	control := func(h http.Handler) http.Handler {
		e := gin.New()
		e.Use(requestLog, session)
		e.Group("/").Any("/*path", gin.WrapH(h))
		return e
	}
	wrap := func(h http.Handler) http.Handler {
		e := gintap.Wrap(gin.New())
		e.Use(requestLog, session)
		e.Group.Group("/").Any("/*path", gin.WrapH(h))
		return records.Wrap(e)
	}
	for _, c := range middlewaretest.Cases() {
		if gins[c.Name] != "" {
			continue
		}
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			middlewaretest.CompareAgainst(t, c, control, wrap)
		})
	}
}

// gins are the cases that gin itself does not stand, and why.
var gins = map[string]string{
	"9 hijack is refused by HTTP/2":     "it panics, with the name of the writer's type in the message",
	"18 writes from several goroutines": "its writer counts without a lock",
}

func TestRouter_NamesRoutesAndViewsThroughGroups(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := gintap.Wrap(gin.New())
	r.Use(requestLog)
	r.GET("/", showOrder)
	orders := r.Group.Group("/orders", session)
	orders.GET("/:id", showOrder)
	orders.POST("/:id", gintap.Named("csrf", session), showOrder)
	orders.Group("/:id/items").DELETE("/:item", func(*gin.Context) {})
	r.Static("/files", ".")
	r.Engine.GET("/old/:x", showOrder)

	const log = "\n  layer gin_test.requestLog"
	const in = log + "\n    layer gin_test.session"
	for ask, want := range map[string]string{
		"GET /":                    "request GET /" + log + "\n    view gin_test.showOrder",
		"GET /orders/7":            "request GET /orders/:id" + in + "\n      view gin_test.showOrder",
		"POST /orders/7":           "request POST /orders/:id" + in + "\n      layer csrf\n        view gin_test.showOrder",
		"DELETE /orders/7/items/3": "request DELETE /orders/:id/items/:item" + in + "\n      view gin_test.TestRouter_NamesRoutesAndViewsThroughGroups /orders/:id/items/:item",
		"GET /files/main_test.go":  "request GET /files/*filepath" + log,
		"GET /old/1":               "request GET /old/:x" + log,
		"GET /nowhere":             "request unmatched" + log,
	} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(middleware.NewStack().Then(r)), method, target)
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
	r := gintap.Wrap(gin.New())
	g := r.Group.Group("/g")
	if g.BasePath() != "/g" || g.RouterGroup() == nil || !r.HasViews() {
		t.Errorf("group at %q", g.BasePath())
	}
	for _, add := range []func(string, ...gin.HandlerFunc) gin.IRoutes{g.GET, g.POST, g.DELETE, g.PATCH, g.PUT, g.OPTIONS, g.HEAD} {
		add("/x", showOrder)
	}
	g.Any("/any", showOrder)
	g.Match([]string{"GET"}, "/match", showOrder)
	g.StaticFile("/file", "main_test.go").StaticFileFS("/filefs", "main_test.go", http.Dir(".")).StaticFS("/fs", http.Dir("."))
	for _, ask := range []string{"GET /any", "POST /any", "GET /match", "GET /x", "POST /x", "DELETE /x", "PATCH /x", "PUT /x", "OPTIONS /x", "HEAD /x"} {
		method, target, _ := strings.Cut(ask, " ")
		request(records.Wrap(r), method, "/g"+target)
		if got := records.Next(t); got.Count(instrument.KindView) != 1 || got.Handler.Name != method+" /g"+target {
			t.Errorf("%s: %s", ask, middlewaretest.Tree(got))
		}
	}
	for _, path := range []string{"/g/file", "/g/filefs", "/g/fs/main_test.go"} {
		if rec := request(r, "GET", path); rec.Code != 200 {
			t.Errorf("%s: %d", path, rec.Code)
		}
	}
	for _, info := range r.Routes() {
		if info.Path == "/g/x" && !strings.HasSuffix(info.Handler, ".showOrder") {
			t.Errorf("gin calls the view %s", info.Handler)
		}
	}
}

// TestRouter_OrderAndRequestAreGins: what handlers do to the request, and when
// they run, is as without us.
func withValue(c *gin.Context, key any) context.Context {
	return context.WithValue(c.Request.Context(), key, "set")
}

func TestRouter_OrderAndRequestAreGins(t *testing.T) {
	t.Parallel()
	type key struct{}
	var log []string
	note := func(name string) gin.HandlerFunc {
		return func(c *gin.Context) { log = append(log, fmt.Sprint(name, " ", c.Request.Context().Value(key{}))) }
	}
	around := func(c *gin.Context) {
		note("before")(c)
		c.Next()
		note("after")(c)
	}
	set := func(c *gin.Context) {
		*c.Request = *c.Request.WithContext(c.Request.Context())
		c.Request = c.Request.Clone(withValue(c, key{}))
	}
	stop := func(c *gin.Context) { note("stop")(c); c.AbortWithStatus(http.StatusForbidden) }
	var logs [2]string
	records := middlewaretest.NewRecords()
	for i := range 2 {
		log = nil
		var h http.Handler
		if e := gin.New(); i == 0 {
			e.Use(around, note("x"), set)
			e.GET("/", note("y"), note("view"))
			e.GET("/stop", stop, note("view"))
			h = e
		} else {
			r := gintap.Wrap(e)
			r.Use(around, note("x"), set)
			r.GET("/", note("y"), note("view"))
			r.GET("/stop", stop, note("view"))
			h = records.Wrap(r)
		}
		request(h, "GET", "/")
		request(h, "GET", "/stop")
		logs[i] = strings.Join(log, ", ")
	}
	if logs[0] != logs[1] || !strings.Contains(logs[1], "after set") {
		t.Errorf("gin alone: %s\nmeasured:  %s", logs[0], logs[1])
	}
	records.Next(t)
	if got := middlewaretest.Attr(records.Next(t).Attrs, "middleware.stopped"); !strings.Contains(fmt.Sprint(got), "TestRouter_OrderAndRequestAreGins") {
		t.Errorf("stopped by %v", got)
	}
}

func TestRouter_FailuresAreMarked(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := gintap.Wrap(gin.New())
	r.Use(gin.RecoveryWithWriter(io.Discard))
	r.GET("/panic", func(*gin.Context) { panic("boom") })
	r.GET("/error", func(c *gin.Context) { _ = c.AbortWithError(500, errors.New("no stock")) })
	r.GET("/mistake", func(c *gin.Context) { _ = c.AbortWithError(400, errors.New("no id")) })
	for path, want := range map[string]string{"/panic": "boom", "/error": "no stock", "/mistake": ""} {
		rec := request(records.Wrap(r), "GET", path)
		got := records.Next(t)
		if view := got.Spans[len(got.Spans)-1]; view.Error != want || (rec.Code == 500) != (want != "") {
			t.Errorf("%s: %d, view failed with %q", path, rec.Code, view.Error)
		}
	}
}

// idLayer changes a value of the route in front of the view, or answers.
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
	r := gintap.Wrap(gin.New())
	r.GET("/orders/:id", showOrder)
	h := middleware.NewStack(middleware.Hooks(idLayer{&seen})).Then(r)
	if rec := request(h, "GET", "/orders/7"); rec.Body.String() != "order 7" || seen.Pattern != "/orders/:id" || seen.View != "gin_test.showOrder" {
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
		records := middlewaretest.NewRecords()
		r := gintap.Wrap(gin.New())
		r.Use(func(c *gin.Context) {
			time.Sleep(2 * time.Millisecond)
			c.Next()
			time.Sleep(time.Millisecond)
		})
		r.GET("/", func(*gin.Context) { time.Sleep(30 * time.Millisecond) }, func(*gin.Context) { time.Sleep(7 * time.Millisecond) })
		request(records.Wrap(r), "GET", "/")
		got := records.Next(t)
		for i, want := range []time.Duration{0, 3, 30, 7} {
			if self := got.Spans[i].Self; self != want*time.Millisecond {
				t.Errorf("%s took %v of its own, want %d ms", got.Spans[i].Handler.Name, self, want)
			}
		}
	})
}

// TestWebSocket_EchoIsAlive through the engine, recording and injection.
func TestWebSocket_EchoIsAlive(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := gintap.Wrap(gin.New())
	r.Use(requestLog)
	r.GET("/ws", func(c *gin.Context) {
		up := websocket.Upgrader{}
		conn, err := up.Upgrade(c.Writer, c.Request, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		for {
			typ, msg, err := conn.ReadMessage()
			if err != nil {
				return
			}
			if err := conn.WriteMessage(typ, msg); err != nil {
				t.Error(err)
			}
		}
	})
	inject := middleware.Inject(middleware.Injection{Snippet: func(middleware.Page) []byte { return []byte("x") }})
	srv := httptest.NewServer(records.Wrap(inject(r)))
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
	r := gintap.Wrap(gin.New())
	r.Use(requestLog)
	r.GET("/events", func(c *gin.Context) {
		c.Header("Content-Type", "text/event-stream")
		for i := range 5 {
			fmt.Fprintf(c.Writer, "data: %d\n\n", i)
			c.Writer.Flush()
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

// TestPlace_TheServerIsOnesOwn: RunListener serves the engine and not what is
// around it, so that the server has to be started with the wrapped handler.
func TestPlace_TheServerIsOnesOwn(t *testing.T) {
	t.Parallel()
	records := middlewaretest.NewRecords()
	r := gintap.Wrap(gin.New())
	r.GET("/", showOrder)
	wrapped := records.Wrap(r)
	own := httptest.NewServer(wrapped)
	defer own.Close()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = r.RunListener(l)
	}()
	before := records.Recorder.AllStats()
	fetch(t, "http://"+l.Addr().String()+"/")
	if n := len(records.Recorder.AllStats()); n != len(before) {
		t.Errorf("RunListener recorded: %d handlers, %d before", n, len(before))
	}
	fetch(t, own.URL+"/")
	if got := records.Next(t); got.Handler.Name != "GET /" {
		t.Errorf("recorded %s", got.Handler.Name)
	}
	l.Close()
	<-done
}

func fetch(t *testing.T, url string) {
	t.Helper()
	tr := &http.Transport{DisableKeepAlives: true}
	res, err := (&http.Client{Transport: tr}).Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
}

func ExampleWrap() {
	r := gintap.Wrap(gin.New())
	r.Use(requestLog)
	r.GET("/orders/:id", showOrder)

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
	// request GET /orders/:id
	// layer gin_test.requestLog
	// view gin_test.showOrder
}
