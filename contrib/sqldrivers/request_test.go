package sqldrivers

import (
	"context"
	"database/sql"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// A page whose queries pass no context, half of them from its own goroutine and half
// from ones that it starts, has all of them, whoever else is served at the same time.
func TestRequest_FiftyQueriesWithoutContextUnderAHundredRequests(t *testing.T) {
	t.Parallel()
	const requests, queries = 100, 50
	for _, d := range []under{{"sqlite", sqliteEngine}, {"sqlite3", sqliteEngine}, {"pgx", postgresEngine}, {"postgres", postgresEngine}} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			db := must(sqltap.Open(d.name, d.dsn(t)))
			defer db.Close()
			db.SetMaxOpenConns(8)
			s := &sink{}
			r := instrument.New(instrument.Config{Sink: s, MaxAttrBytes: 1 << 20})
			defer r.SetEnabled(false)
			page := http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				var n string
				id := req.PathValue("id")
				ask := func() {
					if err := db.QueryRow("SELECT '" + id + "' AS page_" + id).Scan(&n); err != nil {
						t.Error(err)
					}
				}
				for range queries / 2 {
					ask()
				}
				var wg sync.WaitGroup
				var mu sync.Mutex
				for range 5 {
					wg.Go(func() {
						for range queries / 2 / 5 {
							mu.Lock()
							ask()
							mu.Unlock()
						}
					})
				}
				wg.Wait()
				fmt.Fprint(w, n)
			})
			mux := http.NewServeMux()
			mux.Handle("GET /page/{id}", page)
			server := httptest.NewServer(middleware.Record(r, middleware.RecordOptions{})(mux))
			defer server.Close()
			var wg sync.WaitGroup
			for i := range requests {
				wg.Go(func() {
					res, err := server.Client().Get(fmt.Sprintf("%s/page/%d", server.URL, i))
					if err != nil {
						t.Error(err)
						return
					}
					res.Body.Close()
				})
			}
			wg.Wait()
			server.Close()
			if len(s.recs) != requests {
				t.Fatalf("%d Records, want %d", len(s.recs), requests)
			}
			for _, rec := range s.recs {
				own := "page_" + strings.TrimPrefix(rec.Path, "/page/")
				n := 0
				for _, sp := range rec.Spans {
					if sp.Handler.Kind != instrument.KindQuery {
						continue
					}
					n++
					if !strings.HasSuffix(sp.Handler.Name, own) {
						t.Errorf("%s has %s", rec.Path, sp.Handler.Name)
					}
				}
				if n != queries {
					t.Errorf("%s has %d queries, want %d", rec.Path, n, queries)
				}
			}
		})
	}
}

// ways are how apps come by a database.
var ways = map[string]func(dsn string) (*sql.DB, error){
	"registered under another name, sqlite":   func(dsn string) (*sql.DB, error) { return sql.Open("sqlite+tap", dsn) },
	"registered under another name, sqlite3":  func(dsn string) (*sql.DB, error) { return sql.Open("sqlite3+tap", dsn) },
	"a driver with hooks":                     func(dsn string) (*sql.DB, error) { return sqltap.Open("sqlite3 with hooks", dsn) },
	"registered under another name, postgres": func(dsn string) (*sql.DB, error) { return sql.Open("postgres+tap", dsn) },
}

func TestWays_ReportWithSystemLineAndRows(t *testing.T) {
	t.Parallel()
	for name, open := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := under{"sqlite", sqliteEngine}
			if strings.Contains(name, "postgres") {
				d = under{"postgres", postgresEngine}
			}
			db := must(open(d.dsn(t)))
			defer db.Close()
			must(db.Exec(tables[d.engine]))
			must(db.Exec("INSERT INTO t (name) VALUES ('Ann'), ('Bob')"))
			rec := record(t, func(ctx context.Context) {
				rows := must(db.QueryContext(ctx, "SELECT name FROM t"))
				for rows.Next() {
				}
				rows.Close()
				if strings.Contains(name, "hooks") {
					var loud string
					if err := db.QueryRowContext(ctx, "SELECT shout('a')").Scan(&loud); err != nil || loud != "A" {
						t.Errorf("the hook's function gives %q, %v", loud, err)
					}
				}
			})
			var q instrument.RecordSpan
			for _, sp := range rec.Spans {
				if sp.Handler.Name == "SELECT name FROM t" && sp.Handler.Kind == instrument.KindQuery && !sp.Flags.Has(instrument.FlagSkipped) {
					q = sp
				}
			}
			if attr(q, "db.system.name") != string(d.engine) || attr(q, "db.response.returned_rows") != int64(2) || attr(q, "db.response.bytes") != int64(6) {
				t.Errorf("reported %v", q.Attrs)
			}
			if len(q.Stack) == 0 || !strings.HasSuffix(q.Stack[0].File, "request_test.go") {
				t.Errorf("called from %v", q.Stack)
			}
		})
	}
}
