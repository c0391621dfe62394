package signals_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestSG32_A27_NestedSendsAreNestedSpans(t *testing.T) {
	t.Parallel()
	log, _ := newLog()
	outer := newSignal(signals.Logger(log))
	inner := signals.New[order]("stock_low", signals.Unlisted())
	outer.Connect(func(ctx context.Context, e signals.Event[order]) error {
		_, err := inner.Send(ctx, "stock", e.Payload)
		return err
	}, signals.UID("reserve-stock"))
	outer.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.Name("stats"))
	outer.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.UID("ship"), signals.When(large))
	inner.Connect(func(context.Context, signals.Event[order]) error { return errReceiver }, signals.UID("reorder"))
	_, rec := recorded(t, func(ctx context.Context) {
		_, _ = outer.SendRobust(ctx, "orders", order{})
	})
	wantTree(t, rec,
		"signal order_saved (error)",
		"  receiver reserve-stock (error)",
		"    signal stock_low (error)",
		"      receiver reorder (error)",
		"  receiver stats",
		"  receiver ship (skipped)")
	if got := attr(rec.Spans[1], instrument.KeySender); got != "orders" {
		t.Errorf("sender %v", got)
	}
	if got := attr(rec.Spans[6], instrument.KeySkipped); got != "signals_test.large" {
		t.Errorf("skipped because %v", got)
	}
	if got := rec.Spans[4].Error; got != "no stock" {
		t.Errorf("error %q", got)
	}
	for i := 2; i < len(rec.Spans); i++ { // one clock reading ends one and starts the next
		if s, p := rec.Spans[i], rec.Spans[rec.Spans[i].Parent]; s.Start < p.Start || s.Start+s.Duration > p.Start+p.Duration {
			t.Errorf("span %d lies outside its parent", i)
		}
	}
}

func TestRecord_HandlersCarryTheirSources(t *testing.T) {
	t.Parallel()
	s := signals.New[order]("order_sourced", signals.Unlisted())
	c := s.Connect((&mailer{c: &calls{}}).OnOrder)
	_, rec := recorded(t, func(ctx context.Context) { _, _ = s.Send(ctx, nil, order{}) })
	sig, rcv := rec.Spans[1].Handler, rec.Spans[2].Handler
	if sig.Name != "order_sourced" || !strings.HasSuffix(sig.Source.File, "record_test.go") || sig.Source.Line == 0 {
		t.Errorf("signal %+v", sig)
	}
	if rcv.Name != "signals_test.(*mailer).OnOrder" || rcv.Source.Line == 0 {
		t.Errorf("receiver %+v", rcv)
	}
	if !strings.HasSuffix(c.ConnectedAt().File, "record_test.go") {
		t.Errorf("connected at %v", c.ConnectedAt())
	}
}

func TestSG27_SpansCloseWhenAReceiverPanics(t *testing.T) {
	t.Parallel()
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error { panic("boom") }, signals.UID("boom"))
	_, rec := recorded(t, func(ctx context.Context) {
		_ = panicOf(func() { _, _ = s.Send(ctx, nil, order{}) })
		robust := newSignal(signals.Logger(quiet))
		robust.Connect(func(context.Context, signals.Event[order]) error { panic("robust boom") }, signals.UID("rboom"))
		_, _ = robust.SendRobust(ctx, nil, order{})
		done := make(chan bool)
		exits := newSignal()
		exits.Connect(func(context.Context, signals.Event[order]) error { runtime.Goexit(); return nil }, signals.UID("exit"))
		go func() {
			defer close(done)
			_, _ = exits.Send(ctx, nil, order{})
		}()
		<-done
	})
	wantTree(t, rec,
		"signal order_saved (error, panic)", "  receiver boom (error, panic)",
		"signal order_saved (error)", "  receiver rboom (error, panic)",
		"signal order_saved (error)", "  receiver exit (error)")
	for _, i := range []int{2, 4} {
		if stack := rec.Spans[i].Stack; len(stack) == 0 || !hasFrame(stack, "TestSG27_SpansCloseWhenAReceiverPanics") {
			t.Errorf("span %d: stack %v", i, stack)
		}
	}
}

func hasFrame(stack []instrument.Frame, name string) bool {
	for _, f := range stack {
		if strings.Contains(f.Func, name) {
			return true
		}
	}
	return false
}

func TestRecord_StatisticsCountCallsAndFailures(t *testing.T) {
	t.Parallel()
	log, _ := newLog()
	s := signals.New[order]("order_counted", signals.Unlisted(), signals.Logger(log))
	c := s.Connect(func(_ context.Context, e signals.Event[order]) error {
		switch e.Payload.ID {
		case 1:
			return errReceiver
		case 2:
			panic("boom")
		}
		return nil
	}, signals.UID("counted"))
	r, _ := recorded(t, func(ctx context.Context) {
		for id := range 4 {
			_, _ = s.SendRobust(ctx, nil, order{ID: id})
		}
	})
	if st := r.Stats(c.Handler()); st.Count != 4 || st.Errors != 2 || st.Panics != 1 {
		t.Errorf("receiver: %d calls, %d errors, %d panics", st.Count, st.Errors, st.Panics)
	}
	if st := r.Stats(s.Info().Handler); st.Count != 4 || st.Errors != 2 {
		t.Errorf("signal: %d sends, %d errors", st.Count, st.Errors)
	}
}

// Not parallel: it sets the process's default Recorder.
func TestRecord_SendOutsideAnyRecordStartsOne(t *testing.T) {
	r, m := newRecorder(t)
	instrument.SetDefault(r)
	defer instrument.SetDefault(nil)
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver }, signals.UID("alone"))
	_, _ = s.Send(t.Context(), "orders", order{})
	if len(m.records) != 1 {
		t.Fatalf("%d records, want 1", len(m.records))
	}
	rec := m.records[0]
	if rec.Handler.Kind != instrument.KindSignal || rec.Handler.Name != "order_saved" ||
		rec.Error != "no stock" || attr(rec.Spans[0], instrument.KeySender) != "orders" {
		t.Errorf("record %+v", rec)
	}
	wantTree(t, rec, "receiver alone (error)")
	_ = panicOf(func() {
		p := newSignal()
		p.Connect(func(context.Context, signals.Event[order]) error { panic("boom") })
		_, _ = p.Send(t.Context(), nil, order{})
	})
	if len(m.records) != 2 || !m.records[1].Flags.Has(instrument.FlagPanic) {
		t.Errorf("the panic is not in a second record: %v", m.records)
	}
	_, _ = s.SendConcurrent(t.Context(), 0, nil, order{})
	if len(m.records) != 3 || attr(m.records[2].Spans[0], keyMode) != "concurrent" {
		t.Errorf("the concurrent send is not in a third record: %v", m.records)
	}
}

func TestRecord_SendAfterTheEndIsARecordBelow(t *testing.T) {
	t.Parallel()
	r, m := newRecorder(t)
	ctx, request := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
	request.End()
	s := newSignal()
	s.Connect(func(context.Context, signals.Event[order]) error { return nil })
	_, _ = s.Send(ctx, nil, order{})
	if len(m.records) != 2 || m.records[1].Parent != request.ID() {
		t.Fatalf("records %v, want one below the request", m.records)
	}
}

func TestRecord_OffChangesNothing(t *testing.T) {
	t.Parallel()
	var c calls
	r, m := newRecorder(t)
	ctx, request := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
	request.End()
	r.SetEnabled(false)
	s := newSignal()
	s.Connect(c.receiver("x", nil))
	results, err := s.Send(ctx, nil, order{})
	if err != nil || results.Len() != 1 || results.All()[0].Duration != 0 || len(m.records) != 1 {
		t.Errorf("results %+v, %v, %d records", results, err, len(m.records))
	}
	c.want(t, "x")
}

// TestA53_SendsAreReported: what ends a send of its own, outside of any request, is heard of once.
func TestA53_SendsAreReported(t *testing.T) {
	r, _ := newRecorder(t)
	instrument.SetDefault(r)
	defer instrument.SetDefault(nil)
	reported := 0
	r.AddHooks(instrument.Hooks{Uncaught: func(_ context.Context, rec *instrument.Recording, err error) {
		if err != nil && rec.Handler().Kind() == instrument.KindSignal {
			reported++
		}
		panic("the tracker is down")
	}})
	for name, c := range map[string]struct {
		receive func(context.Context, signals.Event[order]) error
		want    int
	}{
		"fails":     {func(context.Context, signals.Event[order]) error { return errReceiver }, 1},
		"panics":    {func(context.Context, signals.Event[order]) error { panic("boom") }, 1},
		"goes well": {func(context.Context, signals.Event[order]) error { return nil }, 0},
	} {
		s := signals.New[order]("order_reported "+name, signals.Unlisted())
		s.Connect(c.receive, signals.UID("receive"))
		reported = 0
		func() {
			defer func() { _ = recover() }() // it passes through Send
			_, _ = s.Send(context.Background(), nil, order{})
		}()
		if reported != c.want {
			t.Errorf("%s: reported %d times", name, reported)
		}
	}
}

// TestA53_ReceiversAreReported: also those whose sender carries on, each once, with the request that they ran in.
func TestA53_ReceiversAreReported(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t)
	var reported []string
	r.AddHooks(instrument.Hooks{Failed: func(_ context.Context, rec *instrument.Recording, h *instrument.Handler, err error) {
		if h.Kind() == instrument.KindReceiver {
			var stack [8 << 10]byte
			text := string(stack[:runtime.Stack(stack[:], false)])
			reported = append(reported, fmt.Sprint(h.Name(), ": ", err, " in ", rec.Handler().Name(), " ", strings.Contains(text, "explodes")))
		}
		panic("the tracker is down")
	}})
	log, _ := newLog()
	s := signals.New[order]("order_reported_within", signals.Unlisted(), signals.Logger(log))
	s.Connect(func(context.Context, signals.Event[order]) error { return errReceiver }, signals.UID("fails"))
	s.Connect(explodes, signals.UID("explodes"))
	s.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.UID("works"))
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
	results, err := s.SendRobust(ctx, nil, order{})
	rec.End()
	want := []string{"fails: no stock in " + checkout.Name() + " false", "explodes: panic: boom in " + checkout.Name() + " true"}
	if results.Len() != 3 || err == nil || strings.Join(reported, "\n") != strings.Join(want, "\n") {
		t.Errorf("%d results, %v, reported\n%s", results.Len(), err, strings.Join(reported, "\n"))
	}
}

func explodes(context.Context, signals.Event[order]) error { panic("boom") }
