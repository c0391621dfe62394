package tasks

import (
	"testing"
	"time"

	"github.com/riverqueue/river/rivertype"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

// TestTK47_TheWayOfAJobIsInOrderWhateverTheClocks has the times that SQLite leaves: whole
// milliseconds of River's, beside nanoseconds of the attempt's own.
func TestTK47_TheWayOfAJobIsInOrderWhateverTheClocks(t *testing.T) {
	queued := time.Date(2026, 3, 1, 12, 0, 0, int(7*time.Millisecond), time.UTC)
	began := queued.Add(800 * time.Microsecond)
	row := &rivertype.JobRow{State: rivertype.JobStateCompleted, CreatedAt: queued, ScheduledAt: queued, FinalizedAt: &queued, Attempt: 1}
	list := timeline(row, []jobs.Attempt{{Number: 1, Started: began, Ended: began.Add(time.Microsecond), Wait: began.Sub(queued)}}, began.Add(time.Second))
	want := []jobs.State{jobs.Available, jobs.Running, jobs.Completed}
	if len(list) != len(want) {
		t.Fatalf("the way is %+v", list)
	}
	for i, e := range list {
		if e.State != want[i] || i > 0 && e.At.Before(list[i-1].At) {
			t.Errorf("step %d is %s at %s, expected %s", i+1, e.State, e.At, want[i])
		}
	}
}
