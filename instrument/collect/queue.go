package collect

import (
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// reason says why a Record was dropped. Its name is the label of metrics.
type reason int

const (
	notKept reason = iota
	queueFull
	queueBytes
	storeError
	closed
	numReasons
)

var reasonNames = [numReasons]string{"not_kept", "queue_full", "queue_bytes", "store_error", "closed"}

// never is more Records or bytes than ever wait.
const never = math.MaxInt

// queue is what lies between the goroutines that record and the writer: full
// segments in order, and one that is being filled. Its mutex is held for the copy
// of one Record, never while the store works.
type queue struct {
	maxRecords, maxBytes, maxItems int

	// What Want turned away before there was anything to queue.
	refused [numReasons]atomic.Uint64
	gate    atomic.Int32 // reason+1 for which all is refused; 0 is open
	wake    chan struct{}

	mu        sync.Mutex // guards what follows
	cur       *segment
	full      []*segment // oldest first
	spare     []*segment
	records   int // queued or held by the writer
	announced int // of these, not finished: they are in no other number
	bytes     int
	waiting   int // queued only
	waitSize  int
	wakeAt    int // waiting Records at which the writer wants to be woken
	produced  uint64
	leftOut   uint64             // spans of these, by the cap of a Record or with its details
	stripped  uint64             // of accepted: without details, for which there was no room
	root      []byte             // what remains of one that is stripped
	bare      instrument.Summary // of that
	accepted  uint64
	settled   uint64 // of accepted: stored or dropped
	lost      uint64 // of settled: dropped
	stored    uint64
	dropped   [numReasons]uint64
	isClosed  bool
	isOff     bool
}

func newQueue(c Config) *queue {
	return &queue{
		maxRecords: c.QueueRecords, maxBytes: c.QueueBytes, maxItems: c.BatchRecords,
		wake: make(chan struct{}, 1), cur: new(segment), wakeAt: never,
	}
}

// refuse counts a Record that is turned away before it is encoded.
func (q *queue) refuse(r reason) { q.refused[r].Add(1) }

// put copies a Record into the queue or drops it. It allocates only while the
// queue is longer than it has been of late.
func (q *queue) put(s *instrument.Summary, blob []byte) {
	size := len(blob) + textSize(s) + itemOverhead
	announced := s.Unfinished() // counted when it comes again, at its end
	q.mu.Lock()
	if !announced {
		q.produced++
		q.leftOut += uint64(s.Left)
	}
	r, ok := q.admits(size, false)
	if !ok && r == queueBytes && !announced {
		// The line of the request is kept longer than what was in it.
		if q.root = instrument.RootOnly(q.root[:0], blob); len(q.root) > 0 && len(q.root) < len(blob) {
			if r, ok = q.admits(size-len(blob)+len(q.root), true); ok {
				q.bare = *s
				q.bare.Strip()
				q.leftOut += uint64(q.bare.Left - s.Left)
				q.stripped++
				size -= len(blob) - len(q.root)
				s, blob = &q.bare, q.root
			}
		}
	}
	if !ok {
		if !announced {
			q.dropped[r]++
		}
		q.mu.Unlock()
		return
	}
	if announced {
		q.announced++
	}
	if !q.cur.fits(len(blob), q.maxItems) {
		q.full = append(q.full, q.cur)
		q.cur = q.segment(q.cur)
	}
	q.cur.add(s, blob, size, q.maxItems)
	q.accepted++
	q.records++
	q.bytes += size
	q.waiting++
	q.waitSize += size
	wake := q.waiting >= q.wakeAt || q.wakeAt != never && q.presses()
	if wake {
		q.wakeAt = never
	}
	q.mu.Unlock()
	if wake {
		q.signal()
	}
}

// lines is the share of the queue's bytes that only lines of requests may use, without what
// was in them: an eighth.
const lines = 8

// admits decides whether size more bytes may be queued, as a line alone or with details.
// Called with mu held.
func (q *queue) admits(size int, line bool) (reason, bool) {
	most := q.maxBytes
	if !line {
		most -= most / lines
	}
	switch {
	case q.isClosed:
		return closed, false
	case q.isOff:
		return storeError, false
	case q.records >= q.maxRecords:
		return queueFull, false
	case q.bytes+size > most:
		return queueBytes, false
	}
	return 0, true
}

// textSize is how much memory a Summary keeps beside its own.
func textSize(s *instrument.Summary) int {
	n := len(s.Method) + len(s.Path) + len(s.User) + len(s.Error)
	for _, t := range s.Tags {
		n += len(t) + 16
	}
	return n
}

// signal wakes the writer; it never waits.
func (q *queue) signal() {
	select {
	case q.wake <- struct{}{}:
	default:
	}
}

// segment gives an empty one: when a burst needs a new one, as large as the one
// that it has just filled. Called with mu held.
func (q *queue) segment(like *segment) *segment {
	n := len(q.spare)
	if n == 0 {
		return newSegment(like)
	}
	s := q.spare[n-1]
	q.spare = q.spare[:n-1]
	return s
}

// arm asks to be woken once at records are waiting, and says how many are.
func (q *queue) arm(at int) (waiting int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.wakeAt = at
	if q.waiting >= at || q.presses() {
		q.wakeAt = never
	}
	return q.waiting
}

// presses reports whether a batch is full, or so much waits that it is time to
// write. Called with mu held.
func (q *queue) presses() bool {
	return len(q.full) > 0 || len(q.cur.items) >= q.maxItems || q.waitSize > q.maxBytes/4
}

// ready reports whether the writer should not wait for more.
func (q *queue) ready() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.presses()
}

// take hands the oldest segment to the writer; nil when nothing waits.
func (q *queue) take() *segment {
	q.mu.Lock()
	defer q.mu.Unlock()
	var s *segment
	switch {
	case len(q.full) > 0:
		s = q.full[0]
		q.full = slices.Delete(q.full, 0, 1)
	case len(q.cur.items) > 0:
		s = q.cur
		q.cur = q.segment(nil)
	default:
		return nil
	}
	q.waiting -= len(s.items)
	q.waitSize -= s.size
	s.seal()
	return s
}

// settle ends a segment that was taken: stored, or dropped for a reason.
func (q *queue) settle(s *segment, ok bool, why reason) {
	n, size, announced := len(s.items), s.size, 0
	for i := range s.items {
		if s.items[i].Summary.Unfinished() {
			announced++
		}
	}
	s.reset()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.records -= n
	q.bytes -= size
	q.settled += uint64(n)
	q.announced -= announced
	if ok {
		q.stored += uint64(n - announced)
	} else {
		q.lost += uint64(n - announced)
		q.dropped[why] += uint64(n - announced)
	}
	if len(q.spare) < spareSegments {
		q.spare = append(q.spare, s)
	}
}

// dropWaiting drops all that is queued.
func (q *queue) dropWaiting(why reason) {
	for s := q.take(); s != nil; s = q.take() {
		q.settle(s, false, why)
	}
}

// marks gives the numbers by which a Flush knows that it is done.
func (q *queue) marks() (accepted, settled, lost uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.accepted, q.settled, q.lost
}

// close and open say whether Records are taken at all.
func (q *queue) close() { q.setGate(func() { q.isClosed = true }) }
func (q *queue) open()  { q.setGate(func() { q.isClosed = false }) }

// off says whether Records are refused because the store does not work.
func (q *queue) off(off bool) { q.setGate(func() { q.isOff = off }) }

// setGate changes the state and what Want sees of it.
func (q *queue) setGate(change func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	change()
	switch {
	case q.isClosed:
		q.gate.Store(int32(closed) + 1)
	case q.isOff:
		q.gate.Store(int32(storeError) + 1)
	default:
		q.gate.Store(0)
	}
}

// count fills in the numbers of s, which agree with each other.
func (q *queue) count(s *Stats) {
	q.mu.Lock()
	defer q.mu.Unlock()
	s.Produced, s.Stored, s.LeftOut, s.Stripped = q.produced, q.stored, q.leftOut, q.stripped
	s.QueuedRecords, s.QueuedBytes = q.records-q.announced, q.bytes
	s.Dropped = make(map[string]uint64, numReasons)
	for r, name := range reasonNames {
		refused := q.refused[r].Load()
		s.Produced += refused
		s.Dropped[name] = q.dropped[r] + refused
	}
}
