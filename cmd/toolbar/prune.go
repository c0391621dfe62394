package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// pruneFlags are the flags of "toolbar prune" as they were given.
type pruneFlags struct {
	db, age, keepAge, statistics, bytes string
	records                             int64
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
is given.`,
		Example: `  toolbar prune --age 1d
  toolbar prune --age 1h --keep-age 7d --records 10000
  toolbar prune --bytes 50MB`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
	if f.age == "" && f.keepAge == "" && f.statistics == "" && f.records == 0 && f.bytes == "" {
		return o, errors.New("nothing to remove is named: give --age, --keep-age, --statistics, --records or --bytes")
	}
	return o, nil
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
	db, err := sqlitefile.Open(f.db, sqlitefile.Options{})
	if err != nil {
		return failed(err)
	}
	defer db.Close()
	o.Service = "toolbar prune"
	s, err := store.Open(ctx, db, o)
	if err != nil {
		return failed(fmt.Errorf("open %s: %w", f.db, err))
	}
	defer s.Close()
	for more := true; more; {
		if more, err = s.Prune(ctx); err != nil {
			return failed(err)
		}
	}
	if _, err := db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)"); err != nil {
		return failed(err)
	}
	h, err := s.Health(ctx)
	if err != nil {
		return failed(err)
	}
	_, err = fmt.Fprintf(out, "Removed %d of %d records; the store has %s, before %s.\n", before-h.Records, before, report.FormatBytes(h.FileBytes+h.WALBytes), report.FormatBytes(size))
	if err != nil {
		return failed(fmt.Errorf("write: %w", err))
	}
	return nil
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
