package commands

import (
	"context"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	keyStdout = instrument.NewKey("command.stdout.size")
	keyStderr = instrument.NewKey("command.stderr.size")
)

// beginRecord begins the Record of a run, below the one that the caller runs in.
func beginRecord(ctx context.Context, c *registered) (context.Context, *instrument.Recording) {
	outer, inferred := instrument.Find(ctx)
	r := outer.Recorder()
	if r == nil {
		r = instrument.Default()
	}
	b := instrument.Begin{Handler: c.handler}
	if inferred { // found by the goroutine: ctx does not carry the link
		b.Parent, b.Trace = outer.ID(), outer.TraceContext()
	}
	return r.Begin(ctx, b)
}

func endRecord(rec *instrument.Recording, err error, out, errs int64) {
	rec.Set(keyStdout.Int64(out), keyStderr.Int64(errs))
	rec.SetStatus(ExitCode(err))
	if _, panicked := err.(*PanicError); !panicked { // a panic is in the Record already
		rec.Fail(err)
	}
	rec.End()
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
			attrs = append(attrs, instrument.NewKey("arg."+f.Name).String(f.Value.String()))
		case f.Name != "help" && base.Lookup(f.Name) == nil:
			attrs = append(attrs, instrument.NewKey("default."+f.Name).String(f.Value.String()))
		}
	})
	for i, a := range args {
		key := "arg." + strconv.Itoa(i+1)
		if i == maxArgs {
			attrs = append(attrs, instrument.NewKey("arg.more").Int(len(args)-i))
			break
		}
		if name := c.args.name(i); name != "" {
			key += "." + strings.ToLower(name)
		}
		attrs = append(attrs, instrument.NewKey(key).String(a))
	}
	return attrs
}

// maxArgs is how many positional arguments are kept: a shell may expand a star to
// thousands.
const maxArgs = 50
