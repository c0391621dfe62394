package commands_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
)

var noon = time.Date(2030, 5, 20, 12, 0, 0, 0, time.UTC)

// records is a table of times.
type records struct {
	rows    []time.Time
	batches []int // how many each statement deleted
}

func (r *records) older(before time.Time) (n int) {
	for _, at := range r.rows {
		if at.Before(before) {
			n++
		}
	}
	return n
}

func (r *records) deleteOlder(before time.Time, limit int) int {
	n := 0
	r.rows = slices.DeleteFunc(r.rows, func(at time.Time) bool {
		old := at.Before(before) && n < limit
		if old {
			n++
		}
		return old
	})
	r.batches = append(r.batches, n)
	return n
}

// cleanupOldRecords is a command as apps have it.
func cleanupOldRecords(r *records) commands.Command {
	return commands.Command{Name: "cleanup_old_records", Group: "Housekeeping", Help: "Delete old records.",
		Setup: func(f *commands.Flags) commands.RunFunc {
			days := f.Int("days", 30, "delete what is older, in `days`")
			batch := f.Int("batch-size", 1000, "delete so many at a time")
			dry := f.Bool("dry-run", false, "only count")
			return func(ctx context.Context, run *commands.Run) error {
				before := noon.AddDate(0, 0, -*days)
				if *dry {
					return run.Out.Line(fmt.Sprint("Would delete ", r.older(before)))
				}
				deleted := 0
				for n := *batch; n == *batch && ctx.Err() == nil; deleted += n {
					n = r.deleteOlder(before, *batch)
				}
				_ = run.Out.Line(run.Out.Paint(commands.StyleSuccess, fmt.Sprint("Deleted ", deleted)))
				return ctx.Err()
			}
		}}
}

func TestA56_CleanupInBatchesKeepsTheBoundary(t *testing.T) {
	t.Parallel()
	boundary := noon.AddDate(0, 0, -30)
	r := &records{rows: slices.Repeat([]time.Time{boundary.Add(-time.Second)}, 2500)}
	r.rows = append(r.rows, boundary, boundary.Add(time.Second))
	for _, tt := range []struct {
		args string
		want string
		left int
	}{
		{"--dry-run", "Would delete 2500\n", 2502},
		{"--days 30 --batch-size 1000", "Deleted 2500\n", 2},
		{"", "Deleted 0\n", 2},
	} {
		res := commandstest.Command(t, cleanupOldRecords(r), strings.Fields(tt.args)...)
		if res.Stdout != tt.want || res.Code != 0 || len(r.rows) != tt.left {
			t.Errorf("%q: got %+v, %d rows left", tt.args, res, len(r.rows))
		}
	}
	if want := []int{1000, 1000, 500, 0}; !slices.Equal(r.batches, want) {
		t.Errorf("batches %v, want %v", r.batches, want)
	}
}

func TestA54_ACommandIsListedExplainedAndRun(t *testing.T) {
	t.Parallel()
	root := newRoot()
	root.Add(cleanupOldRecords(&records{}))
	for _, tt := range []struct{ args, want string }{
		{"help", "Housekeeping:\n  cleanup_old_records Delete old records.\n"},
		{"cleanup_old_records --help", "--batch-size int"},
		{"cleanup_old_records --days 3", "Deleted 0\n"},
	} {
		if res := commandstest.Call(t, root, strings.Fields(tt.args)...); res.Code != 0 || !strings.Contains(res.Stdout, tt.want) {
			t.Errorf("%s: got %+v", tt.args, res)
		}
	}
	res := commandstest.Call(t, root, "cleanup_old_recodrs")
	if res.Code != 1 || !strings.Contains(res.Stderr, "Did you mean cleanup_old_records?") {
		t.Errorf("got %+v", res)
	}
	if res := call(t, "cleanup_old_records"); res.Code != 1 || !strings.HasPrefix(res.Stderr, "Error: unknown command \"cleanup_old_records\"\n") {
		t.Errorf("not registered: got %+v", res)
	}
}
