package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// requestFlags are the flags of "toolbar requests" as they were given.
type requestFlags struct {
	db, since, until, handler, path string
	kinds                           []string
	slower                          time.Duration
	failed                          bool
	limit                           int
}

func newRequests() *cobra.Command {
	var f requestFlags
	cmd := &cobra.Command{
		Use:   "requests",
		Short: "List the latest requests, or other records",
		Example: `  toolbar requests --since 10m --failed
  toolbar requests --kind task,command --slower 1s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	addDB(cmd, &f.db)
	addWindow(cmd, &f.since, &f.until)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", []string{"request"}, "`kinds` of records, separated by commas")
	flags.StringVar(&f.handler, "handler", "", "`text` in the handler's name, or a pattern with *")
	flags.StringVar(&f.path, "path", "", "`text` in the path")
	flags.DurationVar(&f.slower, "slower", 0, "only those that took at least this `duration`")
	flags.BoolVar(&f.failed, "failed", false, "only those that ended with an error or a panic")
	flags.IntVar(&f.limit, "limit", 20, "`number` of records, at most 1000")
	return cmd
}

func (f *requestFlags) run(ctx context.Context, out io.Writer, now time.Time) error {
	q := query.Records{Name: f.handler, Path: f.path, MinDuration: f.slower, Limit: f.limit, Budget: time.Second}
	var err error
	if q.Since, q.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return err
	}
	if f.limit < 1 || f.limit > 1000 {
		return fmt.Errorf("--limit: %d is not between 1 and 1000", f.limit)
	}
	if f.failed {
		q.FlagsAny = instrument.FlagError | instrument.FlagPanic
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		if q.Kinds, err = parseKinds(ctx, s, f.kinds); err != nil {
			return err
		}
		page, err := s.Records(ctx, q)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		if err := writeRequests(out, page, now); err != nil {
			return failed(fmt.Errorf("write records: %w", err))
		}
		return nil
	})
}

// writeRequests writes a line for each Record, newest first.
func writeRequests(out io.Writer, page query.RecordPage, now time.Time) error {
	screen := screenOf(out)
	width := max(screen.Width, 0)
	if width == 0 {
		width = defaultWidth
	}
	w := bufio.NewWriter(out)
	if len(page.Records) == 0 {
		fmt.Fprintln(w, "No record is like that.")
	} else {
		fmt.Fprintf(w, "%-13s  %-12s  %8s  %4s  %5s  %s\n", "id", "began", "time", "code", "spans", "what")
	}
	for i := range page.Records {
		line, bad := requestLine(&page.Records[i], now)
		line = term.Fit(line, width)
		if bad && screen.Color {
			line = "\x1b[31m" + line + "\x1b[0m"
		}
		fmt.Fprintln(w, line)
	}
	if !page.Complete {
		fmt.Fprintf(w, "Searched %d of %d records; there may be more. Narrow the window with --since.\n", page.Searched, page.Total)
	}
	return w.Flush()
}

func requestLine(r *query.Row, now time.Time) (line string, bad bool) {
	what := r.Handler.Name
	if r.Path != "" && !strings.HasSuffix(what, r.Path) {
		what += "  " + r.Path
	}
	bad = r.Flags&(instrument.FlagError|instrument.FlagPanic) != 0
	if r.Error != "" {
		what += "  " + r.Error
	}
	return fmt.Sprintf("%-13s  %-12s  %8s  %4d  %5d  %s", r.ID, clock(r.StartTime().In(now.Location()), now),
		report.FormatDuration(r.Duration), r.Status, r.Spans, term.Line(what)), bad
}

// clock is a time of today, or the day of an earlier one.
func clock(t, now time.Time) string {
	if t.Year() == now.Year() && t.YearDay() == now.YearDay() {
		return t.Format("15:04:05.000")
	}
	return t.Format("2 Jan 15:04")
}
