package instrument

import (
	"context"
	"time"
)

// Exporter makes Records and their spans those of another tracing system as well, which
// gives them their ids. Package oteltrace has the one for OpenTelemetry. It is called on
// the goroutines that record, so nothing in it may block; a panic in it counts as
// nothing done.
//
// As a Sink it takes each Record when it has ended, whatever Config.Sink wants of it.
// Want is called exactly once for each Begin.
type Exporter interface {
	Sink
	// Begin gives the place of a Record that begins, and the span that it is below, if
	// any. cause is the place of what caused it, as far as is known here; zero: nothing
	// is.
	Begin(ctx context.Context, rec *Recording, cause TraceContext) (place TraceContext, parent SpanID)
	// SpanID gives the id of one of the Record's spans, which is about to be passed on.
	SpanID(rec *Recording, span int) SpanID
}

// Sampler is a [Sink] that tells beforehand whether the Records of a trace will be kept
// for its sake. What this process calls is told so.
type Sampler interface {
	Sink
	Samples(TraceID) bool
}

// Sampled tells whether the Records of a trace will be kept for its sake; false where
// nobody knows. It is not named as the [Sampler] that it asks, which a Sink would become
// by embedding its Recorder.
func (r *Recorder) Sampled(trace TraceID) (sampled bool) {
	if r != nil && r.sampler != nil {
		r.guard(func() { sampled = r.sampler.Samples(trace) })
	}
	return sampled
}

// SpanInfo is what is known of a span while its Record runs.
type SpanInfo struct {
	Handler *Handler
	Parent  int // index of the span that it is below; that of the root is its own
	Start   time.Time
}

// SpanInfo tells of one of the Record's spans, by its index; false when there is none,
// and when the Record has ended.
func (rec *Recording) SpanInfo(span int) (info SpanInfo, ok bool) {
	rec.edit(func() {
		if span < 0 || span >= int(rec.spans) {
			return
		}
		s := rec.slab.at(uint32(span))
		info = SpanInfo{Handler: handlerByID(s.handler), Parent: int(s.parent), Start: rec.r.timeAt(s.start)}
		ok = true
	})
	return info, ok
}

// SetSpan adds attributes to one of the Record's spans, by its index.
func (rec *Recording) SetSpan(span int, attrs ...Attr) {
	rec.edit(func() {
		if span >= 0 && span < int(rec.spans) {
			rec.addAttrs(rec.slab.at(uint32(span)), attrs)
		}
	})
}

// FailSpan marks one of the Record's spans as failed, by its index, for who has not its
// Span: 0 is Fail. A nil error does nothing.
func (rec *Recording) FailSpan(span int, err error) {
	if span == 0 || err == nil || rec == nil {
		rec.Fail(err)
		return
	}
	attrs := errorAttrs(err)
	var failed Span
	rec.edit(func() {
		if span > 0 && span < int(rec.spans) {
			slot := rec.slab.at(uint32(span))
			failed = Span{stats: rec.r.statsOf(handlerByID(slot.handler)), rec: rec, slot: slot}
		}
	})
	if failed.slot != nil {
		failed.failWith(err, FlagError, attrs[:])
	}
}

// timeAt is the wall clock's time at a reading of Now.
func (r *Recorder) timeAt(now int64) time.Time { return time.Unix(0, r.wall.Load()+now) }
