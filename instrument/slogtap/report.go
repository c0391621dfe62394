package slogtap

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// report never lets a value that cannot be rendered reach the app: the next
// handler deals with it as it would without us.
func (h *Handler) report(ctx context.Context, r slog.Record) {
	defer func() { _ = recover() }()
	var room [12]instrument.Attr
	attrs := append(room[:0], instrument.KeyLogLevel.Masked(levelName(r.Level)), instrument.KeyLogMessage.String(r.Message), instrument.CallerAt(r.PC))
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
		return append(attrs, toAttr(keyOf(prefix, a.Key), v))
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

func keyOf(prefix, name string) instrument.Key {
	if prefix == "" {
		return instrument.NewKey(name)
	}
	return instrument.NewKey(prefix + name)
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

// levelName is the level's text; those that have a name cost nothing.
func levelName(l slog.Level) string {
	switch l {
	case slog.LevelDebug:
		return "DEBUG"
	case slog.LevelInfo:
		return "INFO"
	case slog.LevelWarn:
		return "WARN"
	case slog.LevelError:
		return "ERROR"
	}
	return l.String()
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
