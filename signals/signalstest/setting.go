package signalstest

import (
	"context"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Setting is the payload of a signal that tells of a setting which a test overrides,
// so that what was computed from it is computed anew.
type Setting[V any] struct {
	Name  string
	Value V
	Enter bool // true when the test sets it, false when it is set back
}

// Override gives a setting another value until the test ends. The signal is sent
// after both changes. A receiver that fails makes the test fail, and keeps neither
// the old value nor the other receivers from their turn.
func Override[V any](t testing.TB, changed *signals.Signal[Setting[V]], name string, at *V, value V) {
	t.Helper()
	old := *at
	tell := func(v V, enter bool) {
		ctx := context.WithoutCancel(t.Context()) // done when the test's cleanup runs
		if _, err := changed.SendRobust(ctx, name, Setting[V]{name, v, enter}); err != nil {
			t.Errorf("setting %s: %v", name, err)
		}
	}
	t.Cleanup(func() {
		*at = old
		tell(old, false)
	})
	*at = value
	tell(value, true)
}
