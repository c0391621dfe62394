package commands

import (
	"context"
	"errors"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var (
	errColors = errors.New("the --no-color and --force-color options can't be used together")
	errGoexit = errors.New("the command called runtime.Goexit")
)

// start is called by cobra when the command line is in order.
func (inv *invocation) start(c *registered, cmd *cobra.Command, fn RunFunc, args []string) {
	inv.ran = true
	if inv.base.noColor && inv.base.forceColor {
		inv.err = &Error{Err: errColors, Code: ExitError}
		return
	}
	ctx, rec := beginRecord(cmd.Context(), c)
	run := inv.newRun(c, rec, args)
	inv.run = run
	rec.SetPath("", lineOf(rec, c, cmd, inv.args))
	rec.Set(argAttrs(c, cmd, args)...)
	rec.Announce() // a run that is killed leaves this
	before, done := readUsage(), false
	defer func() {
		if !done {
			inv.err = caught(rec, recover())
		}
		run.endProgress(inv.err)
		endRecord(rec, run, readUsage().since(before), inv.err)
	}()
	inv.err = inv.steps(c, cmd, fn)(context.WithValue(ctx, runKey{}, run), run)
	inv.err = ending(ctx, inv.err)
	rec.Fail(inv.err)
	done = true
}

// steps puts around a command what is done before and after it, the first outside.
func (inv *invocation) steps(c *registered, cmd *cobra.Command, fn RunFunc) RunFunc {
	fn = inv.profiled(fn)
	fn = inv.locked(c, fn)
	fn = inv.checked(c, cmd, fn)
	return inv.configured(fn)
}

// caught is the error of a command that did not return; v is what it panicked with.
func caught(rec *instrument.Recording, v any) error {
	if v == nil { // the deferred calls go on, and so does Goexit
		rec.Fail(errGoexit)
		return errGoexit
	}
	rec.Panic(v)
	return &PanicError{Value: v, Stack: debug.Stack()}
}

// ending is the error of a run, given what its function returned.
func ending(ctx context.Context, err error) error {
	if i, ok := errors.AsType[*InterruptError](context.Cause(ctx)); ok {
		err = &InterruptError{Signal: i.Signal, Err: err}
	}
	if _, ok := errors.AsType[*UsageError](err); ok { // of a Call inside: not this command line's
		err = &Error{Err: err, Code: ExitError}
	}
	return err
}
