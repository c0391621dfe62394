package report

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// Sentence says what has changed, without the handler's name.
func (r *Compared) Sentence() string {
	switch r.Change {
	case ChangeNew:
		return fmt.Sprintf("It is new: %s, p95 %s.", plural(r.B.Count, "call", "calls"), FormatDuration(r.B.P95))
	case ChangeGone:
		return fmt.Sprintf("It has no calls any more; it had %s.", group(r.A.Count))
	case ChangeTooFew:
		return fmt.Sprintf("There are too few calls to tell: %s and %s.", group(r.A.Count), group(r.B.Count))
	case ChangeFailing, ChangeRepaired:
		return fmt.Sprintf("%s of its calls failed; before, %s did.", rate(r.B.ErrorRate()), rate(r.A.ErrorRate()))
	case ChangeNone:
		return fmt.Sprintf("It is as it was: p95 %s, before %s.", FormatDuration(r.B.P95), FormatDuration(r.A.P95))
	}
	what, ratio, from, to := "median", r.Median, r.A.P50, r.B.P50
	if math.Abs(math.Log(r.P95.Value)) > math.Abs(math.Log(r.Median.Value)) {
		what, ratio, from, to = "p95", r.P95, r.A.P95, r.B.P95
	}
	return fmt.Sprintf("It became %s: %s %s instead of %s (%s; between %s and %s).", r.Change, what,
		FormatDuration(to), FormatDuration(from), signed(ratio.Value), signed(ratio.Low), signed(ratio.High))
}

// signed writes a factor as a change: "+12 %".
func signed(factor float64) string {
	if factor == 0 {
		return ""
	}
	p := (factor - 1) * 100
	switch {
	case p >= 9.5 || p <= -9.5:
		return fmt.Sprintf("%+.0f %%", p)
	case math.Abs(p) < 0.05:
		return "0 %"
	}
	return fmt.Sprintf("%+.1f %%", p)
}

// rate writes a share of calls with a digit more than percent.
func rate(share float64) string {
	if share == 0 {
		return "none"
	}
	return strconv.FormatFloat(share*100, 'g', 2, 64) + " %"
}

// Verdict is the comparison in a sentence.
func (c *Comparison) Verdict() string {
	if len(c.Rows) == 0 {
		return "Neither side has calls of a handler that is asked for."
	}
	var parts []string
	for _, change := range changes {
		if n := c.Count(change); n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", group(uint64(n)), change))
		}
	}
	s := fmt.Sprintf("%s: %s.", plural(uint64(len(c.Rows)), "handler", "handlers"), strings.Join(parts, ", "))
	if n := len(c.Loops); n > 0 {
		s += fmt.Sprintf(" %s new N+1.", group(uint64(n)))
	}
	return s
}

// compareColumns are the figures of a table for people.
var compareColumns = []struct {
	title string
	cell  func(r *Compared) string
}{
	{"change", func(r *Compared) string { return string(r.Change) }},
	{"calls A", func(r *Compared) string { return group(r.A.Count) }},
	{"B", func(r *Compared) string { return group(r.B.Count) }},
	{"p50 A", func(r *Compared) string { return durationOrNone(r.A.Count, r.A.P50) }},
	{"B", func(r *Compared) string { return durationOrNone(r.B.Count, r.B.P50) }},
	{"±", func(r *Compared) string { return signed(r.Median.Value) }},
	{"p95 A", func(r *Compared) string { return durationOrNone(r.A.Count, r.A.P95) }},
	{"B", func(r *Compared) string { return durationOrNone(r.B.Count, r.B.P95) }},
	{"±", func(r *Compared) string { return signed(r.P95.Value) }},
	{"failed A", func(r *Compared) string { return rate(r.A.ErrorRate()) }},
	{"B", func(r *Compared) string { return rate(r.B.ErrorRate()) }},
}

func durationOrNone(calls uint64, d time.Duration) string {
	if calls == 0 {
		return ""
	}
	return FormatDuration(d)
}

// Text writes the comparison for a terminal: for each handler a line with its name and
// one with what has changed. Handlers that are as they were are counted only.
func (c *Comparison) Text(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := textWriter{w: bufio.NewWriter(w), width: max(o.Width, minWidth), color: o.Color}
	t.wrap("", c.Verdict())
	for i := range c.Rows {
		r := &c.Rows[i]
		if r.Change == ChangeNone {
			continue
		}
		t.line("")
		mark := changeMark(r.Change)
		head := fmt.Sprintf("%-6s ", mark.text) + cleanName(r.HandlerInfo)
		t.line(mark.style.paint(term.Fit(head, t.width), t.color))
		t.wrap("       ", r.Sentence())
	}
	for _, f := range c.Loops {
		t.line("")
		t.line(red.paint(term.Fit("N+1    "+cleanName(f.Handler), t.width), t.color))
		t.wrap("       ", term.Line(f.Message))
	}
	if len(c.Rows) > 0 {
		t.line("")
		t.wrap("", fmt.Sprintf("A change counts from %s on, with a confidence of %g %%; %s a side are the least. Percentiles are within 2 %%.",
			signed(1+c.Options.MinChange), c.Options.Confidence*100, plural(c.Options.MinCalls, "call", "calls")))
	}
	return t.w.Flush()
}

type mark struct {
	text  string
	style style
}

// changeMark is how a change is told without and with colour.
func changeMark(c Change) mark {
	switch c {
	case ChangeSlower:
		return mark{"SLOWER", red}
	case ChangeFailing:
		return mark{"FAILS", red}
	case ChangeNew:
		return mark{"new", yellow}
	case ChangeGone:
		return mark{"gone", dim}
	case ChangeFaster:
		return mark{"faster", plain}
	case ChangeRepaired:
		return mark{"better", plain}
	}
	return mark{"", dim}
}

// Markdown writes the comparison for a pull request.
func (c *Comparison) Markdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "## Compared\n\n%s\n", c.Verdict())
	if len(c.Rows) > 0 {
		fmt.Fprint(out, "\n| kind | handler |")
		for _, col := range compareColumns {
			fmt.Fprintf(out, " %s |", col.title)
		}
		fmt.Fprint(out, "\n| --- | --- | --- |", strings.Repeat(" ---: |", len(compareColumns)-1), "\n")
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		fmt.Fprintf(out, "| %s | %s |", kindName(r.Kind), term.Cell(r.Name))
		for _, col := range compareColumns {
			fmt.Fprintf(out, " %s |", col.cell(r))
		}
		fmt.Fprintln(out)
	}
	if len(c.Loops) > 0 {
		fmt.Fprint(out, "\nNew N+1:\n\n")
	}
	for _, f := range c.Loops {
		fmt.Fprintf(out, "- %s: %s\n", mdName(f.Handler), term.Code(f.Message))
	}
	return out.Flush()
}

type (
	jsonComparison struct {
		Version    int            `json:"version"`
		Verdict    string         `json:"verdict"`
		Confidence float64        `json:"confidence"`
		MinChange  float64        `json:"min_change"`
		Rows       []jsonCompared `json:"rows"`
		Loops      []jsonLoop     `json:"new_n_plus_one"`
	}
	jsonLoop struct {
		jsonHandler
		Sentence string `json:"sentence"`
	}
	jsonCompared struct {
		jsonHandler
		Change      Change     `json:"change"`
		Sentence    string     `json:"sentence"`
		A           jsonSide   `json:"a"`
		B           jsonSide   `json:"b"`
		Median      *jsonRatio `json:"median,omitempty"` // B's as a factor of A's
		P95         *jsonRatio `json:"p95,omitempty"`
		Mean        *jsonRatio `json:"mean,omitempty"`
		Chance      float64    `json:"chance"`
		ErrorChance float64    `json:"error_chance"`
	}
	jsonSide struct {
		Count  uint64 `json:"count"`
		Errors uint64 `json:"errors"`
		Mean   int64  `json:"mean_ns"`
		P50    int64  `json:"p50_ns"`
		P95    int64  `json:"p95_ns"`
		Max    int64  `json:"max_ns"`
	}
	jsonRatio struct {
		Value float64 `json:"value"`
		Low   float64 `json:"low"`
		High  float64 `json:"high"`
	}
)

// JSON writes the comparison for programs.
func (c *Comparison) JSON(w io.Writer) error {
	out := jsonComparison{Version: JSONVersion, Verdict: c.Verdict(), Confidence: c.Options.Confidence, MinChange: c.Options.MinChange, Rows: []jsonCompared{}, Loops: []jsonLoop{}}
	for _, f := range c.Loops {
		out.Loops = append(out.Loops, jsonLoop{toJSONHandler(f.Handler), f.Message})
	}
	for i := range c.Rows {
		r := &c.Rows[i]
		out.Rows = append(out.Rows, jsonCompared{
			jsonHandler: toJSONHandler(r.HandlerInfo), Change: r.Change, Sentence: r.Sentence(), A: toJSONSide(r.A), B: toJSONSide(r.B),
			Median: toJSONRatio(r.Median), P95: toJSONRatio(r.P95), Mean: toJSONRatio(r.Mean), Chance: r.Chance, ErrorChance: r.ErrorChance,
		})
	}
	b, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("encode comparison: %w", err)
	}
	_, err = w.Write(append(escapeUnsafe(b), '\n'))
	return err
}

func toJSONSide(s Side) jsonSide {
	return jsonSide{s.Count, s.Errors, int64(s.Mean), int64(s.P50), int64(s.P95), int64(s.Max)}
}

func toJSONRatio(r Ratio) *jsonRatio {
	if r == (Ratio{}) || math.IsInf(r.High, 0) || math.IsNaN(r.Value) {
		return nil
	}
	return &jsonRatio{r.Value, r.Low, r.High}
}

// CSV writes a line for each handler; durations are nanoseconds.
func (c *Comparison) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	_ = out.Write([]string{"kind", "handler", "change", "a_count", "b_count", "a_p50_ns", "b_p50_ns", "a_p95_ns", "b_p95_ns", "a_errors", "b_errors", "p95_factor", "p95_low", "p95_high", "chance"})
	number := func(f float64) string { return strconv.FormatFloat(f, 'g', 6, 64) }
	for i := range c.Rows {
		r := &c.Rows[i]
		_ = out.Write([]string{csvText(r.Kind.String()), csvText(r.Name), string(r.Change), csvCount(r.A.Count), csvCount(r.B.Count),
			csvCount(uint64(r.A.P50)), csvCount(uint64(r.B.P50)), csvCount(uint64(r.A.P95)), csvCount(uint64(r.B.P95)), csvCount(r.A.Errors), csvCount(r.B.Errors),
			number(r.P95.Value), number(r.P95.Low), number(r.P95.High), number(r.Chance)})
	}
	out.Flush()
	return out.Error()
}

// JUnit writes the comparison as results of tests: what became worse has failed.
func (c *Comparison) JUnit(w io.Writer) error {
	cases := make([]Case, len(c.Rows))
	for i := range c.Rows {
		cases[i] = Case{c.Rows[i].HandlerInfo, c.Rows[i].B.P95}
	}
	return WriteJUnit(w, "compared handlers", cases, c.Findings())
}

// Write writes the comparison in a format.
func (c *Comparison) Write(w io.Writer, f Format, o TextOptions) error {
	switch f {
	case FormatText:
		return c.Text(w, o)
	case FormatMarkdown:
		return c.Markdown(w)
	case FormatCSV:
		return c.CSV(w)
	case FormatJSON:
		return c.JSON(w)
	case FormatJUnit:
		return c.JUnit(w)
	case FormatSARIF:
		return WriteSARIF(w, o.Root, c.Findings())
	}
	return fmt.Errorf("a comparison cannot be written as %s: use text, md, csv, json, junit or sarif", f)
}
