package collect_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// BenchmarkPut is what a Record of 500 bytes costs the goroutine that recorded it.
// The writer stores in between: it does not compete for the queue's mutex, as it
// hardly does in an app.
func BenchmarkPut(b *testing.B) {
	for _, bc := range []struct {
		name string
		keep collect.Keep
	}{
		{"keep=all", collect.Keep{}},
		{"keep=10%", collect.Keep{Share: 0.1}},
	} {
		b.Run(bc.name, func(b *testing.B) {
			benchPut(b, collect.Config{Keep: bc.keep, BatchDelay: time.Hour}, 400)
		})
	}
}

// BenchmarkPutBusy has the writer store while Records come, millions a second.
func BenchmarkPutBusy(b *testing.B) { benchPut(b, collect.Config{}, 4000) }

// benchPut puts, and lets the writer catch up after every so many.
func benchPut(b *testing.B, config collect.Config, every int) {
	config.Store = discard{}
	c := newCollector(b, config)
	if err := c.Start(nil); err != nil {
		b.Fatal(err)
	}
	s, blob := summary(1), make([]byte, 500)
	b.ReportAllocs()
	for i := 1; b.Loop(); i++ {
		s.ID++
		s.Trace.TraceID[7], s.Trace.TraceID[8] = byte(i), byte(i>>8)
		if c.Want(&s) {
			c.Put(&s, blob)
		}
		if i%every == 0 {
			b.StopTimer()
			c.Flush(context.Background())
			b.StartTimer()
		}
	}
	b.StopTimer()
	c.Close(context.Background())
}

// BenchmarkPutParallel has all processors put at once, more than the writer takes
// in: some of the Records are dropped.
func BenchmarkPutParallel(b *testing.B) {
	c := newCollector(b, collect.Config{Store: discard{}})
	if err := c.Start(nil); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		s, blob := summary(1), make([]byte, 500)
		for pb.Next() {
			c.Put(&s, blob)
		}
	})
	b.StopTimer()
	c.Close(context.Background())
}

// BenchmarkPutFull is what a Record costs that the queue has no room for.
func BenchmarkPutFull(b *testing.B) {
	c := newCollector(b, collect.Config{Store: discard{}, QueueRecords: 1})
	s, blob := summary(1), make([]byte, 500)
	for b.Loop() {
		c.Put(&s, blob)
	}
}

// BenchmarkWantSlowest is the decision about a Record that is not kept.
func BenchmarkWantSlowest(b *testing.B) {
	c := newCollector(b, collect.Config{Store: discard{}, Keep: collect.Keep{Slowest: 10}})
	s := instrument.Summary{Handler: checkout, Duration: time.Millisecond}
	for b.Loop() {
		c.Want(&s)
	}
}

func BenchmarkIgnore(b *testing.B) {
	ignore := &collect.Ignore{Paths: []string{"/healthz", "/readyz", "/static/*", "/favicon.ico", "/_toolbar/*", "*.map"}}
	for b.Loop() {
		ignore.Match(instrument.KindRequest, "", "/orders/7/items")
	}
}
