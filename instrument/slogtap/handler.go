package slogtap

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Handler is a slog.Handler that passes every line on and reports it.
type Handler struct {
	next   slog.Handler
	attrs  []instrument.Attr // of WithAttrs, named with their groups
	prefix string            // "group." of WithGroup
}

var _ slog.Handler = (*Handler)(nil)

// New gives a handler that passes lines to next and reports them. next must not be
// nil.
func New(next slog.Handler) *Handler {
	if next == nil {
		panic("slogtap: New: the handler to pass lines to is nil")
	}
	return &Handler{next: next}
}

// Enabled is the next handler's answer: what the app does not log is not recorded.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

// Handle reports the line and passes it on.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	if rec, _ := instrument.Find(ctx); rec != nil {
		h.report(ctx, r)
	}
	return h.next.Handle(ctx, r)
}

// WithAttrs is slog.Handler's.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	if len(attrs) == 0 {
		return h
	}
	c := *h
	c.next = h.next.WithAttrs(attrs)
	c.attrs = slices.Clip(h.attrs)
	c.keep(attrs)
	return &c
}

// keep notes attributes for the lines to come; one that cannot be rendered is left
// out, and the next handler deals with it as it would without us.
func (h *Handler) keep(attrs []slog.Attr) {
	defer func() { _ = recover() }()
	for _, a := range attrs {
		h.attrs = appendAttr(h.attrs, h.prefix, a)
	}
}

// WithGroup is slog.Handler's.
func (h *Handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	c := *h
	c.next = h.next.WithGroup(name)
	c.prefix = h.prefix + name + "."
	return &c
}

// report never lets a value that cannot be rendered reach the app: the next
// handler deals with it as it would without us.
func (h *Handler) report(ctx context.Context, r slog.Record) {
	defer func() { _ = recover() }()
	attrs := make([]instrument.Attr, 0, 2+len(h.attrs)+r.NumAttrs())
	attrs = append(attrs, instrument.KeyLogLevel.String(r.Level.String()), instrument.KeyLogMessage.String(r.Message))
	attrs = append(attrs, h.attrs...)
	r.Attrs(func(a slog.Attr) bool {
		attrs = appendAttr(attrs, h.prefix, a)
		return true
	})
	instrument.Event(ctx, handlerOf(r.Level), attrs...)
}

const maxDepth = 8

func appendAttr(attrs []instrument.Attr, prefix string, a slog.Attr) []instrument.Attr {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		if a.Key == "" {
			return attrs
		}
		return append(attrs, toAttr(instrument.NewKey(prefix+a.Key), v))
	}
	if a.Key != "" {
		prefix += a.Key + "."
	}
	if strings.Count(prefix, ".") > maxDepth {
		return attrs
	}
	for _, m := range v.Group() {
		attrs = appendAttr(attrs, prefix, m)
	}
	return attrs
}

func toAttr(key instrument.Key, v slog.Value) instrument.Attr {
	switch v.Kind() {
	case slog.KindInt64:
		return key.Int64(v.Int64())
	case slog.KindFloat64:
		return key.Float64(v.Float64())
	case slog.KindBool:
		return key.Bool(v.Bool())
	case slog.KindDuration:
		return key.Duration(v.Duration())
	case slog.KindAny:
		if _, ok := v.Any().(error); !ok { // %+v of an error may be its stack
			// With the names of fields, as slog's TextHandler has it: a masker needs them.
			return key.String(fmt.Sprintf("%+v", v.Any()))
		}
	}
	return key.String(v.String())
}

var levels sync.Map // slog.Level -> *instrument.Handler

// handlerOf counts log lines by level.
func handlerOf(level slog.Level) *instrument.Handler {
	if h, ok := levels.Load(level); ok {
		return h.(*instrument.Handler)
	}
	h := instrument.NewHandler(instrument.KindLog, level.String(), instrument.Source{})
	levels.Store(level, h)
	return h
}
