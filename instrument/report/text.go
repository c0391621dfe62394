package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// TextOptions says for what the text is written.
type TextOptions struct {
	// Width is the number of columns; 0 is 80, the least is 40.
	Width int
	// Color marks slow and failed calls with terminal colours. Set it only where a
	// terminal reads.
	Color bool
	// Root is the folder of the repository, to which FormatSARIF names files
	// relative; "" names them as they are. Text does not use it.
	Root string
}

const (
	defaultWidth = 80
	minWidth     = 40
	gap          = "  "
	nameTitle    = "handler"
	sourceTitle  = "source"
)

// Text writes the report as a table for people, at most Width columns wide. A wider
// table has more figures. Nothing that was captured reaches the terminal
// uncleaned.
func (r *Report) Text(w io.Writer, o TextOptions) error {
	if o.Width == 0 {
		o.Width = defaultWidth
	}
	t := textWriter{w: bufio.NewWriter(w), width: max(o.Width, minWidth), color: o.Color}
	t.line(bold.paint(term.Fit("Slow handlers, "+r.Options.window(), t.width), t.color))
	t.line("")
	t.wrap("", term.Line(r.Verdict()))
	if len(r.Rows) > 0 {
		t.line("")
		t.table(r.Rows)
		t.line("")
		t.reasons(r.Rows)
		t.wrap("", r.footnote())
	}
	return t.w.Flush()
}

// textWriter writes lines. Errors are kept by the buffer and come out at its Flush.
type textWriter struct {
	w     *bufio.Writer
	width int
	color bool
}

func (t *textWriter) line(s string) { fmt.Fprintln(t.w, strings.TrimRight(s, " ")) }

// wrap writes s in lines that begin with the indent; only spaces may stand in it.
func (t *textWriter) wrap(indent, s string) {
	for _, line := range term.Wrap(s, t.width-len(indent)) {
		t.line(indent + line)
	}
}

// layout is what fits: the figures, and how wide the texts are.
type layout struct {
	columns            []column
	widths             []int
	rank, kind         int
	name, source, used int
}

func (t *textWriter) layout(rows []Row) layout {
	l := layout{rank: len(fmt.Sprint(len(rows)))}
	longest := len(nameTitle)
	sources := len(sourceTitle)
	for i := range rows {
		l.kind = max(l.kind, term.Width(kindName(rows[i].Kind)))
		longest = max(longest, term.Width(term.Line(rows[i].Label())))
		sources = max(sources, term.Width(term.Line(rows[i].Source.String())))
	}
	l.used = l.rank + 1 + l.kind + 1
	l.choose(rows, t.width-l.used-min(longest, t.width/3))
	l.name = longest
	rest := t.width - l.used - longest - len(gap)
	if rest >= sources {
		l.source = sources
	}
	if rest < 0 {
		l.name = t.width - l.used
	}
	return l
}

// choose takes columns in the order of their rank while there is room.
func (l *layout) choose(rows []Row, room int) {
	taken := make([]bool, len(columns))
	for rank := range len(columns) {
		for i, c := range columns {
			w := c.width(rows) + len(gap)
			if c.rank != rank {
				continue
			}
			if w > room {
				room = 0 // a lower rank does not overtake
				continue
			}
			taken[i], room = true, room-w
		}
	}
	for i, c := range columns {
		if taken[i] {
			l.columns = append(l.columns, c)
			l.widths = append(l.widths, c.width(rows))
			l.used += c.width(rows) + len(gap)
		}
	}
}

func (t *textWriter) table(rows []Row) {
	l := t.layout(rows)
	head := strings.Repeat(" ", l.rank+1) + term.Pad("kind", l.kind, false) + " " + term.Pad(term.Fit(nameTitle, l.name), l.name, false)
	for i, c := range l.columns {
		head += gap + term.Pad(c.title, l.widths[i], true)
	}
	if l.source > 0 {
		head += gap + sourceTitle
	}
	t.line(dim.paint(head, t.color))
	for i := range rows {
		t.row(l, i+1, &rows[i])
	}
}

func (t *textWriter) row(l layout, rank int, r *Row) {
	s := fmt.Sprintf("%*d ", l.rank, rank)
	s += term.Pad(kindName(r.Kind), l.kind, false) + " "
	s += bold.paint(term.Pad(term.Fit(term.Line(r.Label()), l.name), l.name, false), t.color && rank == 1)
	for i, c := range l.columns {
		cell := term.Pad(c.cell(r), l.widths[i], true)
		if c.mark != nil {
			cell = c.mark(r).paint(cell, t.color)
		}
		s += gap + cell
	}
	if l.source > 0 {
		s += gap + term.Line(r.Source.String())
	}
	t.line(s)
}

// reasons writes the explained rows, each with its full name.
func (t *textWriter) reasons(rows []Row) {
	first := true
	for i := range rows {
		why := rows[i].Why
		if why == nil {
			continue
		}
		if first {
			t.line(bold.paint("Why", t.color))
			first = false
		}
		t.wrap("  ", fmt.Sprintf("%d. %s", i+1, cleanName(rows[i].HandlerInfo)))
		label := "why"
		for _, c := range why.Causes {
			t.part(label, percent(c.Share), term.Line(c.Sentence()))
			label = ""
		}
		label = "where"
		for _, p := range why.Parts {
			t.part(label, percent(p.Share), partText(p, why.Calls, cleanTitle))
			label = ""
		}
		t.part("", "", whyFoot(why, cleanTitle))
		t.line("")
	}
}

// part writes a share and its text, which goes on below itself, with a label in front.
func (t *textWriter) part(label, share, text string) {
	const indent, labels = 16, 8
	for i, line := range term.Wrap(text, t.width-indent) {
		if i > 0 {
			label, share = "", ""
		}
		t.line(term.Pad("  "+label, labels, false) + term.Pad(share, indent-2-labels, true) + gap + line)
	}
}

// whyFoot says what an explanation was read from.
func whyFoot(w *Why, name func(instrument.HandlerInfo) string) string {
	ids := make([]string, len(w.Samples))
	for i, id := range w.Samples {
		ids[i] = id.String()
	}
	s := fmt.Sprintf("in %s, slowest first: %s", plural(uint64(len(ids)), "record", "records"), strings.Join(ids, ", "))
	if w.Rest > 0 {
		s = fmt.Sprintf("%s left out; ", plural(uint64(w.Rest), "smaller part", "smaller parts")) + s
	}
	if w.Caller != nil {
		s += "; called by " + name(*w.Caller)
	}
	return s
}

func (r *Report) footnote() string {
	s := fmt.Sprintf("%s of %s handlers shown, sorted by %s. Own time is time outside of the spans below; shares are of all own time recorded, %s. ",
		group(uint64(len(r.Rows))), group(uint64(r.Matched)), r.Options.Sort.order().title, FormatDuration(r.Recorded))
	if hidden := r.Handlers - r.Matched; hidden > 0 {
		s = fmt.Sprintf("%s not asked for. ", plural(uint64(hidden), "more handler was", "more handlers were")) + s
	}
	if r.Options.Slow > 0 {
		s += fmt.Sprintf("Slow is above %s. ", FormatDuration(r.Options.Slow))
	} else {
		s += "Slow is above the limit configured for the kind. "
	}
	return s + "Percentiles are within 2 %."
}

func cleanName(h instrument.HandlerInfo) string  { return term.Line(plainName(h)) }
func cleanTitle(h instrument.HandlerInfo) string { return term.Line(title(h)) }
