// Package slogtap shows an app's log lines on the request that wrote them.
//
//	logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stderr, nil)))
//
// Every line goes to the given handler unchanged, and also onto the Record of its
// context, or of the goroutine where the line was logged without one. Lines of the
// Record are masked and capped like everything else that is recorded.
//
// With [IDs] the lines of a Record carry the ids of its trace and of itself, by which
// what the log says and what the toolbar shows can be looked up in each other.
//
// # Loggers
//
// slog has no names for loggers. A line's is what an attribute "logger", "component" or
// "module" says, as in slog.Default().With("logger", "mail"), and otherwise the package
// that logged it.
package slogtap
