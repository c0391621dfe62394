package instrument_test

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

type nullSink struct{ records, bytes int }

func (s *nullSink) Want(*instrument.Summary) bool { return true }

func (s *nullSink) Put(_ *instrument.Summary, blob []byte) { s.records++; s.bytes += len(blob) }

var (
	benchRoot = instrument.NewHandler(instrument.KindRequest, "GET /bench", instrument.Source{})
	benchSpan = instrument.NewHandler(instrument.KindCustom, "bench", instrument.Source{})
	keyA      = instrument.NewKey("bench.a")
	keyB      = instrument.NewKey("bench.b")
)

// benchSpans runs fn in Records of 1000 spans, so that the Record's own cost is
// spread thin.
func benchSpans(b *testing.B, fn func(ctx context.Context)) {
	r := instrument.New(instrument.Config{NoLabels: true})
	defer r.SetEnabled(false)
	b.ReportAllocs()
	for n := 0; n < b.N; {
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
		for i := 0; i < 999 && n < b.N; i++ {
			fn(ctx)
			n++
		}
		rec.End()
	}
}

func BenchmarkSpan(b *testing.B) {
	b.Run("own context", func(b *testing.B) {
		benchSpans(b, func(ctx context.Context) {
			_, s := instrument.Start(ctx, benchSpan)
			s.End(nil)
		})
	})
	b.Run("four attributes", func(b *testing.B) {
		benchSpans(b, func(ctx context.Context) {
			_, s := instrument.Start(ctx, benchSpan, keyA.Int(1), keyB.String("b"), keyA.Int(2), keyB.String("c"))
			s.End(nil)
		})
	})
	b.Run("leaf", func(b *testing.B) {
		benchSpans(b, func(ctx context.Context) {
			instrument.Leaf(ctx, benchSpan).End(nil)
		})
	})
	b.Run("off", func(b *testing.B) {
		b.ReportAllocs()
		ctx := context.Background()
		for b.Loop() {
			_, s := instrument.Start(ctx, benchSpan)
			s.End(nil)
		}
	})
}

func BenchmarkClock(b *testing.B) {
	for b.Loop() {
		instrument.Now()
	}
}

func BenchmarkObserve(b *testing.B) {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	b.Run("one goroutine", func(b *testing.B) {
		for b.Loop() {
			r.Observe(benchSpan, 123*time.Microsecond, nil)
		}
	})
	b.Run("all cores", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				r.Observe(benchSpan, 123*time.Microsecond, nil)
			}
		})
	})
}

func BenchmarkRequest20(b *testing.B) {
	run := func(b *testing.B, c instrument.Config) {
		r := instrument.New(c)
		defer r.SetEnabled(false)
		b.ReportAllocs()
		for b.Loop() {
			ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
			for range 19 {
				_, s := instrument.Start(ctx, benchSpan)
				s.End(nil)
			}
			rec.End()
		}
	}
	b.Run("encoded", func(b *testing.B) { run(b, instrument.Config{Sink: &nullSink{}}) })
	b.Run("no label", func(b *testing.B) { run(b, instrument.Config{Sink: &nullSink{}, NoLabels: true}) })
	b.Run("statistics only", func(b *testing.B) { run(b, instrument.Config{NoLabels: true}) })
}
