package httptap

import (
	"bytes"
	"mime"
	"net/http"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// tape keeps the first bytes of a body that passes by. A nil tape keeps nothing.
type tape struct {
	kind  tapeKind
	mu    sync.Mutex // guards what follows
	limit int
	kept  []byte
	more  bool
}

// tapeKind says how a body is masked. Of others nothing is kept: in a page a secret may
// stand anywhere, and no rule could tell it.
type tapeKind uint8

const (
	tapeJSON tapeKind = iota + 1
	tapeForm
	tapeText
)

func newTape(h http.Header, limit int) *tape {
	if enc := h.Get("Content-Encoding"); enc != "" && !strings.EqualFold(enc, "identity") {
		return nil
	}
	media, _, err := mime.ParseMediaType(h.Get("Content-Type"))
	if err != nil {
		return nil
	}
	major, minor, _ := strings.Cut(media, "/")
	t := &tape{limit: limit}
	switch {
	case minor == "json" || strings.HasSuffix(minor, "+json"):
		t.kind = tapeJSON
	case minor == "x-www-form-urlencoded":
		t.kind = tapeForm
	case major == "text" && (minor == "plain" || minor == "csv"), minor == "x-ndjson", minor == "graphql":
		t.kind = tapeText
	default:
		return nil
	}
	return t
}

func (t *tape) add(p []byte) {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	room := t.limit - len(t.kept)
	if room < len(p) {
		t.more = true
	}
	if room > 0 {
		t.kept = append(t.kept, p[:min(room, len(p))]...)
	}
}

// rewind forgets: the body is sent again from its beginning.
func (t *tape) rewind() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept, t.more = nil, false
}

func (t *tape) cut() bool {
	if t == nil {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.more
}

// text is what was kept, masked; the zero Attr for nothing.
func (t *tape) text(tr *transport, key instrument.Key) instrument.Attr {
	if t == nil {
		return instrument.Attr{}
	}
	t.mu.Lock()
	kept := bytes.Clone(t.kept)
	t.mu.Unlock()
	if len(kept) == 0 || bytes.IndexByte(kept, 0) >= 0 {
		return instrument.Attr{}
	}
	for i := 1; i < utf8.UTFMax && !utf8.Valid(kept) && len(kept) > 0; i++ { // a character cut in two
		kept = kept[:len(kept)-1]
	}
	if !utf8.Valid(kept) {
		return instrument.Attr{}
	}
	switch t.kind {
	case tapeJSON:
		masked, _ := tr.rules.JSONPrefix(kept)
		return key.Masked(string(masked))
	case tapeForm:
		return key.Masked(tr.rules.Query(string(kept)))
	}
	return key.Masked(tr.rules.Text(string(kept)))
}
