package commands

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// exitTimeout is how long what OnExit added may take in all.
const exitTimeout = 10 * time.Second

// Main runs the command that the process's arguments name, and gives the exit code:
//
//	os.Exit(root.Main(context.Background()))
//
// The first SIGINT or SIGTERM cancels the command's context, so that it can clean
// up and return; the second ends the process at once.
func (r *Root) Main(ctx context.Context) int {
	ctx, stop := interruptible(ctx)
	defer stop()
	defer r.exit(ctx, os.Stderr)
	ctx = withTrace(ctx, os.Getenv("TRACEPARENT"))
	return ExitCode(r.Exec(ctx, IO{}, os.Args[1:]...))
}

// exit runs what OnExit added.
func (r *Root) exit(ctx context.Context, w io.Writer) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), exitTimeout)
	defer cancel()
	for _, fn := range slices.Backward(r.onExit) {
		if err := fn(ctx); err != nil {
			fmt.Fprintf(w, "%s: exit: %v\n", r.name, err)
		}
	}
}

// interruptible gives a context that the first signal cancels. With that signal the
// process's own handling of signals is back.
func interruptible(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	signals, done, ended := make(chan os.Signal, 1), make(chan struct{}), make(chan struct{})
	for _, s := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		if !signal.Ignored(s) { // by nohup, or by a shell for what runs in its background
			signal.Notify(signals, s)
		}
	}
	go func() {
		defer close(ended)
		select {
		case s := <-signals:
			signal.Stop(signals) // first: the command may be waiting for the second signal already
			cancel(&InterruptError{Signal: s})
		case <-done:
			signal.Stop(signals)
		}
	}()
	return ctx, func() {
		close(done)
		<-ended
		cancel(nil)
	}
}
