package commands

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	keyStdout     = instrument.NewKey("command.stdout.size")
	keyStderr     = instrument.NewKey("command.stderr.size")
	keyStdoutTail = instrument.NewKey("command.stdout") // the end of it
	keyStderrTail = instrument.NewKey("command.stderr")
	keySignal     = instrument.NewKey("command.signal")
	keyProfile    = instrument.NewKey("command.profile") // the file
	keyDone       = instrument.NewKey("command.progress.done")
	keyTotal      = instrument.NewKey("command.progress.total")
	keyCPU        = instrument.NewKey("process.cpu.time")
	keyPeak       = instrument.NewKey("process.memory.peak")
)

// beginRecord begins the Record of a run, below the one that the caller runs in.
func beginRecord(ctx context.Context, c *registered) (context.Context, *instrument.Recording) {
	outer, inferred := instrument.Find(ctx)
	r := outer.Recorder()
	if r == nil {
		r = instrument.Default()
	}
	b := instrument.Begin{Handler: c.handler}
	if outer == nil {
		b.Trace, _ = ctx.Value(traceKey{}).(instrument.TraceContext)
	}
	if inferred { // found by the goroutine: ctx does not carry the link
		b.Parent, b.Trace = outer.ID(), outer.TraceContext()
	}
	return r.Begin(ctx, b)
}

// traceKey is for the trace that the process was started in.
type traceKey struct{}

// withTrace gives a context in which runs continue the trace of who started the
// process, if that said so in TRACEPARENT.
func withTrace(ctx context.Context, traceparent string) context.Context {
	t, ok := instrument.ParseTraceparent(traceparent)
	if !ok {
		return ctx
	}
	return context.WithValue(ctx, traceKey{}, t)
}

// endRecord ends a Record with what the run did.
func endRecord(rec *instrument.Recording, run *Run, used usage, err error) {
	rec.Set(
		keyStdout.Int64(run.Out.size.Load()), keyStderr.Int64(run.Err.size.Load()),
		textAttr(keyStdoutTail, run.Out.tail.text()), textAttr(keyStderrTail, run.Err.tail.text()),
	)
	rec.Set(used.attrs()...)
	rec.Set(run.progressAttrs()...)
	if i, ok := err.(*InterruptError); ok {
		rec.Set(keySignal.String(i.Signal.String()))
	}
	rec.SetStatus(ExitCode(err))
	rec.End()
}

// textAttr is no attribute when there is no text.
func textAttr(k instrument.Key, text string) instrument.Attr {
	if text == "" {
		return instrument.Attr{}
	}
	return k.String(text)
}

// recordRefusal records a command line that did not become a run.
func (inv *invocation) recordRefusal(c *registered, usage *UsageError) {
	_, rec := beginRecord(inv.ctx, c)
	rec.SetStatus(ExitCode(usage))
	rec.Fail(usage.recordable())
	rec.End()
}

// argAttrs are the arguments as attributes, each under its own name, so that a
// masker can judge by it.
func argAttrs(c *registered, cmd *cobra.Command, args []string) []instrument.Attr {
	var attrs []instrument.Attr
	base := cmd.InheritedFlags()
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		switch {
		case f.Changed:
			attrs = append(attrs, flagKey(f.Name).String(f.Value.String()))
		case !isBuiltin(f.Name) && base.Lookup(f.Name) == nil:
			attrs = append(attrs, instrument.NewKey("default."+f.Name).String(f.Value.String()))
		}
	})
	for i, a := range args {
		if i == maxArgs {
			attrs = append(attrs, instrument.NewKey("arg.more").Int(len(args)-i))
			break
		}
		attrs = append(attrs, argKey(c.args, i+1).String(a))
	}
	return attrs
}

// isBuiltin tells the options that a command has beside its own.
func isBuiltin(name string) bool {
	return name == "help" || name == "version" || name == skipChecks
}

// maxArgs is how many positional arguments are kept: a shell may expand a star to
// thousands.
const maxArgs = 50
