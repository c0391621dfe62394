package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// exceptionFlags are the flags of "toolbar exceptions" as they were given.
type exceptionFlags struct {
	db, since, until, format, sort, kind string
	service                              string
	limit                                int
	unresolved, resolved, ignored        bool
	panics, reported, fail               bool
}

// exceptionSorts are the orders by their names.
var exceptionSorts = map[string]query.ExceptionSort{
	"last": query.LastSeen, "first": query.FirstSeen, "count": query.MostOften, "users": query.MostUsers,
}

func newExceptions() *cobra.Command {
	var f exceptionFlags
	cmd := &cobra.Command{
		Use:   "exceptions [TEXT|ID]",
		Short: "List errors and panics, alike ones together",
		Long: `List what went wrong: errors that nobody caught, those that the app reported, and panics;
alike ones together, each with how often, for how many users, where, since when, what
people said of it, and a record that shows it. They are kept for longer than records.

TEXT is looked for in type, message, handler and place. With the ID of one, its stack,
the errors that it wraps and its records are shown. Alike are those of one type that
come from the same functions of the app, or where no stack is known from the same
handler, with a message that differs in numbers and quoted texts alone.

Resolved ones that come again are unresolved again; who resolves them does so in the
dashboard. With --fail the exit code is 1 when any is listed.`,
		Example: `  toolbar exceptions --unresolved --since 1d
  toolbar exceptions --panics --sort count
  toolbar exceptions 38z63jtwdzsfb
  toolbar exceptions --unresolved --since 1h --fail --format json`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd.Context(), strings.Join(args, ""), cmd.OutOrStdout(), time.Now())
		},
	}
	addDB(cmd, &f.db)
	addWindow(cmd, &f.since, &f.until)
	flags := cmd.Flags()
	flags.BoolVar(&f.unresolved, "unresolved", false, "those that are unresolved (with --resolved or --ignored: these as well)")
	flags.BoolVar(&f.resolved, "resolved", false, "those that are resolved")
	flags.BoolVar(&f.ignored, "ignored", false, "those that are ignored")
	flags.BoolVar(&f.panics, "panics", false, "panics alone")
	flags.BoolVar(&f.reported, "reported", false, "those alone that the app reported")
	flags.StringVar(&f.kind, "kind", "", "those alone that came up in a `kind`: view, receiver, layer, command, task")
	flags.StringVar(&f.service, "service", "", "those alone that came in the service of this `name`, as often as they did there")
	flags.StringVar(&f.sort, "sort", "last", "`order`: last, first, count, users")
	flags.IntVar(&f.limit, "limit", 20, "`number` of exceptions, 0 for all")
	flags.BoolVar(&f.fail, "fail", false, "end with exit code 1 when any is listed")
	flags.StringVar(&f.format, "format", "text", "`form`: text, json")
	return cmd
}

// query checks the flags.
func (f *exceptionFlags) query(text string, now time.Time) (q query.Exceptions, err error) {
	if q.Since, q.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return q, err
	}
	sort, known := exceptionSorts[f.sort]
	kind, knownKind := instrument.ParseKind(f.kind)
	switch {
	case f.limit < 0:
		return q, fmt.Errorf("--limit: %d is below zero", f.limit)
	case f.format != "text" && f.format != "json":
		return q, fmt.Errorf("--format: unknown format %q, use text or json", f.format)
	case !known:
		return q, fmt.Errorf("--sort: there is no order %q: use last, first, count or users", f.sort)
	case f.kind != "" && !knownKind:
		return q, fmt.Errorf("--kind: there is no kind %q: use view, receiver, layer, command or task", f.kind)
	}
	q.Text, q.Sort, q.Kind, q.Service, q.Panics, q.Reported = text, sort, kind, f.service, f.panics, f.reported
	for state, chosen := range map[query.ExceptionState]bool{query.Unresolved: f.unresolved, query.Resolved: f.resolved, query.Ignored: f.ignored} {
		if chosen {
			q.States = append(q.States, state)
		}
	}
	return q, nil
}

func (f *exceptionFlags) run(ctx context.Context, text string, out io.Writer, now time.Time) error {
	q, err := f.query(text, now)
	if err != nil {
		return err
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		if id, err := exceptions.ParseFingerprint(text); err == nil {
			if d, err := s.Exception(ctx, id); err == nil {
				return f.one(out, d, now)
			}
		}
		list, total, err := exceptionsOf(ctx, s, q, f.limit)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		if f.format == "json" {
			err = writeExceptionsJSON(out, list)
		} else {
			err = writeExceptions(out, list, total, now)
		}
		if err != nil || !f.fail || total == 0 {
			return written(err)
		}
		return found("%d exceptions are listed", total)
	})
}

// one writes all that is known of an exception.
func (f *exceptionFlags) one(out io.Writer, d *query.ExceptionDetail, now time.Time) error {
	if f.format == "json" {
		return written(writeJSON(out, newExceptionDetail(d)))
	}
	return written(writeException(out, d, now))
}

// exceptionsOf reads pages until there are enough; a limit of 0 is all.
func exceptionsOf(ctx context.Context, s *store.Store, q query.Exceptions, limit int) (list []query.Exception, total int64, err error) {
	for {
		q.Limit = 1000
		if limit > 0 {
			q.Limit = min(limit-len(list), 1000)
		}
		page, err := s.Exceptions(ctx, q)
		if err != nil {
			return nil, 0, err
		}
		list, total, q.After = append(list, page.Exceptions...), page.Total, page.Next
		if !page.More || limit > 0 && len(list) >= limit {
			return list, total, nil
		}
	}
}

// exception is the JSON of one.
type exception struct {
	ID       string    `json:"id"`
	Type     string    `json:"type"`
	Error    string    `json:"error"` // the latest
	Kind     string    `json:"kind"`
	Handler  string    `json:"handler"`
	Source   string    `json:"source,omitempty"`
	Panic    bool      `json:"panic"`
	Reported bool      `json:"reported"`
	Count    uint64    `json:"count"`
	Users    int       `json:"users"`
	First    time.Time `json:"first"`
	Last     time.Time `json:"last"`
	Builds   [2]string `json:"builds"` // of the first and of the last
	State    string    `json:"state"`
	StateBy  string    `json:"state_by,omitempty"`
	Reopened time.Time `json:"reopened,omitzero"`
	Sample   string    `json:"sample"` // the latest Record
}

// exceptionDetail is the JSON of one with its parts.
type exceptionDetail struct {
	exception
	Causes  []exceptions.Cause `json:"causes"`
	Stack   []exceptionFrame   `json:"stack"`
	Records []string           `json:"records"`
}

type exceptionFrame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
	Own  bool   `json:"own"`
}

func newException(e *query.Exception) exception {
	return exception{
		ID: e.ID.String(), Type: e.Type, Error: e.Message, Kind: e.Handler.Kind.String(), Handler: e.Handler.Name, Source: e.Source.String(),
		Panic: e.Panic, Reported: e.Reported, Count: e.Count, Users: e.Users, First: e.First.UTC(), Last: e.Last.UTC(),
		Builds: [2]string{e.FirstBuild, e.LastBuild}, State: e.State.String(), StateBy: e.StateBy, Reopened: utcOrZero(e.Reopened), Sample: e.Sample.String(),
	}
}

func utcOrZero(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}

func newExceptionDetail(d *query.ExceptionDetail) exceptionDetail {
	out := exceptionDetail{exception: newException(&d.Exception), Causes: d.Causes, Stack: []exceptionFrame{}, Records: []string{}}
	if out.Causes == nil {
		out.Causes = []exceptions.Cause{}
	}
	for _, f := range d.Stack {
		out.Stack = append(out.Stack, exceptionFrame{f.Func, f.File, f.Line, f.Own})
	}
	for _, id := range d.Records {
		out.Records = append(out.Records, id.String())
	}
	return out
}

func writeExceptionsJSON(out io.Writer, list []query.Exception) error {
	all := make([]exception, len(list))
	for i := range list {
		all[i] = newException(&list[i])
	}
	return writeJSON(out, all)
}

func writeJSON(out io.Writer, v any) error {
	b, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, report.EscapeJSON(string(b)))
	return err
}

// exceptionWriter writes to a screen.
type exceptionWriter struct {
	*bufio.Writer
	width int
	color bool
	now   time.Time
}

func newExceptionWriter(out io.Writer, now time.Time) exceptionWriter {
	screen := screenOf(out)
	w := exceptionWriter{bufio.NewWriter(out), screen.Width, screen.Color, now}
	if w.width <= 0 {
		w.width = defaultWidth
	}
	return w
}

func writeExceptions(out io.Writer, list []query.Exception, total int64, now time.Time) error {
	w := newExceptionWriter(out, now)
	if total == 0 {
		fmt.Fprintln(w, "No such exception: nothing failed in this way.")
	}
	for i := range list {
		w.head(&list[i])
	}
	if int64(len(list)) < total {
		fmt.Fprintf(w, "%d of %d kinds of exceptions shown.\n", len(list), total)
	}
	return w.Flush()
}

// head writes the lines that an exception has in a list.
func (w exceptionWriter) head(e *query.Exception) {
	word := "error"
	if e.Panic {
		word = "PANIC"
	}
	head := term.Fit(fmt.Sprintf("%s %s", word, term.Line(e.Message)), w.width)
	if w.color && e.State == query.Unresolved {
		head = "\x1b[31m" + head + "\x1b[0m"
	}
	fmt.Fprintln(w, head)
	label := instrument.HandlerInfo{Kind: e.Handler.Kind, Name: e.Handler.Name, Source: e.Source}.Label()
	text := fmt.Sprintf("%d x in %s %s; first %s, last %s", e.Count, e.Handler.Kind, label, w.clock(e.First), w.clock(e.Last))
	if e.Users > 0 {
		text += fmt.Sprintf("; %d users", e.Users)
	}
	w.wrapped(text + "; " + w.state(e))
	w.wrapped(fmt.Sprintf("%s: toolbar exceptions %s, toolbar show %s", term.Line(e.Type), e.ID, e.Sample))
}

func (w exceptionWriter) state(e *query.Exception) string {
	text := e.State.String()
	switch {
	case e.State == query.Unresolved && !e.Reopened.IsZero():
		text += ", came again " + w.clock(e.Reopened)
		if e.ReopenedIn != "" {
			text += " in build " + e.ReopenedIn
		}
	case e.State != query.Unresolved && e.StateBy != "":
		text += " by " + e.StateBy
	}
	if e.NextBuild {
		text += " in the next build"
	}
	return text
}

func (w exceptionWriter) clock(t time.Time) string { return clock(t.In(w.now.Location()), w.now) }

func (w exceptionWriter) wrapped(text string) {
	for _, line := range term.Wrap(term.Line(text), w.width-6) {
		fmt.Fprintln(w, "      "+line)
	}
}

// writeException writes one with its chain, its stack and its Records.
func writeException(out io.Writer, d *query.ExceptionDetail, now time.Time) error {
	w := newExceptionWriter(out, now)
	w.head(&d.Exception)
	writeCauses(w, d.Causes, w.width)
	if len(d.Stack) > 0 {
		fmt.Fprintln(w)
	}
	writeStack(w, d.Stack)
	if len(d.Affected) > 0 {
		fmt.Fprintln(w)
	}
	for _, a := range d.Affected[:min(len(d.Affected), 10)] {
		who := "user " + a.User
		if a.Handler.Kind != 0 {
			who = a.Handler.Kind.String() + " " + a.Handler.Name
		}
		fmt.Fprintln(w, term.Fit(fmt.Sprintf("%6d x %s", a.Count, term.Line(who)), w.width))
	}
	if len(d.Records) > 0 {
		fmt.Fprintln(w)
	}
	for _, id := range d.Records[:min(len(d.Records), 10)] {
		fmt.Fprintf(w, "%s  toolbar show %s\n", w.clock(id.Time()), id)
	}
	return w.Flush()
}

// writeCauses writes what an error wraps.
func writeCauses(out io.Writer, causes []exceptions.Cause, width int) {
	for _, c := range causes {
		fmt.Fprintln(out, term.Fit(fmt.Sprintf("%swraps %s: %s", strings.Repeat("  ", min(c.Depth, 12)), term.Line(c.Type), term.Line(c.Message)), width))
	}
}

// writeStack writes calls, the app's own with a mark where there are others.
func writeStack(out io.Writer, stack []exceptions.Frame) {
	own := 0
	for _, f := range stack {
		if f.Own {
			own++
		}
	}
	for _, f := range stack {
		mark := "  "
		if f.Own && own < len(stack) {
			mark = "> "
		}
		fmt.Fprintf(out, "%s%s\n      %s:%d\n", mark, term.Line(f.Func), term.Line(f.File), f.Line)
	}
}
