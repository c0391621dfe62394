package taskstest_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/tasks/taskstest"
)

var outbox []string

var welcome = tasks.New("taskstest.welcome", func(_ context.Context, to string) error {
	outbox = append(outbox, to)
	return nil
})

// register is the app's own code, which the tests are of.
func register(ctx context.Context, email string) error {
	if _, err := welcome.Enqueue(ctx, email); err != nil {
		return err
	}
	_, err := welcome.With(tasks.Options{In: 24 * time.Hour}).Enqueue(ctx, "again "+email)
	return err
}

func TestRecord_KeepsWhatIsQueuedAndRunsNothing(t *testing.T) {
	outbox = nil
	q := taskstest.Record(t, welcome)
	if err := register(q.Context(), "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	got := taskstest.Queued(t, q, welcome)
	if fmt.Sprint(got) != "[ann@example.org again ann@example.org]" || outbox != nil {
		t.Errorf("queued %v, ran %v", got, outbox)
	}
	q.Clear()
	if got := taskstest.Queued(t, q, welcome); len(got) != 0 {
		t.Errorf("after Clear %v are queued", got)
	}
}

func TestTK37_EagerRunsAtOnceAndWhatIsLaterWhenTheClockComesThere(t *testing.T) {
	outbox = nil
	q := taskstest.Eager(t, welcome)
	if err := register(q.Context(), "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	if fmt.Sprint(outbox) != "[ann@example.org]" {
		t.Errorf("when Enqueue returned %v had run", outbox)
	}
	q.Advance(23 * time.Hour)
	if len(outbox) != 1 {
		t.Errorf("an hour too early %v had run", outbox)
	}
	q.Advance(time.Hour)
	if fmt.Sprint(outbox) != "[ann@example.org again ann@example.org]" {
		t.Errorf("a day later %v had run", outbox)
	}
}
