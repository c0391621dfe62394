package budget_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"encoding/xml"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/budget"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct {
	mu    sync.Mutex
	batch instrument.Batch
}

func (s *sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.batch.Items = append(s.batch.Items, instrument.Item{Summary: *sum, Blob: bytes.Clone(blob)})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// shop is a store with ten slow orders, each of which looks its lines up one by one,
// two of which failed, and with five quick lists.
func shop(t *testing.T) *store.Store {
	t.Helper()
	db, err := sqlitefile.Open(sqlitefile.Memory, sqlitefile.Options{})
	must(t, err)
	t.Cleanup(func() { db.Close() })
	st, err := store.Open(t.Context(), db, store.Options{})
	must(t, err)
	t.Cleanup(func() { st.Close() })
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, Process: st.Process(), NoLabels: true})
	t.Cleanup(func() { r.SetEnabled(false) })
	lines, err := sqltap.Open("sqlite", filepath.Join(t.TempDir(), "shop.db"))
	must(t, err)
	t.Cleanup(func() { lines.Close() })
	for _, text := range []string{"CREATE TABLE line (id INTEGER PRIMARY KEY, product INTEGER)", "CREATE TABLE product (id INTEGER PRIMARY KEY, name TEXT)",
		"INSERT INTO line (product) VALUES (1), (2), (3), (4), (5)", "INSERT INTO product (name) VALUES ('a'), ('b'), ('c'), ('d'), ('e')"} {
		_, err := lines.Exec(text)
		must(t, err)
	}
	orders := instrument.NewHandler(instrument.KindRequest, "GET /orders/{id}", instrument.Source{Func: "shop.order", File: "/src/shop/order.go", Line: 12})
	list := instrument.NewHandler(instrument.KindRequest, "GET /products", instrument.Source{})
	for i := range 15 {
		h := orders
		if i >= 10 {
			h = list
		}
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: h})
		if h == orders {
			lookUp(t, ctx, lines)
		}
		if i < 2 {
			rec.Fail(errors.New("no such order"))
		}
		rec.End()
		r.Observe(h, time.Duration(i+1)*100*time.Millisecond, nil)
	}
	must(t, st.Append(t.Context(), &s.batch))
	var rows []instrument.RollRow
	r.Roll(func(s instrument.Stats) { rows = append(rows, instrument.RollRow{Stats: s}) })
	must(t, st.Roll(t.Context(), time.Now(), rows))
	return st
}

func lookUp(t *testing.T, ctx context.Context, db *sql.DB) {
	t.Helper()
	rows, err := db.QueryContext(ctx, "SELECT product FROM line")
	must(t, err)
	var products []int
	for rows.Next() {
		var p int
		must(t, rows.Scan(&p))
		products = append(products, p)
	}
	must(t, rows.Close())
	for _, p := range products {
		var name string
		must(t, db.QueryRowContext(ctx, "SELECT name FROM product WHERE id = ?", p).Scan(&name))
	}
}

func read(t *testing.T, text string) *budget.File {
	t.Helper()
	f, err := budget.Read(strings.NewReader(text))
	must(t, err)
	return f
}

func check(t *testing.T, st *store.Store, text string) *budget.Result {
	t.Helper()
	r, err := read(t, text).Check(t.Context(), st, budget.Options{})
	must(t, err)
	return r
}

const budgets = `
budgets:
  - handler: "GET /orders*"
    p50: 10s
    p95: 200ms
    max: 1h
    errors: 1%
    queries: 5
    n_plus_one: 0
  - handler: products
    p95: 10s
    queries: 0
  - handler: products
    p95: 1ms
    min_calls: 1000
  - handler: GET /never
    p95: 1s
  - handler: import
    kind: command
    required: true
`

func TestCheck_SaysWhatIsBrokenAndByHowMuch(t *testing.T) {
	t.Parallel()
	r := check(t, shop(t), budgets)
	got := map[string]string{}
	for _, c := range r.Checks {
		got[c.Handler.Name+" "+c.Limit] += string(c.State) + " "
	}
	for what, want := range map[string]string{
		"GET /orders/{id} p50": "kept ", "GET /orders/{id} p95": "broken ", "GET /orders/{id} max": "kept ", "GET /orders/{id} errors": "broken ",
		"GET /orders/{id} queries": "broken ", "GET /orders/{id} n_plus_one": "broken ", "GET /products p95": "kept too few calls ", "GET /products queries": "kept ",
		"GET /never calls": "no calls ", "import calls": "missing ",
	} {
		if got[what] != want {
			t.Errorf("%s: %q, want %q", what, got[what], want)
		}
	}
	if len(r.Broken()) != 5 || !r.Checks[0].Failed() {
		t.Errorf("%+v", r.Checks)
	}
	for _, c := range r.Checks {
		switch c.Limit {
		case "queries":
			if c.State == budget.Broken && c.Got != "6" {
				t.Errorf("%+v", c)
			}
		case "n_plus_one":
			if !strings.Contains(c.Got, "10 of 10 records, with 5 x SELECT name FROM product WHERE id = ? at ") || !strings.Contains(c.Got, "budget_test.go:") || c.Sample == 0 {
				t.Errorf("%+v", c)
			}
		case "errors":
			if c.Got != "10 %" || c.Allowed != "1 %" {
				t.Errorf("%+v", c)
			}
		}
	}
}

func TestResult_IsWrittenInEveryFormat(t *testing.T) {
	t.Parallel()
	r := check(t, shop(t), budgets)
	for _, format := range []report.Format{report.FormatText, report.FormatMarkdown, report.FormatJSON, report.FormatJUnit, report.FormatSARIF} {
		var b bytes.Buffer
		must(t, r.Write(&b, format, report.TextOptions{Width: 80, Root: "/src/shop"}))
		out := b.String()
		if !strings.Contains(out, "GET /orders") || !strings.Contains(out, "n_plus_one") {
			t.Errorf("%s lacks what is broken:\n%s", format, out)
		}
		switch format {
		case report.FormatText:
			for line := range strings.Lines(out) {
				if len([]rune(line)) > 81 {
					t.Errorf("wider than 80: %q", line)
				}
			}
			if !strings.HasPrefix(out, "5 of 11 limits are broken.") || strings.Contains(out, "\x1b") {
				t.Errorf("%s", out)
			}
		case report.FormatJSON, report.FormatSARIF:
			if !json.Valid(b.Bytes()) {
				t.Errorf("%s is no JSON", format)
			}
		case report.FormatJUnit:
			var x struct {
				Suite struct {
					Tests, Failures int
				} `xml:"testsuite"`
			}
			must(t, xml.Unmarshal(b.Bytes(), &x))
			if !strings.Contains(out, `tests="4" failures="2"`) {
				t.Errorf("%s", out)
			}
		}
	}
	if err := r.Write(&bytes.Buffer{}, report.FormatCSV, report.TextOptions{}); err == nil || !strings.Contains(err.Error(), "use text, md, json, junit or sarif") {
		t.Errorf("%v", err)
	}
	if v := check(t, shop(t), "budgets: [{handler: '*', max: 1h}]").Verdict(); v != "All 2 limits are kept." {
		t.Error(v)
	}
}

func TestRead_MistakesNameTheirLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                          "must begin with",
		"[1]":                                       "must begin with",
		"budgets:":                                  "is a list",
		"budgets: []":                               "there are no budgets",
		"budget: []":                                `line 1: there is no "budget" here: use "budgets"`,
		"budgets:\n- p95: 1s":                       `line 2: the budget does not say for what`,
		"budgets:\n- handler: x":                    "has no limit",
		"budgets:\n- handler: x\n  p95: 200":        `line 3: "200" is no duration`,
		"budgets:\n- handler: x\n  p59: 200ms":      `line 3: there is no "p59" in a budget: use handler, kind, p50`,
		"budgets:\n- handler: x\n  errors: 101%":    `line 3: "101%" is no share`,
		"budgets:\n- handler: x\n  errors: .nan":    "is no share",
		"budgets:\n- handler: x\n  queries: -1":     `line 3: "-1" is no number`,
		"budgets:\n- handler: x\n  kind: requests":  `line 3: there is no kind "requests": use request`,
		"budgets:\n- handler: x\n  required: maybe": "required is true or false",
		"budgets:\n- handler: x\n  handler: y":      `line 3: "handler" is there twice`,
		"budgets:\n- handler: [x]\n  p95: 1s":       "a text is missing",
		"budgets:\n- x":                             `a budget begins with "handler:"`,
		"budgets:\n\t- x":                           "not YAML",
		strings.Repeat("#", 1<<20+1):                "longer than",
	} {
		if _, err := budget.Read(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %q", text, err, want)
		}
	}
	_, err := budget.Read(strings.NewReader("budgets:\n- handler: x\n  p95: a\n  p99: b"))
	if err == nil || !strings.Contains(err.Error(), "line 3") || !strings.Contains(err.Error(), "line 4") {
		t.Errorf("not every mistake is named: %v", err)
	}
	path := filepath.Join(t.TempDir(), "b.yaml")
	must(t, os.WriteFile(path, []byte("budgets: 1"), 0o600))
	if _, err := budget.Open(path); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("%v", err)
	}
	if _, err := budget.Open(path + "x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(budgets)
	f.Add("budgets: &a [*a]")
	f.Fuzz(func(t *testing.T, text string) {
		file, err := budget.Read(strings.NewReader(text))
		if err == nil && len(file.Budgets) == 0 {
			t.Errorf("%q gave no budgets and no error", text)
		}
	})
}
