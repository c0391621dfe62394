package toolbar_test

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"log"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// alertRig is what views need that do something wrong, or the like of it right.
type alertRig struct {
	db       *sql.DB
	client   *http.Client
	address  string // of a server that answers with a body that is longer than what is read at once
	released chan struct{}
	mail     *signals.Signal[error]
}

// manyPots are hundreds of thousands of rows, so that a query takes milliseconds on any machine.
const manyPots = "pots a, pots b, pots c, pots d, pots e, pots f, pots g"

var work = instrument.NewHandler(instrument.KindCustom, "count the sheep", instrument.Source{})

// alertCases are for each rule a view that breaks it, and one that looks alike and is
// innocent.
var alertCases = []struct {
	rule             string
	wrong, innocent  func(*alertRig, http.ResponseWriter, *http.Request)
	layer, quickness middleware.Layer // around the two, nil for none
}{
	{rule: "n+1", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		rows, _ := a.db.QueryContext(r.Context(), "SELECT id FROM pots")
		var ids []int
		for rows.Next() {
			var id int
			_ = rows.Scan(&id)
			ids = append(ids, id)
		}
		_ = rows.Close()
		for _, id := range ids {
			var glaze string
			_ = a.db.QueryRowContext(r.Context(), "SELECT glaze FROM pots WHERE id = ?", id).Scan(&glaze)
		}
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		var glaze string
		_ = a.db.QueryRowContext(r.Context(), "SELECT glaze FROM pots WHERE id = ?", 1).Scan(&glaze)
	}},
	{rule: "statements-together", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		for _, glaze := range []string{"ash", "iron", "salt", "slip"} {
			_, _ = a.db.ExecContext(r.Context(), "INSERT INTO pots (glaze) VALUES (?)", glaze)
		}
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_, _ = a.db.ExecContext(r.Context(), "INSERT INTO pots (glaze) VALUES (?), (?), (?), (?)", "ash", "iron", "salt", "slip")
		for range 4 { // again and again the same: one statement would not do more
			_, _ = a.db.ExecContext(r.Context(), "UPDATE pots SET glaze = ? WHERE id = ?", "ash", 1)
		}
	}},
	{rule: "duplicate-queries", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		for range 2 {
			var glaze string
			_ = a.db.QueryRowContext(r.Context(), "SELECT glaze FROM pots WHERE id = ?", 3).Scan(&glaze)
		}
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		for range 2 {
			var glaze string
			_ = a.db.QueryRowContext(r.Context(), "SELECT glaze FROM pots WHERE id = ?", 3).Scan(&glaze)
			_, _ = a.db.ExecContext(r.Context(), "UPDATE pots SET glaze = ? WHERE id = ?", glaze+"!", 3) // what is read next is another glaze
		}
	}},
	{rule: "queries-together", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		var n int
		_ = a.db.QueryRowContext(r.Context(), "SELECT count(*) FROM "+manyPots).Scan(&n)
		_ = a.db.QueryRowContext(r.Context(), "SELECT sum(a.id) FROM "+manyPots).Scan(&n)
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		var n int
		_ = a.db.QueryRowContext(r.Context(), "SELECT count(*) FROM "+manyPots).Scan(&n)
		_ = a.db.QueryRowContext(r.Context(), "SELECT sum(a.id) FROM "+manyPots+" WHERE a.id < ?", n).Scan(&n) // needs the answer
	}},
	{rule: "open-rows", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		rows, _ := a.db.QueryContext(context.WithoutCancel(r.Context()), "SELECT id FROM pots")
		rows.Next()
		go func() { <-a.released; _ = rows.Close() }()
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		rows, _ := a.db.QueryContext(r.Context(), "SELECT id FROM pots")
		rows.Next()
		_ = rows.Close()
	}},
	{rule: "open-transaction", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		tx, _ := a.db.BeginTx(context.WithoutCancel(r.Context()), nil)
		_, _ = tx.ExecContext(r.Context(), "UPDATE pots SET glaze = 'ash' WHERE id = 1")
		go func() { <-a.released; _ = tx.Rollback() }()
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		tx, _ := a.db.BeginTx(r.Context(), nil)
		_, _ = tx.ExecContext(r.Context(), "UPDATE pots SET glaze = 'ash' WHERE id = 1")
		_ = tx.Rollback()
	}},
	{rule: "open-body", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		res := a.call(context.WithoutCancel(r.Context()))
		go func() { <-a.released; _ = res.Body.Close() }()
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_ = a.call(r.Context()).Body.Close()
	}},
	{rule: "swallowed-error", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_, _ = a.mail.SendRobust(r.Context(), nil, errors.New("relay is down"))
	}, innocent: func(a *alertRig, w http.ResponseWriter, r *http.Request) {
		if _, err := a.mail.Send(r.Context(), nil, errors.New("relay is down")); err != nil {
			http.Error(w, "later", http.StatusBadGateway) // it failed as a whole
		}
	}},
	{rule: "written-twice", wrong: func(_ *alertRig, w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "no", http.StatusConflict)
		w.WriteHeader(http.StatusOK)
	}, innocent: func(_ *alertRig, w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
	}},
	{rule: "late-header", wrong: func(_ *alertRig, w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("X-Late", "1")
	}, innocent: func(_ *alertRig, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Trailer", "X-Sum")
		_, _ = io.WriteString(w, "hello")
		w.Header().Set("X-Sum", w.Header().Get("Content-Type"))
		w.Header().Set(http.TrailerPrefix+"X-Other", "2")
	}},
	{rule: "no-context", wrong: func(a *alertRig, _ http.ResponseWriter, _ *http.Request) {
		_, _ = a.db.Exec("UPDATE pots SET glaze = 'ash' WHERE id = 1")
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_, _ = a.db.ExecContext(r.Context(), "UPDATE pots SET glaze = 'ash' WHERE id = 1")
	}},
	{rule: "outlives-record", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		begun := make(chan struct{})
		go func() {
			_, span := instrument.Start(r.Context(), work)
			close(begun)
			<-a.released
			span.End(nil)
		}()
		<-begun
	}, innocent: func(_ *alertRig, _ http.ResponseWriter, r *http.Request) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			_, span := instrument.Start(r.Context(), work)
			span.End(nil)
		}()
		<-done
	}},
	{rule: "over-budget", wrong: nothing, innocent: nothing, layer: middleware.Budget(1, passing), quickness: middleware.Budget(time.Hour, passing)},
	{rule: "slow", wrong: func(_ *alertRig, _ http.ResponseWriter, r *http.Request) {
		_, span := instrument.Start(r.Context(), work)
		for began := time.Now(); time.Since(began) < 2*time.Millisecond; { // over the limit of setup
		}
		span.End(nil)
	}, innocent: func(_ *alertRig, _ http.ResponseWriter, r *http.Request) {
		now := instrument.Now()
		_, span := instrument.StartAt(r.Context(), now, work)
		span.EndAt(now, nil)
	}},
	{rule: "calls-together", wrong: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		for range 3 {
			_ = a.call(r.Context()).Body.Close()
		}
	}, innocent: func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_ = a.call(r.Context()).Body.Close()
	}},
}

func nothing(*alertRig, http.ResponseWriter, *http.Request) {}

var passing = middleware.Named("passing", func(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
})

func (a *alertRig) call(ctx context.Context) *http.Response {
	req, _ := http.NewRequestWithContext(ctx, http.MethodGet, a.address, nil)
	res, err := a.client.Do(req)
	if err != nil {
		panic(err)
	}
	return res
}

func newRig(t *testing.T) *alertRig {
	t.Helper()
	db, err := sqltap.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "pots.db"), sqltap.Parameters(nil))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{"CREATE TABLE pots (id INTEGER PRIMARY KEY, glaze TEXT)", "INSERT INTO pots (glaze) VALUES ('ash'), ('iron'), ('salt'), ('slip'), ('tin'), ('oak')"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("x", 100<<10)) }))
	bare := &http.Transport{}
	a := &alertRig{
		db: db, address: other.URL, released: make(chan struct{}), client: &http.Client{Transport: httptap.Transport(bare)},
		mail: signals.New[error](t.Name()+"/mail", signals.Unlisted(), signals.Logger(slog.New(slog.DiscardHandler))),
	}
	a.mail.Connect(func(_ context.Context, e signals.Event[error]) error { return e.Payload }, signals.UID("mail"))
	t.Cleanup(func() {
		close(a.released)
		bare.CloseIdleConnections()
		other.Close()
		db.Close()
	})
	return a
}

// alerts are the rules by which something is found in what view does.
func alertsOf(t *testing.T, c toolbar.Config, layer middleware.Layer, view func(*alertRig, http.ResponseWriter, *http.Request)) (rules []string, texts string) {
	t.Helper()
	a := newRig(t)
	c.Slow = map[instrument.Kind]time.Duration{instrument.KindCustom: time.Millisecond, instrument.KindQuery: time.Hour, instrument.KindCall: time.Hour, instrument.KindRequest: time.Hour, instrument.KindView: time.Hour}
	var app http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { view(a, w, r) })
	if layer != nil {
		app = middleware.NewStack(layer).Then(app)
	}
	b := setup(t, c, app)
	b.srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	b.get("/")
	b.flush()
	var all struct {
		Findings []struct{ Rule, Title, Text, Fix string }
	}
	b.api("alerts", &all)
	for _, f := range all.Findings {
		rules = append(rules, f.Rule)
		texts += f.Title + " " + f.Text + " "
		if f.Title == "" || f.Text == "" || f.Fix == "" {
			t.Errorf("%s does not say what, why and how to mend it: %+v", f.Rule, f)
		}
	}
	return rules, texts
}

func TestAlerts_WhatIsWrongIsFoundAndWhatLooksAlikeIsNot(t *testing.T) {
	t.Parallel()
	for _, c := range alertCases {
		t.Run(c.rule, func(t *testing.T) {
			t.Parallel()
			if got, texts := alertsOf(t, toolbar.Config{}, c.layer, c.wrong); !slices.Contains(got, c.rule) {
				t.Errorf("found %q: %s", got, texts)
			} else if c.rule == "late-header" && !strings.Contains(texts, "X-Late at toolbar/alerts_test.go:") {
				t.Errorf("it does not name header and place: %s", texts)
			} else if c.rule == "written-twice" && !strings.Contains(texts, "409, then 200 at toolbar/alerts_test.go:") {
				t.Errorf("it does not name status and place: %s", texts)
			}
			if got, texts := alertsOf(t, toolbar.Config{}, c.quickness, c.innocent); slices.Contains(got, c.rule) {
				t.Errorf("the innocent one is accused: %q: %s", got, texts)
			}
			if got, _ := alertsOf(t, toolbar.Config{AlertsOff: []string{c.rule}}, c.layer, c.wrong); slices.Contains(got, c.rule) {
				t.Errorf("it is switched off and found all the same: %q", got)
			}
		})
	}
}

func TestAlerts_ARuleThatIsNoneIsAnError(t *testing.T) {
	t.Parallel()
	_, err := toolbar.New(toolbar.Config{Path: ":memory:", NotDefault: true, AlertsOff: []string{"n-plus-one"}})
	if err == nil || !strings.Contains(err.Error(), `"n-plus-one"`) || !strings.Contains(err.Error(), web.AlertRules()[0]) {
		t.Errorf("got %v", err)
	}
}

func TestAlerts_OfHandlersCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, off := range []bool{false, true} {
		c := toolbar.Config{}
		if off {
			c.AlertsOff = []string{"handler-fails", "handler-panics", "handler-slow", "worse-than-before"}
		}
		b := setup(t, c, shop(t))
		b.get("/orders/7")
		b.flush()
		var all struct {
			Problems []struct{ Name, Text string }
		}
		b.api("alerts", &all)
		if found := len(all.Problems) > 0; found == off {
			t.Errorf("off %t: %+v", off, all.Problems)
		}
	}
}

// A statement has a limit of its own: a quick one may be too slow, and a slow one be fine.
func TestAlerts_SlowByTheLimitOfAStatement(t *testing.T) {
	t.Parallel()
	view := func(a *alertRig, _ http.ResponseWriter, r *http.Request) {
		_, _ = a.db.ExecContext(r.Context(), "UPDATE pots SET glaze = 'ash' WHERE id = 7")
	}
	for limit, want := range map[time.Duration]bool{0: false, 1: true, time.Hour: false} {
		c := toolbar.Config{}
		if limit > 0 {
			c.SlowQueries = map[string]time.Duration{"UPDATE pots SET glaze = ? WHERE id = ?": limit}
		}
		if got, texts := alertsOf(t, c, nil, view); slices.Contains(got, "slow") != want {
			t.Errorf("limit %s: found %q: %s", limit, got, texts)
		}
	}
}

// ranAs lets a program serve n requests on a file, as the build with this revision.
func ranAs(t *testing.T, path, program, revision string, n int, status int) {
	t.Helper()
	worsened(t, path, n, status)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	// A test's program has no revision: give its run one, and let another run follow.
	if _, err := db.Exec("UPDATE build SET revision = ?, main = iif(? = '', main, ?) WHERE revision = ''", revision, program, program); err != nil {
		t.Fatal(err)
	}
}

// worsened serves n requests on a file and gives what its page of alerts says is worse than before.
func worsened(t *testing.T, path string, n, status int) (why, than string) {
	t.Helper()
	tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pots", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
	b := &bundle{t, tb, httptest.NewServer(tb.Wrap(mux))}
	defer func() {
		b.srv.Close()
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	for range n {
		b.get("/pots")
	}
	b.flush()
	var all struct {
		Worse     []struct{ Name, Text string }
		WorseThan string `json:"worse_than"`
	}
	b.api("alerts", &all)
	for _, w := range all.Worse {
		if w.Name == "GET /pots" {
			why += w.Text
		}
	}
	_, page := b.get("/_toolbar/alerts")
	if shown := strings.Contains(page, "in aaaa111") || strings.Contains(page, "before, aaaa111"); shown != (all.WorseThan != "") {
		t.Errorf("the page names the build before: %t, the API %q", shown, all.WorseThan)
	}
	return why, all.WorseThan
}

func TestAlerts_WorseThanTheBuildBefore(t *testing.T) {
	t.Parallel()
	const enough = 30
	for name, c := range map[string]struct {
		program       string // of the build before; "" the same
		before, after int    // status
		than          string
		worse         bool
	}{
		"it fails now":             {"", http.StatusOK, http.StatusInternalServerError, "aaaa111", true},
		"it failed already":        {"", http.StatusInternalServerError, http.StatusInternalServerError, "aaaa111", false},
		"it is mended":             {"", http.StatusInternalServerError, http.StatusOK, "aaaa111", false},
		"it was another's program": {"example.test/other", http.StatusOK, http.StatusInternalServerError, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "toolbar.db")
			ranAs(t, path, c.program, "aaaa1111", enough, c.before)
			why, than := worsened(t, path, enough, c.after)
			// On a busy machine it may be slower, too, which is said first and is true.
			innocent := !strings.Contains(why, "calls failed")
			if c.worse && why == "" || !c.worse && !innocent || than != c.than {
				t.Errorf("worse: %q than %q, want %t than %q", why, than, c.worse, c.than)
			}
		})
	}
}
