package main

import (
	"context"
	"errors"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// The bare handler does nothing, so nothing is taken off.
var request20 = benchCase{
	name: "request20", work: "20 spans recorded, masked, encoded and queued; caller's side", unit: unitNS,
	target: 2400, allocs: 5,
	step: betweenFlushes,
	ours: func(e *env) (op, error) {
		c, err := collect.New(collect.Config{Store: discardStore{}, BatchDelay: time.Hour})
		if err != nil {
			return op{}, err
		}
		r := newRecorder(e, instrument.Config{Sink: c, Masker: mask.Default()})
		if err := c.Start(r); err != nil {
			return op{}, err
		}
		ctx := context.Background()
		e.atEnd(func() error { return c.Close(ctx) })
		return op{run: func(n int) error {
			return flushing(n, c, func() { record(r) })
		}}, nil
	},
	peers: []peer{
		{otelSDK, 0.4, tracing20(newOTel)},
		{otelNoop, 0, tracing20(newOTelNoop)},
	},
}

// betweenFlushes is less than a batch: the writer works while nobody is measured,
// and the queue is never full.
const betweenFlushes = 400

var errDropped = errors.New("the collector dropped Records: what was measured is not all of the work")

func flushing(n int, c *collect.Collector, operation func()) error {
	for ; n > 0; n -= betweenFlushes {
		for range min(n, betweenFlushes) {
			operation()
		}
		if err := c.Flush(context.Background()); err != nil {
			return err
		}
	}
	return allStored(c.Stats())
}

func allStored(s collect.Stats) error {
	if s.Stored != s.Produced {
		return errDropped
	}
	return nil
}

func tracing20(provider func(*env) trace.TracerProvider) side {
	return func(e *env) (op, error) {
		t := provider(e).Tracer("bench")
		return op{run: func(n int) error {
			for range n {
				trace20(t)
			}
			return nil
		}}, nil
	}
}

// discardStore is where the caller's side ends.
type discardStore struct{}

func (discardStore) Append(context.Context, *instrument.Batch) error { return nil }

func (discardStore) Roll(context.Context, time.Time, []instrument.RollRow) error { return nil }

func (discardStore) Prune(context.Context) (bool, error) { return false, nil }
