package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

//go:embed report.html
var htmlSource string

// htmlPage draws the report. What was captured is escaped by html/template; its style
// stands in the page because the page is one file, and it has no script.
var htmlPage = template.Must(template.New("report").Funcs(template.FuncMap{
	"duration": FormatDuration, "percent": percent, "group": group, "about": about, "clean": term.Line,
	"label": func(h instrument.HandlerInfo) string { return term.Line(h.Label()) },
	"source": func(h instrument.HandlerInfo) string {
		if h.Source.File == "" {
			return ""
		}
		return term.Line(h.Source.String())
	},
	"kind":  func(h instrument.HandlerInfo) string { return kindName(h.Kind) },
	"width": func(share float64) string { return fmt.Sprintf("%.2f", 100*min(max(share, 0), 1)) },
	"part":  func(p Part, calls int) string { return term.Line(partText(p, calls, title)) },
	"cause": func(b Blame) string { return term.Line(b.Sentence()) },
	"foot":  func(w *Why) string { return term.Line(whyFoot(w, title)) },
	"hue":   func(i int) int { return i % 6 },
	"add":   func(a, b int) int { return a + b },
	"bars":  func(r Row) []bar { return bars(&r) }, "trend": func(r Row) []bar { return trendBars(&r) },
	"before": func(w *Why, i int) (share float64) {
		for _, c := range w.Causes[:i] {
			share += c.Share
		}
		return share
	},
}).Parse(htmlSource))

// HTML writes the report as a page of its own, with charts: one file that needs neither
// a server nor a network, for a build's artefacts or a colleague.
func (r *Report) HTML(w io.Writer) error {
	if err := htmlPage.Execute(w, htmlModel{
		Report: r, Window: r.Options.window(), Verdict: term.Line(r.Verdict()), Foot: r.footnote(),
	}); err != nil {
		return fmt.Errorf("draw report: %w", err)
	}
	return nil
}

type htmlModel struct {
	*Report
	Window, Verdict, Foot string
}

// bar is a rectangle in a chart of 100 by 100.
type bar struct {
	X, Y, W, H float64
	Title      string
	Strong     bool
}

// bars draws the distribution of a handler's durations: equal steps of the logarithm
// from the shortest to the longest.
func bars(row *Row) []bar {
	const most = 40
	var counts [most]uint64
	lowest, highest := math.Inf(1), math.Inf(-1)
	for i := range row.Hist.Buckets() {
		lowest, highest = min(lowest, float64(i-1)), max(highest, float64(i))
	}
	if lowest >= highest {
		return nil
	}
	top, n := uint64(0), min(int(highest-lowest), most) // no more bars than there are buckets
	for i, c := range row.Hist.Buckets() {
		at := min(int((float64(i)-.5-lowest)/(highest-lowest)*float64(n)), n-1)
		counts[at] += c
		top = max(top, counts[at])
	}
	bound := func(i int) time.Duration {
		return time.Duration(instrument.BucketUpper(int(math.Round(lowest+(highest-lowest)*float64(i)/float64(n)))) * 1e9)
	}
	var list []bar
	for i, c := range counts[:n] {
		if c == 0 {
			continue
		}
		h := max(100*float64(c)/float64(top), 2)
		list = append(list, bar{
			X: 100 * float64(i) / float64(n), W: 100/float64(n) - .4, Y: 100 - h, H: h, Strong: bound(i) >= row.P95,
			Title: fmt.Sprintf("%s to %s: %s", FormatDuration(bound(i)), FormatDuration(bound(i+1)), plural(c, "call", "calls")),
		})
	}
	return list
}

// trendBars draws the average of each step.
func trendBars(row *Row) []bar {
	top := highest(row.Trend)
	var list []bar
	for i, p := range row.Trend {
		if p.Count == 0 || top == 0 {
			continue
		}
		h := max(100*float64(p.Avg())/float64(top), 2)
		w := 100 / float64(len(row.Trend))
		list = append(list, bar{
			X: w * float64(i), W: w - .6, Y: 100 - h, H: h, Strong: p.Errors > 0,
			Title: fmt.Sprintf("%s: %s, average %s", p.Start.Format("2 Jan 15:04"), plural(p.Count, "call", "calls"), FormatDuration(p.Avg())) + failedText(p.Errors),
		})
	}
	return list
}

func failedText(n uint64) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprintf(", %s failed", strings.TrimSpace(group(n)))
}
