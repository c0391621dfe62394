package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/budget"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// reportFlags are the flags of "toolbar report" as they were given.
type reportFlags struct {
	db, since, until, handler, sort, format string
	budget, baseline                        string
	kinds                                   []string
	slow                                    time.Duration
	limit                                   int
	part                                    partFlags
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show which handlers take the time, and why",
		Long: `Show which handlers take the time, and why.

Handlers are sorted by own time: time outside of what they call. The figures are
exact whatever share of the records is kept; percentiles are within 2 %.

With --budget the report is of the limits in a file of budgets instead, and with
--baseline of what has changed since another build or file: then the exit code is 1
when a limit is broken or a handler became slower or fails more often. Of JUnit and
SARIF, which build servers and code hosts read, only such findings are failures.

Exit codes: 0 fine, 1 a budget is broken or something became worse, 2 the command
line is wrong, 3 the store cannot be read.`,
		Example: `  toolbar report --since 1h
  toolbar report --kind receiver,view --sort p95 --limit 5
  toolbar report --handler 'GET /orders*' --slow 250ms --format md
  toolbar report --service shop-mail --since 1h
  toolbar report --format html > report.html
  toolbar report --budget toolbar.budget.yaml --format junit > budget.xml
  toolbar report --baseline 4f2a91c`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	f.addTo(cmd, "handler", report.SortSelf)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of handlers, separated by commas (default all but log and exception)")
	flags.StringVar(&f.budget, "budget", "", "check the limits in a `file` of budgets")
	flags.StringVar(&f.baseline, "baseline", "", "compare with another `side`: see 'toolbar compare --help'")
	return cmd
}

// addTo adds the flags of every report; what is the word for one of its rows.
func (f *reportFlags) addTo(cmd *cobra.Command, what string, order report.Sort) {
	addDB(cmd, &f.db)
	addWindow(cmd, &f.since, &f.until)
	f.part.addTo(cmd)
	flags := cmd.Flags()
	flags.StringVar(&f.handler, "handler", "", "`text` in the "+what+"'s name, or a pattern with *")
	flags.DurationVar(&f.slow, "slow", 0, "count calls above this `duration` as slow (default the limits that the app is configured with)")
	flags.StringVar(&f.sort, "sort", string(order), "`order`: "+joined(report.Sorts()))
	flags.IntVar(&f.limit, "limit", 20, "`number` of "+what+"s, 0 for all")
	flags.StringVar(&f.format, "format", string(report.FormatText), "`form`: "+joined(report.Formats()))
}

// addWindow adds the flags of a stretch of time.
func addWindow(cmd *cobra.Command, since, until *string) {
	cmd.Flags().StringVar(since, "since", "", "begin of the window: an age like 1h or 7d, or a `time` (default all)")
	cmd.Flags().StringVar(until, "until", "", "end of the window: an age or a `time` (default now)")
}

func joined[T ~string](names []T) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return strings.Join(all, ", ")
}

// run checks the flags before the store is opened: a typing error is said at once,
// wherever the store is.
func (f *reportFlags) run(ctx context.Context, out io.Writer, now time.Time) error {
	o, format, err := f.options(now)
	if err != nil {
		return err
	}
	screen := screenOf(out)
	screen.Root, _ = os.Getwd() // without it, files have the names that they were built with
	return withStore(ctx, f.db, func(s *store.Store) error {
		if o.Kinds, err = parseKinds(ctx, s, f.kinds); err != nil {
			return err
		}
		part, err := f.part.of(ctx, s)
		if err != nil {
			return err
		}
		if part != nil && o.Since.Before(part.Since) {
			o.Since = part.Since // which the report says
		}
		switch {
		case f.budget != "":
			return f.checkBudget(ctx, newPartOf(s, part), o, func(r *budget.Result) error { return r.Write(out, format, screen) })
		case f.baseline != "":
			return f.compareBaseline(ctx, s, part, o, now, func(c *report.Comparison) error { return c.Write(out, format, screen) })
		}
		r, err := report.Build(ctx, newPartOf(s, part), o)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		return written(r.Write(out, format, screen))
	})
}

// written is the error of output that could not be written.
func written(err error) error {
	if err != nil {
		return failed(fmt.Errorf("write report: %w", err))
	}
	return nil
}

func (f *reportFlags) checkBudget(ctx context.Context, s budget.Source, o report.Options, write func(*budget.Result) error) error {
	file, err := budget.Open(f.budget)
	if err != nil {
		return fmt.Errorf("--budget: %w", err)
	}
	r, err := file.Check(ctx, s, budget.Options{Since: o.Since, Until: o.Until})
	if err != nil {
		return failed(fmt.Errorf("%s: %w", f.db, err))
	}
	if err := written(write(r)); err != nil {
		return err
	}
	if n := len(r.Broken()); n > 0 {
		return found("%s of %s broken: %d of %d limits", f.budget, f.db, n, len(r.Checks))
	}
	return nil
}

// compareBaseline compares another side with what the report is about.
func (f *reportFlags) compareBaseline(ctx context.Context, s *store.Store, part *query.Part, o report.Options, now time.Time, write func(*report.Comparison) error) error {
	base, err := parseSide(f.baseline, now)
	if err != nil {
		return fmt.Errorf("--baseline: %w", err)
	}
	q := query.Handlers{Since: o.Since, Until: o.Until}
	if base.build != "" { // its own calls are no change
		if q.Processes, err = others(ctx, s, base.build); err != nil {
			return err
		}
	}
	var any bool
	if q, any = part.Handlers(q); !any {
		return failed(errors.New("what --service and --process choose has no calls in the time, or of another build than the baseline"))
	}
	return base.with(ctx, s, func(before *loopSide) error {
		return readSide(ctx, s, q, func(after *loopSide) error {
			c, err := compareSides(ctx, before, after, report.CompareOptions{Kinds: o.Kinds, Handler: o.Handler})
			if err != nil {
				return err
			}
			return finishComparison(c, write)
		})
	})
}

// finishComparison writes a comparison and fails when something became worse.
func finishComparison(c *report.Comparison, write func(*report.Comparison) error) error {
	if err := written(write(c)); err != nil {
		return err
	}
	worse, loops := len(c.Worse()), len(c.Loops)
	switch {
	case loops > 0:
		return found("%d of %d handlers became worse, %d new N+1", worse, len(c.Rows), loops)
	case worse > 0:
		return found("%d of %d handlers became worse", worse, len(c.Rows))
	}
	return nil
}

func (f *reportFlags) options(now time.Time) (o report.Options, format report.Format, err error) {
	o = report.Options{Handler: f.handler, Slow: f.slow, Limit: f.limit}
	if o.Since, o.Until, err = parseWindow(f.since, f.until, now); err != nil {
		return o, "", err
	}
	if o.Sort, err = report.ParseSort(f.sort); err != nil {
		return o, "", fmt.Errorf("--sort: %w", err)
	}
	if format, err = report.ParseFormat(f.format); err != nil {
		return o, "", fmt.Errorf("--format: %w", err)
	}
	switch {
	case f.budget != "" && f.baseline != "":
		return o, "", errors.New("--budget and --baseline are two reports: ask for one of them")
	case f.slow < 0:
		return o, "", fmt.Errorf("--slow: %v is below zero", f.slow)
	case f.limit < 0:
		return o, "", fmt.Errorf("--limit: %d is below zero", f.limit)
	case f.limit == 0:
		o.Limit = -1 // for report, 0 is the default
	}
	return o, format, nil
}
