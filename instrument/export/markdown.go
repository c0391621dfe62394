package export

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

const (
	maxTreeLines  = 200
	maxTableRows  = 50
	maxStackLines = 30
)

// Markdown is all that a colleague or an agent needs to know about Records of any kind:
// what they were, what went in and out, what they were made of, the statements with how
// often each ran, what failed and where, and what was logged. Captured text stands in code,
// where nothing is a link, an image or HTML.
func Markdown(recs ...*instrument.Record) string {
	var b strings.Builder
	for i, rec := range recs {
		if i > 0 {
			b.WriteString("\n---\n\n")
		}
		if rec != nil {
			writeRecord(&b, rec)
		}
	}
	return b.String()
}

func writeRecord(b *strings.Builder, rec *instrument.Record) {
	fmt.Fprintf(b, "# %s %s\n\n", rec.Handler.Kind, term.Code(rec.Handler.Name))
	writeFacts(b, rec)
	if q, err := requestOf(rec); err == nil {
		writeExchange(b, q)
	}
	writeTree(b, rec)
	writeStatements(b, rec)
	writeFailures(b, rec)
	writeLog(b, rec)
}

func writeFacts(b *strings.Builder, rec *instrument.Record) {
	b.WriteString("| | |\n| --- | --- |\n")
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "| %s | %s |\n", name, term.Cell(value))
		}
	}
	row("Record", rec.ID.String())
	row("began", rec.StartTime().UTC().Format(time.RFC3339Nano))
	row("took", rec.Duration.String())
	if rec.Handler.Kind == instrument.KindCommand {
		row("command line", rec.Path)
	} else if rec.Method != "" || rec.Path != "" {
		row("request", strings.TrimSpace(rec.Method+" "+rec.Path))
	}
	if rec.Handler.Kind == instrument.KindRequest {
		row("status", strings.TrimSpace(fmt.Sprintf("%d %s", rec.Status, http.StatusText(rec.Status))))
	} else if rec.Status != 0 {
		row("exit code", fmt.Sprint(rec.Status))
	}
	row("error", rec.Error)
	row("flags", rec.Flags.String())
	row("user", rec.User)
	row("tags", strings.Join(rec.Tags, ", "))
	if rec.Parent != 0 {
		row("caused by", rec.Parent.String())
	}
	row("trace", rec.Trace.TraceID.String())
}

func writeExchange(b *strings.Builder, q *request) {
	if text, err := Curl(q.rec); err == nil {
		b.WriteString("\n## Request\n\n" + term.Fence("sh", text))
	}
	writeBody(b, q.body)
	if len(q.responseHeader)+len(q.setCookies) > 0 || q.response.text != "" {
		b.WriteString("\n## Response\n\n")
		var h strings.Builder
		for _, f := range q.responseHeader {
			fmt.Fprintf(&h, "%s: %s\n", f.name, f.value)
		}
		for _, line := range q.setCookies {
			fmt.Fprintf(&h, "Set-Cookie: %s\n", line)
		}
		if h.Len() > 0 {
			b.WriteString(term.Fence("http", h.String()))
		}
		writeBody(b, q.response)
	}
}

func writeBody(b *strings.Builder, body body) {
	if body.text == "" {
		return
	}
	cut := ""
	if body.cut {
		cut = ", only its beginning"
	}
	fmt.Fprintf(b, "\nBody (%d bytes%s):\n\n%s", body.size, cut, term.Fence(language(body.kind), body.text))
}

func language(kind string) string {
	if kind == "json" || kind == "xml" {
		return kind
	}
	return ""
}

// writeTree draws the spans, indented by depth.
func writeTree(b *strings.Builder, rec *instrument.Record) {
	if len(rec.Spans) < 2 {
		return
	}
	b.WriteString("\n## What it was made of\n\n")
	var t strings.Builder
	depth := make([]int, len(rec.Spans))
	shown := 0
	for i, s := range rec.Spans {
		if s.Parent >= 0 && s.Parent < i {
			depth[i] = depth[s.Parent] + 1
		}
		if s.Handler.Kind == instrument.KindLog || i == 0 {
			continue
		}
		if shown++; shown > maxTreeLines {
			continue
		}
		fmt.Fprintf(&t, "%10s  %s%s %s", round(s.Duration), strings.Repeat("  ", min(depth[i], 40)-1), s.Handler.Kind, term.Line(clip(s.Handler.Name)))
		if s.Flags != 0 {
			fmt.Fprintf(&t, " [%s]", s.Flags)
		}
		t.WriteString("\n")
	}
	if shown > maxTreeLines {
		fmt.Fprintf(&t, "... and %d more\n", shown-maxTreeLines)
	}
	b.WriteString(term.Fence("", t.String()))
	if rec.Left > 0 {
		fmt.Fprintf(b, "\n%d spans more were counted and not kept.\n", rec.Left)
	}
	if rec.Flattened > 0 {
		fmt.Fprintf(b, "\n%d spans stood deeper than %d levels and are shown at that depth.\n", rec.Flattened, instrument.MaxDepth)
	}
}

// statement is a query by its shape.
type statement struct {
	name  string
	n     int
	total time.Duration
}

func writeStatements(b *strings.Builder, rec *instrument.Record) {
	var all []*statement
	byName := map[string]*statement{}
	for _, s := range rec.Spans {
		if s.Handler.Kind != instrument.KindQuery {
			continue
		}
		st := byName[s.Handler.Name]
		if st == nil {
			st = &statement{name: s.Handler.Name}
			byName[s.Handler.Name] = st
			all = append(all, st)
		}
		st.n++
		st.total += s.Duration
	}
	if len(all) == 0 {
		return
	}
	slices.SortStableFunc(all, func(x, y *statement) int { return cmp.Compare(y.total, x.total) })
	b.WriteString("\n## Queries\n\n| times | took in all | statement |\n| ---: | ---: | --- |\n")
	for _, st := range all[:min(len(all), maxTableRows)] {
		fmt.Fprintf(b, "| %d | %s | %s |\n", st.n, round(st.total), term.Cell(clip(st.name)))
	}
	if n := len(all) - maxTableRows; n > 0 {
		fmt.Fprintf(b, "\nand %d more.\n", n)
	}
}

func writeFailures(b *strings.Builder, rec *instrument.Record) {
	first := true
	for _, s := range rec.Spans {
		if s.Error == "" && len(s.Stack) == 0 {
			continue
		}
		if first {
			b.WriteString("\n## What failed\n")
			first = false
		}
		fmt.Fprintf(b, "\n%s %s", s.Handler.Kind, term.Code(s.Handler.Name))
		if src := s.Handler.Source.String(); src != "" {
			fmt.Fprintf(b, " (%s)", term.Code(src))
		}
		b.WriteString(":\n\n")
		text := s.Error + "\n"
		for _, f := range s.Stack[:min(len(s.Stack), maxStackLines)] {
			text += fmt.Sprintf("\t%s\n\t\t%s:%d\n", f.Func, f.File, f.Line)
		}
		b.WriteString(term.Fence("", text))
	}
}

func writeLog(b *strings.Builder, rec *instrument.Record) {
	var t strings.Builder
	n := 0
	for _, s := range rec.Spans {
		if s.Handler.Kind != instrument.KindLog {
			continue
		}
		if n++; n > maxTreeLines {
			continue
		}
		var level, message, rest string
		for _, kv := range s.Attrs {
			switch kv.Key {
			case instrument.KeyLogLevel.Name():
				level = fmt.Sprint(kv.Value)
			case instrument.KeyLogMessage.Name():
				message = fmt.Sprint(kv.Value)
			default:
				rest += fmt.Sprintf(" %s=%v", kv.Key, kv.Value)
			}
		}
		fmt.Fprintf(&t, "%10s  %-5s %s\n", round(s.Start), level, term.Line(clip(message+rest)))
	}
	if n == 0 {
		return
	}
	if n > maxTreeLines {
		fmt.Fprintf(&t, "... and %d more\n", n-maxTreeLines)
	}
	b.WriteString("\n## Log\n\n" + term.Fence("", t.String()))
}

// round keeps three digits or so.
func round(d time.Duration) string {
	for unit := time.Duration(10); unit < time.Hour; unit *= 10 {
		if d < 1000*unit/10 {
			return d.Round(unit / 10).String()
		}
	}
	return d.Round(time.Second).String()
}

const maxLine = 300

func clip(s string) string {
	if len(s) <= maxLine {
		return s
	}
	return strings.ToValidUTF8(s[:maxLine], "") + "…"
}
