package signals_test

import (
	"context"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

type payment struct {
	OrderID int
	Method  string
}

func paid(n int) *signals.Signal[payment] {
	s := signals.New[payment]("order_paid", signals.Unlisted())
	for range n {
		s.Connect(func(context.Context, signals.Event[payment]) error { return nil })
	}
	return s
}

// A send that nobody hears: the target is 5 ns and no allocation.
func BenchmarkSendNone(b *testing.B) {
	s := paid(0)
	ctx := b.Context()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Send(ctx, "checkout", payment{OrderID: 1}); err != nil {
			b.Fatal(err)
		}
	}
}

// Sends without any recorder: no clock is read.
func BenchmarkSendOff(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(map[int]string{1: "receiver1", 10: "receiver10"}[n], func(b *testing.B) {
			benchmarkSend(b, b.Context(), n)
		})
	}
}

// The same with receivers of the payload alone.
func BenchmarkSendOffPayload(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(map[int]string{1: "receiver1", 10: "receiver10"}[n], func(b *testing.B) {
			s := paid(0)
			for range n {
				s.On(func(context.Context, payment) error { return nil })
			}
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.Send(ctx, "checkout", payment{OrderID: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Robust sends, which guard each receiver against panics.
func BenchmarkSendOffRobust(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(map[int]string{1: "receiver1", 10: "receiver10"}[n], func(b *testing.B) {
			s := paid(n)
			ctx := b.Context()
			b.ReportAllocs()
			for b.Loop() {
				if _, err := s.SendRobust(ctx, "checkout", payment{OrderID: 1}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// Sends inside a Record: the targets are 95 ns for one receiver and 60 ns for each
// of ten. A Record holds a thousand spans, so a new one is begun in time.
func BenchmarkSendRecorded(b *testing.B) {
	for _, n := range []int{1, 10} {
		b.Run(map[int]string{1: "receiver1", 10: "receiver10"}[n], func(b *testing.B) {
			benchmarkRecorded(b, n)
		})
	}
}

func benchmarkSend(b *testing.B, ctx context.Context, n int) {
	s := paid(n)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := s.Send(ctx, "checkout", payment{OrderID: 1}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/receiver")
}

func benchmarkRecorded(b *testing.B, n int) {
	s := paid(n)
	r := instrument.New(instrument.Config{NoLabels: true})
	defer r.SetEnabled(false)
	request := instrument.NewHandler(instrument.KindRequest, "bench", instrument.Source{})
	perRecord := 900 / (n + 1)
	var ctx context.Context
	var rec *instrument.Recording
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		if i%perRecord == 0 {
			rec.End()
			ctx, rec = r.Begin(context.Background(), instrument.Begin{Handler: request})
		}
		i++
		if _, err := s.Send(ctx, "checkout", payment{OrderID: 1}); err != nil {
			b.Fatal(err)
		}
	}
	rec.End()
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*n), "ns/receiver")
}

// What the numbers above contain: one reading of the clock, one span.
func BenchmarkClock(b *testing.B) {
	for b.Loop() {
		instrument.Now()
	}
}

func BenchmarkSpan(b *testing.B) {
	r := instrument.New(instrument.Config{NoLabels: true})
	defer r.SetEnabled(false)
	h := instrument.NewHandler(instrument.KindReceiver, "bench", instrument.Source{})
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: h})
	i := 0
	now := instrument.Now()
	b.ReportAllocs()
	for b.Loop() {
		if i++; i%900 == 0 {
			rec.End()
			ctx, rec = r.Begin(context.Background(), instrument.Begin{Handler: h})
		}
		_, sp := instrument.StartAt(ctx, now, h)
		sp.EndAt(now+100, nil)
	}
	rec.End()
}
