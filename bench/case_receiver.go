package main

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

var receiver1 = benchCase{
	name: "receiver1", work: "a receiver, with guard, histogram, span and context", unit: unitNS,
	target: 95, allocs: anyAllocs,
	step:  perRecord / 2,
	ours:  signalsReceivers(1),
	peers: []peer{{otelReceivers, 0.4, otelSending(1)}},
}

var receiver10 = benchCase{
	name: "receiver10", work: "each of ten receivers", unit: unitNS,
	target: 60, allocs: anyAllocs,
	step:  perRecord,
	ours:  signalsReceivers(10),
	peers: []peer{{otelReceivers, 0.4, otelSending(10)}},
}

const otelReceivers = "OpenTelemetry SDK, client_golang"

// signalsReceivers sends inside Records; an operation is one receiver.
func signalsReceivers(receivers int) side {
	return func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true})
		s := signals.New[payment](fmt.Sprintf("bench_receiver%d", receivers), signals.Unlisted())
		for i := range receivers {
			s.Connect(func(context.Context, signals.Event[payment]) error { return nil },
				signals.UID(fmt.Sprintf("receiver%d", i)))
		}
		run := inRecordsOf(perRecord/(receivers+1), r, func(ctx context.Context) {
			// Nothing fails: the receivers return nil.
			_, _ = s.Send(ctx, "checkout", payment{OrderID: 1})
		})
		return op{run: func(n int) error { return run(n / receivers) }}, nil
	}
}

// otelSending is the same by hand: what is listened to gets a span, and each
// receiver a guard, a span and an observation.
func otelSending(receivers int) side {
	return func(e *env) (op, error) {
		t := newOTel(e).Tracer("bench")
		var list []otelReceiver
		for i := range receivers {
			list = append(list, otelReceiver{fmt.Sprintf("receiver%d", i), t, newPromHistogram(),
				func(context.Context, payment) error { return nil }})
		}
		run := inTrace(t, func(ctx context.Context) {
			ctx, span := t.Start(ctx, "bench")
			defer span.End()
			for i := range list {
				_ = list[i].call(ctx, payment{OrderID: 1}) // as above
			}
		})
		return op{run: func(n int) error { return run(n / receivers) }}, nil
	}
}

type otelReceiver struct {
	name     string
	tracer   trace.Tracer
	duration prometheus.Observer
	receive  func(context.Context, payment) error
}

func (r *otelReceiver) call(ctx context.Context, p payment) (err error) {
	ctx, span := r.tracer.Start(ctx, r.name)
	start := time.Now()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
		if err != nil {
			span.SetStatus(codes.Error, err.Error())
		}
		r.duration.Observe(time.Since(start).Seconds())
		span.End()
	}()
	return r.receive(ctx, p)
}
