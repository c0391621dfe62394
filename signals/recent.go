package signals

import (
	"reflect"
	"sync"
	"time"
)

// defaultRecent is how many events Recent gives when it is not told.
const defaultRecent = 10

// KeepRecent makes a signal keep its last n events, whether somebody hears them or
// not; 0 keeps 10. What payloads and senders point to stays in memory as long.
func KeepRecent(n int) Option {
	return func(c *core) {
		if c.keep = n; n <= 0 {
			c.keep = defaultRecent
		}
	}
}

// Recent is an event that was sent.
type Recent[T any] struct {
	Time    time.Time
	Sender  any
	Payload T // as it was sent; what it points to may have changed since
	text    string
}

// RecentText is an event that was sent, for showing.
type RecentText struct {
	Time   time.Time `json:"time"`
	Sender string    `json:"sender,omitempty"` // as traces show it
	Data   string    `json:"data,omitempty"`   // as the [Renderer] writes the payload; "" without one
}

// Recent gives the last n events of a signal with [KeepRecent], the oldest first; 0
// stands for 10. Without the option there are none.
func (s *Signal[T]) Recent(n int) []Recent[T] {
	if s.recent == nil {
		return nil
	}
	return s.recent.latest(n)
}

// ring keeps the last events.
type ring[T any] struct {
	plain bool // the payload holds no reference, so it may be rendered at any time

	mu   sync.Mutex // guards what follows
	all  []Recent[T]
	next int // where the next one goes, once the ring is full
}

func newRing[T any](n int) *ring[T] {
	return &ring[T]{plain: isPlain(reflect.TypeFor[T]()), all: make([]Recent[T], 0, n)}
}

// add keeps an event. A payload that refers to anything is rendered at once: later
// the program may be writing to it.
func (r *ring[T]) add(sender any, payload T) {
	e := Recent[T]{Time: time.Now(), Sender: sender, Payload: payload}
	if !r.plain {
		e.text = rendered(&payload)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.all) < cap(r.all) {
		r.all = append(r.all, e)
		return
	}
	r.all[r.next] = e
	r.next = (r.next + 1) % len(r.all)
}

func (r *ring[T]) latest(n int) []Recent[T] {
	if n <= 0 {
		n = defaultRecent
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	ordered := append(append(make([]Recent[T], 0, len(r.all)), r.all[r.next:]...), r.all[:r.next]...)
	return ordered[max(len(ordered)-n, 0):]
}

// texts renders the last events for a reader.
func (r *ring[T]) texts(n int) []RecentText {
	latest := r.latest(n)
	texts := make([]RecentText, len(latest))
	for i := range latest {
		e := &latest[i]
		texts[i] = RecentText{Time: e.Time, Data: e.text}
		if e.Sender != nil {
			texts[i].Sender = senderName(e.Sender)
		}
		if r.plain {
			texts[i].Data = rendered(&e.Payload)
		}
	}
	return texts
}

var timeType = reflect.TypeFor[time.Time]()

// isPlain says that a copy of a value shares nothing with it that can change.
func isPlain(t reflect.Type) bool {
	switch t.Kind() {
	case reflect.Struct:
		for i := range t.NumField() {
			if t != timeType && !isPlain(t.Field(i).Type) {
				return false
			}
		}
		return true
	case reflect.Array:
		return isPlain(t.Elem())
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Interface, reflect.Chan, reflect.Func, reflect.UnsafePointer:
		return false
	}
	return true
}
