package collect

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// warnEvery is how often trouble is told of.
const warnEvery = time.Minute

// warner logs at most one line a minute, and says how many it left out. Only the
// writer uses it, as a logger may block or panic.
type warner struct {
	log     *slog.Logger
	last    time.Time
	skipped int
}

// warn logs what went wrong. It reports a panic of the logger.
func (w *warner) warn(msg string, err error, attrs ...slog.Attr) error {
	now := time.Now()
	if !w.last.IsZero() && now.Sub(w.last) < warnEvery {
		w.skipped++
		return nil
	}
	attrs = append(attrs, slog.Any("error", err))
	if p := (*PanicError)(nil); errors.As(err, &p) {
		attrs = append(attrs, slog.String("stack", string(p.Stack)))
	}
	if w.skipped > 0 {
		attrs = append(attrs, slog.Int("left_out", w.skipped))
	}
	w.last, w.skipped = now, 0
	return guard("Logger", func() error {
		w.log.LogAttrs(context.Background(), slog.LevelWarn, msg, attrs...)
		return nil
	})
}
