package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

type compareFlags struct {
	db, handler, format string
	kinds               []string
	minChange           float64
	minCalls            uint64
}

func newCompare() *cobra.Command {
	var f compareFlags
	cmd := &cobra.Command{
		Use:   "compare A B",
		Short: "Say which handlers became slower, faster, new or gone between two sides",
		Long: `Say which handlers became slower, faster, new or gone between two sides, and which run an
N+1 that they did not.

A side is one of
  a build       its revision or the beginning of it: 4f2a91c or build:4f2a91c
  a window      two times with ".." between: 2d..1d, 2026-11-19..2026-11-20, 1h..
  a file        the path of another store, or the address of a running app's dashboard
Builds and windows are of the store that --db names.

A handler counts as slower or faster when a rank test says so, the change is at
least --min-change, and its interval at 99 % does not hold "no change"; with fewer
than --min-calls on a side it is not judged.

Exit codes: 0 nothing became worse, 1 a handler is slower, fails more often or has a new
N+1, 2 the command line is wrong, 3 a store cannot be read.`,
		Example: `  toolbar compare 4f2a91c 77b0e13
  toolbar compare 2d..1d 1d.. --handler 'GET *'
  toolbar compare main.db branch.db --format md`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args[0], args[1], time.Now())
		},
	}
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	flags.StringSliceVar(&f.kinds, "kind", nil, "`kinds` of handlers, separated by commas (default all but log and exception)")
	flags.StringVar(&f.handler, "handler", "", "`text` in the handler's name, or a pattern with *")
	flags.Float64Var(&f.minChange, "min-change", 5, "smallest change that counts, in `percent`")
	flags.Uint64Var(&f.minCalls, "min-calls", 20, "`number` of calls that a side must have")
	flags.StringVar(&f.format, "format", string(report.FormatText), "`form`: text, md, csv, json, junit, sarif")
	return cmd
}

func (f *compareFlags) run(cmd *cobra.Command, a, b string, now time.Time) error {
	format, err := report.ParseFormat(f.format)
	if err != nil {
		return fmt.Errorf("--format: %w", err)
	}
	if f.minChange < 0 || f.minChange != f.minChange {
		return fmt.Errorf("--min-change: %v is below zero", f.minChange)
	}
	sideA, errA := parseSide(a, now)
	sideB, errB := parseSide(b, now)
	if err := errors.Join(errA, errB); err != nil {
		return err
	}
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	compare := func(s *store.Store) error {
		kinds, err := parseKinds(ctx, s, f.kinds)
		if err != nil {
			return err
		}
		o := report.CompareOptions{Kinds: kinds, Handler: f.handler, MinChange: max(f.minChange/100, 1e-9), MinCalls: max(f.minCalls, 1)}
		screen := screenOf(out)
		screen.Root, _ = os.Getwd()
		return sideA.with(ctx, s, func(before *loopSide) error {
			return sideB.with(ctx, s, func(after *loopSide) error {
				c, err := compareSides(ctx, before, after, o)
				if err != nil {
					return err
				}
				return finishComparison(c, func(c *report.Comparison) error { return c.Write(out, format, screen) })
			})
		})
	}
	if sideA.file != "" && sideB.file != "" {
		return withStore(ctx, sideA.file, compare) // the store of --db is not needed
	}
	return withStore(ctx, f.db, compare)
}

// side is what is compared: one of a build, a window and a file.
type side struct {
	text         string
	build, file  string
	since, until time.Time
}

// parseSide reads a side as people write it.
func parseSide(text string, now time.Time) (s side, err error) {
	s.text = text
	if rev, ok := strings.CutPrefix(text, "build:"); ok {
		s.build = rev
		return s, nil
	}
	if path, ok := strings.CutPrefix(text, "file:"); ok {
		s.file = path
		return s, nil
	}
	if isAddress(text) {
		s.file = text
		return s, nil
	}
	if from, to, ok := strings.Cut(text, ".."); ok && !strings.ContainsAny(text, `/\`) {
		if from != "" {
			if s.since, err = filter.ParseTime(from, now); err != nil {
				return s, err
			}
		}
		if to != "" {
			if s.until, err = filter.ParseTime(to, now); err != nil {
				return s, err
			}
		}
		if !s.since.IsZero() && !s.until.IsZero() && !s.since.Before(s.until) {
			return s, fmt.Errorf("the window %s ends before it begins", text)
		}
		return s, nil
	}
	if info, err := os.Stat(text); err == nil && !info.IsDir() {
		s.file = text
		return s, nil
	}
	if strings.HasSuffix(text, ".db") || strings.ContainsAny(text, `/\`) {
		return s, fmt.Errorf("there is no store at %s", text)
	}
	if text == "" {
		return s, errors.New("a side is empty: name a build, a window like 2d..1d, or a file")
	}
	s.build = text
	return s, nil
}

// with reads the statistics of a side and calls fn with them, while its store is open.
func (s side) with(ctx context.Context, st *store.Store, fn func(*loopSide) error) error {
	if s.file != "" {
		return withStore(ctx, s.file, func(other *store.Store) error {
			return readSide(ctx, other, query.Handlers{}, fn)
		})
	}
	q := query.Handlers{Since: s.since, Until: s.until}
	if s.build != "" {
		of, err := processesOf(ctx, st, func(p *query.Process) bool { return strings.HasPrefix(p.Build.Revision, s.build) })
		if err != nil {
			return err
		}
		if len(of) == 0 {
			return unknownBuild(ctx, st, s.build)
		}
		q.Processes = of
	}
	return readSide(ctx, st, q, fn)
}

func readSide(ctx context.Context, st *store.Store, q query.Handlers, fn func(*loopSide) error) error {
	stats, err := st.Handlers(ctx, q)
	if err != nil {
		return failed(err)
	}
	return fn(&loopSide{store: st, query: query.Records{Since: q.Since, Until: q.Until, Processes: q.Processes}, stats: stats})
}

// compareSides compares what was read of two sides.
func compareSides(ctx context.Context, before, after *loopSide, o report.CompareOptions) (*report.Comparison, error) {
	c := report.Compare(before.stats, after.stats, o)
	var err error
	c.Loops, err = newLoops(ctx, before, after, o)
	return c, err
}

func processesOf(ctx context.Context, st *store.Store, has func(*query.Process) bool) (ids []int64, err error) {
	list, err := st.Processes(ctx)
	if err != nil {
		return nil, failed(err)
	}
	for i := range list {
		if has(&list[i]) {
			ids = append(ids, list[i].ID)
		}
	}
	return ids, nil
}

// others are the processes of all builds but one.
func others(ctx context.Context, st *store.Store, build string) ([]int64, error) {
	ids, err := processesOf(ctx, st, func(p *query.Process) bool { return !strings.HasPrefix(p.Build.Revision, build) })
	if err == nil && len(ids) == 0 {
		err = failed(fmt.Errorf("the store has calls of build %s only: there is nothing to compare it with", build))
	}
	return ids, err
}

// unknownBuild is the error for a build that the store does not have; it names those
// that it has.
func unknownBuild(ctx context.Context, st *store.Store, build string) error {
	list, err := st.Processes(ctx)
	if err != nil {
		return failed(err)
	}
	var known []string
	seen := map[string]bool{}
	for i := range list {
		if r := list[i].Build.Revision; r != "" && !seen[r] && len(known) < 5 {
			seen[r] = true
			known = append(known, r[:min(len(r), 12)])
		}
	}
	if len(known) == 0 {
		return fmt.Errorf("there is no build %q: the store knows no revisions, because the app was built outside of a repository or with -buildvcs=false", build)
	}
	return fmt.Errorf("there is no build %q: the store has %s", build, strings.Join(known, ", "))
}
