package commands

import (
	"log/slog"
)

// LogHandler sets what stands around the handler of [Run].Log: slogtap.New, so that
// the lines are kept with the run's Record.
func LogHandler(wrap func(slog.Handler) slog.Handler) Option {
	return func(r *Root) { r.logHandler = wrap }
}

// logger makes the Log of a run.
func (r *Root) logger(run *Run) *slog.Logger {
	h := newLogHandler(run.Err, run.Verbosity, run.json)
	if r.logHandler != nil {
		h = r.logHandler(h)
	}
	return slog.New(h).With("command", run.Name, "run", run.ID)
}

func newLogHandler(w *Output, verbosity int, json bool) slog.Handler {
	level := slog.LevelDebug
	switch verbosity {
	case 0:
		level = slog.LevelError
	case 1:
		level = slog.LevelInfo
	}
	opts := &slog.HandlerOptions{Level: level}
	if json {
		return slog.NewJSONHandler(w, opts)
	}
	return slog.NewTextHandler(w, opts)
}
