package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// lineFormat is how a list of Records is written, one line each.
type lineFormat string

// The formats of lists.
const (
	lineHuman  lineFormat = "human"
	lineJSON   lineFormat = "json" // an object a line
	lineLogfmt lineFormat = "logfmt"
	lineMD     lineFormat = "md"
)

var lineFormats = []lineFormat{lineHuman, lineJSON, lineLogfmt, lineMD}

func parseLineFormat(name string) (lineFormat, error) {
	for _, f := range lineFormats {
		if string(f) == name {
			return f, nil
		}
	}
	return "", fmt.Errorf("--format: unknown format %q, use one of %s", name, joined(lineFormats))
}

// lineWriter writes Records as lines.
type lineWriter struct {
	format lineFormat
	now    time.Time
	width  int
	color  bool
	by     query.Column // ColumnSize or ColumnCost: lines have it; any other is in them anyway
}

// extra is the column that lines have besides: its name, and its value in a Record; "" for none.
func (w *lineWriter) extra(r *query.Row) (name, value string) {
	switch w.by {
	case query.ColumnSize:
		if name, value = "size", "-"; r.Size >= 0 {
			value = report.FormatBytes(r.Size)
		}
	case query.ColumnCost:
		name, value = "cost", report.FormatDuration(r.Cost)
	}
	return name, value
}

// head is what stands above the first line; "" when nothing does.
func (w *lineWriter) head() string {
	extra, _ := w.extra(&query.Row{})
	switch w.format {
	case lineHuman:
		return fmt.Sprintf("%-13s  %-12s  %8s  %4s  %5s  %s%s", "id", "began", "time", "code", "spans", padded(extra), "what")
	case lineMD:
		rule := "| --- | --- | ---: | ---: | ---: | "
		if extra != "" {
			extra, rule = extra+" | ", rule+"---: | "
		}
		return "| id | began | time | code | spans | " + extra + "what |\n" + rule + "--- |"
	}
	return ""
}

// line writes one Record, without a line feed. Nothing that was captured leaves it
// uncleaned.
func (w *lineWriter) line(r *query.Row) string {
	_, extra := w.extra(r)
	switch w.format {
	case lineJSON:
		return w.json(r)
	case lineLogfmt:
		return w.logfmt(r)
	case lineMD:
		began, what := r.StartTime().In(w.now.Location()).Format("2006-01-02 15:04:05.000"), term.Cell(whatOf(r))
		if extra != "" {
			what = extra + " | " + what
		}
		return fmt.Sprintf("| %s | %s | %s | %d | %d | %s |", r.ID, began, report.FormatDuration(r.Duration), r.Status, r.Spans, what)
	}
	line, bad := requestLine(r, w.now, extra)
	line = term.Fit(line, w.width)
	if bad && w.color {
		line = "\x1b[31m" + line + "\x1b[0m"
	}
	return line
}

// jsonRow is a Record in a list, for programs.
type jsonRow struct {
	ID       string    `json:"id"`
	Kind     string    `json:"kind"`
	Handler  string    `json:"handler"`
	Began    time.Time `json:"began"`
	Duration int64     `json:"duration_ns"`
	Status   int       `json:"status"`
	Flags    []string  `json:"flags"`
	Method   string    `json:"method,omitempty"`
	Path     string    `json:"path,omitempty"`
	User     string    `json:"user,omitempty"`
	Tags     []string  `json:"tags,omitempty"`
	Error    string    `json:"error,omitempty"`
	Trace    string    `json:"trace_id,omitempty"`
	Parent   string    `json:"parent,omitempty"`
	Process  int64     `json:"process"`
	Spans    uint32    `json:"spans"`
	Left     uint32    `json:"spans_left_out,omitempty"`
	Queries  int       `json:"queries"`
	QueryNS  int64     `json:"query_time_ns"`

	// Only of a list by them: bytes of the answer, where they are known, and what recording took.
	Size *int64 `json:"response_bytes,omitempty"`
	Cost *int64 `json:"cost_ns,omitempty"`
}

func jsonRowOf(r *query.Row) jsonRow {
	j := jsonRow{
		ID: r.ID.String(), Kind: r.Handler.Kind.String(), Handler: r.Handler.Name, Began: r.StartTime().UTC(), Duration: int64(r.Duration),
		Status: r.Status, Flags: flagsOf(r.Flags), Method: r.Method, Path: r.Path, User: r.User, Tags: r.Tags, Error: r.Error, Process: r.Process,
		Spans: r.Spans, Left: r.Left, Queries: r.Count(instrument.KindQuery), QueryNS: int64(r.QueryTime),
	}
	if r.Trace.TraceID != (instrument.TraceID{}) {
		j.Trace = r.Trace.TraceID.String()
	}
	if r.Parent != 0 {
		j.Parent = r.Parent.String()
	}
	return j
}

func flagsOf(f instrument.Flags) []string {
	if f == 0 {
		return []string{}
	}
	return strings.Split(f.String(), ", ")
}

func (w *lineWriter) json(r *query.Row) string {
	row := jsonRowOf(r)
	switch cost := int64(r.Cost); {
	case w.by == query.ColumnSize && r.Size >= 0:
		row.Size = &r.Size
	case w.by == query.ColumnCost:
		row.Cost = &cost
	}
	b, err := json.Marshal(row)
	if err != nil { // nothing in a row can fail
		return "{}"
	}
	return report.EscapeJSON(string(b))
}

// logfmt writes key=value pairs, as many log readers take them.
func (w *lineWriter) logfmt(r *query.Row) string {
	var b strings.Builder
	pair := func(key, value string) {
		if value == "" {
			return
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		value = term.Line(value)
		if strings.ContainsAny(value, " \"=\\") {
			value = strconv.Quote(value)
		}
		b.WriteString(key + "=" + value)
	}
	pair("time", r.StartTime().UTC().Format(time.RFC3339Nano))
	pair("id", r.ID.String())
	pair("kind", r.Handler.Kind.String())
	pair("handler", r.Handler.Name)
	pair("method", r.Method)
	pair("path", r.Path)
	pair("status", strconv.Itoa(r.Status))
	pair("duration", r.Duration.String())
	pair("spans", strconv.FormatUint(uint64(r.Spans), 10))
	pair("queries", strconv.Itoa(r.Count(instrument.KindQuery)))
	switch {
	case w.by == query.ColumnSize && r.Size >= 0:
		pair("response_bytes", strconv.FormatInt(r.Size, 10))
	case w.by == query.ColumnCost:
		pair("cost", r.Cost.String())
	}
	pair("user", r.User)
	pair("tags", strings.Join(r.Tags, ","))
	pair("flags", strings.ReplaceAll(r.Flags.String(), ", ", ","))
	pair("error", r.Error)
	if r.Trace.TraceID != (instrument.TraceID{}) {
		pair("trace_id", r.Trace.TraceID.String())
	}
	return b.String()
}

// whatOf says what a Record was, uncleaned.
func whatOf(r *query.Row) string {
	what := r.Handler.Name
	if r.Handler.Kind == instrument.KindCommand {
		what = cmp.Or(r.Path, what) // the command line begins with the name
	} else if r.Path != "" && !strings.HasSuffix(what, r.Path) {
		what += "  " + r.Path
	}
	switch {
	case r.Unfinished() && r.Error == "":
		what += "  (running)"
	case r.Error != "":
		what += "  " + r.Error
	}
	return what
}

// padded is a further column of a line for people; nothing for "".
func padded(extra string) string {
	if extra == "" {
		return ""
	}
	return fmt.Sprintf("%8s  ", extra)
}

// requestLine writes one Record for people.
func requestLine(r *query.Row, now time.Time, extra string) (line string, bad bool) {
	bad = r.Flags&(instrument.FlagError|instrument.FlagPanic) != 0
	return fmt.Sprintf("%-13s  %-12s  %8s  %4d  %5d  %s%s", r.ID, clock(r.StartTime().In(now.Location()), now),
		report.FormatDuration(r.Duration), r.Status, r.Spans, padded(extra), term.Line(whatOf(r))), bad
}

// clock is a time of day, with the date when it is not today's.
func clock(t, now time.Time) string {
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05.000")
	}
	return t.Format("2 Jan 15:04")
}
