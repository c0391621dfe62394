package oteltrace

import (
	"strings"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace/embedded"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// names knows the spans of a tracer by their names. Names ought to be few; of those that
// are not, the first maxNames are remembered, and the others looked up each time. How
// many handlers there can be is bounded by instrument.NewHandler.
type names struct {
	t     *tracer
	rules *mask.Rules
	mu    sync.Mutex // serialises additions
	known atomic.Pointer[map[string]*name]
	// recent finds a name by a few of its bytes, without hashing it all. Any entry may be
	// replaced at any time.
	recent [32]atomic.Pointer[name]
}

const (
	maxNames   = 512
	maxNameLen = 1 << 10 // of what is looked at; handlers keep less
)

// name is what is known of spans of a name.
type name struct {
	embedded.Span // nil: spans are trace.Spans by it
	t             *tracer
	given         string // what it is remembered by; "" if it is not
	text          string // masked and bounded
	custom        atomic.Pointer[instrument.Handler]
}

func newNames(rules *mask.Rules) *names {
	n := &names{rules: rules}
	n.known.Store(&map[string]*name{})
	return n
}

func (n *names) get(text string) *name {
	at := &n.recent[placeOfName(text)%uint(len(n.recent))]
	if e := at.Load(); e != nil && e.given == text {
		return e
	}
	if e, ok := (*n.known.Load())[text]; ok {
		at.Store(e)
		return e
	}
	return n.add(text)
}

func placeOfName(text string) uint {
	if len(text) == 0 {
		return 0
	}
	return uint(len(text)) + 5*uint(text[0]) + 7*uint(text[len(text)/2]) + 11*uint(text[len(text)-1])
}

func (n *names) add(text string) *name {
	e := &name{t: n.t, text: n.clean(text)}
	if len(text) > maxNameLen {
		return e
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	old := *n.known.Load()
	if known, ok := old[text]; ok {
		return known
	}
	if len(old) >= maxNames {
		return e
	}
	grown := make(map[string]*name, len(old)+1)
	for k, v := range old {
		grown[k] = v
	}
	e.given = strings.Clone(text)
	grown[e.given] = e
	n.known.Store(&grown)
	return e
}

// clean is a name without secrets, that is safe to be kept.
func (n *names) clean(text string) string {
	text = n.rules.Text(cut(text, maxNameLen))
	if text == "" {
		return "unnamed"
	}
	return strings.ToValidUTF8(text, "\ufffd")
}

// handler is the one of kind custom, which most spans have.
func (n *name) handler() *instrument.Handler {
	if h := n.custom.Load(); h != nil {
		return h
	}
	h := instrument.NewHandler(instrument.KindCustom, n.text, instrument.Source{})
	n.custom.Store(h)
	return h
}

// cut shortens s to at most n bytes at a rune's boundary.
func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && s[n]&0xC0 == 0x80 {
		n--
	}
	return s[:n]
}
