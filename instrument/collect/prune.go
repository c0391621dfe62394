package collect

import (
	"context"
	"math/rand/v2"
	"time"
)

// pruneStep has the store remove a portion. The pause after it is four times as
// long as the step, so that batches come first.
func (w *writer) pruneStep() {
	start := time.Now()
	if start.Before(w.nextPrune) {
		return
	}
	var more bool
	err := w.call("Store.Prune", func(ctx context.Context) (err error) {
		more, err = w.c.config.Store.Prune(ctx)
		return err
	})
	now := time.Now()
	every := w.c.config.PruneEvery
	// Jitter, so that processes that share a file take turns.
	w.nextPrune = now.Add(every - every/10 + rand.N(every/5+1))
	switch {
	case err != nil:
		w.failed(&w.prune, err)
		w.nextPrune = w.nextPrune.Add(max(0, w.prune.retry.Sub(w.nextPrune)))
	case more:
		w.worked(&w.prune)
		w.nextPrune = now.Add(max(4*now.Sub(start), 10*time.Millisecond))
	default:
		w.worked(&w.prune)
	}
}
