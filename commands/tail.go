package commands

import (
	"bytes"
	"regexp"
	"strings"
	"sync"
)

// defaultKeep is how many bytes of each stream are kept with a Record.
const defaultKeep = 4 << 10

// tail keeps the end of what a stream printed.
type tail struct {
	max int

	mu  sync.Mutex // guards what follows
	buf []byte
	cut bool
}

func (t *tail) add(b []byte) {
	if t.max <= 0 || len(b) == 0 {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(b) > t.max {
		t.buf, b, t.cut = t.buf[:0], b[len(b)-t.max:], true
	}
	t.buf = append(t.buf, b...)
	if len(t.buf) > 2*t.max {
		t.buf = append(t.buf[:0], t.buf[len(t.buf)-t.max:]...)
		t.cut = true
	}
}

var escapes = regexp.MustCompile(`\x1b\[[0-9;]*[A-Za-z]`)

// text is what is kept, of whole lines: half a line may be half a secret, which no
// masker knows.
func (t *tail) text() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, cut := t.buf, t.cut
	if len(b) > t.max {
		b, cut = b[len(b)-t.max:], true
	}
	if cut {
		_, b, _ = bytes.Cut(b, []byte("\n"))
		b = withoutHalfKey(b)
	}
	return escapes.ReplaceAllString(strings.ToValidUTF8(string(b), "\uFFFD"), "")
}

// withoutHalfKey takes away the rest of a PEM block that began before the cut.
func withoutHalfKey(b []byte) []byte {
	end := bytes.Index(b, []byte("-----END "))
	if begin := bytes.Index(b, []byte("-----BEGIN ")); end < 0 || begin >= 0 && begin < end {
		return b
	}
	_, rest, _ := bytes.Cut(b[end:], []byte("\n"))
	return rest
}
