// Package slogtap shows an app's log lines on the request that wrote them.
//
//	logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stderr, nil)))
//
// Every line goes to the given handler unchanged, and also onto the Record of its
// context, or of the goroutine where the line was logged without one. Lines of the
// Record are masked and capped like everything else that is recorded.
package slogtap
