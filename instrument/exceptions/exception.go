package exceptions

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Exception is an error or a panic in a Record.
type Exception struct {
	Fingerprint Fingerprint
	Place       Fingerprint // without the message: what else fails in this way at this place

	Type    string // the most telling Go type of its chain: "*fs.PathError"
	Message string // as the handler gave it, masked
	Panic   bool
	// Reported: the app gave it to instrument.Report.
	Reported bool
	// Uncaught: it ended a view, a layer, a receiver, a command or a task, and in a request
	// no layer made something better of it.
	Uncaught bool

	Handler instrument.HandlerInfo // the view, receiver, layer, command or task that it came up in
	Span    int                    // where it began
	Outer   int                    // the outermost span that says the same
	Start   time.Duration          // of the span where it began, after the Record's

	Causes []Cause // what it wraps, outermost first, without itself
	Stack  []Frame // innermost first; nil where none is known
}

// Cause is an error that another one wraps.
type Cause struct {
	Depth   int    `json:"depth"` // how many errors are around it, 1 at least
	Type    string `json:"type"`
	Message string `json:"message"`
}

// Frame is a call of a stack.
type Frame struct {
	instrument.Frame
	Own bool // in the app's own code
}

// Kept tells whether an exception is worth keeping beyond its Record: it was not caught,
// or it was reported, or it is a panic. What is left are errors that some code around
// them has dealt with.
func (e *Exception) Kept() bool { return e.Uncaught || e.Reported || e.Panic }

// Source is the innermost place of the stack in the app's own code, or that of its
// handler; zero when neither is known.
func (e *Exception) Source() instrument.Source {
	for _, f := range e.Stack {
		if f.Own {
			return instrument.Source(f.Frame)
		}
	}
	return e.Handler.Source
}

// In reports whether a Record can have exceptions at all, from what lists know of it.
func In(s *instrument.Summary) bool {
	return s.Flags&(instrument.FlagError|instrument.FlagPanic|instrument.FlagException) != 0 || s.Failed > 0
}

// Worth is In for those that are kept beyond the Record.
func Worth(s *instrument.Summary) bool {
	return s.Flags&(instrument.FlagError|instrument.FlagPanic|instrument.FlagException) != 0
}
