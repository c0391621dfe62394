package toolbar_test

import (
	"context"
	"encoding/json"
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is an app with the toolbar, served on loopback.
type bundle struct {
	*testing.T
	tb  *toolbar.Toolbar
	srv *httptest.Server
}

func setup(t *testing.T, c toolbar.Config, app http.Handler) *bundle {
	t.Helper()
	if c.Path == "" {
		c.Path = filepath.Join(t.TempDir(), "tb", "toolbar.db")
	}
	c.NotDefault = true
	tb, err := toolbar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	b := &bundle{t, tb, httptest.NewServer(tb.Wrap(app))}
	t.Cleanup(func() {
		b.srv.Close()
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return b
}

func (b *bundle) get(path string, headers ...string) (*http.Response, string) {
	b.Helper()
	req, err := http.NewRequest(http.MethodGet, b.srv.URL+path, nil)
	if err != nil {
		b.Fatal(err)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res, string(body)
}

func (b *bundle) flush() {
	b.Helper()
	if err := b.tb.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
}

func (b *bundle) api(path string, into any) {
	b.Helper()
	res, body := b.get("/_toolbar/api/v1/" + path)
	if res.StatusCode != http.StatusOK {
		b.Fatalf("api/v1/%s: %d %s", path, res.StatusCode, body)
	}
	if err := json.Unmarshal([]byte(body), into); err != nil {
		b.Fatal(err)
	}
}

// shop is a small app with a layer, a signal with a receiver that fails, a log line.
func shop(t *testing.T) http.Handler {
	placed := signals.New[int](t.Name()+"/placed", signals.Unlisted(), signals.Logger(slog.New(slog.DiscardHandler)))
	placed.Connect(func(context.Context, signals.Event[int]) error { return nil }, signals.UID("reserve"))
	placed.Connect(func(context.Context, signals.Event[int]) error { return errors.New("relay is down") }, signals.UID("mail"))
	placed.Connect(func(context.Context, signals.Event[int]) error { panic("nil map") }, signals.UID("crm"))
	log := slog.New(slogtap.New(slog.DiscardHandler))
	_ = log
	logger := slog.New(slogtap.New(slog.NewTextHandler(io.Discard, nil)))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		logger.InfoContext(r.Context(), "order shown", "id", r.PathValue("id"))
		placed.SendRobust(r.Context(), "shop", 1)
		w.Header().Set("Content-Type", "text/html")
		io.WriteString(w, "<!doctype html><html><body><h1>Order</h1></body></html>")
	})
	mux.HandleFunc("GET /boom", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	quiet := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
	}
	return middleware.NewStack(middleware.Named("quiet", quiet)).Then(mux)
}

func TestWrap_RequestIsRecordedWithItsTree(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	res, body := b.get("/orders/7")
	id := res.Header.Get(toolbar.HeaderID)
	if !strings.Contains(body, `record="`+id+`"`) || !strings.Contains(body, "<h1>Order</h1><debug-toolbar") && !strings.Contains(body, "</h1>") {
		t.Errorf("page: %s", body)
	}
	b.flush()
	var rec struct {
		Name   string
		Status int
		Counts struct{ Signals, Receivers, Layers, Logs int }
		Spans  []struct {
			Kind, Name, Error string
			Parent            int
			Stack             []struct{ Func string }
		}
	}
	b.api("requests/"+id, &rec)
	var tree []string
	for _, s := range rec.Spans {
		tree = append(tree, s.Kind+" "+s.Name+" "+s.Error)
	}
	got := strings.Join(tree, "; ")
	for _, want := range []string{"request GET /orders/{id}", "layer quiet", "view", "log INFO", "receiver mail relay is down", "receiver crm nil map"} {
		if !strings.Contains(got, want) {
			t.Errorf("the tree has no %q: %s", want, got)
		}
	}
	if last := rec.Spans[len(rec.Spans)-1]; len(last.Stack) == 0 {
		t.Error("the panic has no stack")
	}
	if rec.Status != 200 || rec.Counts.Signals != 1 || rec.Counts.Receivers != 3 || rec.Counts.Layers != 1 {
		t.Errorf("%+v", rec)
	}
}

func TestPages_LinkOnlyToWhatIsThere(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	_, page := b.get("/orders/7")
	b.flush()
	_, overview := b.get("/_toolbar/")
	seen := 0
	for _, m := range regexp.MustCompile(`(?:href|src|css)="([^"#]+)"`).FindAllStringSubmatch(page+overview, -1) {
		if strings.HasPrefix(m[1], "data:") {
			continue
		}
		for _, link := range strings.Fields(html.UnescapeString(m[1])) {
			if res, _ := b.get(link); res.StatusCode != http.StatusOK || strings.Contains(link, "/static/") && res.Header.Get("Cache-Control") == "no-store" {
				t.Errorf("%s: %d, %s", link, res.StatusCode, res.Header.Get("Cache-Control"))
			}
			seen++
		}
	}
	if seen < 20 {
		t.Errorf("%d links, want at least 20", seen)
	}
}

func TestDashboard_EveryPageAnswers(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	for _, full := range []bool{false, true} {
		id := "0000000000000"
		if full {
			res, _ := b.get("/orders/7")
			id = res.Header.Get(toolbar.HeaderID)
			b.flush()
		}
		paths := []string{"", "requests", "requests?q=status:200", "requests?q=bad:1", "requests?sort=duration", "requests?kind=command", "handlers", "signals", "middleware",
			"queries", "commands", "exceptions", "slow", "health", "healthz", "metrics", "api/v1/requests", "api/v1/handlers", "api/v1/signals", "api/v1/report", "api/v1/health"}
		if full {
			for _, p := range []string{"", "/sql", "/signals", "/middleware", "/logs", "/exceptions", "/request"} {
				paths = append(paths, "requests/"+id+p, "requests/"+id+p+"?fragment=1")
			}
		}
		for _, p := range paths {
			res, body := b.get("/_toolbar/" + p)
			if res.StatusCode != http.StatusOK || body == "" {
				t.Errorf("%s: %d %.300s", p, res.StatusCode, body)
			}
			if res.Header.Get("Content-Security-Policy") == "" || strings.Contains(body, " style=") || strings.Contains(body, "<script>") {
				t.Errorf("%s: no policy, or inline style or script", p)
			}
		}
	}
	if res, _ := b.get("/_toolbar/requests/0000000000000"); res.StatusCode != http.StatusNotFound {
		t.Errorf("an unknown Record: %d", res.StatusCode)
	}
}

func TestT01_NothingForWhoMayNotSee(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	far := []string{"X-Forwarded-For", "192.0.2.1"}
	res, page := b.get("/orders/7", far...)
	if strings.Contains(page, "debug-toolbar") || res.Header.Get(toolbar.HeaderID) != "" {
		t.Error("the toolbar shows itself")
	}
	_, own := b.get("/no-such-page", far...)
	for _, p := range []string{"", "requests", "metrics", "api/v1/requests", "events", "static/app.css", "healthz"} {
		res, body := b.get("/_toolbar/"+p, far...)
		if res.StatusCode != http.StatusNotFound || body != own {
			t.Errorf("%s: %d %q, want the app's own 404", p, res.StatusCode, body)
		}
	}
}

func TestNew_DisabledIsNothing(t *testing.T) {
	t.Parallel()
	tb, err := toolbar.New(toolbar.Config{Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	app := http.NewServeMux()
	if tb.Wrap(app) != http.Handler(app) {
		t.Error("Wrap changed the handler")
	}
	if tb.Recorder() != nil || tb.Flush(context.Background()) != nil || tb.Close(context.Background()) != nil {
		t.Error("a disabled toolbar does something")
	}
}

func TestF34_BadConfigsAreErrorsThatSayWhatToDo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for want, c := range map[string]toolbar.Config{
		"Config.Token":         {Token: "short"},
		"Config.Prefix":        {Prefix: "toolbar"},
		"Config.Retention.Age": {Retention: toolbar.Retention{Age: -1}},
		"Config.MaxSpans":      {MaxSpans: -1},
		"QueueRecords":         {QueueRecords: -1},
		"is a folder":          {Path: dir},
	} {
		if c.Path == "" {
			c.Path = filepath.Join(dir, "toolbar.db")
		}
		c.NotDefault = true
		if _, err := toolbar.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that names %s", err, want)
		}
	}
}

func TestSwitchedOff_AppIsServedBare(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	b.tb.Recorder().SetEnabled(false)
	res, body := b.get("/orders/7")
	if res.Header.Get(toolbar.HeaderID) != "" || strings.Contains(body, "debug-toolbar") {
		t.Error("the toolbar is there while it is switched off")
	}
	b.tb.Recorder().SetEnabled(true)
	if _, body := b.get("/orders/7"); !strings.Contains(body, "debug-toolbar") {
		t.Error("the toolbar did not come back")
	}
}

func TestAccount_ReportAPIAndMetricsAgreeAfterFlush(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, shop(t))
	const n = 50
	for range n {
		b.get("/orders/7")
	}
	b.flush()
	st := b.tb.Stats()
	if st.Produced != n || st.Stored != n {
		t.Errorf("produced %d, stored %d, want %d", st.Produced, st.Stored, n)
	}
	var list struct {
		Handlers []struct {
			Kind, Name            string
			Count, Errors, Panics uint64
		}
	}
	b.api("handlers?range=all", &list)
	live := map[string]instrument.Stats{}
	for _, s := range b.tb.Recorder().AllStats() {
		live[s.Handler.Kind().String()+s.Handler.Name()] = s
	}
	for _, h := range list.Handlers {
		l := live[h.Kind+h.Name]
		if l.Count != h.Count || l.Errors != h.Errors || l.Panics != h.Panics {
			t.Errorf("%s %s: stored %d/%d/%d, live %d/%d/%d", h.Kind, h.Name, h.Count, h.Errors, h.Panics, l.Count, l.Errors, l.Panics)
		}
	}
	if len(list.Handlers) != len(live) {
		t.Errorf("%d handlers stored, %d live", len(list.Handlers), len(live))
	}
}
