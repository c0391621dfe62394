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
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/internal/mark"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// real is a library's span as the app's provider has it, beside ours. What it is told is
// masked, and is UTF-8: of a batch with anything else nothing is sent.
type real struct {
	trace.Span
	rules *mask.Rules
}

// export starts the span in the app's provider first, which gives it its place. ctx is
// the one that it is started in: there its parent is found.
func (s *span) export(ctx context.Context, opts []trace.SpanStartOption) context.Context {
	r := real{rules: s.rules()}
	guard(func() {
		_, r.Span = s.t.theirs().Start(mark.AsOurs(ctx), s.name.text, r.startOptions(opts)...)
	})
	if !isNew(r.Span, trace.SpanContextFromContext(ctx)) {
		return ctx
	}
	s.extra().real = &r
	return mark.WithPlace(ctx, r.SpanContext())
}

func (r *real) startOptions(opts []trace.SpanStartOption) (safe []trace.SpanStartOption) {
	c := trace.NewSpanStartConfig(opts...)
	safe = append(safe, trace.WithSpanKind(c.SpanKind()), trace.WithAttributes(r.attributes(c.Attributes())...))
	if !c.Timestamp().IsZero() {
		safe = append(safe, trace.WithTimestamp(c.Timestamp()))
	}
	if c.NewRoot() {
		safe = append(safe, trace.WithNewRoot())
	}
	for _, l := range c.Links() {
		safe = append(safe, trace.WithLinks(r.link(l)))
	}
	return safe
}

func (r *real) link(l trace.Link) trace.Link {
	return trace.Link{SpanContext: l.SpanContext, Attributes: r.attributes(l.Attributes)}
}

func (r *real) text(s string) string { return valid(r.rules.Text(cut(s, 4*maxText))) }

// attributes hides what is secret, and keeps all else as it is.
func (r *real) attributes(attrs []attribute.KeyValue) []attribute.KeyValue {
	safe := make([]attribute.KeyValue, 0, len(attrs))
	for _, kv := range attrs {
		name := string(kv.Key)
		switch k := keyOf(name); {
		case k.meaning == meansParameters:
			kv.Value = attribute.StringValue(instrument.Redacted)
		case k.meaning == meansStatement:
			kv.Value = attribute.StringValue(r.statement(kv.Value.String(), attrs))
		case r.rules.Key(name):
			kv.Value = attribute.StringValue(instrument.Redacted)
		case kv.Value.Type() == attribute.STRING:
			kv.Value = attribute.StringValue(r.textOf(k, kv.Value.AsString()))
		case kv.Value.Type() == attribute.STRINGSLICE:
			kv.Value = r.texts(kv.Value.AsStringSlice())
		case kv.Value.Type() > attribute.STRINGSLICE: // bytes, lists and maps of anything
			kv.Value = attribute.StringValue(r.text(kv.Value.String()))
		}
		kv.Key = attribute.Key(valid(name))
		safe = append(safe, kv)
	}
	return safe
}

// statement is one without its values: of a cache's command, its name.
func (r *real) statement(text string, attrs []attribute.KeyValue) string {
	for _, kv := range attrs {
		if system := strings.ToLower(kv.Value.String()); keyOf(string(kv.Key)).meaning == meansSystem && (caches[system] || notSQL[system]) {
			command, _, _ := strings.Cut(text, " ")
			return valid(r.rules.Text(cut(command, 64)))
		}
	}
	return valid(sqltap.Describe(text, "", r.rules).Handler.Name())
}

func (r *real) textOf(k *key, s string) string {
	switch k.meaning {
	case meansURL:
		s = r.rules.URL(s)
	case meansURLQuery:
		s = r.rules.Query(s)
	case meansPathQuery:
		if path, query, ok := strings.Cut(s, "?"); ok {
			s = path + "?" + r.rules.Query(query)
		}
	}
	return r.text(s)
}

func (r *real) texts(list []string) attribute.Value {
	safe := make([]string, len(list))
	for i, s := range list {
		safe[i] = r.text(s)
	}
	return attribute.StringSliceValue(safe)
}

// event tells of an event.
func (r *real) event(name string, c *trace.EventConfig, more ...attribute.KeyValue) {
	r.Span.AddEvent(r.text(name), trace.WithTimestamp(c.Timestamp()), trace.WithAttributes(append(more, r.attributes(c.Attributes())...)...))
}

// failed tells of an error, as RecordError would.
func (r *real) failed(err error, c *trace.EventConfig) {
	text := "its text could not be had"
	guard(func() { text = err.Error() })
	r.event("exception", c, attribute.String("exception.type", fmt.Sprintf("%T", err)), attribute.String("exception.message", r.text(text)))
}

func (r *real) status(code codes.Code, message string) { r.Span.SetStatus(code, r.text(message)) }

// tee has the app's span do the same.
func (m *more) tee(do func(r *real)) {
	if m.real != nil {
		guard(func() { do(m.real) })
	}
}

// endReal ends the app's span where a provider that takes its time holds up nobody.
func (s *span) endReal(r *real, opts []trace.SpanEndOption) {
	at := time.Now()
	if c := trace.NewSpanEndConfig(opts...); !c.Timestamp().IsZero() {
		at = c.Timestamp()
	}
	s.t.provider.config.Exporter.endLater(func() { r.Span.End(trace.WithTimestamp(at)) })
}
