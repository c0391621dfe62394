package tasks_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// Whoever is told of errors is told of an attempt that failed, once.
func TestReport_AnAttemptThatFailsIsOneEvent(t *testing.T) {
	broken := tasks.New("report.broken", func(context.Context, mail) error { return fmt.Errorf("send: %w", errors.New("relay is down")) })
	panics := tasks.New("report.panics", func(context.Context, mail) error { panic("nil map") })
	fine := tasks.New("report.fine", func(context.Context, mail) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		events := make(chan reporter.Event, 10)
		r := must(reporter.New(reporter.Config{Report: func(_ context.Context, e reporter.Event) { events <- e }}))(t)
		told := instrument.New(instrument.Config{Sink: e.sink, Reporter: r})
		t.Cleanup(func() { told.SetEnabled(false) })
		c := e.start(tasks.Config{Tasks: []tasks.Definition{broken, panics, fine}, Recorder: told})
		ctx := e.ctx(c)
		later := tasks.Options{Retry: tasks.Retry{Delay: time.Hour}} // the next attempt is another Record
		must(broken.With(later).Enqueue(ctx, mail{To: "ann@example.org"}))(t)
		must(panics.With(later).Enqueue(ctx, mail{To: "ann@example.org"}))(t)
		must(fine.Enqueue(ctx, mail{To: "ann@example.org"}))(t)
		for _, name := range []string{"report.broken", "report.panics", "report.fine"} {
			e.sink.wait(t, name, 1)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		close(events)
		got := map[string]string{}
		for e := range events {
			if _, again := got[e.Root.Name]; again {
				t.Errorf("told twice of %s", e.Root.Name)
			}
			got[e.Root.Name] = fmt.Sprintf("%s: %s, panic %t", e.Handler.Kind, e.Message, e.Panic)
		}
		if len(got) != 2 || got["report.broken"] != "task: send: relay is down, panic false" || got["report.panics"] != "task: nil map, panic true" {
			t.Errorf("told of %q", got)
		}
	})
}
