package signals_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func ExampleOnError() {
	paid := signals.New[int]("paid", signals.Unlisted())
	failures := 2
	paid.Connect(func(context.Context, signals.Event[int]) error {
		if failures--; failures >= 0 {
			return errors.New("relay is down")
		}
		return nil
	}, signals.UID("mail"), signals.OnError(signals.Retry(3, signals.Exponential(time.Millisecond))))

	paid.Connect(func(context.Context, signals.Event[int]) error {
		return errors.New("crm is down")
	}, signals.UID("crm"), signals.OnError(signals.Fallback(saveForCRM), signals.Continue))

	results, err := paid.Send(context.Background(), "shop", 7)
	for _, r := range results.All() {
		fmt.Printf("%s: %d attempts, error %v, handled by %q\n", r.Receiver, r.Attempts, r.Err, r.Handled)
	}
	fmt.Println(err)
	// Output:
	// save order 7: crm is down
	// mail: 3 attempts, error <nil>, handled by ""
	// crm: 1 attempts, error crm is down, handled by "Fallback(signals_test.saveForCRM)"
	// <nil>
}

func saveForCRM(_ context.Context, e signals.Event[int], cause error) error {
	fmt.Printf("save order %d: %v\n", e.Payload, cause)
	return nil
}

// memoryQueue keeps calls for later.
type memoryQueue struct{ calls []signals.Call }

func (q *memoryQueue) Enqueue(_ context.Context, c signals.Call) error {
	q.calls = append(q.calls, c)
	return nil
}

func ExampleEnqueue() {
	q := &memoryQueue{}
	paid := signals.New[int]("paid", signals.Unlisted())
	up := false
	paid.Connect(func(ctx context.Context, e signals.Event[int]) error {
		if !up {
			return errors.New("relay is down")
		}
		fmt.Println("mail about order", e.Payload, "of", signals.ScopeOf(ctx).User)
		return nil
	}, signals.UID("mail"), signals.OnError(signals.Enqueue(q)))

	_, err := paid.Send(signals.WithUser(context.Background(), "ann"), "shop", 7)
	fmt.Println(err, len(q.calls), "queued")
	up = true
	_, err = q.calls[0].Run(context.Background()) // as a worker does
	fmt.Println(err)
	// Output:
	// <nil> 1 queued
	// mail about order 7 of ann
	// <nil>
}

func ExampleSignal_SendConcurrent() {
	placed := signals.New[int]("placed", signals.Unlisted())
	for _, shop := range []string{"north", "south"} {
		placed.Connect(func(ctx context.Context, e signals.Event[int]) error {
			e.Return(shop + " has it")
			return nil
		}, signals.UID(shop))
	}
	placed.Connect(say[int]("first, in the sender's transaction: reserve"), signals.Alone())
	results, err := placed.SendConcurrent(context.Background(), 2, nil, 7)
	for _, r := range results.All()[1:] {
		fmt.Println(r.Receiver, r.Value)
	}
	fmt.Println(err)
	// Output:
	// first, in the sender's transaction: reserve 7
	// north north has it
	// south south has it
	// <nil>
}

func ExampleIntercept() {
	remove := signals.Intercept(signals.Interceptors{
		Send: func(ctx context.Context, s *signals.Sending, next signals.Next) ([]signals.Result, error) {
			if strings.HasSuffix(s.Signal().Name(), "_refunded") && signals.ScopeOf(ctx).User != "keeper" {
				return nil, fmt.Errorf("%w: only the keeper refunds", signals.ErrDenied)
			}
			return next(ctx)
		},
	})
	defer remove()
	refunded := signals.New[int]("order_refunded", signals.Unlisted())
	refunded.Connect(say[int]("refund order"))
	ctx := context.Background()
	_, err := refunded.SendRobust(signals.WithUser(ctx, "eve"), "shop", 7)
	fmt.Println(errors.Is(err, signals.ErrDenied), err)
	_, err = refunded.SendRobust(signals.WithUser(ctx, "keeper"), "shop", 7)
	fmt.Println(err)
	// Output:
	// true signals: the send was denied: only the keeper refunds
	// refund order 7
	// <nil>
}

func ExampleSignal_Intercept() {
	said := signals.New[string]("said", signals.Unlisted())
	said.Connect(say[string]("heard:"))
	remove := said.Intercept(signals.TypedInterceptors[string]{
		Send: func(ctx context.Context, e *signals.Event[string], next signals.Next) ([]signals.Result, error) {
			e.Payload = strings.TrimSpace(e.Payload)
			return next(ctx)
		},
	})
	_, _ = said.Send(context.Background(), nil, "  hello ")
	remove()
	// Output: heard: hello
}

func ExampleEvent_Values() {
	type seen struct{}
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(func(_ context.Context, e signals.Event[int]) error {
		e.Values().Set(seen{}, "by the first")
		return nil
	})
	paid.Connect(func(_ context.Context, e signals.Event[int]) error {
		fmt.Println("seen", e.Values().Get(seen{}))
		return nil
	})
	_, _ = paid.Send(context.Background(), nil, 7)
	// Output: seen by the first
}

func ExampleScopeOf() {
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(func(ctx context.Context, e signals.Event[int]) error {
		s := signals.ScopeOf(ctx)
		fmt.Printf("order %d by %q on request %q\n", e.Payload, s.User, s.RequestID)
		return nil
	})
	ctx := context.Background()
	_, _ = paid.Send(signals.WithScope(ctx, signals.Scope{User: "ann", RequestID: "r7"}), nil, 7)
	_, _ = paid.Send(ctx, nil, 8)
	// Output:
	// order 7 by "ann" on request "r7"
	// order 8 by "" on request ""
}

func ExampleSignal_Recent() {
	paid := signals.New[int]("paid", signals.Unlisted(), signals.KeepRecent(3))
	for id := range 12 {
		_, _ = paid.Send(context.Background(), "shop", id)
	}
	for _, e := range paid.Recent(10) {
		fmt.Println(e.Sender, e.Payload)
	}
	// Output:
	// shop 9
	// shop 10
	// shop 11
}

func ExampleAll() {
	for _, s := range signals.All() {
		if s.Name == "inventory_low" {
			fmt.Println(s.Name, s.Payload, len(s.Receivers), "receivers")
		}
	}
	// Output: inventory_low int 0 receivers
}

func ExampleSignal_SendAsync() {
	q := &memoryQueue{} // a program has that of package tasks
	defer signals.UseQueue(q)()
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(say[int]("mail about order"))

	ctx := signals.WithUser(context.Background(), "ann")
	err := paid.SendAsync(ctx, "shop", 7)
	fmt.Println("answered the request,", err)
	results, err := q.calls[0].Run(context.Background()) // as a worker does
	fmt.Println(results.Len(), "receiver,", err)
	// Output:
	// answered the request, <nil>
	// mail about order 7
	// 1 receiver, <nil>
}

func ExampleQueued() {
	q := &memoryQueue{}
	cancelled := signals.New[int]("cancelled", signals.Unlisted())
	cancelled.Connect(say[int]("release the stock of order"))
	cancelled.Connect(say[int]("tell the customer of order"), signals.UID("notice"), signals.Queued(q))

	_, err := cancelled.Send(context.Background(), "shop", 7)
	fmt.Println(len(q.calls), "queued,", err)
	_, _ = q.calls[0].Run(context.Background())
	// Output:
	// release the stock of order 7
	// 1 queued, <nil>
	// tell the customer of order 7
}
