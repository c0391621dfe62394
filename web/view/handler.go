package view

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// title names a handler at the top of its page.
func (m Handler) title() string {
	if m.Kind == KindQuery {
		return cut(statementLabel(m.Name), 90)
	}
	return cut(m.Name, 90)
}

// verdict says in one sentence how the handler is.
func (m Handler) verdict() string {
	text := ""
	switch {
	case m.Limit > 0 && m.SlowCalls > 0:
		text = fmt.Sprintf("%s of %s took longer than %s.", Count(m.SlowCalls), plural(m.Calls, "call"), wholeDur(m.Limit))
	case m.Limit > 0:
		text = fmt.Sprintf("None of %s took longer than %s.", plural(m.Calls, "call"), wholeDur(m.Limit))
	default:
		text = plural(m.Calls, "call") + " in this time."
	}
	if len(m.Builds) > 1 && m.Builds[0].HasChange && (m.Builds[0].Change > 0.2 || m.Builds[0].Change < -0.2) {
		word := "slower"
		change := m.Builds[0].Change
		if change < 0 {
			word, change = "quicker", -change
		}
		text += fmt.Sprintf(" Its median is %s %s since build %s.", Percent(change), word, m.Builds[0].Name)
	}
	if len(m.Why) > 0 && m.Why[0].Share >= 0.5 {
		text += fmt.Sprintf(" Of the slowest, %s is %s.", Percent(m.Why[0].Share), strings.TrimSpace(m.Why[0].Text+" "+cut(statementLabel(m.Why[0].Code), 60)))
	}
	return text
}

func (m Handler) tiles() []tile {
	dur := func(label string, d time.Duration, note string) tile {
		n, unit := durParts(d)
		return tile{label: label, value: n, unit: unit, note: note}
	}
	before := func(of func(BuildRow) time.Duration) string {
		if len(m.Builds) < 2 {
			return "in this time"
		}
		return "before " + Dur(of(m.Builds[1])) + " in " + m.Builds[1].Name
	}
	all := []tile{
		{label: "Calls", value: Count(m.Calls), note: fmt.Sprintf("%s a minute", digits(float64(m.Calls)/m.Window.Minutes(), 2))},
		{label: "Errors", value: Count(m.Errors), note: plural(m.Panics, "panic"), bad: m.Errors > 0},
		dur("p50", m.P50, before(func(b BuildRow) time.Duration { return b.P50 })),
		dur("p95", m.P95, before(func(b BuildRow) time.Duration { return b.P95 })),
		dur("p99", m.P99, before(func(b BuildRow) time.Duration { return b.P99 })),
		dur("Max", m.Max, "in this time"),
		dur("Own time", m.Self, Percent(Share(m.Self, m.Total))+" of "+strings.ReplaceAll(Dur(m.Total), " ", "\u00a0")),
	}
	if m.Apdex >= 0 && m.Limit > 0 {
		all = append(all, tile{label: "Apdex", value: apdex(m.Apdex), note: "content up to " + Dur(m.Limit/4), bad: m.Apdex < 0.7})
	}
	return all
}

// apdex is a score as it is usually written.
func apdex(score float64) string { return strconv.FormatFloat(score, 'f', 2, 64) }

// plotData is a time series as the script draws it: seconds, then a list for each line.
type plotData struct {
	X     []int64      `json:"x"`
	Lines []plotLine   `json:"lines"`
	Y     [][]*float64 `json:"y"` // null where nothing was measured
	Unit  string       `json:"unit"`
}

type plotLine struct {
	Label string `json:"label"`
	Class string `json:"class"` // of the element whose colour it has
}

// plot is the percentiles over time; "" when there are too few points.
func (m Handler) plot() string {
	if len(m.Points) < 2 {
		return ""
	}
	d := plotData{Unit: "ms", Lines: []plotLine{{"p50", "plot-a"}, {"p95", "plot-b"}, {"p99", "plot-c"}}, Y: make([][]*float64, 3)}
	for _, p := range m.Points {
		d.X = append(d.X, p.Start.Unix())
		for i, v := range []time.Duration{p.P50, p.P95, p.P99} {
			if p.Calls == 0 {
				d.Y[i] = append(d.Y[i], nil)
				continue
			}
			ms, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v)/1e6, 'g', 4, 64), 64)
			d.Y[i] = append(d.Y[i], &ms)
		}
	}
	return d.text()
}

// text is what the script reads.
func (d plotData) text() string {
	text, err := json.Marshal(d)
	if err != nil {
		return ""
	}
	return string(text)
}

// called tells whether something that is recorded may call the handler: Records begin
// with a request, a command or a task.
func (m Handler) called() bool {
	return len(m.Callers) > 0 || m.Kind != KindRequest && m.Kind != KindCommand && m.Kind != KindTask
}

// spentOn says in one line what the time of the slowest samples went into.
func (m Handler) spentOn() string {
	parts := make([]string, len(m.SpentOn))
	for i, c := range m.SpentOn {
		parts[i] = Percent(c.Share) + " " + c.Text
	}
	return "Spent on: " + strings.Join(parts, ", ") + "."
}

// busy are the points in which the handler was called.
func (m Handler) busy() (out []Point) {
	for _, p := range m.Points {
		if p.Calls > 0 {
			out = append(out, p)
		}
	}
	return out
}

// callerShare is a caller's part of the calls in the samples.
func (m Handler) callerShare(c Caller) float64 {
	var all int64
	for _, o := range m.Callers {
		all += o.Calls
	}
	return shareOf(c.Calls, all)
}

// changeText writes a change with its sign.
func (b BuildRow) changeText() string {
	if !b.HasChange {
		return ""
	}
	if b.Change < 0 {
		return "−" + Percent(-b.Change)
	}
	return "+" + Percent(b.Change)
}
