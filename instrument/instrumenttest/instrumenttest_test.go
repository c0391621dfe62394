package instrumenttest_test

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/instrumenttest"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestNoNPlusOne_FailsWithStatementLineAndCount(t *testing.T) {
	t.Parallel()
	db := shop(t)
	tests := []struct {
		name string
		body func(context.Context) error
		want string // of the failure; "" for none
	}{
		{"a loop over rows", func(ctx context.Context) error { return listOrders(ctx, db) },
			`^N\+1 in test TestOfAnApp: SELECT name FROM customers WHERE id = \?
	ran 3 times from main_test.go:\d+, once for each row of: SELECT id, customer FROM orders
	Collect the keys first`},
		{"a join", func(ctx context.Context) error { return joinOrders(ctx, db) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := &spy{TB: t}
			s.run(func() {
				rec := instrumenttest.New(s)
				if err := tt.body(rec.Context()); err != nil {
					t.Error(err)
				}
				rec.NoNPlusOne()
			})
			got := strings.Join(s.errors, "|")
			if tt.want == "" && got != "" || !regexp.MustCompile(tt.want).MatchString(got) {
				t.Errorf("failure %q\nwant %s", got, tt.want)
			}
		})
	}
}

func TestNoNPlusOne_LooksAtRequestsOfTheTest(t *testing.T) {
	t.Parallel()
	db := shop(t)
	s := &spy{TB: t}
	s.run(func() {
		rec := instrumenttest.New(s)
		mux := http.NewServeMux()
		mux.HandleFunc("GET /orders", func(w http.ResponseWriter, r *http.Request) {
			if err := listOrders(r.Context(), db); err != nil {
				t.Error(err)
			}
		})
		srv := httptest.NewUnstartedServer(middleware.Record(rec.Recorder(), middleware.RecordOptions{})(mux))
		srv.Config.BaseContext = func(net.Listener) context.Context { return rec.Context() }
		srv.Start()
		defer srv.Close()
		res, err := srv.Client().Get(srv.URL + "/orders")
		if err != nil {
			t.Error(err)
			return
		}
		res.Body.Close()
		rec.Times(instrument.KindRequest, "GET /orders", 1)
		rec.MaxQueries(4)
		if len(s.errors) != 0 {
			t.Errorf("failures %q", s.errors)
		}
		rec.NoNPlusOne()
		if records := rec.Records(); len(records) != 2 || records[0].Handler.Kind != instrumenttest.Kind || records[1].Parent != records[0].ID {
			t.Errorf("records %+v", records)
		}
	})
	if len(s.errors) != 1 || !strings.HasPrefix(s.errors[0], "N+1 in request GET /orders: SELECT name") {
		t.Errorf("failures %q", s.errors)
	}
}

func TestMaxQueries_ListsStatementsWithTheirLine(t *testing.T) {
	t.Parallel()
	db := shop(t)
	s := &spy{TB: t}
	s.run(func() {
		rec := instrumenttest.New(s)
		if err := listOrders(rec.Context(), db); err != nil {
			t.Error(err)
		}
		rec.MaxQueries(4)
		rec.MaxQueries(3)
	})
	want := regexp.MustCompile(`^4 queries, want at most 3:
	3× SELECT name FROM customers WHERE id = \? \(.*main_test.go:\d+\)
	1× SELECT id, customer FROM orders \(.*main_test.go:\d+\)$`)
	if len(s.errors) != 1 || !want.MatchString(s.errors[0]) {
		t.Errorf("failures %q", s.errors)
	}
}

func TestTimes_CountsSpansByName(t *testing.T) {
	t.Parallel()
	paid := signals.New[int]("order_paid", signals.Unlisted())
	paid.Connect(func(context.Context, signals.Event[int]) error { return nil })
	s := &spy{TB: t}
	s.run(func() {
		rec := instrumenttest.New(s)
		for range 2 {
			if _, err := paid.Send(rec.Context(), "shop", 7); err != nil {
				t.Error(err)
			}
		}
		rec.Times(instrument.KindSignal, "order_paid", 2)
		rec.Times(instrument.KindSignal, "order_paid", 1)
		rec.Times(instrument.KindSignal, "order_lost", 1)
		rec.Times(instrument.KindTask, "mail", 0)
	})
	want := `signal "order_paid" happened 2 times, want 1|signal "order_lost" happened 0 times, want 1; there were: order_paid`
	if got := strings.Join(s.errors, "|"); got != want {
		t.Errorf("failures %q\nwant %q", got, want)
	}
}

func TestNew_RecordsWhatBecomesOfTheTest(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		body   func(rec *instrumenttest.Test)
		result string
		flags  instrument.Flags
		err    string
		logs   []string
	}{
		{"pass", func(rec *instrumenttest.Test) { rec.Log("two", 2) }, "pass", 0, "", []string{"INFO two 2"}},
		{"error", func(rec *instrumenttest.Test) { rec.Errorf("got %d", 1); rec.Error("and", 2) }, "fail", instrument.FlagError, "got 1", []string{"ERROR got 1", "ERROR and 2"}},
		{"fatal", func(rec *instrumenttest.Test) { rec.Fatalf("no %s", "shop"); rec.Log("never") }, "fail", instrument.FlagError, "no shop", []string{"ERROR no shop"}},
		{"failed elsewhere", func(rec *instrumenttest.Test) { rec.TB.Error("unseen") }, "fail", instrument.FlagError, "the test failed", nil},
		{"skip", func(rec *instrumenttest.Test) { rec.Skipf("needs %s", "Redis") }, "skip", instrument.FlagSkipped, "", []string{"INFO needs Redis"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			k := new(kept)
			r := instrument.New(instrument.Config{Sink: k})
			defer r.SetEnabled(false)
			s := &spy{TB: t}
			s.run(func() { tt.body(instrumenttest.New(s, instrumenttest.On(r))) })
			if len(k.records) != 1 {
				t.Fatalf("%d Records", len(k.records))
			}
			rec := k.records[0]
			if h := rec.Handler; h.Kind.String() != "test" || h.Name != "TestOfAnApp" || !strings.HasSuffix(h.Source.File, "instrumenttest_test.go") {
				t.Errorf("handler %+v", h)
			}
			if rec.Flags.Has(instrument.FlagError) != (tt.result == "fail") || !rec.Flags.Has(tt.flags) || rec.Error != tt.err || rec.Unfinished() {
				t.Errorf("flags %v, error %q", rec.Flags, rec.Error)
			}
			attrs := map[string]any{}
			for _, a := range rec.Attrs {
				attrs[a.Key] = a.Value
			}
			if attrs["test.case.result.status"] != tt.result || attrs["test.suite.name"] != "github.com/go-debug-toolbar/debugtoolbar/instrument/instrumenttest_test" {
				t.Errorf("attributes %v", attrs)
			}
			if tt.result == "skip" && attrs["skipped"] != "needs Redis" {
				t.Errorf("attributes %v", attrs)
			}
			var logs []string
			for _, l := range rec.Spans[1:] {
				for _, a := range l.Attrs {
					if a.Key == "log.message" {
						logs = append(logs, l.Handler.Name+" "+a.Value.(string))
					}
				}
				if len(l.Stack) == 0 || !strings.HasSuffix(l.Stack[0].File, "instrumenttest_test.go") {
					t.Errorf("the line's place is %+v", l.Stack)
				}
			}
			if strings.Join(logs, "|") != strings.Join(tt.logs, "|") {
				t.Errorf("log lines %q, want %q", logs, tt.logs)
			}
			if err := r.Faults(); err != 0 {
				t.Errorf("%d faults", err)
			}
		})
	}
}

func TestNew_RefusesARecorderThatIsOff(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	r.SetEnabled(false)
	s := &spy{TB: t}
	s.run(func() { instrumenttest.New(s, instrumenttest.On(r)) })
	if len(s.errors) != 1 || !strings.Contains(s.errors[0], "nothing would be recorded") {
		t.Errorf("failures %q", s.errors)
	}
}

// TestNew_TestsSideBySideKeepTheirOwn has tests share a Recorder, as those of one
// toolbar do.
func TestNew_TestsSideBySideKeepTheirOwn(t *testing.T) {
	t.Parallel()
	r := instrument.New(instrument.Config{})
	t.Cleanup(func() { r.SetEnabled(false) })
	page := middleware.Record(r, middleware.RecordOptions{})(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	for range 8 {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			rec := instrumenttest.New(t, instrumenttest.On(r))
			page.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(rec.Context(), "GET", "/", nil))
			if n := len(rec.Records()); n != 2 {
				t.Errorf("%d Records, want the test's and its request's", n)
			}
		})
	}
}

// TestTest_FailsAtTheLineOfTheAssertion runs a test that fails, for what package testing
// says of it.
func TestTest_FailsAtTheLineOfTheAssertion(t *testing.T) {
	t.Parallel()
	if os.Getenv("INSTRUMENTTEST_FAIL") != "" {
		rec := instrumenttest.New(t)
		helper := func() { rec.Helper(); rec.Error("in a helper") }
		rec.Errorf("here")
		rec.MaxQueries(-1)
		helper()
		return
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, "-test.run=^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), "INSTRUMENTTEST_FAIL=1")
	out, _ := cmd.CombinedOutput()
	code, err := os.ReadFile("instrumenttest_test.go")
	if err != nil {
		t.Fatal(err)
	}
	for text, message := range map[string]string{`rec.Errorf("here")`: "here", "rec.MaxQueries(-1)": "0 queries, want at most -1:", "\t\thelper()\n": "in a helper"} {
		before, _, _ := strings.Cut(string(code), text)
		line := strings.Count(before, "\n") + 1
		want := "instrumenttest_test.go:" + strconv.Itoa(line) + ": " + message
		if !strings.Contains(string(out), want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
}
