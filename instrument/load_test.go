package instrument_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestRecording_GoroutinesStartedMeanwhile(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	started := int64(0)
	record(t, r, func(context.Context, *instrument.Recording) {
		began := instrument.Now()
		for started < 40 || instrument.Now()-began < int64(25*time.Millisecond) { // shorter ones are not measured
			var wg sync.WaitGroup
			wg.Go(func() { started++ })
			wg.Wait()
		}
	})
	for _, kv := range sink.only().Attrs {
		if kv.Key == instrument.KeyGoroutines.Name() {
			if n, _ := kv.Value.(int64); n < started {
				t.Errorf("%v goroutines, want at least the %d of the Record", kv.Value, started)
			}
			return
		}
	}
	t.Errorf("nothing is said of goroutines: %v", sink.only().Attrs)
}
