package report_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

func mustBuild(t *testing.T, src report.Source, o report.Options) *report.Report {
	t.Helper()
	r, err := report.Build(t.Context(), src, o)
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	return r
}

func names(r *report.Report) []string {
	var all []string
	for _, row := range r.Rows {
		all = append(all, row.Name)
	}
	return all
}

func TestBuild_NamesTheSlowReceiverBeforeWhatContainsIt(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, shop(), hour())
	if got := r.Rows[0].Name; got != sendMail.Name {
		t.Errorf("first row is %q, want %q", got, sendMail.Name)
	}
	if v := r.Verdict(); !strings.Contains(v, "receiver send-confirmation (notify/mail.go:41)") {
		t.Errorf("the verdict does not name it: %q", v)
	}
}

func TestBuild_LeavesLogLinesOutUnlessAskedFor(t *testing.T) {
	t.Parallel()
	if got := names(mustBuild(t, shop(), report.Options{})); slices.Contains(got, logLine.Name) {
		t.Errorf("rows %q list a log line", got)
	}
	r := mustBuild(t, shop(), report.Options{Kinds: []instrument.Kind{instrument.KindLog}})
	if got := names(r); !slices.Equal(got, []string{logLine.Name}) {
		t.Errorf("rows = %q, want the log line alone", got)
	}
}

func TestBuild_SharesAreOfAllOwnTime(t *testing.T) {
	t.Parallel()
	all := mustBuild(t, shop(), report.Options{Limit: -1})
	sum := 0.0
	for _, row := range all.Rows {
		sum += row.Share
	}
	if math.Abs(sum-1) > 1e-9 {
		t.Errorf("shares add up to %v", sum)
	}
	one := mustBuild(t, shop(), report.Options{Kinds: []instrument.Kind{instrument.KindCall}})
	i := slices.IndexFunc(all.Rows, func(r report.Row) bool { return r.Name == charge.Name })
	if one.Rows[0].Share != all.Rows[i].Share || one.Recorded != all.Recorded {
		t.Errorf("a filter changed the share: %v of %v, was %v of %v",
			one.Rows[0].Share, one.Recorded, all.Rows[i].Share, all.Recorded)
	}
}

func TestBuild_SortsByEachOrder(t *testing.T) {
	t.Parallel()
	for by, want := range map[report.Sort]string{
		report.SortSelf:   sendMail.Name,
		report.SortTotal:  postOrders.Name,
		report.SortAvg:    postOrders.Name,
		report.SortP95:    postOrders.Name,
		report.SortP99:    postOrders.Name,
		report.SortMax:    postOrders.Name,
		report.SortCount:  products.Name,
		report.SortErrors: stats.Name,
		report.SortSlow:   sendMail.Name,
	} {
		t.Run(string(by), func(t *testing.T) {
			t.Parallel()
			r := mustBuild(t, shop(), report.Options{Sort: by})
			if got := r.Rows[0].Name; got != want {
				t.Errorf("first is %q, want %q", got, want)
			}
			if !strings.Contains(strings.ReplaceAll(r.Verdict(), "\n", " "), strings.ReplaceAll(want, "\n", " ")) {
				t.Errorf("the verdict does not name it: %q", r.Verdict())
			}
		})
	}
	if len(report.Sorts()) != 9 {
		t.Errorf("Sorts() = %v: an order is not tested", report.Sorts())
	}
}

func TestBuild_LimitsAndSaysHowManyThereAre(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, shop(), report.Options{Limit: 2})
	if len(r.Rows) != 2 || r.Matched != 7 || r.Handlers != 8 {
		t.Errorf("%d rows, %d matched, %d handlers; want 2, 7, 8", len(r.Rows), r.Matched, r.Handlers)
	}
	many := &source{}
	for i := range 30 {
		many.add(handler(instrument.KindView, strings.Repeat("v", i+1), "", 0), 1, time.Second)
	}
	if n := len(mustBuild(t, many, report.Options{}).Rows); n != 20 {
		t.Errorf("%d rows by default, want 20", n)
	}
	if n := len(mustBuild(t, many, report.Options{Limit: -5}).Rows); n != 30 {
		t.Errorf("%d rows without a limit, want 30", n)
	}
}

func TestBuild_FiltersByHandlerPattern(t *testing.T) {
	t.Parallel()
	src := &source{}
	for _, name := range []string{"GET /orders", "GET /orders/{id}", "POST /orders", "GET /"} {
		src.add(handler(instrument.KindRequest, name, "", 0), 1, time.Second)
	}
	for pattern, want := range map[string]int{
		"":               4,
		"orders":         3,
		"ORDERS":         3,
		"get /":          3,
		"get *":          3,
		"*orders":        2,
		"GET /orders*":   2,
		"*/orders/*":     1,
		"GET*orders*id*": 1,
		"*":              4,
		"GET /*/":        0,
		"nothing":        0,
		"/orders*":       0,
	} {
		if got := len(mustBuild(t, src, report.Options{Handler: pattern}).Rows); got != want {
			t.Errorf("pattern %q lists %d, want %d", pattern, got, want)
		}
	}
}

func TestBuild_WidensTheWindowToWholeMinutes(t *testing.T) {
	t.Parallel()
	src := shop()
	at := time.Date(2026, 11, 20, 13, 32, 0, 0, time.UTC)
	r := mustBuild(t, src, report.Options{Since: at.Add(59 * time.Second), Until: at.Add(61 * time.Second)})
	if !src.since.Equal(at) || !src.until.Equal(at.Add(2*time.Minute)) {
		t.Errorf("asked for %v to %v", src.since, src.until)
	}
	if !r.Options.Since.Equal(src.since) || !r.Options.Until.Equal(src.until) {
		t.Errorf("the report says %v to %v", r.Options.Since, r.Options.Until)
	}
	r = mustBuild(t, src, report.Options{})
	if !src.since.IsZero() || !src.until.IsZero() || !r.Options.Since.IsZero() {
		t.Errorf("an open window became %v to %v", src.since, src.until)
	}
}

func TestBuild_RefusesOptionsThatMakeNoSense(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for name, o := range map[string]report.Options{
		"unknown order":   {Sort: "speed"},
		"negative limit":  {Slow: -time.Second},
		"window backward": {Since: now, Until: now.Add(-time.Hour)},
	} {
		if _, err := report.Build(t.Context(), shop(), o); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestParseSort_ListsWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, by := range report.Sorts() {
		if got, err := report.ParseSort(string(by)); got != by || err != nil {
			t.Errorf("ParseSort(%q) = %q, %v", by, got, err)
		}
	}
	if _, err := report.ParseSort("speed"); err == nil || !strings.Contains(err.Error(), "self, total, avg, p95") {
		t.Errorf("err = %v, want one that lists the orders", err)
	}
}

func TestFormatDuration_WritesThreeDigitsAndAUnit(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		0:                          "0",
		1:                          "1 ns",
		999:                        "999 ns",
		time.Microsecond:           "1.00 µs",
		999_499:                    "999 µs",
		999_500:                    "1.00 ms",
		9_994_999:                  "9.99 ms",
		9_995_000:                  "10.0 ms",
		388 * time.Millisecond:     "388 ms",
		999_500 * time.Microsecond: "1.00 s",
		999 * time.Second:          "999 s",
		1000 * time.Second:         "16.7 min",
		9 * time.Hour:              "540 min",
		36 * time.Hour:             "36.0 h",
		5000 * time.Hour:           "5,000 h",
		-5:                         "-5 ns",
	} {
		if got := report.FormatDuration(d); got != want {
			t.Errorf("FormatDuration(%d) = %q, want %q", d, got, want)
		}
	}
}

func TestBuild_ReportsWhyTheSourceFailed(t *testing.T) {
	t.Parallel()
	broken := errors.New("disk I/O error")
	_, err := report.Build(t.Context(), &source{err: broken}, report.Options{})
	if !errors.Is(err, broken) {
		t.Errorf("err = %v, want one that wraps %v", err, broken)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err = report.Build(ctx, shop(), report.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("err = %v after cancel", err)
	}
}

func TestBuild_StatisticsAgreeWithTheRawData(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 2))
	for name, draw := range map[string]func() float64{ // seconds
		"log-normal": func() float64 { return math.Exp(rng.NormFloat64() - 4) },
		"uniform":    func() float64 { return 0.001 + rng.Float64() },
		"two humps":  func() float64 { return 0.002*(1+rng.Float64()) + 3*float64(rng.IntN(12)/11) },
		"one value":  func() float64 { return 0.1234567 },
		"very small": func() float64 { return 1e-6 * (1 + rng.Float64()) },
	} {
		raw := make([]time.Duration, 20_001)
		sum := time.Duration(0)
		for i := range raw {
			raw[i] = time.Duration(draw() * 1e9)
			sum += raw[i]
		}
		src := &source{}
		src.add(checkout, .5, raw...)
		slices.Sort(raw)
		limit := raw[len(raw)*9/10]
		row := mustBuild(t, src, report.Options{Slow: limit}).Rows[0]
		if row.Count != uint64(len(raw)) || row.Total != sum || row.Avg != sum/time.Duration(len(raw)) || row.Max != raw[len(raw)-1] {
			t.Errorf("%s: count, sum, average or maximum is not exact: %+v", name, row)
		}
		for q, got := range map[float64]time.Duration{.5: row.P50, .95: row.P95, .99: row.P99} {
			exact := raw[int(math.Ceil(q*float64(len(raw))))-1]
			if off := math.Abs(float64(got-exact)) / float64(exact); off > 0.02 {
				t.Errorf("%s: p%v is %v, exactly %v: off by %.2f %%", name, q*100, got, exact, off*100)
			}
		}
		requireSlowCount(t, name, raw, limit, row)
	}
}

// requireSlowCount holds the count of slow calls between the exact counts for
// limits one bucket, 2.2 %, lower and higher.
func requireSlowCount(t *testing.T, name string, raw []time.Duration, limit time.Duration, row report.Row) {
	t.Helper()
	above := func(limit float64) (n uint64) {
		for _, d := range raw {
			if float64(d) > limit {
				n++
			}
		}
		return n
	}
	low, high := above(float64(limit)*1.022), above(float64(limit)/1.022)
	if row.Slow < low || row.Slow > high {
		t.Errorf("%s: %d slow, want %d to %d", name, row.Slow, low, high)
	}
	if exact := above(float64(limit)); !row.SlowAbout && row.Slow != exact {
		t.Errorf("%s: %d slow is not marked, exactly %d", name, row.Slow, exact)
	}
}

func TestBuild_CountsSlowCallsExactlyForTheConfiguredLimit(t *testing.T) {
	t.Parallel()
	row := mustBuild(t, shop(), report.Options{}).Rows[0]
	if row.Slow != 318 || row.SlowAbout {
		t.Errorf("slow = %d, about %v; want what was counted", row.Slow, row.SlowAbout)
	}
}

func TestBuild_MarksASlowCountThatIsReadFromTheHistogram(t *testing.T) {
	t.Parallel()
	src := &source{}
	src.add(checkout, 1, 99*time.Millisecond, 100*time.Millisecond, 101*time.Millisecond, time.Second)
	for limit, want := range map[time.Duration]struct {
		slow  uint64
		about bool
	}{
		50 * time.Millisecond:                   {4, false}, // no call near it
		500 * time.Millisecond:                  {1, false},
		time.Second:                             {0, false}, // the slowest: a call of exactly the limit is not slow
		time.Minute:                             {0, false},
		time.Duration(float64(time.Second) / 8): {1, false}, // a bucket's bound
	} {
		row := mustBuild(t, src, report.Options{Slow: limit}).Rows[0]
		if row.Slow != want.slow || row.SlowAbout != want.about {
			t.Errorf("limit %v: %d, about %v; want %+v", limit, row.Slow, row.SlowAbout, want)
		}
	}
	if row := mustBuild(t, src, report.Options{Slow: 100 * time.Millisecond}).Rows[0]; !row.SlowAbout {
		t.Errorf("a limit among the calls is not marked: %+v", row)
	}
}

func TestBuild_NoPercentileIsAboveTheSlowestCall(t *testing.T) {
	t.Parallel()
	src := &source{}
	src.add(checkout, 1, 123456789)
	row := mustBuild(t, src, report.Options{}).Rows[0]
	if row.P50 > row.Max || row.P99 > row.Max {
		t.Errorf("p50 %v, p99 %v, max %v", row.P50, row.P99, row.Max)
	}
}
