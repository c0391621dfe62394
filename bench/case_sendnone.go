package main

import (
	"context"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

var sendNone = benchCase{
	name: "send_none", work: "a signal that nobody listens to", unit: unitNS,
	target: 5, allocs: 0,
	floors: 1,
	ours: func(*env) (op, error) {
		s := signals.New[payment]("bench_none", signals.Unlisted())
		ctx := context.Background()
		return op{run: func(n int) error {
			for i := range n {
				if _, err := s.Send(ctx, "checkout", payment{OrderID: i}); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	},
	peers: []peer{{name: "a slice behind a RWMutex", side: func(*env) (op, error) {
		var l listeners
		ctx := context.Background()
		return op{run: func(n int) error {
			for i := range n {
				if err := l.send(ctx, payment{OrderID: i}); err != nil {
					return err
				}
			}
			return nil
		}}, nil
	}}},
}

// payment is what the signals of the cases carry.
type payment struct {
	OrderID int
	Method  string
}

// listeners is what an app writes that has no signals.
type listeners struct {
	mu   sync.RWMutex
	list []func(context.Context, payment) error
}

func (l *listeners) send(ctx context.Context, p payment) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	for _, f := range l.list {
		if err := f(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
