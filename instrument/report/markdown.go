package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// Markdown writes the report for an issue or a pull request. Captured text stands
// in code spans, in which nothing is a link, a mention, an image or HTML.
func (r *Report) Markdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "## Slow handlers\n\n%s\n\n%s\n", r.Options.window(), r.verdict(mdName))
	if len(r.Rows) > 0 {
		mdTable(out, r.Rows)
		mdReasons(out, r.Rows)
		fmt.Fprintf(out, "\n%s\n", r.footnote())
	}
	return out.Flush()
}

func mdTable(out io.Writer, rows []Row) {
	fmt.Fprint(out, "\n| # | kind | handler | source |")
	for _, c := range columns {
		fmt.Fprintf(out, " %s |", c.title)
	}
	fmt.Fprint(out, "\n| ---: | --- | --- | --- |", strings.Repeat(" ---: |", len(columns)), "\n")
	for i := range rows {
		r := &rows[i]
		fmt.Fprintf(out, "| %d | %s | %s | %s |", i+1, kindName(r.Kind), term.Cell(r.Name), term.Cell(r.Source.String()))
		for _, c := range columns {
			fmt.Fprintf(out, " %s |", c.cell(r))
		}
		fmt.Fprintln(out)
	}
}

func mdReasons(out io.Writer, rows []Row) {
	first := true
	for i := range rows {
		why := rows[i].Why
		if why == nil {
			continue
		}
		if first {
			fmt.Fprint(out, "\n### Why\n")
			first = false
		}
		fmt.Fprintf(out, "\n%d. %s\n", i+1, mdName(rows[i].HandlerInfo))
		for _, c := range why.Causes {
			fmt.Fprintf(out, "   - **%s** %s\n", mdShare(c.Share), c.sentence(mdName))
		}
		for _, p := range why.Parts {
			fmt.Fprintf(out, "   - %s %s\n", mdShare(p.Share), partText(p, why.Calls, mdName))
		}
		fmt.Fprintf(out, "   - %s\n", whyFoot(why, mdName))
	}
}

// mdShare is percent; "<" would begin a tag.
func mdShare(share float64) string { return strings.Replace(percent(share), "<", "&lt;", 1) }

func mdName(h instrument.HandlerInfo) string {
	s := kindName(h.Kind) + " " + term.Code(h.Name)
	if h.Source.File != "" {
		s += " (" + term.Code(h.Source.String()) + ")"
	}
	return s
}
