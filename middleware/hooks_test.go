package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// script is a layer with all hooks, which notes each call as "B.req" and does
// what the script says.
type script struct {
	*tracer
	name string
	do   map[string]func(w http.ResponseWriter, r *http.Request) error // by hook; errAnswered if it has answered
	resp func(h *middleware.Head) error
	tmpl func(p *middleware.Rendering) error
	exc  func(w http.ResponseWriter, r *http.Request, err error) error
	view func(r *http.Request, v middleware.Route)
}

var errAnswered = errors.New("answered")

func (s *script) act(hook string, w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	s.note("%s.%s", s.name, hook)
	if f := s.do[hook]; f != nil {
		switch err := f(w, r); err {
		case nil:
		case errAnswered:
			return nil, nil
		default:
			return nil, err
		}
	}
	return r, nil
}

func (s *script) ProcessRequest(w http.ResponseWriter, r *http.Request) (*http.Request, error) {
	return s.act("req", w, r)
}

func (s *script) ProcessView(w http.ResponseWriter, r *http.Request, v middleware.Route) (*http.Request, error) {
	if s.view != nil {
		s.view(r, v)
	}
	return s.act("view", w, r)
}

func (s *script) ProcessTemplateResponse(_ *http.Request, p *middleware.Rendering) error {
	s.note("%s.tmpl", s.name)
	if s.tmpl != nil {
		return s.tmpl(p)
	}
	return nil
}

func (s *script) ProcessResponse(_ *http.Request, h *middleware.Head) error {
	s.note("%s.resp %d", s.name, h.Status)
	h.Header.Add("X-Seen", s.name)
	if s.resp != nil {
		return s.resp(h)
	}
	return nil
}

func (s *script) ProcessException(w http.ResponseWriter, r *http.Request, err error) error {
	s.note("%s.exc", s.name)
	if s.exc != nil {
		return s.exc(w, r, err)
	}
	return err
}

// play is a stack of Exceptions, A, B and C around a mux with one view.
type play struct {
	*tracer
	a, b, c *script
	opt     middleware.ExceptionOptions
	logs    *logBook
	mw      func(http.Handler) http.Handler // around everything
}

func newPlay() *play {
	tr := &tracer{}
	named := func(name string) *script {
		return &script{tracer: tr, name: name, do: map[string]func(http.ResponseWriter, *http.Request) error{}}
	}
	logs := &logBook{}
	return &play{tracer: tr, a: named("A"), b: named("B"), c: named("C"), logs: logs,
		opt: middleware.ExceptionOptions{Logger: slog.New(slog.NewTextHandler(logs, nil))}}
}

func (p *play) stack() *middleware.Stack {
	return middleware.NewStack(
		middleware.Exceptions(p.opt),
		middleware.Named("A", middleware.Hooks(p.a)),
		middleware.Named("B", middleware.Hooks(p.b)),
		middleware.Named("C", middleware.Hooks(p.c)),
	)
}

// run asks for target; the mux has the view at /v/{id}.
func (p *play) run(t *testing.T, target string, view func(w http.ResponseWriter, r *http.Request) error) (rec *httptest.ResponseRecorder, panicked any) {
	t.Helper()
	mux := http.NewServeMux()
	mux.Handle("GET /v/{id}", middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		p.note("view")
		return view(w, r)
	}))
	h := p.stack().Then(mux)
	if p.mw != nil {
		h = p.mw(h)
	}
	return request(h, get(target))
}

func (p *play) check(t *testing.T, want string) {
	t.Helper()
	if got := strings.Join(p.log, " "); got != strings.Join(strings.Fields(want), " ") {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

type logBook struct {
	mu    sync.Mutex
	lines []string
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, strings.TrimSpace(string(p)))
	return len(p), nil
}

func hello(w http.ResponseWriter, _ *http.Request) error {
	_, err := io.WriteString(w, "hello")
	return err
}

func fails(err error) func(http.ResponseWriter, *http.Request) error {
	return func(http.ResponseWriter, *http.Request) error { return err }
}

func panics(v any) func(http.ResponseWriter, *http.Request) error {
	return func(http.ResponseWriter, *http.Request) error { panic(v) }
}

const allIn = "A.req B.req C.req A.view B.view C.view view "

func TestMW08_RequestAndViewTopDownResponseBottomUp(t *testing.T) {
	t.Parallel()
	for name, view := range map[string]func(http.ResponseWriter, *http.Request) error{
		"written": hello,
		"empty":   func(http.ResponseWriter, *http.Request) error { return nil },
		"flushed": func(w http.ResponseWriter, _ *http.Request) error { return http.NewResponseController(w).Flush() },
	} {
		p := newPlay()
		rec, _ := p.run(t, "/v/1", view)
		p.check(t, allIn+"C.resp 200 B.resp 200 A.resp 200")
		if got := rec.Result().Header["X-Seen"]; !slices.Equal(got, []string{"C", "B", "A"}) || len(p.logs.lines) > 0 {
			t.Errorf("%s: header %v, log %v", name, got, p.logs.lines)
		}
	}
}

type text string

func (s text) Render(_ context.Context, w io.Writer) error {
	_, err := io.WriteString(w, string(s))
	return err
}

type component func(w io.Writer) error

func (c component) Render(_ context.Context, w io.Writer) error { return c(w) }

func TestMW09_TemplateIsChangedBottomUpBeforeItIsRendered(t *testing.T) {
	t.Parallel()
	p := newPlay()
	for _, s := range []*script{p.a, p.b, p.c} {
		s.tmpl = func(r *middleware.Rendering) error {
			r.Component = text(string(r.Component.(text)) + s.name)
			r.Status = 201
			return nil
		}
	}
	rec, _ := p.run(t, "/v/1", func(w http.ResponseWriter, r *http.Request) error {
		return middleware.Render(w, r, &middleware.Rendering{Component: text("page ")})
	})
	p.check(t, allIn+"C.tmpl B.tmpl A.tmpl C.resp 201 B.resp 201 A.resp 201")
	if rec.Body.String() != "page CBA" || rec.Code != 201 || rec.Header().Get("Content-Type") != "text/html; charset=utf-8" {
		t.Errorf("%d %q %v", rec.Code, rec.Body, rec.Header())
	}
}

func answers(status int) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, _ *http.Request) error {
		w.WriteHeader(status)
		return errAnswered
	}
}

func TestMW10_LayerThatAnswersRequest(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.do["req"] = answers(302)
	rec, _ := p.run(t, "/v/1", hello)
	p.check(t, "A.req B.req B.resp 302 A.resp 302")
	if rec.Code != 302 {
		t.Errorf("status %d", rec.Code)
	}
}

func TestMW11_LayerThatAnswersInFrontOfTheView(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.do["view"] = answers(302)
	p.run(t, "/v/1", hello)
	p.check(t, "A.req B.req C.req A.view B.view C.resp 302 B.resp 302 A.resp 302")
}

func TestMW12_ViewHookKnowsTheRouteAndChangesItsValues(t *testing.T) {
	t.Parallel()
	p := newPlay()
	var route middleware.Route
	p.b.view = func(r *http.Request, v middleware.Route) {
		route = v
		if r.PathValue("id") == "7" {
			r.SetPathValue("id", "99")
		}
	}
	rec, _ := p.run(t, "/v/7", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, r.PathValue("id"))
		return err
	})
	if rec.Body.String() != "99" || route.Pattern != "GET /v/{id}" || route.Handler == nil || !strings.Contains(route.View, "middleware_test") {
		t.Errorf("the view saw %q, the hook %+v", rec.Body, route)
	}
}

func TestMW12_ViewHookInNestedMuxesRunsOnceAtTheLeaf(t *testing.T) {
	t.Parallel()
	var got []string
	s := &script{tracer: &tracer{}, view: func(_ *http.Request, v middleware.Route) { got = append(got, v.Pattern+" "+v.View) }}
	sub := http.NewServeMux()
	sub.Handle("/sub/cart", cart{})
	sub.Handle("/sub/{any...}", http.HandlerFunc(checkout))
	mux := http.NewServeMux()
	mux.Handle("/sub/", sub)
	mux.Handle("/dir/", middleware.View(cart{}))
	h := middleware.NewStack(middleware.Hooks(s)).Then(mux)
	for _, path := range []string{"/sub/cart", "/sub/other", "/dir", "/dir/x", "/sub/cart", "/nowhere"} {
		request(h, get(path))
	}
	want := []string{
		"/sub/cart middleware_test.cart", "/sub/{any...} middleware_test.checkout",
		"/dir/ *middleware.view", "/sub/cart middleware_test.cart",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestMW13_ErrorThatNobodyHandles(t *testing.T) {
	t.Parallel()
	for name, view := range map[string]func(http.ResponseWriter, *http.Request) error{
		"error": fails(errors.New("secret detail")),
		"panic": panics("secret detail"),
	} {
		p := newPlay()
		rec, v := p.run(t, "/v/1", view)
		p.check(t, allIn+"C.exc B.exc A.exc C.resp 500 B.resp 500 A.resp 500")
		if v != nil || rec.Code != 500 || rec.Body.String() != "Internal Server Error\n" {
			t.Errorf("%s: %d %q, panic %v", name, rec.Code, rec.Body, v)
		}
	}
}

func TestMW14_LayerThatHandlesAnError(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.exc = func(w http.ResponseWriter, _ *http.Request, _ error) error {
		w.WriteHeader(418)
		return nil
	}
	p.run(t, "/v/1", panics("x"))
	p.check(t, allIn+"C.exc B.exc C.resp 418 B.resp 418 A.resp 418")
}

func TestMW15_HandlingWithATemplate(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.exc = func(w http.ResponseWriter, r *http.Request, _ error) error {
		return middleware.Render(w, r, &middleware.Rendering{Component: text("sorry"), Status: 503})
	}
	rec, _ := p.run(t, "/v/1", fails(io.ErrUnexpectedEOF))
	p.check(t, allIn+"C.exc B.exc C.tmpl B.tmpl A.tmpl C.resp 503 B.resp 503 A.resp 503")
	if rec.Body.String() != "sorry" {
		t.Errorf("body %q", rec.Body)
	}
}

func TestMW16_NewErrorReplacesTheOld(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		exc    func(http.ResponseWriter, *http.Request, error) error
		status int
	}{
		"error": {func(http.ResponseWriter, *http.Request, error) error { return errors.New("other") }, 500},
		"panic": {func(http.ResponseWriter, *http.Request, error) error { panic("other") }, 500},
		"404":   {func(http.ResponseWriter, *http.Request, error) error { return &middleware.HTTPError{Status: 404} }, 404},
	} {
		p := newPlay()
		p.c.exc = c.exc
		rec, _ := p.run(t, "/v/1", fails(io.ErrUnexpectedEOF))
		p.check(t, allIn+fmt.Sprintf("C.exc C.resp %[1]d B.resp %[1]d A.resp %[1]d", c.status))
		if rec.Code != c.status || len(p.logs.lines) != 1 {
			t.Errorf("%s: status %d, logged %q", name, rec.Code, p.logs.lines)
		}
	}
}

func TestMW17_ErrorInRender(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken template")
	p := newPlay()
	var got error
	p.c.exc = func(_ http.ResponseWriter, _ *http.Request, err error) error { got = err; return err }
	rec, _ := p.run(t, "/v/1", func(w http.ResponseWriter, r *http.Request) error {
		return middleware.Render(w, r, &middleware.Rendering{Component: component(func(w io.Writer) error {
			_, _ = io.WriteString(w, "half a page")
			return broken
		})})
	})
	p.check(t, allIn+"C.tmpl B.tmpl A.tmpl C.exc B.exc A.exc C.resp 500 B.resp 500 A.resp 500")
	if !errors.Is(got, broken) || strings.Contains(rec.Body.String(), "half") {
		t.Errorf("error %v, body %q", got, rec.Body)
	}
}

func TestMW18_UnmatchedRouteHasNoViewPhase(t *testing.T) {
	t.Parallel()
	p := newPlay()
	rec, _ := p.run(t, "/nowhere", hello)
	p.check(t, "A.req B.req C.req C.resp 404 B.resp 404 A.resp 404")
	if rec.Code != 404 {
		t.Errorf("status %d", rec.Code)
	}
}

func TestMW19_HTTPErrorsAreErrorsToo(t *testing.T) {
	t.Parallel()
	for _, status := range []int{404, 403} {
		p := newPlay()
		rec, _ := p.run(t, "/v/1", fails(&middleware.HTTPError{Status: status}))
		p.check(t, allIn+fmt.Sprintf("C.exc B.exc A.exc C.resp %[1]d B.resp %[1]d A.resp %[1]d", status))
		if rec.Code != status {
			t.Errorf("status %d", rec.Code)
		}
	}
}

func TestMW20_ErrorInProcessRequest(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(http.ResponseWriter, *http.Request) error{"error": fails(io.ErrUnexpectedEOF), "panic": panics("x")} {
		p := newPlay()
		p.b.do["req"] = f
		rec, v := p.run(t, "/v/1", hello)
		p.check(t, "A.req B.req A.resp 500")
		if rec.Code != 500 || v != nil || len(p.logs.lines) != 1 || !strings.Contains(p.logs.lines[0], "layer=B") {
			t.Errorf("%s: status %d, panic %v, logged %q", name, rec.Code, v, p.logs.lines)
		}
	}
}

func TestMW21_ErrorInProcessView(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(http.ResponseWriter, *http.Request) error{"error": fails(io.ErrUnexpectedEOF), "panic": panics("x")} {
		p := newPlay()
		p.b.do["view"] = f
		rec, _ := p.run(t, "/v/1", hello)
		p.check(t, "A.req B.req C.req A.view B.view C.resp 500 B.resp 500 A.resp 500")
		if rec.Code != 500 {
			t.Errorf("%s: status %d", name, rec.Code)
		}
	}
}

func TestMW22_ErrorInProcessResponse(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func(*middleware.Head) error{
		"error":  func(*middleware.Head) error { return io.ErrUnexpectedEOF },
		"panic":  func(*middleware.Head) error { panic("x") },
		"status": func(h *middleware.Head) error { h.Status = 100; return nil },
	} {
		for how, view := range map[string]func(http.ResponseWriter, *http.Request) error{
			"written": func(w http.ResponseWriter, _ *http.Request) error {
				w.Header().Set("Content-Length", "11")
				w.Header().Set("Content-Encoding", "x")
				n, err := io.WriteString(w, "dropped")
				m, err2 := w.Write([]byte("too!"))
				_, err3 := io.Copy(w, strings.NewReader("too"))
				if n != 7 || m != 4 || err != nil || err2 != nil || err3 != nil {
					t.Errorf("the view notices: %d %v, %d %v, %v", n, err, m, err2, err3)
				}
				return nil
			},
			"empty": func(http.ResponseWriter, *http.Request) error { return nil },
		} {
			p := newPlay()
			p.b.resp = f
			rec, v := p.run(t, "/v/1", view)
			p.check(t, allIn+"C.resp 200 B.resp 200 A.resp 500")
			if rec.Code != 500 || rec.Body.String() != "Internal Server Error\n" || v != nil || rec.Header().Get("Content-Encoding") != "" || len(p.logs.lines) != 1 {
				t.Errorf("%s, %s: %d %q %v, panic %v, logged %q", name, how, rec.Code, rec.Body, rec.Header(), v, p.logs.lines)
			}
		}
	}
}

func TestMW23_AbortAndGoexitHaveNoResponsePhase(t *testing.T) {
	t.Parallel()
	p := newPlay()
	if _, v := p.run(t, "/v/1", panics(http.ErrAbortHandler)); v != http.ErrAbortHandler {
		t.Errorf("panic %v", v)
	}
	p.check(t, allIn)
	p = newPlay()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.run(t, "/v/1", func(http.ResponseWriter, *http.Request) error { runtime.Goexit(); return nil })
	}()
	<-done
	p.check(t, allIn)
}

func TestMW24_MW28_ViewThatWritesNothingIs200(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.do["req"] = func(http.ResponseWriter, *http.Request) error { return errAnswered } // although it wrote nothing
	rec, _ := p.run(t, "/v/1", hello)
	p.check(t, "A.req B.req B.resp 200 A.resp 200")
	if rec.Code != 200 || rec.Body.Len() > 0 {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func TestMW28_NothingToRenderIsTheAppsMistake(t *testing.T) {
	t.Parallel()
	p := newPlay()
	p.b.tmpl = func(r *middleware.Rendering) error { r.Component = nil; return nil }
	p.run(t, "/v/1", func(w http.ResponseWriter, r *http.Request) error {
		return middleware.Render(w, r, &middleware.Rendering{Component: text("x")})
	})
	p.check(t, allIn+"C.tmpl B.tmpl C.resp 500 B.resp 500 A.resp 500")
	if len(p.logs.lines) != 1 || !strings.Contains(p.logs.lines[0], `layer \"B\": ProcessTemplateResponse left nothing to render`) {
		t.Errorf("logged %q", p.logs.lines)
	}
	p = newPlay()
	p.run(t, "/v/1", func(w http.ResponseWriter, r *http.Request) error {
		return middleware.Render(w, r, &middleware.Rendering{})
	})
	p.check(t, allIn+"C.tmpl C.resp 500 B.resp 500 A.resp 500")
}

func TestMW30_PropagateThrowsOnAfterTheHooks(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	for name, view := range map[string]func(http.ResponseWriter, *http.Request) error{"error": fails(boom), "panic": panics(boom)} {
		p := newPlay()
		p.opt.Propagate = true
		_, v := p.run(t, "/v/1", view)
		p.check(t, allIn+"C.exc B.exc A.exc")
		if v != boom || len(p.logs.lines) > 0 {
			t.Errorf("%s: panic %v, logged %q", name, v, p.logs.lines)
		}
	}
}

func TestHooks_WithoutExceptionsPanicsPassAndErrorsAreAnswered(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view     func(http.ResponseWriter, *http.Request) error
		panicked any
		status   int
		trace    string
	}{
		"panic": {panics("boom"), "boom", 200, "A.req A.view view"},
		"error": {fails(&middleware.HTTPError{Status: 409, Message: "taken"}), nil, 409, "A.req A.view view A.exc A.resp 409"},
	} {
		p := newPlay()
		mux := http.NewServeMux()
		mux.Handle("/", middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			p.note("view")
			return c.view(w, r)
		}))
		rec, v := request(middleware.NewStack(middleware.Named("A", middleware.Hooks(p.a))).Then(mux), get("/"))
		p.check(t, c.trace)
		if v != c.panicked || rec.Code != c.status {
			t.Errorf("%s: %d, panic %v", name, rec.Code, v)
		}
	}
}

func TestHooks_ValueWithoutHooksIsAnErrorAtBuild(t *testing.T) {
	t.Parallel()
	_, err := middleware.NewStack(middleware.Hooks(cart{})).Build(http.NotFoundHandler())
	if err == nil || !strings.Contains(err.Error(), "middleware_test.cart has no ProcessRequest, ") {
		t.Errorf("got %v", err)
	}
}

func TestMW02_FunctionsAndValuesWithHooksMayBeMixed(t *testing.T) {
	t.Parallel()
	p := newPlay()
	h := middleware.NewStack(p.layer("F"), middleware.Named("A", middleware.Hooks(p.a)), p.layer("G")).ThenFunc(p.tracer.view)
	p.log = nil
	request(h, get("/"))
	p.check(t, "F.req A.req G.req A.view view G.resp A.resp 200 F.resp")
}

// TestHooks_OneLayerIsOneSpan, also if a layer with hooks is made in another.
func TestHooks_OneLayerIsOneSpan(t *testing.T) {
	t.Parallel()
	p := newPlay()
	tried := middleware.Try("tried", func(next http.Handler) (http.Handler, error) { return middleware.Hooks(p.a)(next), nil })
	record, m := recording(middleware.RecordOptions{})
	request(record(middleware.NewStack(tried, middleware.Named("again", middleware.Named("C", middleware.Hooks(p.c)))).ThenFunc(checkout)), get("/"))
	want := "request unmatched\n  layer tried\n    layer again\n      view middleware_test.checkout\n" +
		"        layer tried.ProcessView\n        layer again.ProcessView\n"
	if got := tree(m.one(t)); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	p.check(t, "A.req C.req A.view C.view C.resp 200 A.resp 200")
}

func TestHead_ReplaceAnswersInPlaceOfTheView(t *testing.T) {
	t.Parallel()
	for how, serve := range map[string]http.HandlerFunc{
		"written": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "from the view") },
		"status":  func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500); fmt.Fprint(w, "from the view") },
		"flushed": func(w http.ResponseWriter, _ *http.Request) { w.(http.Flusher).Flush(); fmt.Fprint(w, "from the view") },
		"copied": func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.Copy(w, io.LimitReader(strings.NewReader("view"), 3))
		},
		"unwanted": func(http.ResponseWriter, *http.Request) {},
	} {
		s := &script{tracer: &tracer{}, resp: func(h *middleware.Head) error {
			h.Replace(203, []byte("<html>instead</body>"))
			h.Header.Set("Content-Type", "text/html")
			return nil
		}}
		srv := httptest.NewServer(injecting(middleware.NewStack(middleware.Hooks(s)).Then(serve)))
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		srv.Close()
		if res.StatusCode != 203 || string(body) != "<html>instead"+mark+"</body>" {
			t.Errorf("%s: %d %q", how, res.StatusCode, body)
		}
	}
}

func TestHooks_FailuresNameTheLayer(t *testing.T) {
	t.Parallel()
	for hook, change := range map[string]func(p *play){
		"req":  func(p *play) { p.b.do["req"] = fails(io.ErrUnexpectedEOF) },
		"view": func(p *play) { p.b.do["view"] = fails(io.ErrUnexpectedEOF) },
		"resp": func(p *play) { p.b.resp = func(*middleware.Head) error { return io.ErrUnexpectedEOF } },
	} {
		p := newPlay()
		change(p)
		record, m := recording(middleware.RecordOptions{})
		p.mw = record
		p.run(t, "/v/1", hello)
		got := m.one(t)
		if got.Error != io.ErrUnexpectedEOF.Error() || !got.Summary.Flags.Has(instrument.FlagError) || got.Status != 500 {
			t.Errorf("%s: Record has error %q, status %d", hook, got.Error, got.Status)
		}
		if attr(got.Attrs, "middleware.failed") != "B" {
			t.Errorf("%s: failed in %v", hook, attr(got.Attrs, "middleware.failed"))
		}
	}
}
