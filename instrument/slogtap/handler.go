package slogtap

import (
	"context"
	"log/slog"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Handler is a slog.Handler that passes every line on and reports it.
type Handler struct {
	next   slog.Handler
	attrs  []instrument.Attr // of WithAttrs, named with their groups
	prefix string            // "group." of WithGroup
	level  slog.Leveler      // from which on lines are reported; nil: those that next takes
	ids    *ids              // nil: none are added
}

var _ slog.Handler = (*Handler)(nil)

// Option changes what is reported of lines, and what is added to them.
type Option func(*Handler)

// Level reports lines from this level on, also those that the next handler does not take
// and that are not passed on to it: a quiet console need not mean an empty Logs panel.
// Without it the lines are reported that the next handler takes. Nil changes nothing.
func Level(l slog.Leveler) Option { return func(h *Handler) { h.level = l } }

// IDs adds two attributes to every line that is logged in a Record: "trace_id", of the W3C
// trace that other programs may share, and "request_id", which names the Record: in the
// dashboard's addresses and for "toolbar show". They stand outside of groups. A line that
// has an attribute of such a name keeps its own.
func IDs() Option { return IDsNamed("trace_id", "request_id") }

// IDsNamed is IDs with other names. "" leaves one out.
func IDsNamed(trace, request string) Option {
	return func(h *Handler) { h.ids = &ids{names: [2]string{trace, request}} }
}

// New gives a handler that passes lines to next and reports them. next must not be
// nil.
func New(next slog.Handler, opts ...Option) *Handler {
	if next == nil {
		panic("slogtap: New: the handler to pass lines to is nil")
	}
	h := &Handler{next: next}
	for _, o := range opts {
		o(h)
	}
	if h.ids != nil {
		h.ids.outside = next
	}
	return h
}

// Unwrap is the handler that lines are passed to, with what WithAttrs and WithGroup added.
func (h *Handler) Unwrap() slog.Handler { return h.next }

// Enabled is the next handler's answer: what the app does not log is not recorded, unless
// Level asks for it.
func (h *Handler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level) || h.level != nil && level >= h.level.Level() && instrument.On()
}

// Handle reports the line and passes it on.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	rec, _ := instrument.Find(ctx)
	if rec != nil && (h.level == nil || r.Level >= h.level.Level()) {
		h.report(ctx, r)
	}
	if h.level != nil && !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	if rec != nil && h.ids != nil {
		return h.ids.handle(ctx, h, rec, r)
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
	c.ids = h.ids.withAttrs(c.next, attrs)
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
	c.ids = h.ids.withGroup(name)
	return &c
}
