package instrument

import (
	"fmt"
	"hash/fnv"
	"sync"
	"sync/atomic"
)

// Handler is what statistics are kept for: a route, a receiver, a layer, a
// statement. Its identity is kind and name, so that moving code does not cut its
// history; the place in the code is a property. Handlers are made once and their
// pointers kept: a receiver or a layer never looks one up while it runs.
type Handler struct {
	id     uint32
	kind   Kind
	name   string
	source atomic.Pointer[Source]
	stats  atomic.Pointer[handlerStats] // of one Recorder that is on, so that it need not look them up
}

// MaxHandlersPerKind is how many handlers of one kind a process may have. Names
// beyond it share the handler [OtherHandler], so that a name made of user input
// cannot fill the memory.
const MaxHandlersPerKind = 1000

// OtherHandler is the name under which handlers beyond [MaxHandlersPerKind] are
// counted together.
const OtherHandler = "__other__"

type handlerID struct {
	kind Kind
	name string
}

// handlerTable holds every handler of the process. Ids are dense and begin at 1;
// list[0] is nil. Readers take the slice without a lock.
var handlerTable struct {
	mu     sync.Mutex // serialises additions; guards counts
	byName sync.Map   // handlerID -> *Handler
	counts [256]int
	list   atomic.Pointer[[]*Handler]
}

func init() { handlerTable.list.Store(&[]*Handler{nil}) }

// NewHandler gives the handler of a kind and name, making it when it is new. A
// later Source that is not zero replaces the one known, so that the place is the
// present one. Names are kept to 256 bytes, statements to 4 KiB; what is cut ends
// in a hash of the whole, so that two long names stay two.
func NewHandler(kind Kind, name string, src Source) *Handler {
	id := handlerID{kind, boundName(kind, name)}
	if h, ok := handlerTable.byName.Load(id); ok {
		return h.(*Handler).at(src)
	}
	handlerTable.mu.Lock()
	defer handlerTable.mu.Unlock()
	if h, ok := handlerTable.byName.Load(id); ok {
		return h.(*Handler).at(src)
	}
	if handlerTable.counts[kind] >= MaxHandlersPerKind {
		id.name = OtherHandler
		if h, ok := handlerTable.byName.Load(id); ok {
			return h.(*Handler)
		}
		src = Source{}
	}
	return addHandler(id, src)
}

// LookupHandler gives the handler of a kind and name if this process has it; nil
// otherwise. Readers use it, so that looking at statistics of other processes makes no
// handlers here.
func LookupHandler(kind Kind, name string) *Handler {
	if h, ok := handlerTable.byName.Load(handlerID{kind, name}); ok {
		return h.(*Handler)
	}
	return nil
}

// addHandler is called with handlerTable.mu held.
func addHandler(id handlerID, src Source) *Handler {
	old := *handlerTable.list.Load()
	h := (&Handler{id: uint32(len(old)), kind: id.kind, name: id.name}).at(src)
	list := append(old, h)
	handlerTable.counts[id.kind]++
	handlerTable.list.Store(&list)
	handlerTable.byName.Store(id, h)
	return h
}

func (h *Handler) at(src Source) *Handler {
	if src == (Source{}) {
		return h
	}
	if old := h.source.Load(); old == nil || *old != src {
		h.source.Store(&src)
	}
	return h
}

func handlerByID(id uint32) *Handler {
	list := *handlerTable.list.Load()
	if int(id) >= len(list) {
		return nil
	}
	return list[id]
}

// ID is the handler's number in this process, from 1; 0 for a nil Handler.
func (h *Handler) ID() uint32 {
	if h == nil {
		return 0
	}
	return h.id
}

// Kind is what the handler handles.
func (h *Handler) Kind() Kind {
	if h == nil {
		return 0
	}
	return h.kind
}

// Name is the handler's name: "POST /orders", "send-confirmation".
func (h *Handler) Name() string {
	if h == nil {
		return ""
	}
	return h.name
}

// Source is where the handler was written; zero when unknown.
func (h *Handler) Source() Source {
	if h == nil {
		return Source{}
	}
	if s := h.source.Load(); s != nil {
		return *s
	}
	return Source{}
}

// NamesSince gives the handlers and attribute names that were made after the
// given numbers, which are those of the last call (0, 0 at first). Both lists are
// dense: the first handler has the number handler+1. Stores call it before they
// write blobs, which hold numbers only.
func NamesSince(handler uint32, key Key) ([]*Handler, []string) {
	handlers := *handlerTable.list.Load()
	names := *keys.names.Load()
	return handlers[min(int(handler)+1, len(handlers)):], names[min(int(key)+1, len(names)):]
}

const (
	maxName      = 256
	maxPath      = 2 << 10
	maxStatement = 4 << 10
)

func boundName(kind Kind, name string) string {
	limit := maxName
	if kind == KindQuery {
		limit = maxStatement
	}
	if len(name) <= limit {
		return name
	}
	h := fnv.New64a()
	h.Write([]byte(name))
	return fmt.Sprintf("%s…%016x", cut(name, limit-19), h.Sum64())
}

// cutNoted is cut that says at the end how much there was. It is for texts that are much
// longer than the note.
func cutNoted(s string, n int) string {
	note := fmt.Sprintf("… (%d bytes in all)", len(s))
	return cut(s, n-len(note)) + note
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
