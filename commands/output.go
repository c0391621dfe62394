package commands

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
)

// Output is a stream that a run writes to. It may be written to by several
// goroutines if what it stands for may. A nil Output drops what is written.
type Output struct {
	w         io.Writer
	verbosity int
	color     bool
	term      *terminal // nil: not a terminal, or one without a bar
	size      atomic.Int64
	tail      tail
}

// newOutput makes the Output that writes to w. term is where bars are drawn.
func (inv *invocation) newOutput(w io.Writer, term *terminal) *Output {
	o := &Output{w: w, verbosity: inv.base.level(), color: inv.base.color(w)}
	o.tail.max = inv.root.keepOutput
	if isTerminal(w) {
		o.term = term
	}
	return o
}

// Write writes b as it is.
func (o *Output) Write(b []byte) (int, error) {
	if o == nil {
		return len(b), nil
	}
	n, err := o.write(b)
	o.size.Add(int64(n))
	o.tail.add(b[:max(0, min(n, len(b)))])
	return n, err
}

func (o *Output) write(b []byte) (int, error) {
	if outer, ok := o.w.(*Output); ok { // minds the bar itself
		return outer.Write(b)
	}
	return o.term.write(o.w, b)
}

// Line writes text, and ends the line unless text does.
func (o *Output) Line(text string) error { return o.LineEnd(text, "\n") }

// LineEnd writes text, and ending unless text ends with it. An ending of "" ends
// nothing.
func (o *Output) LineEnd(text, ending string) error {
	if !strings.HasSuffix(text, ending) {
		text += ending
	}
	_, err := io.WriteString(o, text)
	return err
}

// Printf writes as fmt.Printf does.
func (o *Output) Printf(format string, args ...any) error {
	_, err := fmt.Fprintf(o, format, args...)
	return err
}

// V is the Output for what is said from a verbosity on: o itself when the run's is
// level or above, else one that drops everything.
//
//	run.Out.V(2).Printf("read %s\n", file)
func (o *Output) V(level int) *Output {
	if o == nil || o.verbosity < level {
		return nil
	}
	return o
}

// Color reports whether the stream takes colours: it is a terminal and neither
// NO_COLOR nor --no-color says otherwise, or --force-color asks for them.
func (o *Output) Color() bool { return o != nil && o.color }

// Flush empties the buffer of the stream that the Output stands for, if that has
// one.
func (o *Output) Flush() error {
	if o == nil {
		return nil
	}
	switch f := o.w.(type) {
	case interface{ Flush() error }:
		return f.Flush()
	case interface{ Flush() }:
		f.Flush()
	}
	return nil
}
