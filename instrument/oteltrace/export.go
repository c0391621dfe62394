package oteltrace

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/internal/mark"
	"github.com/go-debug-toolbar/debugtoolbar/internal/backlog"
)

var noProvider = noop.NewTracerProvider()

// Defaults of [ExporterConfig].
const (
	DefaultQueueRecords = 2_000
	DefaultQueueBytes   = 8 << 20
)

// ExporterConfig says where Records go.
type ExporterConfig struct {
	// Provider makes the spans. It must not be nil.
	Provider trace.TracerProvider
	// QueueRecords and QueueBytes bound what waits to become spans, with what is with the
	// Provider. What does not fit is dropped and counted. 0: 2,000 and 8 MiB.
	QueueRecords, QueueBytes int
}

// Exporter makes Records the spans of a TracerProvider: each Record one, and one for each
// of its spans, but for events and log lines, which become events of the span that they
// stand in.
//
// The Record's own span is started when it begins, because what it calls is told its id,
// and whether it is sampled; the same goes for a span that calls out. All else, and all
// that a provider may take its time for, is done when the Record has ended, on the
// Exporter's own goroutine: masked, as it is stored. A provider that hangs or panics
// costs Records, which are counted, and nothing else.
//
// It is an instrument.Exporter, for instrument.Config.
type Exporter struct {
	config ExporterConfig
	tracer trace.Tracer
	live   sync.Map // instrument.ID -> *liveRecord
	queue  *backlog.Queue[exportItem]
	ends   atomic.Uint64 // of what was offered, those of libraries' spans

	mu      sync.Mutex // guards what follows, and changes of the bridge for it
	started bool
	closed  bool
}

var _ instrument.Exporter = (*Exporter)(nil)

// ExportStats is an account of what an Exporter did. What was handed to it, Records and
// Ends, is exported, dropped, failed or still queued.
type ExportStats struct {
	Records  uint64 // that ended, and are sampled
	Ends     uint64 // of libraries' spans, which were begun at once
	Exported uint64 // with the provider
	Dropped  uint64 // because the queue was full or the Exporter closed
	Failed   uint64 // because the provider panicked
	Queued   int    // with the one that is with the provider
	Bytes    int    // that are queued
}

// NewExporter makes an Exporter; Start makes it the process's.
func NewExporter(c ExporterConfig) (*Exporter, error) {
	if c.Provider == nil {
		return nil, errors.New("oteltrace: ExporterConfig.Provider is nil: give it the app's TracerProvider")
	}
	if c.QueueRecords < 0 || c.QueueBytes < 0 {
		return nil, errors.New("oteltrace: ExporterConfig.QueueRecords or QueueBytes is negative: use 0 for the default")
	}
	c.QueueRecords = cmp.Or(c.QueueRecords, DefaultQueueRecords)
	c.QueueBytes = cmp.Or(c.QueueBytes, DefaultQueueBytes)
	e := &Exporter{config: c}
	e.queue = backlog.New(backlog.Config[exportItem]{Name: "export", Do: e.export, Items: c.QueueRecords, Bytes: c.QueueBytes})
	e.tracer = e.tracerOf("github.com/go-debug-toolbar/debugtoolbar", nil)
	return e, nil
}

// tracerOf is a tracer of the app's provider; one that does nothing if it panics.
func (e *Exporter) tracerOf(name string, opts []trace.TracerOption) (t trace.Tracer) {
	defer func() {
		if recover() != nil || t == nil {
			t = noop.Tracer{}
		}
	}()
	return e.config.Provider.Tracer(name, opts...)
}

// Start lets spans of libraries that are begun from here on be told of by this Exporter. A
// second Start does nothing, and neither does one after Close.
func (e *Exporter) Start() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.started || e.closed {
		return
	}
	e.started = true
	changeBridge(func(b *bridging) { b.exporter = e })
}

// Stats gives an account of what was done.
func (e *Exporter) Stats() ExportStats {
	if e == nil {
		return ExportStats{}
	}
	ends, q := e.ends.Load(), e.queue.Stats() // in this order: Records is not below 0
	return ExportStats{
		Records: q.Offered - ends, Ends: ends, Exported: q.Done, Dropped: q.Dropped(), Failed: q.Failed, Queued: q.Queued, Bytes: q.Bytes,
	}
}

// liveRecord is a Record that runs, with those of its spans that have ids by now.
type liveRecord struct {
	exporter *Exporter
	root     trace.Span // nil: somebody else's
	mu       sync.Mutex // guards what follows
	place    trace.SpanContext
	spans    map[int]trace.Span        // ours, begun
	others   map[int]trace.SpanContext // somebody else's, who exports them
}

// exportItem is what waits for the goroutine.
type exportItem struct {
	live    *liveRecord
	summary instrument.Summary
	blob    []byte
	end     func() // instead of a Record: ends a span of a library
}

// Begin starts the Record's own span. It is part of instrument.Exporter.
func (e *Exporter) Begin(ctx context.Context, rec *instrument.Recording, cause instrument.TraceContext) (instrument.TraceContext, instrument.SpanID) {
	l := &liveRecord{exporter: e}
	parent := parentIn(ctx, rec, cause)
	if place, ok := mark.Place(ctx); ok {
		l.place = place
	} else {
		h := rec.Handler()
		_, l.root = e.tracer.Start(mark.AsOurs(parent), spanName(h.Info()), trace.WithSpanKind(spanKind(h.Kind())))
		if !isNew(l.root, trace.SpanContextFromContext(parent)) {
			return instrument.TraceContext{}, instrument.SpanID{}
		}
		l.place = l.root.SpanContext()
	}
	e.live.Store(rec.ID(), l)
	return placeOf(l.place), instrument.SpanID(trace.SpanContextFromContext(parent).SpanID())
}

// parentIn is a context with the span that a Record is below: the one in ctx, unless
// what caused the Record is in another trace.
func parentIn(ctx context.Context, rec *instrument.Recording, cause instrument.TraceContext) context.Context {
	local := trace.SpanContextFromContext(ctx)
	if local.IsValid() && (cause.TraceID == instrument.TraceID{} || cause.TraceID == instrument.TraceID(local.TraceID())) {
		return ctx
	}
	if cause.TraceID == (instrument.TraceID{}) {
		return ctx
	}
	return trace.ContextWithRemoteSpanContext(ctx, spanContextOf(cause, rec.Carried().State))
}

// SpanID starts a span whose id is asked for. It is part of instrument.Exporter.
func (e *Exporter) SpanID(rec *instrument.Recording, span int) instrument.SpanID {
	l := e.of(rec)
	if l == nil {
		return rec.TraceContext().SpanID
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return instrument.SpanID(l.contextOf(rec, span).SpanID())
}

func (e *Exporter) of(rec *instrument.Recording) *liveRecord {
	if l, ok := e.live.Load(rec.ID()); ok {
		return l.(*liveRecord)
	}
	return nil
}

// contextOf is the place of a span, which is started if it has none. Called with mu held.
func (l *liveRecord) contextOf(rec *instrument.Recording, span int) trace.SpanContext {
	if span == 0 {
		return l.place
	}
	if sc, ok := l.others[span]; ok {
		return sc
	}
	if s, ok := l.spans[span]; ok {
		return s.SpanContext()
	}
	info, ok := rec.SpanInfo(span)
	if !ok || info.Parent >= span {
		return l.place
	}
	s := l.exporter.start(l.contextOf(rec, info.Parent), info.Handler.Info(), info.Start)
	if l.spans == nil {
		l.spans = map[int]trace.Span{}
	}
	l.spans[span] = s
	sc := s.SpanContext()
	rec.SetSpan(span, instrument.KeySpanID.Masked(sc.SpanID().String()))
	return sc
}

// start starts a span of a Record.
func (e *Exporter) start(parent trace.SpanContext, h instrument.HandlerInfo, at time.Time) trace.Span {
	ctx := trace.ContextWithSpanContext(mark.AsOurs(context.Background()), parent)
	_, s := e.tracer.Start(ctx, spanName(h), trace.WithTimestamp(at), trace.WithSpanKind(spanKind(h.Kind)))
	return s
}

// adopt notes that a span of the Record is somebody else's, who exports it.
func (e *Exporter) adopt(rec *instrument.Recording, span int, sc trace.SpanContext) {
	l := e.of(rec)
	if l == nil || span == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.others == nil {
		l.others = map[int]trace.SpanContext{}
	}
	l.others[span] = sc
}

// Want tells whether the provider samples the Record. It is part of instrument.Sink.
func (e *Exporter) Want(s *instrument.Summary) bool {
	v, ok := e.live.Load(s.ID)
	if !ok {
		return false
	}
	l := v.(*liveRecord)
	if l.place.IsSampled() || l.root != nil && l.root.IsRecording() {
		return true
	}
	e.live.Delete(s.ID)
	return false
}

// Put queues a copy of the Record. It is part of instrument.Sink.
func (e *Exporter) Put(s *instrument.Summary, blob []byte) {
	v, ok := e.live.LoadAndDelete(s.ID)
	if !ok {
		return
	}
	e.queue.Offer(len(blob), func() exportItem {
		it := exportItem{live: v.(*liveRecord), summary: *s, blob: slices.Clone(blob)}
		it.summary.Tags = slices.Clone(s.Tags)
		return it
	})
}

// endLater ends a library's span on the Exporter's goroutine.
func (e *Exporter) endLater(end func()) {
	e.queue.Offer(0, func() exportItem { return exportItem{end: end} })
	e.ends.Add(1)
}

// Flush waits until all that was handed over is with the provider, which may keep it for a
// while itself: its own ForceFlush comes next. It gives the cause of ctx's end when that
// takes too long.
func (e *Exporter) Flush(ctx context.Context) error {
	if e == nil {
		return nil
	}
	if err := e.queue.Flush(ctx); err != nil {
		return fmt.Errorf("export records: %w", err)
	}
	return nil
}

// Close exports what is queued and takes no more. When ctx ends first, what is left is
// dropped and counted, and a provider that hangs is left to itself. It may be called again.
func (e *Exporter) Close(ctx context.Context) error {
	if e == nil {
		return nil
	}
	e.leave()
	if err := e.queue.Close(ctx); err != nil {
		return fmt.Errorf("export records: %w", err)
	}
	return nil
}

// leave ends what Start began.
func (e *Exporter) leave() {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.closed {
		return
	}
	e.closed = true
	changeBridge(func(b *bridging) {
		if b.exporter == e {
			b.exporter = nil
		}
	})
}
