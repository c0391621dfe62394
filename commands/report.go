package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
)

// report prints a failure as an operator needs it: usage for a wrong call, the
// stack for a panic, else the error alone.
func (inv *invocation) report() {
	switch {
	case inv.err == nil:
	case inv.base.json || !inv.ran && !inv.ownJSON && inv.asksForJSON():
		inv.reportJSON()
	default:
		inv.reportText(inv.newOutput(inv.io.Err, nil))
	}
}

// asksForJSON looks for --json in a command line that could not be parsed.
func (inv *invocation) asksForJSON() bool {
	line := inv.args
	if end := slices.Index(line, "--"); end >= 0 {
		line = line[:end]
	}
	return slices.Contains(line, "--json")
}

func (inv *invocation) reportText(w *Output) {
	err := inv.err
	if e, ok := errors.AsType[*UsageError](err); ok && !inv.ran {
		_ = w.Printf("%s\n%s: error: %s\n", e.Usage, e.Command, e.problem())
		return
	}
	if _, ok := err.(*UnknownCommandError); ok {
		_ = w.Printf("%s: %v\nType '%s help' for usage.\n", w.Paint(StyleError, "Error"), err, inv.root.name)
		return
	}
	if p, ok := errors.AsType[*PanicError](err); ok {
		_ = w.Printf("%s\n\n%s", w.Paint(StyleError, err.Error()), p.Stack)
		return
	}
	if i, ok := err.(*InterruptError); ok && i.quiet() {
		_ = w.Printf("Stopped by signal: %v.\n", i.Signal)
		return
	}
	_ = w.Printf("%s: %v\n", w.Paint(StyleError, "Error"), err)
	if inv.base.traceback {
		printChain(w, err, "  ")
	}
}

// quiet reports whether there is nothing to tell but the signal.
func (e *InterruptError) quiet() bool {
	_, batch := errors.AsType[*ParallelError](e.Err)
	return e.Err == nil || errors.Is(e.Err, context.Canceled) && !batch
}

// reportJSON writes the failure as one log line.
func (inv *invocation) reportJSON() {
	log := slog.New(slog.NewJSONHandler(inv.newOutput(inv.io.Err, nil), nil)).With("exit", ExitCode(inv.err))
	if inv.run != nil {
		log = log.With("command", inv.run.Name, "run", inv.run.ID)
	}
	if p, ok := errors.AsType[*PanicError](inv.err); ok {
		log = log.With("stack", string(p.Stack))
	}
	log.Error(inv.err.Error())
}

// printChain prints each error that err wraps, with its type, the way in.
func printChain(w io.Writer, err error, indent string) {
	fmt.Fprintf(w, "%s%T: %+v\n", indent, err, err)
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		if inner := e.Unwrap(); inner != nil {
			printChain(w, inner, indent+"  ")
		}
	case interface{ Unwrap() []error }:
		for _, inner := range e.Unwrap() {
			printChain(w, inner, indent+"  ")
		}
	}
}
