package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// report prints a failure as an operator needs it: usage for a wrong call, the
// stack for a panic, else the error alone.
func (inv *invocation) report() {
	w, err := inv.io.Err, inv.err
	if err == nil {
		return
	}
	if e, ok := errors.AsType[*UsageError](err); ok && !inv.ran {
		fmt.Fprintf(w, "%s\n%s: error: %v\n", e.Usage, e.Command, e.Err)
		return
	}
	if _, ok := err.(*UnknownCommandError); ok {
		fmt.Fprintf(w, "Error: %v\nType '%s help' for usage.\n", err, inv.root.name)
		return
	}
	if p, ok := err.(*PanicError); ok {
		fmt.Fprintf(w, "%v\n\n%s", p, p.Stack)
		return
	}
	if i, ok := err.(*InterruptError); ok && (i.Err == nil || errors.Is(i.Err, context.Canceled)) {
		fmt.Fprintf(w, "Stopped by signal: %v.\n", i.Signal)
		return
	}
	fmt.Fprintf(w, "Error: %v\n", err)
	if inv.base.traceback {
		printChain(w, err, "  ")
	}
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
