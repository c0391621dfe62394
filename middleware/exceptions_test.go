package middleware_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// quietly gives an Exceptions that logs into a book.
func quietly(o middleware.ExceptionOptions) (middleware.Layer, *logBook) {
	logs := &logBook{}
	o.Logger = slog.New(slog.NewTextHandler(logs, nil))
	return middleware.Exceptions(o), logs
}

func TestMW06_EmptyStackStillAnswersErrors(t *testing.T) {
	t.Parallel()
	exceptions, _ := quietly(middleware.ExceptionOptions{})
	rec, v := request(middleware.NewStack(exceptions).ThenFunc(explode), get("/"))
	if rec.Code != 500 || v != nil {
		t.Errorf("%d, panic %v", rec.Code, v)
	}
	rec, v = request(exceptions(http.HandlerFunc(explode)), get("/"))
	if rec.Code != 500 || v != nil {
		t.Errorf("without a Stack: %d, panic %v", rec.Code, v)
	}
	if rec, v = request(middleware.NewStack().ThenFunc(checkout), get("/")); rec.Body.String() != "done" || v != nil {
		t.Errorf("an empty stack: %q, panic %v", rec.Body, v)
	}
}

// statusLog is an outer layer that wants to know the status.
func statusLog(log *[]string) middleware.Layer {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			*log = append(*log, "Incoming request: "+r.URL.Path)
			next.ServeHTTP(w, r)
			*log = append(*log, fmt.Sprintf("Outgoing response: %d", middleware.ResponseOf(w).Status()))
		})
	}
}

func TestMW25_OuterLayerGetsAResponseNotAPanic(t *testing.T) {
	t.Parallel()
	exceptions, logs := quietly(middleware.ExceptionOptions{})
	late := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			panic("after next")
		})
	}
	early := func(http.Handler) http.Handler { return http.HandlerFunc(explode) }
	for name, c := range map[string]struct {
		inner middleware.Layer
		view  http.HandlerFunc
	}{
		"layer before next": {early, checkout},
		"layer after next":  {late, func(http.ResponseWriter, *http.Request) {}},
		"view":              {passThrough, explode},
	} {
		var log []string
		logs.lines = nil
		stack := middleware.NewStack(exceptions, middleware.Named("log", statusLog(&log)), middleware.Named("inner", c.inner))
		rec, v := request(stack.ThenFunc(c.view), get("/x"))
		if strings.Join(log, ", ") != "Incoming request: /x, Outgoing response: 500" || rec.Code != 500 || v != nil || len(logs.lines) != 1 {
			t.Errorf("%s: %v, %d, panic %v, logged %q", name, log, rec.Code, v, logs.lines)
		}
	}
}

type teapot struct{}

func (teapot) Error() string   { return "short and stout" }
func (teapot) HTTPStatus() int { return 418 }

func TestMW26_ErrorsHaveStatuses(t *testing.T) {
	t.Parallel()
	for want, errs := range map[int][]error{
		200: {nil},
		400: {http.ErrNotMultipart, http.ErrMissingBoundary, http.ErrMissingFile, &middleware.HTTPError{Status: 400}},
		403: {&middleware.HTTPError{Status: 403, Err: io.EOF}},
		404: {fmt.Errorf("show order: %w", &middleware.HTTPError{Status: 404})},
		413: {&http.MaxBytesError{Limit: 1}, fmt.Errorf("read: %w", &http.MaxBytesError{Limit: 1}), multipart.ErrMessageTooLarge},
		418: {teapot{}},
		500: {io.EOF, &middleware.HTTPError{}, &middleware.HTTPError{Status: 200}, &middleware.PanicError{Value: "x"}},
	} {
		for _, err := range errs {
			if got := middleware.StatusOf(err); got != want {
				t.Errorf("%v: %d, want %d", err, got, want)
			}
		}
	}
	e := &middleware.HTTPError{Status: 409, Message: "taken", Err: io.EOF}
	if e.Error() != "409 Conflict: taken: EOF" || !errors.Is(e, io.EOF) {
		t.Errorf("%v", e)
	}
}

func TestMW26_BodyThatIsTooLarge(t *testing.T) {
	t.Parallel()
	exceptions, _ := quietly(middleware.ExceptionOptions{})
	h := middleware.NewStack(exceptions).Then(middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 3))
		return err
	}))
	rec, _ := request(h, httptest.NewRequest("POST", "/", strings.NewReader("four")))
	if rec.Code != 413 || rec.Body.String() != "Request Entity Too Large\n" {
		t.Errorf("%d %q", rec.Code, rec.Body)
	}
}

func TestMW27_FailingErrorPage(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		respond func(http.ResponseWriter, *http.Request, int, error)
		status  int
		body    string
		thrown  any
	}{
		"custom page": {func(w http.ResponseWriter, _ *http.Request, status int, _ error) {
			w.WriteHeader(status)
			fmt.Fprint(w, "sorry")
		}, 404, "sorry", nil},
		"panics":        {func(http.ResponseWriter, *http.Request, int, error) { panic("template") }, 500, "Internal Server Error\n", nil},
		"does nothing":  {func(http.ResponseWriter, *http.Request, int, error) {}, 404, "no such order\n", nil},
		"panics midway": {func(w http.ResponseWriter, _ *http.Request, _ int, _ error) { fmt.Fprint(w, "x"); panic("y") }, 200, "x", http.ErrAbortHandler},
	} {
		reported := 0
		exceptions, logs := quietly(middleware.ExceptionOptions{Respond: c.respond, Report: func(*http.Request, error) { reported++ }})
		h := middleware.NewStack(exceptions).Then(middleware.HandlerFunc(fails(&middleware.HTTPError{Status: 404, Message: "no such order"})))
		rec, v := request(h, get("/"))
		if rec.Code != c.status || rec.Body.String() != c.body || v != c.thrown || len(logs.lines) != 1 {
			t.Errorf("%s: %d %q, panic %v, logged %q", name, rec.Code, rec.Body, v, logs.lines)
		}
		if broken := strings.HasPrefix(name, "panics"); (reported == 1) != broken {
			t.Errorf("%s: reported %d times", name, reported)
		}
	}
}

func TestMW29_OneLogRecordPerResponse(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		view http.Handler
		want string // level and message; empty for none
	}{
		"fine":              {http.HandlerFunc(checkout), ""},
		"redirect":          {http.RedirectHandler("/x", http.StatusFound), ""},
		"404 of the view":   {http.NotFoundHandler(), `level=WARN msg="Not Found: /a%0Alevel=ERROR"`},
		"403 as an error":   {middleware.HandlerFunc(fails(&middleware.HTTPError{Status: 403})), `level=WARN msg="Forbidden: /a%0Alevel=ERROR"`},
		"error":             {middleware.HandlerFunc(fails(io.EOF)), `level=ERROR msg="Internal Server Error: /a%0Alevel=ERROR"`},
		"panic":             {http.HandlerFunc(explode), `level=ERROR msg="Internal Server Error: /a%0Alevel=ERROR"`},
		"503 of the view":   {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), `level=ERROR msg="Service Unavailable: /a%0Alevel=ERROR"`},
		"unknown status":    {http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(599) }), `level=ERROR msg="Status 599: /a%0Alevel=ERROR"`},
		"error after write": {middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error { fmt.Fprint(w, "x"); return io.EOF }), `level=ERROR msg="Internal Server Error: /a%0Alevel=ERROR"`},
	} {
		outer, logs := quietly(middleware.ExceptionOptions{})
		inner, logs2 := quietly(middleware.ExceptionOptions{})
		h := middleware.NewStack(middleware.Named("outer", outer), passThrough, middleware.Named("inner", inner), throttle(1)).Then(c.view)
		request(h, get("/a%0Alevel=ERROR"))
		lines := append(logs.lines, logs2.lines...)
		if c.want == "" && len(lines) == 0 {
			continue
		}
		if len(lines) != 1 || !strings.Contains(lines[0], c.want) {
			t.Errorf("%s: logged %q, want %s", name, lines, c.want)
		}
		if name == "panic" && !strings.Contains(lines[0], "middleware_test.explode") {
			t.Errorf("no stack in %s", lines[0])
		}
	}
}

func TestMW31_NoStackUnlessAsked(t *testing.T) {
	t.Parallel()
	for _, debug := range []bool{false, true} {
		exceptions, _ := quietly(middleware.ExceptionOptions{Debug: debug})
		rec, _ := request(middleware.NewStack(exceptions).ThenFunc(explode), get("/"))
		body := rec.Body.String()
		if strings.Contains(body, "explode") != debug || strings.Contains(body, "boom") != debug {
			t.Errorf("debug %v: %q", debug, body)
		}
	}
}

// TestMW33_ErrorInMidStream: the status stays, the client sees a broken body, and
// nothing writes a second header.
func TestMW33_ErrorInMidStream(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(http.ResponseWriter, *http.Request) error{
		"panic": panics("boom"), "abort": panics(http.ErrAbortHandler), "error": fails(io.ErrUnexpectedEOF),
	} {
		exceptions, logs := quietly(middleware.ExceptionOptions{})
		record, m := recording(middleware.RecordOptions{})
		view := middleware.HandlerFunc(func(w http.ResponseWriter, r *http.Request) error {
			fmt.Fprint(w, "partial")
			_ = http.NewResponseController(w).Flush()
			return end(w, r)
		})
		srv := httptest.NewUnstartedServer(record(middleware.NewStack(exceptions, passThrough).Then(view)))
		var serverLog logBook
		srv.Config.ErrorLog = slog.NewLogLogger(slog.NewTextHandler(&serverLog, nil), slog.LevelError)
		srv.Start()
		res, err := srv.Client().Get(srv.URL)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		got := m.one(t)
		srv.Close()
		if res.StatusCode != 200 || string(body) != "partial" || !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("%s: %d %q %v", name, res.StatusCode, body, err)
		}
		if want := name != "abort"; (len(logs.lines) == 1) != want || len(serverLog.lines) > 0 {
			t.Errorf("%s: logged %q, by the server %q", name, logs.lines, serverLog.lines)
		}
		view200 := got.Spans[len(got.Spans)-1]
		if !view200.Flags.Has(instrument.FlagError) || got.Status != 200 || !got.Summary.Flags.Has(instrument.FlagError) {
			t.Errorf("%s: span has [%s], Record [%s]", name, view200.Flags, got.Summary.Flags)
		}
	}
}

func TestExceptions_MarkTheRecordAndTheSpanThatFailed(t *testing.T) {
	t.Parallel()
	exceptions, logs := quietly(middleware.ExceptionOptions{})
	record, m := recording(middleware.RecordOptions{})
	request(record(middleware.NewStack(exceptions, passThrough).ThenFunc(explode)), get("/"))
	got := m.one(t)
	want := "request unmatched [error, panic]\n  layer exceptions\n    layer middleware_test.passThrough\n      view middleware_test.explode [error, panic]\n"
	if tree(got) != want || got.Status != 500 || got.Error != "boom" {
		t.Errorf("got\n%swant\n%sstatus %d, error %q", tree(got), want, got.Status, got.Error)
	}
	if attr(got.Attrs, "middleware.failed") != "middleware_test.explode" || !strings.Contains(logs.lines[0], "record="+got.ID.String()) {
		t.Errorf("failed in %v; logged %q", attr(got.Attrs, "middleware.failed"), logs.lines)
	}
}

// TestA53_ErrorReporter hears of each uncaught error and panic once.
func TestA53_ErrorReporter(t *testing.T) {
	t.Parallel()
	type event struct{ path, user, stack string }
	for name, c := range map[string]struct {
		inner middleware.Layer
		view  http.Handler
		want  int
	}{
		"panic of the view":     {passThrough, http.HandlerFunc(explode), 1},
		"error of the view":     {passThrough, middleware.HandlerFunc(fails(io.EOF)), 1},
		"panic of a layer":      {func(http.Handler) http.Handler { return http.HandlerFunc(explode) }, http.HandlerFunc(checkout), 1},
		"404 that was handled":  {passThrough, middleware.HandlerFunc(fails(&middleware.HTTPError{Status: 404})), 0},
		"503 without an error":  {passThrough, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503) }), 0},
		"nothing":               {passThrough, http.HandlerFunc(checkout), 0},
		"panic after the start": {passThrough, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "x"); explode(w, r) }), 1},
	} {
		var events []event
		var uncaught int
		exceptions, _ := quietly(middleware.ExceptionOptions{Report: func(r *http.Request, err error) {
			e := event{path: r.URL.Path, user: middleware.About(r.Context()).User}
			if p := (*middleware.PanicError)(nil); errors.As(err, &p) {
				e.stack = p.Stack()
			}
			events = append(events, e)
			panic("the tracker is down")
		}})
		login := func(next http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				middleware.SetUser(r.Context(), "ada")
				next.ServeHTTP(w, r)
			})
		}
		rec := instrument.New(instrument.Config{Sink: newMemory()})
		rec.AddHooks(instrument.Hooks{Uncaught: func(context.Context, *instrument.Recording, error) { uncaught++ }})
		stack := middleware.NewStack(exceptions, middleware.Named("login", login), middleware.Named("inner", c.inner))
		res, _ := request(middleware.Record(rec, middleware.RecordOptions{})(stack.Then(c.view)), get("/pay"))
		if len(events) != c.want || uncaught != c.want {
			t.Errorf("%s: %d events, %d uncaught", name, len(events), uncaught)
			continue
		}
		if c.want == 1 && (events[0].path != "/pay" || events[0].user != "ada" || strings.Contains(name, "panic") != strings.Contains(events[0].stack, "explode")) {
			t.Errorf("%s: %+v", name, events[0])
		}
		if res.Code == 0 || c.want == 1 && res.Code != 500 && name != "panic after the start" {
			t.Errorf("%s: status %d", name, res.Code)
		}
	}
}

type friendly struct{}

var errDatabase = errors.New("database is locked")

func (friendly) ProcessException(w http.ResponseWriter, r *http.Request, err error) error {
	if !errors.Is(err, errDatabase) {
		return err
	}
	return &middleware.HTTPError{Status: 503, Message: "We are having trouble, please try again.", Err: err}
}

// TestA45_FriendlyErrorPage: one kind of error gets a page, others fall through.
func TestA45_FriendlyErrorPage(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err    error
		status int
		body   string
	}{
		{fmt.Errorf("load cart: %w", errDatabase), 503, "We are having trouble, please try again.\n"},
		{io.ErrUnexpectedEOF, 500, "Internal Server Error\n"},
	} {
		exceptions, logs := quietly(middleware.ExceptionOptions{})
		record, m := recording(middleware.RecordOptions{})
		res, _ := request(record(middleware.NewStack(exceptions, middleware.Hooks(friendly{})).Then(middleware.HandlerFunc(fails(c.err)))), get("/cart"))
		if res.Code != c.status || res.Body.String() != c.body {
			t.Errorf("%d %q", res.Code, res.Body)
		}
		line := strings.Join(logs.lines, "\n")
		if len(logs.lines) != 1 || !strings.Contains(line, c.err.Error()) || !strings.Contains(line, "record="+m.one(t).ID.String()) {
			t.Errorf("logged %q", line)
		}
	}
}

func TestExceptions_TakeBackWhatTheViewSaidAboutItsBody(t *testing.T) {
	t.Parallel()
	exceptions, _ := quietly(middleware.ExceptionOptions{})
	srv := httptest.NewServer(middleware.NewStack(exceptions).Then(middleware.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) error {
		for k, v := range map[string]string{"Content-Length": "1000", "Content-Encoding": "gzip", "Etag": `"x"`, "Cache-Control": "max-age=60", "X-Kept": "1"} {
			w.Header().Set(k, v)
		}
		return &middleware.HTTPError{Status: 404}
	})))
	defer srv.Close()
	res, err := srv.Client().Get(srv.URL)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	h := res.Header
	if string(body) != "Not Found\n" || h.Get("Etag") != "" || h.Get("Content-Encoding") != "" || h.Get("Cache-Control") != "no-store" || h.Get("X-Kept") != "1" {
		t.Errorf("%q %v", body, h)
	}
}

func TestMW44_F23_ClientThatIsGoneIsNotTheAppsError(t *testing.T) {
	t.Parallel()
	exceptions, logs := quietly(middleware.ExceptionOptions{Report: func(*http.Request, error) { t.Error("reported") }})
	record, m := recording(middleware.RecordOptions{})
	h := record(middleware.NewStack(exceptions).Then(middleware.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) error {
		return fmt.Errorf("load cart: %w", r.Context().Err())
	})))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	request(h, get("/").WithContext(ctx))
	got := m.one(t)
	if got.Status != 499 || got.Summary.Flags != instrument.FlagClientGone || len(logs.lines) > 0 || got.Spans[len(got.Spans)-1].Flags != 0 {
		t.Errorf("status %d, flags [%s], logged %q, %s", got.Status, got.Summary.Flags, logs.lines, tree(got))
	}
}

// A layer between, which buffers: what the view wrote there is not sent yet.
func TestExceptions_BehindAWriterThatBuffers(t *testing.T) {
	t.Parallel()
	buffering := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			b := httptest.NewRecorder()
			next.ServeHTTP(b, r)
			w.WriteHeader(b.Code)
			_, _ = io.Copy(w, bytes.NewReader(b.Body.Bytes()))
		})
	}
	exceptions, logs := quietly(middleware.ExceptionOptions{})
	for name, c := range map[string]struct {
		view   http.HandlerFunc
		status int
		body   string
	}{
		"nothing written": {explode, 500, "Internal Server Error\n"},
		"half a page":     {func(w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "half"); explode(w, r) }, 500, "Internal Server Error\n"},
	} {
		logs.lines = nil
		rec, v := request(middleware.NewStack(exceptions, middleware.Named("buffering", buffering), passThrough).ThenFunc(c.view), get("/"))
		if rec.Code != c.status || rec.Body.String() != c.body || v != nil || len(logs.lines) != 1 {
			t.Errorf("%s: %d %q, panic %v, logged %q", name, rec.Code, rec.Body, v, logs.lines)
		}
	}
}
