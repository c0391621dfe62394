package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// maxIndent keeps deep trees on the screen: levels below it are drawn at its depth.
const maxIndent = 24

// tree writes the spans: when each began, how long it took, how much of that was its
// own, and what it was, below what called it.
func (v *recordView) tree() {
	fmt.Fprintf(v.w, "%9s %9s %9s\n", "after", "time", "own")
	if len(v.rec.Spans) > 0 {
		v.branch(0, 0)
	}
}

// branch writes a span and what is below it.
func (v *recordView) branch(i, depth int) {
	v.span(i, depth, 1, v.rec.Spans[i].Duration)
	for at := 0; at < len(v.children[i]); {
		child := v.children[i][at]
		same, total := v.repeats(v.children[i][at:])
		at += same
		if same > 1 {
			v.span(child, depth+1, same, total)
			continue
		}
		v.branch(child, depth+1)
	}
}

// repeats is how many spans from the first on are calls of the same handler without
// anything below or wrong: they are drawn as one line.
func (v *recordView) repeats(siblings []int) (n int, total time.Duration) {
	first := v.rec.Spans[siblings[0]]
	for _, i := range siblings {
		s := v.rec.Spans[i]
		plain := len(v.children[i]) == 0 && s.Flags&^instrument.FlagInferred == 0
		if n > 0 && (!plain || s.Handler != first.Handler || detail(s) != detail(first)) {
			break
		}
		n++
		total += s.Duration
		if !plain {
			break
		}
	}
	return n, total
}

// span writes one line: of one span, or of several that are alike.
func (v *recordView) span(i, depth, times int, total time.Duration) {
	s := v.rec.Spans[i]
	own := s.Self
	if times > 1 {
		own = total // they have nothing below
	}
	line := fmt.Sprintf("%9s %9s %9s  ", report.FormatDuration(s.Start), report.FormatDuration(total), report.FormatDuration(own))
	line += strings.Repeat("  ", min(depth, maxIndent))
	if times > 1 {
		line += fmt.Sprintf("%d times ", times)
	}
	line += term.Line(s.Handler.Kind.String()+" "+s.Handler.Name) + detail(s)
	mark := remark(s)
	line = term.Fit(line, max(v.width-term.Width(mark), 0))
	if v.color && mark != "" {
		mark = "\x1b[31m" + mark + "\x1b[0m"
	}
	fmt.Fprintln(v.w, line+mark)
	if s.Error != "" {
		indent := strings.Repeat(" ", min(31+2*min(depth, maxIndent), v.width/2))
		fmt.Fprintln(v.w, term.Fit(indent+term.Line(s.Error), v.width))
	}
}

// remark says what was wrong with a span; "" when nothing was.
func remark(s instrument.RecordSpan) string {
	const notable = instrument.FlagError | instrument.FlagPanic | instrument.FlagSlow | instrument.FlagInferred | instrument.FlagUnfinished | instrument.FlagSkipped
	f := s.Flags & notable
	if f.Has(instrument.FlagPanic) {
		f &^= instrument.FlagError
	}
	if f == 0 {
		return ""
	}
	return "  [" + f.String() + "]"
}

// detail is the line that stands beside a span's name, cleaned.
func detail(s instrument.RecordSpan) string {
	for _, a := range s.Attrs {
		if a.Key == instrument.KeyDetail.Name() || a.Key == instrument.KeySkipped.Name() || a.Key == instrument.KeyLogMessage.Name() {
			return "  " + term.Line(fmt.Sprint(a.Value))
		}
	}
	return ""
}
