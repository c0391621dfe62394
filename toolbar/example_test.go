package toolbar_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// tracking is what a client of an error tracker usually looks like: Sentry's has an
// event with exceptions, each with a stack trace, the outermost call first.
type tracking interface {
	Capture(trackedEvent)
}

type trackedEvent struct {
	Level, Release, User, Transaction string
	Fingerprint                       []string
	Tags                              map[string]string
	Exceptions                        []trackedException // the innermost cause first
}

type trackedException struct {
	Type, Value string
	Frames      []trackedFrame
}

type trackedFrame struct {
	Function, File string
	Line           int
	InApp          bool
}

// track gives Events to such a client.
func track(client tracking) func(context.Context, reporter.Event) {
	return func(_ context.Context, e reporter.Event) {
		out := trackedEvent{
			Level: "error", Release: e.Build, User: e.User, Transaction: e.Root.Name,
			Fingerprint: []string{e.Fingerprint.String()},
			Tags:        map[string]string{"record": e.Record.String(), "trace_id": e.Trace.TraceID.String(), "handler": e.Handler.Name},
		}
		if e.Panic {
			out.Level = "fatal"
		}
		for i := len(e.Causes) - 1; i >= 0; i-- {
			out.Exceptions = append(out.Exceptions, trackedException{Type: e.Causes[i].Type, Value: e.Causes[i].Message})
		}
		whole := trackedException{Type: e.Type, Value: e.Message}
		for i := len(e.Stack) - 1; i >= 0; i-- {
			f := e.Stack[i]
			whole.Frames = append(whole.Frames, trackedFrame{f.Func, f.File, f.Line, f.Own})
		}
		out.Exceptions = append(out.Exceptions, whole)
		client.Capture(out)
	}
}

// printing stands for a client: it prints what it would send.
type printing struct{}

func (printing) Capture(e trackedEvent) {
	outermost := e.Exceptions[len(e.Exceptions)-1]
	fmt.Printf("%s in %s: %s (%d errors, %t)\n", e.Level, e.Tags["handler"], outermost.Value, len(e.Exceptions), len(e.Fingerprint[0]) == 13)
}

func ExampleConfig_report() {
	tb, err := toolbar.New(toolbar.Config{
		Path:       ":memory:",
		NotDefault: true,
		Report:     track(printing{}),
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer tb.Close(context.Background())

	// A command fails; a request, a receiver or a task would be reported alike.
	ship := instrument.NewHandler(instrument.KindCommand, "ship-orders", instrument.Source{})
	_, rec := tb.Recorder().Begin(context.Background(), instrument.Begin{Handler: ship})
	rec.Fail(fmt.Errorf("order 12: %w", errors.New("carrier refused")))
	rec.End()

	_ = tb.Flush(context.Background())
	// Output: error in ship-orders: order 12: carrier refused (2 errors, true)
}
