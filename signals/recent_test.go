package signals_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestA02_D01_RecentEventsAreTheLastOldestFirst(t *testing.T) {
	t.Parallel()
	s := newSignal(signals.KeepRecent(11))
	for id := 1; id <= 12; id++ {
		switch id % 3 { // whatever way they are sent, and nobody listens
		case 0:
			_, _ = s.Send(t.Context(), "shop", order{ID: id})
		case 1:
			_, _ = s.SendRobust(t.Context(), "shop", order{ID: id})
		case 2:
			_, _ = s.Deliver(t.Context(), signals.Call{Sender: "shop", Payload: order{ID: id}})
		}
	}
	for _, tt := range []struct{ n, want, first int }{{10, 10, 3}, {0, 10, 3}, {3, 3, 10}, {99, 11, 2}} {
		recent := s.Recent(tt.n)
		if len(recent) != tt.want || recent[0].Payload.ID != tt.first || recent[len(recent)-1].Payload.ID != 12 {
			t.Errorf("Recent(%d): %d events from order %d", tt.n, len(recent), recent[0].Payload.ID)
		}
		for i, e := range recent {
			if e.Sender != "shop" || e.Time.IsZero() || i > 0 && e.Time.Before(recent[i-1].Time) {
				t.Errorf("event %+v", e)
			}
		}
	}
	if newSignal().Recent(1) != nil || newSignal().Info().Recent(1) != nil {
		t.Error("without the option nothing is kept")
	}
}

func TestA02_RecentFromManyGoroutinesIsBounded(t *testing.T) {
	t.Parallel()
	s := newSignal(signals.KeepRecent(0))
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for id := range 100 {
				_, _ = s.Send(context.Background(), nil, order{ID: id})
				_ = s.Info().Recent(0)
			}
		})
	}
	wg.Wait()
	if n := len(s.Recent(1000)); n != 10 {
		t.Errorf("%d events kept, want 10", n)
	}
}

type card struct{ Number string }

// Not parallel: the renderer is the process's.
func TestA02_EventsAreShownAsTheRendererWrites(t *testing.T) {
	var rendered []string
	signals.SetRenderer(func(v any, max int) string {
		if c, ok := v.(*card); ok && c.Number == "panic" {
			panic("broken renderer")
		}
		text := strings.ReplaceAll(fmt.Sprintf("%+v", v), "4111", "[redacted]")
		rendered = append(rendered, text)
		return text + strings.Repeat("!", 2*max)
	})
	defer signals.SetRenderer(nil)
	plain := signals.New[card]("card_added", signals.Unlisted(), signals.KeepRecent(5))
	_, _ = plain.Send(t.Context(), plain, card{"4111"})
	if len(rendered) != 0 {
		t.Errorf("rendered %q before anybody looks", rendered)
	}
	got := plain.Info().Recent(0)
	if len(got) != 1 || !strings.HasPrefix(got[0].Data, "&{Number:[redacted]}!") || len(got[0].Data) > 1100 ||
		got[0].Sender != "*signals.Signal[github.com/go-debug-toolbar/debugtoolbar/signals_test.card]" {
		t.Errorf("shown %+v", got)
	}
	shared := signals.New[*card]("card_changed", signals.Unlisted(), signals.KeepRecent(5))
	c := &card{"4111"}
	_, _ = shared.Send(t.Context(), nil, c)
	c.Number = "5500" // later changes are not seen, nor raced with
	if got := shared.Info().Recent(0); strings.Contains(got[0].Data, "5500") || got[0].Data == "" || got[0].Sender != "" {
		t.Errorf("shown %+v", got)
	}
	_, _ = plain.Send(t.Context(), nil, card{"panic"})
	if got := plain.Info().Recent(1); got[0].Data != "" {
		t.Errorf("shown %+v after the renderer panicked", got)
	}
}

type login struct {
	User     string
	Password string
	Card     string `toolbar:"mask"`
	Internal string `toolbar:"-"`
	Device   device
}

type device struct{ serial string }

// LogValue is how a device wants to be seen.
func (d device) LogValue() slog.Value { return slog.StringValue("device " + d.serial[:2] + "..") }

// Not parallel: the renderer is the process's.
func TestA02_EventsAreMasked(t *testing.T) {
	signals.SetRenderer(mask.Default().Struct)
	defer signals.SetRenderer(nil)
	s := signals.New[login]("login", signals.Unlisted(), signals.KeepRecent(1))
	_, rec := recorded(t, func(ctx context.Context) {
		s.Connect(func(context.Context, signals.Event[login]) error { return nil })
		_, _ = s.Send(ctx, nil, login{"ann", "hunter2", "4111111111111111", "cache", device{"AB1234"}})
	})
	want := `{User:"ann" Password:[redacted] Card:[redacted] Device:"device AB.."}`
	if got := s.Info().Recent(0)[0].Data; got != want {
		t.Errorf("shown %s\nwant  %s", got, want)
	}
	if got := attr(rec.Spans[1], keyPayload); got != want {
		t.Errorf("in the trace %v", got)
	}
}

// Not parallel: the renderer is the process's.
func TestA27_TracesShowPayloadsAndValuesWhenAsked(t *testing.T) {
	s := newSignal(signals.Logger(quiet))
	s.Connect(func(_ context.Context, e signals.Event[order]) error { e.Return(7); return nil }, signals.UID("x"))
	send := func(ctx context.Context) { _, _ = s.Send(ctx, nil, order{ID: 3}) }
	_, rec := recorded(t, send)
	if attr(rec.Spans[1], keyPayload) != nil || attr(rec.Spans[2], keyValue) != nil {
		t.Error("payloads are shown without a renderer")
	}
	signals.SetRenderer(func(v any, _ int) string { return fmt.Sprint(v) })
	defer signals.SetRenderer(nil)
	_, rec = recorded(t, send)
	if got := attr(rec.Spans[1], keyPayload); got != "&{3 []}" || attr(rec.Spans[2], keyValue) != "7" {
		t.Errorf("payload %v, value %v", got, attr(rec.Spans[2], keyValue))
	}
}
