package oteltrace

import (
	"context"
	"fmt"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// export makes spans of an item. The queue survives a provider that panics.
func (e *Exporter) export(_ context.Context, it exportItem) error {
	if it.end != nil {
		it.end()
		return nil
	}
	rec, err := instrument.Decode(it.summary, it.blob, instrument.LiveNames())
	if err != nil {
		return err
	}
	x := exporting{exporter: e, rec: rec, live: it.live, spans: make([]trace.Span, len(rec.Spans)), places: make([]trace.SpanContext, len(rec.Spans))}
	x.run()
	return nil
}

// exporting is a Record on its way.
type exporting struct {
	exporter *Exporter
	rec      *instrument.Record
	live     *liveRecord
	spans    []trace.Span // ours; nil for those of others, and for events
	places   []trace.SpanContext
}

func (x *exporting) run() {
	for i := range x.rec.Spans {
		x.begin(i)
	}
	for i := len(x.spans) - 1; i >= 0; i-- { // what is within ends first
		if s := x.spans[i]; s != nil {
			s.End(trace.WithTimestamp(x.end(i)))
		}
	}
}

func (x *exporting) start(i int) time.Time {
	return time.Unix(0, x.rec.Start+int64(x.rec.Spans[i].Start))
}

func (x *exporting) end(i int) time.Time { return x.start(i).Add(x.rec.Spans[i].Duration) }

// begin starts a span if nobody has, and describes it.
func (x *exporting) begin(i int) {
	s := &x.rec.Spans[i]
	if sc, ok := x.live.others[i]; ok {
		x.places[i] = sc
		return
	}
	if i == 0 {
		x.spans[0], x.places[0] = x.live.root, x.live.place
		if x.live.root != nil {
			x.live.root.SetName(rootName(x.rec))
			x.describe(0)
		}
		return
	}
	parent := max(s.Parent, 0)
	if isEvent(s.Handler.Kind) {
		x.places[i] = x.places[parent]
		if on := x.spans[parent]; on != nil {
			on.AddEvent(eventName(s), trace.WithTimestamp(x.start(i)), trace.WithAttributes(attributes(s.Attrs)...))
		}
		return
	}
	span, ok := x.live.spans[i]
	if !ok {
		span = x.exporter.start(x.places[parent], s.Handler, x.start(i))
	}
	x.spans[i], x.places[i] = span, span.SpanContext()
	x.describe(i)
}

func isEvent(k instrument.Kind) bool {
	return k == instrument.KindLog || k == kindEvent
}

// eventName is what was logged, or the event's own name.
func eventName(s *instrument.RecordSpan) string {
	for _, kv := range s.Attrs {
		if text, ok := kv.Value.(string); ok && kv.Key == instrument.KeyLogMessage.Name() {
			return valid(text)
		}
	}
	return valid(s.Handler.Name)
}

// describe adds what is known of a span.
func (x *exporting) describe(i int) {
	s, to := &x.rec.Spans[i], x.spans[i]
	if !to.IsRecording() {
		return
	}
	attrs := append(attributes(s.Attrs), attribute.String("toolbar.kind", s.Handler.Kind.String()))
	if src := s.Handler.Source; src.File != "" {
		attrs = append(attrs, attribute.String("code.function.name", valid(src.Func)),
			attribute.String("code.file.path", valid(src.File)), attribute.Int("code.line.number", src.Line))
	}
	if s.Handler.Kind == instrument.KindQuery {
		attrs = append(attrs, attribute.String("db.query.text", valid(s.Handler.Name)))
	}
	if i == 0 {
		attrs = append(attrs, x.ofRoot()...)
	}
	to.SetAttributes(attrs...)
	if s.Flags.Has(instrument.FlagError) {
		to.SetStatus(codes.Error, valid(s.Error))
		to.AddEvent("exception", trace.WithTimestamp(x.end(i)), trace.WithAttributes(exception(s)...))
	}
}

// ofRoot is what lists show of a Record.
func (x *exporting) ofRoot() (attrs []attribute.KeyValue) {
	r := x.rec
	attrs = append(attrs, attribute.String("toolbar.record.id", r.ID.String()))
	if r.Handler.Kind == instrument.KindRequest {
		if _, route, ok := strings.Cut(r.Handler.Name, " "); ok {
			attrs = append(attrs, attribute.String("http.route", valid(route)))
		}
		if r.Method != "" {
			attrs = append(attrs, attribute.String("http.request.method", valid(r.Method)), attribute.String("url.path", valid(r.Path)))
		}
		if r.Status != 0 {
			attrs = append(attrs, attribute.Int("http.response.status_code", r.Status))
		}
	} else if r.Handler.Kind == instrument.KindCommand {
		attrs = append(attrs, attribute.Int("process.exit.code", r.Status))
	}
	if r.User != "" {
		attrs = append(attrs, attribute.String("enduser.id", valid(r.User)))
	}
	return attrs
}

func exception(s *instrument.RecordSpan) []attribute.KeyValue {
	attrs := []attribute.KeyValue{attribute.String("exception.message", valid(s.Error))}
	for _, kv := range s.Attrs {
		if text, ok := kv.Value.(string); ok && kv.Key == instrument.KeyErrorType.Name() {
			attrs = append(attrs, attribute.String("exception.type", valid(text)))
		}
	}
	var stack strings.Builder
	for _, f := range s.Stack {
		fmt.Fprintf(&stack, "%s\n\t%s:%d\n", f.Func, f.File, f.Line)
	}
	if stack.Len() > 0 {
		attrs = append(attrs, attribute.String("exception.stacktrace", valid(stack.String())))
	}
	return attrs
}

// attributes are a span's, as OpenTelemetry has them. Durations are seconds.
func attributes(kvs []instrument.KV) []attribute.KeyValue {
	attrs := make([]attribute.KeyValue, 0, len(kvs)+4)
	for _, kv := range kvs {
		if kv.Key == instrument.KeySpanID.Name() {
			continue
		}
		k := attribute.Key(valid(kv.Key))
		switch v := kv.Value.(type) {
		case int64:
			attrs = append(attrs, k.Int64(v))
		case time.Duration:
			attrs = append(attrs, k.Float64(v.Seconds()))
		case float64:
			attrs = append(attrs, k.Float64(v))
		case bool:
			attrs = append(attrs, k.Bool(v))
		default:
			attrs = append(attrs, k.String(valid(fmt.Sprint(v))))
		}
	}
	return attrs
}

// valid makes a text UTF-8: a batch with anything else is refused as a whole.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// rootName is the Record's name as it is known in the end.
func rootName(r *instrument.Record) string {
	if r.Handler.Kind == instrument.KindRequest && !strings.Contains(r.Handler.Name, " ") && r.Method != "" {
		return valid(r.Method) // no route was matched
	}
	return spanName(r.Handler)
}

// spanName is a handler's name, of a statement only what it does: the whole is an
// attribute.
func spanName(h instrument.HandlerInfo) string {
	if h.Kind == instrument.KindQuery {
		verb, _, _ := strings.Cut(h.Name, " ")
		return valid(verb)
	}
	return valid(h.Name)
}

func spanKind(k instrument.Kind) trace.SpanKind {
	switch k {
	case instrument.KindRequest:
		return trace.SpanKindServer
	case instrument.KindQuery, instrument.KindCache, instrument.KindCall:
		return trace.SpanKindClient
	case instrument.KindTask:
		return trace.SpanKindConsumer
	}
	return trace.SpanKindInternal
}

// isNew tells a span from what a provider gives that does nothing: none, or the parent's
// place again.
func isNew(s trace.Span, parent trace.SpanContext) bool {
	return s != nil && s.SpanContext().IsValid() && s.SpanContext().SpanID() != parent.SpanID()
}

// settle tells the Record which place another tracer has given the span.
func (s *span) settle(rec *instrument.Recording, sc trace.SpanContext) {
	s.extra().place = sc
	if !s.scope.Span().Recorded() {
		return
	}
	i := s.scope.Span().Index()
	rec.SetSpan(i, instrument.KeySpanID.Masked(sc.SpanID().String()))
	if b := current.Load(); b != nil && b.exporter != nil {
		b.exporter.adopt(rec, i, sc)
	}
}

// guard runs what may panic.
func guard(do func()) {
	defer func() { _ = recover() }()
	do()
}
