package app

import (
	"context"
	"log/slog"
)

// recorded has every line from level INFO on logged, so that the toolbar sees it, and passes on what the handler below wants.
// Without it a quiet console would mean an empty Logs panel.
type recorded struct{ next slog.Handler }

func (h recorded) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelInfo }

func (h recorded) Handle(ctx context.Context, r slog.Record) error {
	if !h.next.Enabled(ctx, r.Level) {
		return nil
	}
	return h.next.Handle(ctx, r)
}

func (h recorded) WithAttrs(attrs []slog.Attr) slog.Handler { return recorded{h.next.WithAttrs(attrs)} }
func (h recorded) WithGroup(name string) slog.Handler       { return recorded{h.next.WithGroup(name)} }
