package commands

import (
	"bytes"
	"io"
	"os"
	"sync"
)

// terminal is what a bar is drawn on. Output and bar share it, so that a line that is
// printed stands above the bar.
type terminal struct {
	w     io.Writer
	width func() int

	mu  sync.Mutex // guards what follows, and writing
	bar string
	mid bool // the last line that was printed has no end yet
}

const eraseLine = "\r\x1b[K"

// terminalOf is the terminal behind w, that of the calling command if w is its
// stream; nil when w is none.
func terminalOf(w io.Writer) *terminal {
	if o, ok := w.(*Output); ok {
		return o.term
	}
	if !isTerminal(w) {
		return nil
	}
	f := w.(*os.File)
	return &terminal{w: f, width: func() int { return terminalWidth(f) }}
}

// isTerminal reports whether w is a terminal that a person looks at.
func isTerminal(w io.Writer) bool {
	if o, ok := w.(*Output); ok {
		return o != nil && o.term != nil
	}
	f, ok := w.(*os.File)
	return ok && f != nil && terminalWidth(f) > 0
}

// write prints b above the bar, if there is one.
func (t *terminal) write(w io.Writer, b []byte) (int, error) {
	if t == nil {
		return w.Write(b)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bar != "" && !t.mid {
		_, _ = io.WriteString(t.w, eraseLine)
	}
	n, err := w.Write(b)
	if len(b) > 0 {
		t.mid = !bytes.HasSuffix(b, []byte("\n"))
	}
	if t.bar != "" && !t.mid {
		_, _ = io.WriteString(t.w, t.bar)
	}
	return n, err
}

// draw shows a bar in place of the last one; "" takes it away.
func (t *terminal) draw(bar string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bar = bar
	if !t.mid {
		_, _ = io.WriteString(t.w, eraseLine+bar)
	}
}

// finish leaves the last bar standing.
func (t *terminal) finish(bar string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	before := eraseLine
	if t.mid {
		before = "\n"
	}
	t.bar, t.mid = "", false
	_, _ = io.WriteString(t.w, before+bar+"\n")
}
