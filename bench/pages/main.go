// Pages measures how long the dashboard's pages and the report take over a store with
// very many Records: case "pages" of the design.
//
//	go run ./bench/pages                     # a million Records, made anew
//	go run ./bench/pages -records 100000 -json
//	go run ./bench/pages -db big.db          # keeps the store, or takes the one that is there
//	go run ./bench/pages -db big.db -page '^/slow$' -cpuprofile slow.cpu
//
// It prints how long each took the very first time, when nothing is kept yet of what it
// reads, the median, the 95th percentile and the processor time, and fails when a 95th
// percentile is longer than is allowed.
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
	"regexp"
	"runtime"
	"runtime/pprof"
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
	rounds := flag.Int("rounds", 100, "how often each page is asked for")
	asJSON := flag.Bool("json", false, "a JSON line for each page instead of a table")
	only := flag.String("page", "", "measures only pages whose path matches this regular expression")
	cpu := flag.String("cpuprofile", "", "writes a profile of what takes processor time to this file")
	mem := flag.String("memprofile", "", "writes a profile of what allocates to this file")
	slack := flag.Float64("slack", 1, "what is allowed, times this: for machines that do something else meanwhile")
	flag.Parse()
	match, err := regexp.Compile(*only)
	if err == nil {
		err = run(options{*records, *path, *rounds, match, *cpu, *mem, *asJSON, *slack}, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "pages:", err)
		os.Exit(1)
	}
}

// measured is what one page took.
type measured struct {
	Page    string  `json:"page"`
	First   float64 `json:"first_ms"` // of the very first time: nothing is kept then
	P50     float64 `json:"p50_ms"`
	P95     float64 `json:"p95_ms"`
	CPU     float64 `json:"cpu_ms"` // processor time of one, on average
	Allowed float64 `json:"allowed_ms"`
	Bytes   int     `json:"bytes"`
	Records int     `json:"records"`
}

type options struct {
	records  int
	path     string
	rounds   int
	only     *regexp.Regexp
	cpu, mem string
	asJSON   bool
	slack    float64
}

func run(o options, out io.Writer) (err error) {
	path, records := o.path, o.records
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
	st, err := store.Open(ctx, db, store.Options{Service: "beside", MaxBytes: 64 << 30, MaxAge: 1000 * 24 * time.Hour, QueryTimeout: time.Minute})
	if err != nil {
		return err
	}
	defer st.Close()
	var list []measured
	err = profiled(o, func() (err error) {
		list, err = measure(ctx, st, o)
		return err
	})
	if err != nil {
		return err
	}
	return print(out, list, o.asJSON, o.slack)
}

// profiled runs fn, and writes the profiles that are asked for.
func profiled(o options, fn func() error) (err error) {
	if o.mem != "" {
		runtime.MemProfileRate = 4096
	}
	if o.cpu != "" {
		file, err := os.Create(o.cpu)
		if err != nil {
			return err
		}
		defer file.Close()
		if err := pprof.StartCPUProfile(file); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if err := fn(); err != nil || o.mem == "" {
		return err
	}
	file, err := os.Create(o.mem)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(file, 0), file.Close())
}

// allowed is how long pages and named filters may take, at the 95th percentile, and
// allowedSearch any other filter or order.
const (
	allowed       = 50 * time.Millisecond
	allowedSearch = 200 * time.Millisecond
	allowedReport = time.Second
)

// maxAge is how old a store may be that is there already.
const maxAge = 15 * time.Minute

func measure(ctx context.Context, st *store.Store, o options) ([]measured, error) {
	dashboard, err := web.New(web.Config{Store: st, App: "bench", Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, err
	}
	newest, err := st.Records(ctx, query.Records{Limit: 1})
	if err != nil || len(newest.Records) == 0 {
		return nil, fmt.Errorf("the store has no records: %w", err)
	}
	last := newest.Records[0]
	if age := time.Since(last.ID.Time()); age > maxAge {
		return nil, fmt.Errorf("the store ends %v ago, and pages show the last hour, of which little is left in it: delete it", age.Round(time.Minute))
	}
	total := int(newest.Total)
	var list []measured
	for _, p := range pages(last.ID.String()) {
		if !o.only.MatchString("/" + p.path) {
			continue
		}
		rounds := o.rounds
		if p.allowed > allowed {
			rounds = min(rounds, searchRounds)
		}
		m, err := timePage(dashboard, p.path, rounds)
		if err != nil {
			return nil, err
		}
		m.Allowed, m.Records = p.allowed.Seconds()*1000, total
		list = append(list, m)
	}
	if !o.only.MatchString(reportRow) {
		return list, nil
	}
	m, err := timeReport(ctx, st, min(o.rounds, reportRounds))
	m.Records = total
	return append(list, m), err
}

type target struct {
	path    string
	allowed time.Duration
}

// pages are all pages, the named filters, and searches that nothing prepares. The service bench has brought all that
// there is, the service beside nothing.
func pages(id string) []target {
	var list []target
	for _, p := range []string{
		"", "requests", "requests/" + id, "handlers", "handlers/one?kind=request&name=GET+%2Fbench%2F3%2F%7Bid%7D", "signals", "middleware", "queries", "commands",
		"handlers/one?kind=receiver&name=receiver-3", "exceptions", "alerts", "tasks", "slow", "health", "compare", "compare?what=builds", "routes", "requests/" + id + "/sql", "api/v1/requests", "api/v1/handlers",
		"requests?sort=duration", "requests?kind=command", "requests?q=is%3Aslow", "requests?q=is%3Afailed", "requests?q=status%3A5xx", "requests?q=sql%3E20", "requests?q=is%3Apinned",
		"?service=bench", "handlers?service=bench", "requests?service=bench", "requests?service=bench&sort=duration", "commands?service=bench", "signals?service=bench", "?process=1",
		"?range=15m", "?range=24h", "?range=7d", "handlers?range=7d", "signals?range=7d", "middleware?range=7d", "queries?range=7d", "slow?range=7d", "alerts?range=7d",
		"handlers/one?kind=request&name=GET+%2Fbench%2F3%2F%7Bid%7D&range=7d",
		"handlers?service=beside", "middleware?service=beside", "alerts?service=beside",
	} {
		list = append(list, target{p, allowed})
	}
	for _, p := range []string{
		"requests?q=path%3A%2F77777", "requests?q=user%3Anobody", "requests?q=logs%3E90", "requests?q=status%3A418+dur%3E1ms&sort=duration", "requests?q=error%3Anever",
		"requests?q=text%3A%22never+said%22", "requests?q=text%3A%22never+said%22+status%3A418+logs%3E0", "requests?q=-text%3Abench",
		"requests?q=route%3A%2Fbench%2F7%2F*+-user%3Auser1",
		"requests?sort=code", "requests?sort=user&dir=asc", "requests?sort=name&dir=asc", "requests?sort=sqltime", "requests?sort=signals&q=user%3Auser7", "requests?col=size&sort=size", "requests?service=beside",
	} {
		list = append(list, target{p, allowedSearch})
	}
	return list
}

func timePage(h http.Handler, path string, rounds int) (measured, error) {
	m := measured{Page: "/" + path}
	times := make([]time.Duration, 0, rounds)
	begun := cpuTime()
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
	m.take(times, cpuTime()-begun)
	return m, nil
}

// reportRow is the name of the report's row.
const reportRow = "toolbar report"

// How often what takes long is asked for at most.
const (
	searchRounds = 40
	reportRounds = 20
)

func timeReport(ctx context.Context, st *store.Store, rounds int) (measured, error) {
	m := measured{Page: reportRow, Allowed: allowedReport.Seconds() * 1000}
	var times []time.Duration
	begun := cpuTime()
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
	m.take(times, cpuTime()-begun)
	return m, nil
}

func (m *measured) take(times []time.Duration, cpu time.Duration) {
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	m.First, m.CPU = ms(times[0]), ms(cpu/time.Duration(len(times)))
	slices.Sort(times)
	at := func(q float64) float64 {
		return ms(times[min(int(q*float64(len(times))), len(times)-1)])
	}
	m.P50, m.P95 = at(.5), at(.95)
}

func print(out io.Writer, list []measured, asJSON bool, slack float64) error {
	var late []string
	if len(list) == 0 {
		return errors.New("no page matches")
	}
	if !asJSON {
		fmt.Fprintf(out, "%-62s %9s %9s %9s %9s %9s %9s\n", fmt.Sprintf("page, with %d records", list[0].Records), "first ms", "p50 ms", "p95 ms", "allowed", "cpu ms", "bytes")
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
		fmt.Fprintf(out, "%-62s %9.1f %9.1f %9.1f %9.0f %9.1f %9d%s\n", m.Page, m.First, m.P50, m.P95, m.Allowed, m.CPU, m.Bytes, mark)
	}
	if len(late) > 0 {
		return fmt.Errorf("%d of %d took longer than allowed: %q", len(late), len(list), late)
	}
	return nil
}
