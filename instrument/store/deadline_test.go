package store_test

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func TestRoll_ADeadlineThatPassesWhileItBeginsLeavesNoTransactionOpen(t *testing.T) {
	f := setup(t, store.Options{})
	for i := range 4000 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(rand.IntN(150))*time.Microsecond)
		_ = f.Roll(ctx, time.Now(), nil)
		cancel()
		if err := f.Roll(t.Context(), time.Now(), nil); err != nil {
			t.Fatalf("after %d deadlines: %v", i+1, err)
		}
	}
}
