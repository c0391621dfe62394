package collect

import (
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Event tells a live viewer of a Record that has just been stored.
type Event struct {
	Summary instrument.Summary
	// Skipped is how many Records this viewer missed since the event before,
	// because its buffer was full.
	Skipped uint64
}

const (
	defaultBuffer = 64
	maxBuffer     = 4096
)

// Subscription is one viewer's view of what is stored. Close it when done.
type Subscription struct {
	feed    *feed
	ch      chan Event
	skipped uint64 // since the last event; guarded by feed.mu
	total   atomic.Uint64
}

// Events is where the events arrive, oldest first. It is closed by Close of the
// Subscription and of the Collector.
func (s *Subscription) Events() <-chan Event { return s.ch }

// Skipped is how many Records this viewer missed in all.
func (s *Subscription) Skipped() uint64 { return s.total.Load() }

// Close ends the subscription. It may be called more than once.
func (s *Subscription) Close() {
	f := s.feed
	f.mu.Lock()
	defer f.mu.Unlock()
	if i := slices.Index(f.subs, s); i >= 0 {
		f.subs = slices.Delete(f.subs, i, i+1)
		close(s.ch)
	}
}

// feed tells the viewers what the writer stored. It waits for none of them.
type feed struct {
	mu      sync.Mutex // guards what follows; sends never wait, so it is held shortly
	subs    []*Subscription
	skipped uint64
	closed  bool
}

func (f *feed) subscribe(buffer int) *Subscription {
	if buffer <= 0 {
		buffer = defaultBuffer
	}
	s := &Subscription{feed: f, ch: make(chan Event, min(buffer, maxBuffer))}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		close(s.ch)
		return s
	}
	f.subs = append(f.subs, s)
	return s
}

func (f *feed) publish(items []instrument.Item) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.subs {
		for i := range items {
			select {
			case s.ch <- Event{Summary: items[i].Summary, Skipped: s.skipped}:
				s.skipped = 0
			default:
				s.skipped++
				s.total.Add(1)
				f.skipped++
			}
		}
	}
}

// setClosed ends all subscriptions, or lets new ones begin.
func (f *feed) setClosed(closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.closed = closed
	if closed {
		for _, s := range f.subs {
			close(s.ch)
		}
		f.subs = nil
	}
}

func (f *feed) count(s *Stats) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s.Subscribers, s.SkippedEvents = len(f.subs), f.skipped
}
