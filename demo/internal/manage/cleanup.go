package manage

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

func cleanupOldRecords(st *store.Store, now func() time.Time) commands.Command {
	return commands.Command{
		Name:  "cleanup-old-records",
		Help:  "Delete what visitors did long ago.",
		Group: "Housekeeping",
		Setup: func(f *commands.Flags) commands.RunFunc {
			days := f.Int("days", 30, "delete what is older, in `days`")
			batch := f.Int("batch-size", 1000, "delete so many `records` at a time")
			dry := f.Bool("dry-run", false, "count, and delete nothing")
			return func(ctx context.Context, run *commands.Run) error {
				if *days < 0 || *batch < 1 {
					return commands.Errorf("--days must be 0 or more and --batch-size 1 or more, not %d and %d", *days, *batch)
				}
				before := now().AddDate(0, 0, -*days)
				if *dry {
					return countOld(ctx, run.Out, st, before)
				}
				return deleteOld(ctx, run.Out, st, before, *batch)
			}
		},
	}
}

func countOld(ctx context.Context, out io.Writer, st *store.Store, before time.Time) error {
	n, err := st.OldActivity(ctx, before)
	if err == nil {
		fmt.Fprintf(out, "Would delete %d records from before %s\n", n, before.Format(time.DateOnly))
	}
	return err
}

func deleteOld(ctx context.Context, out io.Writer, st *store.Store, before time.Time, batch int) error {
	total := 0
	for {
		n, err := st.DeleteOldActivity(ctx, before, batch)
		if total += n; err != nil {
			return fmt.Errorf("stopped after %d records: %w", total, err)
		}
		if n < batch {
			fmt.Fprintf(out, "Deleted %d records from before %s\n", total, before.Format(time.DateOnly))
			return nil
		}
	}
}
