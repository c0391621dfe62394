package main

import (
	"bufio"
	"context"
	"errors"
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

func newShow() *cobra.Command {
	var db string
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one record as a tree of what happened in it",
		Long: `Show one record as a tree of what happened in it: when each part began, how long it took,
how much of that was its own, and what it was. Alike calls one after the other are one line;
below the tree stand queries that one query or none would replace (N+1, duplicates), and panics
with their stack.`,
		Example: `  toolbar show 65wzsb8000000`,
		Args:    cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := instrument.ParseID(args[0])
			if err != nil {
				return fmt.Errorf("%q is not a record's id: take one from 'toolbar requests' or 'toolbar report'", args[0])
			}
			return withStore(cmd.Context(), db, func(s *store.Store) error {
				return show(cmd.Context(), s, id, cmd.OutOrStdout())
			})
		},
	}
	addDB(cmd, &db)
	return cmd
}

func show(ctx context.Context, s *store.Store, id instrument.ID, out io.Writer) error {
	rec, err := s.Record(ctx, id)
	if errors.Is(err, query.ErrNotFound) {
		return failed(fmt.Errorf("there is no record %s: it was removed because of its age, or it is in another store", id))
	}
	if err != nil {
		return failed(err)
	}
	v := newRecordView(out, rec)
	v.head(time.Local)
	v.tree()
	v.queries()
	v.stacks()
	v.output()
	if err := v.w.Flush(); err != nil {
		return failed(fmt.Errorf("write record: %w", err))
	}
	return nil
}

// recordView writes one Record for people. Everything captured is cleaned.
type recordView struct {
	w        *bufio.Writer
	rec      *instrument.Record
	children [][]int // of each span, in the order in which they began
	width    int
	color    bool
}

const defaultWidth = 80

func newRecordView(out io.Writer, rec *instrument.Record) *recordView {
	screen := screenOf(out)
	v := &recordView{w: bufio.NewWriter(out), rec: rec, width: screen.Width, color: screen.Color}
	if v.width <= 0 {
		v.width = defaultWidth
	}
	v.children = make([][]int, len(rec.Spans))
	for i, s := range rec.Spans {
		if s.Parent >= 0 && s.Parent < i {
			v.children[s.Parent] = append(v.children[s.Parent], i)
		}
	}
	return v
}

// head says what the Record is.
func (v *recordView) head(zone *time.Location) {
	r := v.rec
	s := fmt.Sprintf("%s %s, %s", r.Handler.Kind, r.Handler.Name, report.FormatDuration(r.Duration))
	if r.Path != "" && r.Handler.Kind != instrument.KindCommand && !strings.HasSuffix(r.Handler.Name, " "+r.Path) {
		s += fmt.Sprintf(", %s %s", r.Method, r.Path)
	}
	if r.Status != 0 || r.Handler.Kind == instrument.KindCommand {
		s += fmt.Sprintf(", %s %d", statusWord(r.Handler.Kind), r.Status)
	}
	for _, line := range term.Wrap(term.Line(s), v.width) {
		fmt.Fprintln(v.w, line)
	}
	fmt.Fprintf(v.w, "%s, began %s\n", r.ID, r.StartTime().In(zone).Format("2 Jan 2006 15:04:05.000 MST"))
	if f := r.Flags.String(); f != "" {
		fmt.Fprintf(v.w, "flags: %s\n", f)
	}
	v.field("user", r.User)
	v.field("error", r.Error)
	if r.Handler.Kind == instrument.KindCommand {
		v.command()
	}
	if r.Left > 0 {
		fmt.Fprintf(v.w, "%d spans, %d more were left out by the cap\n", len(r.Spans), r.Left)
	}
	if r.Flattened > 0 {
		fmt.Fprintf(v.w, "%d spans stand deeper than %d levels and are shown at that depth\n", r.Flattened, instrument.MaxDepth)
	}
	fmt.Fprintln(v.w)
}

func statusWord(k instrument.Kind) string {
	if k == instrument.KindCommand {
		return "exit code"
	}
	return "status"
}

func (v *recordView) field(name, value string) {
	if value != "" {
		fmt.Fprintln(v.w, term.Fit(name+": "+term.Line(value), v.width))
	}
}

// stacks writes what went wrong below the tree: each exception once, with what it wraps
// and where it came from.
func (v *recordView) stacks() {
	for _, e := range exceptions.Of(v.rec) {
		if len(e.Stack)+len(e.Causes) == 0 {
			continue
		}
		what := "stack"
		if len(e.Stack) == 0 {
			what = "error"
		}
		fmt.Fprintf(v.w, "\n%s\n", term.Fit(term.Line(fmt.Sprintf("%s of %s %s: %s", what, e.Handler.Kind, e.Handler.Name, e.Message)), v.width))
		writeCauses(v.w, e.Causes, v.width)
		writeStack(v.w, e.Stack)
	}
}
