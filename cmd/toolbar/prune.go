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

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// pruneFlags are the flags of "toolbar prune" as they were given.
type pruneFlags struct {
	db, age, keepAge, statistics, bytes string
	records                             int64
	all, yes                            bool
}

func newPrune() *cobra.Command {
	var f pruneFlags
	cmd := &cobra.Command{
		Use:   "prune",
		Short: "Remove what is too old or too much from a store",
		Long: `Remove what is too old or too much from a store, and give the room back.

Apps prune by themselves; this is for once. It works in small steps, so the app may
run meanwhile. Records that failed, were slow, tagged or pinned stay for as long as
--keep-age says; pinned ones stay until they are unpinned.

Removed records cannot be brought back. Statistics are not touched unless --statistics
is given.

--all empties the store: all records, pinned ones too, all statistics and exceptions.
Saved filters and the log of what was done in the dashboard stay. It asks before; where
nobody can answer it needs --yes.`,
		Example: `  toolbar prune --age 1d
  toolbar prune --age 1h --keep-age 7d --records 10000
  toolbar prune --bytes 50MB
  toolbar prune --all`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.all {
				return f.clear(cmd)
			}
			return f.run(cmd.Context(), cmd.OutOrStdout())
		},
	}
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	flags.StringVar(&f.age, "age", "", "remove records that are older: an `age` like 7d")
	flags.StringVar(&f.keepAge, "keep-age", "", "the same for failed, slow and tagged ones: an `age`")
	flags.StringVar(&f.statistics, "statistics", "", "remove statistics that are older: an `age`")
	flags.Int64Var(&f.records, "records", 0, "keep this `number` of records at most")
	flags.StringVar(&f.bytes, "bytes", "", "keep the file below this `size`, like 100MB")
	flags.BoolVar(&f.all, "all", false, "remove everything that was recorded")
	flags.BoolVar(&f.yes, "yes", false, "with --all: do not ask")
	return cmd
}

func (f *pruneFlags) options() (o store.Options, err error) {
	now := time.Now()
	for _, a := range []struct {
		name, text string
		to         *time.Duration
	}{{"age", f.age, &o.MaxAge}, {"keep-age", f.keepAge, &o.KeepAge}, {"statistics", f.statistics, &o.RollupAge}} {
		if a.text == "" {
			*a.to = 100 * 365 * 24 * time.Hour // what is not asked for stays
			continue
		}
		at, err := filter.ParseTime(a.text, now)
		if err != nil {
			return o, fmt.Errorf("--%s: %w", a.name, err)
		}
		if *a.to = now.Sub(at); *a.to <= 0 {
			return o, fmt.Errorf("--%s: %s is not in the past", a.name, a.text)
		}
	}
	if f.age != "" && f.keepAge == "" {
		o.KeepAge = o.MaxAge
	}
	if f.records < 0 {
		return o, fmt.Errorf("--records: %d is below zero", f.records)
	}
	o.MaxRecords, o.MaxBytes = f.records, 1<<62
	if f.bytes != "" {
		if o.MaxBytes, err = parseBytes(f.bytes); err != nil {
			return o, fmt.Errorf("--bytes: %w", err)
		}
	}
	if !f.limits() {
		return o, errors.New("nothing to remove is named: give --age, --keep-age, --statistics, --records, --bytes or --all")
	}
	return o, nil
}

// limits tells whether something is named that is to be kept.
func (f *pruneFlags) limits() bool {
	return f.age != "" || f.keepAge != "" || f.statistics != "" || f.records != 0 || f.bytes != ""
}

func (f *pruneFlags) run(ctx context.Context, out io.Writer) error {
	o, err := f.options()
	if err = errors.Join(err, onlyFile("prune", f.db)); err != nil {
		return err
	}
	var before int64
	var size int64
	err = withStore(ctx, f.db, func(s *store.Store) error { // it must be there, and be a store
		h, err := s.Health(ctx)
		before, size = h.Records, h.FileBytes+h.WALBytes
		return err
	})
	if err != nil {
		return err
	}
	h, err := f.change(ctx, o, func(*store.Store) error { return nil })
	if err != nil {
		return failed(err)
	}
	_, err = fmt.Fprintf(out, "Removed %d of %d records; the store has %s, before %s.\n", before-h.Records, before, report.FormatBytes(h.FileBytes+h.WALBytes), report.FormatBytes(size))
	if err != nil {
		return failed(fmt.Errorf("write: %w", err))
	}
	return nil
}

// change opens the store for writing, has do work on it, prunes it and gives back what is
// free.
func (f *pruneFlags) change(ctx context.Context, o store.Options, do func(*store.Store) error) (h query.Health, err error) {
	db, err := sqlitefile.Open(f.db, sqlitefile.Options{})
	if err != nil {
		return h, err
	}
	defer db.Close()
	o.Service = "toolbar prune"
	s, err := store.Open(ctx, db, o)
	if err != nil {
		return h, fmt.Errorf("open %s: %w", f.db, err)
	}
	defer s.Close()
	if err := do(s); err != nil {
		return h, err
	}
	for more := true; more; {
		if more, err = s.Prune(ctx); err != nil {
			return h, err
		}
	}
	if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return h, err
	}
	return s.Health(ctx)
}

// clear empties the store, once somebody has agreed.
func (f *pruneFlags) clear(cmd *cobra.Command) error {
	ctx, out := cmd.Context(), cmd.OutOrStdout()
	if f.limits() {
		return errors.New("--all removes everything: it does not go together with what is to be kept")
	}
	if err := onlyFile("prune", f.db); err != nil {
		return err
	}
	var before query.Health
	err := withStore(ctx, f.db, func(s *store.Store) (err error) { // it must be there, and be a store
		before, err = s.Health(ctx)
		return err
	})
	if err != nil {
		return err
	}
	if !f.yes {
		in := cmd.InOrStdin()
		if !isTerminal(in) {
			return errors.New("--all cannot be undone, and nobody can be asked here: add --yes")
		}
		if !agrees(in, cmd.ErrOrStderr(), fmt.Sprintf("Remove all %d records, the pinned ones too, and all statistics from %s?", before.Records, f.db)) {
			_, err := fmt.Fprintln(out, "Nothing was removed.")
			return err
		}
	}
	var gone store.Cleared
	after, err := f.change(ctx, store.Options{}, func(s *store.Store) (err error) {
		gone, err = s.Clear(ctx)
		return err
	})
	if err != nil {
		return failed(err)
	}
	_, err = fmt.Fprintf(out, "Removed %d records, %d of them pinned, %d rows of statistics and %d exceptions; the store has %s, before %s.\n",
		gone.Records, gone.Pinned, gone.Statistics, gone.Exceptions, report.FormatBytes(after.FileBytes+after.WALBytes), report.FormatBytes(before.FileBytes+before.WALBytes))
	if err != nil {
		return failed(fmt.Errorf("write: %w", err))
	}
	return nil
}

// agrees asks, and tells whether the answer is a yes; the end of the input is none.
func agrees(in io.Reader, out io.Writer, question string) bool {
	fmt.Fprint(out, term.Line(question)+" [y/N] ")
	line, _ := bufio.NewReader(in).ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}

// parseBytes reads a size: a number with B, KB, MB, GB, or KiB, MiB, GiB.
func parseBytes(s string) (int64, error) {
	var n float64
	var unit string
	if _, err := fmt.Sscanf(s, "%f%s", &n, &unit); err != nil && unit != "" || n <= 0 {
		return 0, fmt.Errorf("%q is no size: use a number with its unit, like 100MB", s)
	}
	for _, u := range []struct {
		name string
		n    float64
	}{{"KiB", 1 << 10}, {"MiB", 1 << 20}, {"GiB", 1 << 30}, {"KB", 1e3}, {"MB", 1e6}, {"GB", 1e9}, {"B", 1}} {
		if unit == u.name && n*u.n < 1<<62 {
			return int64(n * u.n), nil
		}
	}
	return 0, fmt.Errorf("%q is no size: use a number with one of B, KB, MB, GB, KiB, MiB, GiB", s)
}
