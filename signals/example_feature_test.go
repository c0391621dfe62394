package signals_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func ExampleSignal_On() {
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.On(func(_ context.Context, order int) error {
		fmt.Println("paid:", order)
		return nil
	})
	_, _ = paid.Send(context.Background(), nil, 7)
	// Output: paid: 7
}

func ExampleUID() {
	paid := signals.New[int]("paid", signals.Unlisted())
	for range 3 { // an init that runs more than once
		paid.Connect(say[int]("reserve"), signals.UID("reserve-stock"))
	}
	_, _ = paid.Send(context.Background(), nil, 7)
	fmt.Println(paid.DisconnectUID("reserve-stock", nil), paid.HasListeners(nil))
	// Output:
	// reserve 7
	// true false
}

func largeSum(_ context.Context, e signals.Event[int]) bool { return e.Payload >= 1000 }

func ExampleWhen() {
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(say[int]("call the manager:"), signals.When(largeSum))
	for _, amount := range []int{20, 5000} {
		results, _ := paid.Send(context.Background(), nil, amount)
		fmt.Printf("%d: skipped %q\n", amount, results.All()[0].Skipped)
	}
	// Output:
	// 20: skipped "signals_test.largeSum"
	// call the manager: 5000
	// 5000: skipped ""
}

func ExampleFirst() {
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(say[int]("reserve"))
	paid.Connect(say[int]("check"), signals.First())
	_, _ = paid.Send(context.Background(), nil, 7)
	// Output:
	// check 7
	// reserve 7
}

func ExampleEvent_Return() {
	price := signals.New[string]("price", signals.Unlisted())
	price.Connect(func(_ context.Context, e signals.Event[string]) error {
		e.Return(len(e.Payload) * 100)
		return nil
	}, signals.UID("list-price"))
	results, err := price.Send(context.Background(), nil, "mug")
	for _, r := range results.All() {
		fmt.Println(r.Receiver, r.Value, err)
	}
	// Output: list-price 300 <nil>
}

func ExampleResults() {
	paid := signals.New[int]("paid", signals.Unlisted())
	paid.Connect(say[int]("reserve"), signals.UID("reserve"))
	paid.Connect(func(context.Context, signals.Event[int]) error { return errors.New("no paper") }, signals.UID("print"))
	paid.Connect(say[int]("thank"), signals.UID("thank"))
	results, err := paid.Send(context.Background(), nil, 7)
	fmt.Println(results.Len(), results, err)
	// Output:
	// reserve 7
	// 2 [reserve; print: no paper] no paper
}

func ExampleSignal_DisconnectAll() {
	saved := signals.New[int]("saved", signals.Unlisted())
	saved.Connect(say[int]("index"), signals.From("Order"))
	saved.Connect(say[int]("mail"), signals.From("Order"))
	saved.Connect(say[int]("log"))
	fmt.Println(saved.DisconnectAll(signals.From("Order")))
	_, _ = saved.Send(context.Background(), "Order", 7)
	// Output:
	// 2
	// log 7
}

func ExampleRetry() {
	shipped := signals.New[int]("shipped", signals.Unlisted())
	calls := 0
	shipped.Connect(func(context.Context, signals.Event[int]) error {
		if calls++; calls < 3 {
			return errors.New("busy")
		}
		return nil
	}, signals.OnError(signals.Retry(5, signals.Exponential(time.Millisecond))))
	results, err := shipped.Send(context.Background(), nil, 7)
	fmt.Println(results.All()[0].Attempts, err)
	// Output: 3 <nil>
}

func ExampleFallback() {
	shipped := signals.New[int]("shipped", signals.Unlisted())
	shipped.Connect(func(context.Context, signals.Event[int]) error { return errors.New("busy") }, signals.UID("book-courier"),
		signals.OnError(signals.Retry(1, nil), signals.Fallback(func(_ context.Context, e signals.Event[int], cause error) error {
			fmt.Printf("a letter about %d, because the line was %v\n", e.Payload, cause)
			return nil
		})))
	_, err := shipped.Send(context.Background(), nil, 7)
	fmt.Println(err)
	// Output:
	// a letter about 7, because the line was busy
	// <nil>
}

func ExampleAlone() {
	imported := signals.New[int]("imported", signals.Unlisted())
	imported.Connect(func(_ context.Context, e signals.Event[int]) error { e.Return("counted"); return nil })
	imported.Connect(func(_ context.Context, e signals.Event[int]) error { e.Return("checked"); return nil })
	imported.Connect(func(_ context.Context, e signals.Event[int]) error { e.Return("stored"); return nil }, signals.Alone())
	results, err := imported.SendConcurrent(context.Background(), 0, nil, 250)
	for _, r := range results.All() { // in order, whoever was first
		fmt.Println(r.Value)
	}
	fmt.Println(err)
	// Output:
	// stored
	// counted
	// checked
	// <nil>
}

func ExampleWithInterceptors() {
	refund := signals.New[int]("refund", signals.Unlisted())
	refund.Connect(say[int]("refunded"))
	ctx := signals.WithInterceptors(context.Background(), signals.Interceptors{
		Send: func(ctx context.Context, s *signals.Sending, next signals.Next) ([]signals.Result, error) {
			if signals.ScopeOf(ctx).User == "" {
				return nil, fmt.Errorf("%w: nobody asked for a %s", signals.ErrDenied, s.Signal().Name())
			}
			return next(ctx)
		},
	})
	_, err := refund.Send(ctx, nil, 7)
	fmt.Println(errors.Is(err, signals.ErrDenied), err)
	_, _ = refund.Send(signals.WithUser(ctx, "ann"), nil, 8)
	// Output:
	// true signals: the send was denied: nobody asked for a refund
	// refunded 8
}

func ExampleDescribe() {
	paid := signals.New[int]("paid", signals.Unlisted(), signals.Doc("An order was paid."))
	paid.Connect(say[int]("reserve"), signals.UID("reserve"), signals.From("shop"), signals.Once())
	for _, s := range signals.Describe([]signals.Info{paid.Info()}, nil) {
		fmt.Println(s.Name, s.Payload, s.Doc, s.Fired)
		for _, r := range s.Receivers {
			fmt.Println(r.Name, strings.Join(r.Options, " "), r.Called)
		}
	}
	// Output:
	// paid int An order was paid. false
	// reserve UID From("shop") Once() false
}

func ExampleNeverFired() {
	paid := signals.New[int]("paid", signals.Unlisted())
	refunded := signals.New[int]("refunded", signals.Unlisted())
	paid.Connect(say[int]("reserve"), signals.Name("reserve"))
	paid.Connect(say[int]("never"), signals.Name("vip"), signals.When(largeSum))
	_, _ = paid.Send(context.Background(), nil, 7)
	all := []signals.Info{paid.Info(), refunded.Info()}
	fmt.Println(signals.NeverFired(all)[0].Name, signals.Unheard(all)[0].Name, signals.NeverCalled(all))
	// Output:
	// reserve 7
	// refunded refunded [vip]
}

func ExampleSetRenderer() {
	signals.SetRenderer(func(v any, max int) string { return fmt.Sprintf("%+v", v) }) // (*mask.Rules).Struct keeps secrets out
	defer signals.SetRenderer(nil)
	paid := signals.New[payment]("paid", signals.Unlisted(), signals.KeepRecent(20))
	_, _ = paid.Send(context.Background(), "shop", payment{OrderID: 7, Method: "card"})
	for _, e := range paid.Info().Recent(1) {
		fmt.Println(e.Sender, e.Data)
	}
	// Output: shop &{OrderID:7 Method:card}
}
