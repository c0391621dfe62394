package commands

import (
	"context"
	"crypto/rand"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Run is one run of a command, as the command sees it.
type Run struct {
	// ID names the run: that of its Record or, where nothing is recorded, a random one.
	ID string
	// Name is the command's name, after those of the commands above it: "queue purge".
	Name string
	// Args are the positional arguments.
	Args []string
	// In, Out and Err are the streams of this run. Commands write here and not to
	// os.Stdout, so that callers and tests can have the output.
	In       io.Reader
	Out, Err *Output
	// Log writes to Err. Its lines carry the command's name and the run's id; with
	// --json they are JSON. At verbosity 0 errors are logged, at 1 what is Info or
	// above, else Debug as well.
	Log *slog.Logger
	// Verbosity is 0 (silent) to 3 (very verbose); 1 unless -v says otherwise. What
	// it means is the command's business; [Output.V] helps.
	Verbosity int

	json bool
	rec  *instrument.Recording
	term *terminal // where bars are drawn; nil: nowhere

	mu       sync.Mutex // guards progress
	progress []*Progress
}

type runKey struct{}

// FromContext is the run that ctx belongs to; nil outside a command.
func FromContext(ctx context.Context) *Run {
	run, _ := ctx.Value(runKey{}).(*Run)
	return run
}

// newRun makes the Run of an invocation.
func (inv *invocation) newRun(c *registered, rec *instrument.Recording, args []string) *Run {
	run := &Run{ID: runID(rec), Name: c.path, Args: args, In: inv.io.In, Verbosity: inv.base.level(), json: inv.base.json, rec: rec}
	run.term = terminalOf(inv.io.Err)
	run.Err = inv.newOutput(inv.io.Err, run.term)
	run.Out = inv.newOutput(inv.io.Out, run.term)
	run.Log = inv.root.logger(run)
	return run
}

// runID is the Record's id, or else a random one that looks like it.
func runID(rec *instrument.Recording) string {
	if id := rec.ID(); id != 0 {
		return id.String()
	}
	return strings.ToLower(rand.Text()[:13])
}
