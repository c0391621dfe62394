package reporter

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/internal/backlog"
)

// Defaults of [Config].
const (
	DefaultQueueRecords = 256
	DefaultQueueBytes   = 4 << 20
	DefaultTimeout      = 10 * time.Second
)

// Config says who is told.
type Config struct {
	// Report is given each Event, one after the other, on a goroutine of the Reporter. Its
	// context ends after Timeout, and when the Reporter is closed. A panic in it costs the
	// Event, which is counted. It must not be nil.
	Report func(context.Context, Event)
	// Process is what Events say of this process.
	Process Process
	// QueueRecords and QueueBytes bound the Records that wait to be looked at. What does
	// not fit is dropped and counted. 0: 256 and 4 MiB.
	QueueRecords, QueueBytes int
	// Timeout is how long the context of a Report lasts. 0: 10 seconds.
	Timeout time.Duration
}

// Reporter hands over the errors and panics of Records. It is the Reporter of an
// instrument.Config. Methods are safe for concurrent use; those of a nil Reporter do
// nothing.
type Reporter struct {
	config Config
	names  instrument.Names
	queue  *backlog.Queue[item]

	mu    sync.Mutex // guards what follows
	stats Stats      // what the queue does not count
}

var _ instrument.Sink = (*Reporter)(nil)

// Stats is an account of what a Reporter did. Records is Done plus Dropped plus Queued.
type Stats struct {
	Records   uint64 // with errors or panics in them, that were handed to the Reporter
	Done      uint64 // whose Events were given to Report
	Dropped   uint64 // because the queue was full or the Reporter closed
	Queued    int    // with the one that is being reported
	Bytes     int    // that are queued
	Events    uint64 // given to Report
	Panics    uint64 // of Report
	Own       uint64 // Events left out because Report itself brought them about
	LastPanic string // what Report panicked with last
}

// item is a Record that waits.
type item struct {
	summary instrument.Summary
	blob    []byte
}

// New makes a Reporter, whose goroutine runs while there is something to report.
func New(c Config) (*Reporter, error) {
	if c.Report == nil {
		return nil, errors.New("reporter: Config.Report is nil: give it the function that is to be told")
	}
	if c.QueueRecords < 0 || c.QueueBytes < 0 || c.Timeout < 0 {
		return nil, errors.New("reporter: Config.QueueRecords, QueueBytes or Timeout is negative: use 0 for the default")
	}
	c.QueueRecords = cmp.Or(c.QueueRecords, DefaultQueueRecords)
	c.QueueBytes = cmp.Or(c.QueueBytes, DefaultQueueBytes)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	r := &Reporter{config: c, names: instrument.CachedFrames(instrument.LiveNames())}
	r.queue = backlog.New(backlog.Config[item]{Name: "report", Do: r.report, Items: c.QueueRecords, Bytes: c.QueueBytes})
	return r, nil
}

// Want asks for Records that have something to report. It is part of instrument.Sink.
func (r *Reporter) Want(s *instrument.Summary) bool {
	return r != nil && exceptions.Worth(s) && !s.Unfinished()
}

// Put takes a Record, or drops it when too many wait. It is part of instrument.Sink.
func (r *Reporter) Put(s *instrument.Summary, blob []byte) {
	if r == nil {
		return
	}
	r.queue.Offer(len(blob), func() item {
		it := item{*s, bytes.Clone(blob)}
		it.summary.Tags = slices.Clone(s.Tags)
		return it
	})
}

// Stats gives an account of what was done.
func (r *Reporter) Stats() Stats {
	if r == nil {
		return Stats{}
	}
	q := r.queue.Stats()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.stats
	s.Records, s.Done, s.Dropped = q.Offered, q.Done+q.Failed, q.Dropped()
	s.Queued, s.Bytes = q.Queued, q.Bytes
	return s
}

// report tells of what is in one Record.
func (r *Reporter) report(ctx context.Context, it item) error {
	rec, err := instrument.Decode(it.summary, it.blob, r.names)
	if err != nil {
		return err // it was encoded a moment ago: there is no such Record
	}
	for _, e := range eventsOf(rec, r.config.Process) {
		if ownEvent(&e) {
			r.count(func(s *Stats) { s.Own++ })
			continue
		}
		r.count(func(s *Stats) { s.Events++ })
		r.call(ctx, e)
	}
	return nil
}

func (r *Reporter) count(add func(*Stats)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	add(&r.stats)
}

// call calls the app's function. What that function reports itself has call in its
// stack, and is not reported again.
func (r *Reporter) call(ctx context.Context, e Event) {
	ctx, cancel := context.WithTimeout(ctx, r.config.Timeout)
	defer func() {
		cancel()
		if v := recover(); v != nil {
			text := fmt.Sprint(v)
			r.count(func(s *Stats) { s.Panics++; s.LastPanic = text })
		}
	}()
	r.config.Report(ctx, e)
}

const callName = "reporter.(*Reporter).call"

// ownEvent tells that a Report could not do its work and said so: reporting that as well
// would never end.
func ownEvent(e *Event) bool {
	return slices.ContainsFunc(e.Stack, func(f exceptions.Frame) bool { return strings.HasSuffix(f.Func, callName) })
}

// Flush waits until all that was handed over so far is reported. It gives the cause of
// ctx's end when that takes too long.
func (r *Reporter) Flush(ctx context.Context) error {
	if r == nil {
		return nil
	}
	if err := r.queue.Flush(ctx); err != nil {
		return fmt.Errorf("reporter: flush: %w", err)
	}
	return nil
}

// Close takes no more and reports what waits within ctx's deadline. When that takes too
// long, it gives the cause of ctx's end, the context of the Report that runs is cancelled
// and the rest dropped. A second Close waits for that Report.
func (r *Reporter) Close(ctx context.Context) error {
	if r == nil {
		return nil
	}
	if err := r.queue.Close(ctx); err != nil {
		return fmt.Errorf("reporter: close: %w", err)
	}
	return nil
}
