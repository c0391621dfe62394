package main

import (
	"context"
	"fmt"
	"sync"

	eventbus "github.com/asaskevich/EventBus"
	gookit "github.com/gookit/event"
	kelindar "github.com/kelindar/event"
	maniartech "github.com/maniartech/signals"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// The cases signals_* send one payment to receivers that take it and return an error,
// nothing being recorded: what an app without a toolbar pays for its signals.
var (
	signals0  = signalsCase(0, "a send that nobody hears")
	signals1  = signalsCase(1, "a send to one receiver")
	signals10 = signalsCase(10, "a send to ten receivers")
)

func signalsCase(receivers int, work string) benchCase {
	return benchCase{
		name: fmt.Sprintf("signals_%d", receivers), work: work, unit: unitNS,
		process: true, // one of the peers calls receivers on goroutines
		allocs:  0,
		ours:    payloadReceivers(receivers),
		peers: []peer{
			{"maniartech/signals", asFast, maniartechSending(receivers)},
			{"kelindar/event, on goroutines", asFast, kelindarSending(receivers)},
			{"gookit/event", asFast, gookitSending(receivers)},
			{"asaskevich/EventBus", asFast, eventBusSending(receivers)},
		},
	}
}

// asFast leaves a quick run on a busy machine some room: medians say what is so.
const asFast = 1.3

// payloadReceivers are ours.
func payloadReceivers(n int) side {
	return func(*env) (op, error) {
		s := signals.New[payment]("bench_payload", signals.Unlisted())
		for range n {
			s.On(func(context.Context, payment) error { return nil })
		}
		ctx := context.Background()
		return op{run: func(n int) error {
			for i := range n {
				if _, err := s.Send(ctx, "checkout", payment{OrderID: i}); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

func maniartechSending(receivers int) side {
	return func(*env) (op, error) {
		s := maniartech.NewSync[payment]()
		for range receivers {
			s.AddListenerWithErr(func(context.Context, payment) error { return nil })
		}
		ctx := context.Background()
		return op{run: func(n int) error {
			for i := range n {
				if err := s.TryEmit(ctx, payment{OrderID: i}); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

// Type makes a payment an event for kelindar/event.
func (payment) Type() uint32 { return 1 }

// kelindarSending counts the time until all have received: Publish only puts into
// queues.
func kelindarSending(receivers int) side {
	return func(e *env) (op, error) {
		d := kelindar.NewDispatcher()
		e.atEnd(d.Close)
		var want int
		var received sync.WaitGroup
		for range receivers {
			got := 0
			unsubscribe := kelindar.Subscribe(d, func(payment) {
				if got++; got == want {
					got = 0
					received.Done()
				}
			})
			e.atEnd(func() error { unsubscribe(); return nil })
		}
		return op{run: func(n int) error {
			want = n
			received.Add(receivers)
			for i := range n {
				kelindar.Publish(d, payment{OrderID: i})
			}
			received.Wait()
			return nil
		}}, nil
	}
}

func gookitSending(receivers int) side {
	return func(*env) (op, error) {
		m := gookit.NewManager("bench")
		for range receivers {
			m.On("order_paid", gookit.ListenerFunc(func(gookit.Event) error { return nil }))
		}
		return op{run: func(n int) error {
			for i := range n {
				if err, _ := m.Fire("order_paid", gookit.M{"payment": payment{OrderID: i}}); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}
}

func eventBusSending(receivers int) side {
	return func(*env) (op, error) {
		bus := eventbus.New()
		for range receivers {
			if err := bus.Subscribe("order_paid", func(context.Context, payment) error { return nil }); err != nil {
				return op{}, err
			}
		}
		ctx := context.Background()
		return op{run: func(n int) error {
			for i := range n {
				bus.Publish("order_paid", ctx, payment{OrderID: i})
			}
			return nil
		}}, nil
	}
}
