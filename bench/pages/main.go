// Pages measures how long the dashboard's pages and the report take over a store with
// very many Records: case "pages" of the design.
//
//	go run ./bench/pages                     # a million Records, made anew
//	go run ./bench/pages -records 100000 -json
//	go run ./bench/pages -db big.db          # keeps the store, or takes the one that is there
//
// It prints the median and the 95th percentile of each, and fails when one takes longer
// than is allowed.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

func main() {
	records := flag.Int("records", 1_000_000, "how many Records the store has")
	path := flag.String("db", "", "the store: made if it is not there, and kept; default one in a temporary folder")
	rounds := flag.Int("rounds", 20, "how often each page is asked for")
	asJSON := flag.Bool("json", false, "a JSON line for each page instead of a table")
	slack := flag.Float64("slack", 1, "what is allowed, times this: for machines that do something else meanwhile")
	flag.Parse()
	if err := run(*records, *path, *rounds, *asJSON, *slack, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

// measured is what one page took.
type measured struct {
	Page    string  `json:"page"`
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	Allowed float64 `json:"allowed_ms"`
	Bytes   int     `json:"bytes"`
	Records int     `json:"records"`
}

func run(records int, path string, rounds int, asJSON bool, slack float64, out io.Writer) (err error) {
	if path == "" {
		dir, err := os.MkdirTemp("", "toolbar-pages-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		path = filepath.Join(dir, "pages.db")
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		start := time.Now()
		if err := fill(path, records); err != nil {
			return fmt.Errorf("make the store: %w", err)
		}
		fmt.Fprintf(os.Stderr, "%d records made in %.1f s\n", records, time.Since(start).Seconds())
	}
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	st, err := store.Open(ctx, db, store.Options{MaxBytes: 64 << 30, MaxAge: 1000 * 24 * time.Hour})
	if err != nil {
		return err
	}
	defer st.Close()
	list, err := measure(ctx, st, rounds)
	if err != nil {
		return err
	}
	return print(out, list, asJSON, slack)
}

// allowed is how long pages and named filters may take, at the 95th percentile, and
// allowedSearch any other filter or order.
const (
	allowed       = 50 * time.Millisecond
	allowedSearch = 200 * time.Millisecond
	allowedReport = time.Second
)

func measure(ctx context.Context, st *store.Store, rounds int) ([]measured, error) {
	dashboard, err := web.New(web.Config{Store: st, App: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	newest, err := st.Records(ctx, query.Records{Limit: 1})
	if err != nil || len(newest.Records) == 0 {
		return nil, fmt.Errorf("the store has no records: %w", err)
	}
	last := newest.Records[0]
	total := int(newest.Total)
	var list []measured
	for _, p := range pages(last.ID.String()) {
		m, err := timePage(dashboard, p.path, rounds)
		if err != nil {
			return nil, err
		}
		m.Allowed, m.Records = p.allowed.Seconds()*1000, total
		list = append(list, m)
	}
	m, err := timeReport(ctx, st, rounds)
	m.Records = total
	return append(list, m), err
}

type target struct {
	path    string
	allowed time.Duration
}

// pages are all pages, the named filters, and searches that nothing prepares.
func pages(id string) []target {
	var list []target
	for _, p := range []string{
		"", "requests", "requests/" + id, "handlers", "handlers/one?kind=request&name=GET+%2Fbench%2F3%2F%7Bid%7D", "signals", "middleware", "queries", "commands",
		"exceptions", "slow", "health", "compare", "api/v1/requests", "api/v1/handlers",
		"requests?sort=duration", "requests?kind=command", "requests?q=is%3Aslow", "requests?q=is%3Afailed", "requests?q=status%3A5xx", "requests?q=sql%3E20", "requests?q=is%3Apinned",
	} {
		list = append(list, target{p, allowed})
	}
	for _, p := range []string{
		"requests?q=path%3A%2F77777", "requests?q=user%3Anobody", "requests?q=logs%3E90", "requests?q=status%3A418+dur%3E1ms&sort=duration", "requests?q=error%3Anever",
		"requests?q=route%3A%2Fbench%2F7%2F*+-user%3Auser1",
	} {
		list = append(list, target{p, allowedSearch})
	}
	return list
}

func timePage(h http.Handler, path string, rounds int) (measured, error) {
	m := measured{Page: "/" + path}
	times := make([]time.Duration, 0, rounds)
	for range rounds {
		r := httptest.NewRequest(http.MethodGet, "http://127.0.0.1/_toolbar/"+path, nil)
		r.RemoteAddr = "127.0.0.1:1"
		w := httptest.NewRecorder()
		start := time.Now()
		h.ServeHTTP(w, r)
		times = append(times, time.Since(start))
		if w.Code != http.StatusOK {
			return m, fmt.Errorf("%s: status %d", m.Page, w.Code)
		}
		m.Bytes = w.Body.Len()
	}
	m.take(times)
	return m, nil
}

func timeReport(ctx context.Context, st *store.Store, rounds int) (measured, error) {
	m := measured{Page: "toolbar report", Allowed: allowedReport.Seconds() * 1000}
	var times []time.Duration
	for range rounds {
		start := time.Now()
		r, err := report.Build(ctx, st, report.Options{})
		if err != nil {
			return m, err
		}
		if err := r.Text(io.Discard, report.TextOptions{Width: 200}); err != nil {
			return m, err
		}
		times = append(times, time.Since(start))
	}
	m.take(times)
	return m, nil
}

func (m *measured) take(times []time.Duration) {
	slices.Sort(times)
	at := func(q float64) float64 {
		return float64(times[min(int(q*float64(len(times))), len(times)-1)].Microseconds()) / 1000
	}
	m.P50, m.P95 = at(.5), at(.95)
}

func print(out io.Writer, list []measured, asJSON bool, slack float64) error {
	var late []string
	if !asJSON {
		fmt.Fprintf(out, "%-62s %9s %9s %9s %9s\n", fmt.Sprintf("page, with %d records", list[0].Records), "p50 ms", "p95 ms", "allowed", "bytes")
	}
	for _, m := range list {
		mark := ""
		if m.P95 > m.Allowed*slack {
			mark = " !"
			late = append(late, m.Page)
		}
		if asJSON {
			b, err := json.Marshal(m)
			if err != nil {
				return err
			}
			fmt.Fprintln(out, string(b))
			continue
		}
		fmt.Fprintf(out, "%-62s %9.1f %9.1f %9.0f %9d%s\n", m.Page, m.P50, m.P95, m.Allowed, m.Bytes, mark)
	}
	if len(late) > 0 {
		return fmt.Errorf("%d of %d took longer than allowed: %q", len(late), len(list), late)
	}
	return nil
}
