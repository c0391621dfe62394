package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// reportFlags are the flags of "toolbar report" as they were given.
type reportFlags struct {
	db, since, until, handler, sort, format string
	kinds                                   []string
	slow                                    time.Duration
	limit                                   int
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		Use:   "report",
		Short: "Show which handlers take the time, and why",
		Long: `Show which handlers take the time, and why.

Handlers are sorted by own time: time outside of what they call. The figures are
exact whatever share of the records is kept; percentiles are within 2 %.`,
		Example: `  toolbar report --since 1h
  toolbar report --kind receiver,view --sort p95 --limit 5
  toolbar report --handler 'GET /orders*' --slow 250ms --format md`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	addWindow(cmd, &f.since, &f.until)
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of handlers, separated by commas (default all but log and exception)")
	flags.StringVar(&f.handler, "handler", "", "`text` in the handler's name, or a pattern with *")
	flags.DurationVar(&f.slow, "slow", 0, "count calls above this `duration` as slow (default the limits that the app is configured with)")
	flags.StringVar(&f.sort, "sort", string(report.SortSelf), "`order`: "+joined(report.Sorts()))
	flags.IntVar(&f.limit, "limit", 20, "`number` of handlers, 0 for all")
	flags.StringVar(&f.format, "format", string(report.FormatText), "`form`: "+joined(report.Formats()))
	return cmd
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
	return withStore(ctx, f.db, func(s *store.Store) error {
		if o.Kinds, err = parseKinds(ctx, s, f.kinds); err != nil {
			return err
		}
		r, err := report.Build(ctx, s, o)
		if err != nil {
			return failed(fmt.Errorf("%s: %w", f.db, err))
		}
		if err := r.Write(out, format, screenOf(out)); err != nil {
			return failed(fmt.Errorf("write report: %w", err))
		}
		return nil
	})
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
	case f.slow < 0:
		return o, "", fmt.Errorf("--slow: %v is below zero", f.slow)
	case f.limit < 0:
		return o, "", fmt.Errorf("--limit: %d is below zero", f.limit)
	case f.limit == 0:
		o.Limit = -1 // for report, 0 is the default
	}
	return o, format, nil
}
