package signals_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"weak"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestSG01_WithoutFromHearsEverySender(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("all", nil))
	for _, sender := range []any{"A", 2, nil} {
		mustSend(t, s, sender)
	}
	c.want(t, "all", "all", "all")
}

func TestSG02_FromHearsThatSenderOnly(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil), signals.From("A"))
	if results := mustSend(t, s, "B"); results.Len() != 0 {
		t.Errorf("results %v, want none", results)
	}
	c.want(t)
	mustSend(t, s, "A")
	c.want(t, "a")
}

func TestSG03_SendersMatchByValue(t *testing.T) {
	t.Parallel()
	type kind string
	a, b := &order{ID: 1}, &order{ID: 1}
	tests := []struct {
		name       string
		from, send any
		want       int
	}{
		{"equal strings match", "Order", strings.ToUpper("o") + "rder", 1},
		{"another type of string does not", "Order", kind("Order"), 0},
		{"equal structs match", [2]int{1, 2}, [2]int{1, 2}, 1},
		{"the same pointer matches", a, a, 1},
		{"a pointer to an equal value does not", a, b, 0},
		{"int and int64 do not", 1, int64(1), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c calls
			s := newSignal()
			s.Connect(c.receiver("x", nil), signals.From(tt.from))
			if got := mustSend(t, s, tt.send).Len(); got != tt.want {
				t.Errorf("%d receivers called, want %d", got, tt.want)
			}
		})
	}
}

func TestSG04_NoSenderReachesReceiversOfAllOnly(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil), signals.From("A"))
	s.Connect(c.receiver("all", nil), signals.From(nil))
	mustSend(t, s, nil)
	c.want(t, "all")
}

func TestSG05_AllAndOneSenderAreTwoConnections(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	fn := c.receiver("x", nil)
	s.Connect(fn)
	s.Connect(fn, signals.From("A"))
	mustSend(t, s, "A")
	c.want(t, "x", "x")
	mustSend(t, s, "B")
	c.want(t, "x")
}

func TestSG06_SameFunctionTwiceIsCalledTwice(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	for _, name := range []string{"one", "two"} { // closures of one function
		s.Connect(c.receiver(name, nil))
	}
	mustSend(t, s, nil)
	c.want(t, "one", "two")
}

func TestSG07_UIDConnectsOncePerSender(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	first := s.Connect(c.receiver("first", nil), signals.UID("u"))
	again := s.Connect(c.receiver("second", nil), signals.UID("u"))
	if first != again {
		t.Error("the second Connect should give the connection there is")
	}
	s.Connect(c.receiver("of A", nil), signals.UID("u"), signals.From("A"))
	mustSend(t, s, "A")
	c.want(t, "first", "of A")
}

func TestSG08_EmptyUIDIsNone(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("one", nil), signals.UID(""))
	s.Connect(c.receiver("two", nil), signals.UID(""))
	if s.DisconnectUID("", nil) {
		t.Error("DisconnectUID of no uid removed something")
	}
	mustSend(t, s, nil)
	c.want(t, "one", "two")
}

type mailer struct {
	c    *calls
	name string
}

func (m *mailer) OnOrder(context.Context, signals.Event[order]) error {
	m.c.add(m.name)
	return nil
}

func TestSG09_MethodValuesOfTwoObjectsAreTwo(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect((&mailer{&c, "one"}).OnOrder)
	s.Connect((&mailer{&c, "two"}).OnOrder)
	mustSend(t, s, nil)
	c.want(t, "one", "two")
}

func TestSG10_NothingStaysAfterDisconnect(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	for range 1000 {
		s.Connect(c.receiver("x", nil)).Disconnect()
	}
	if n := len(s.Info().Receivers); n != 0 {
		t.Errorf("%d receivers left", n)
	}
}

func TestSG11_SenderIsNotPinnedAfterDisconnect(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("stays", nil))
	sender := &order{Lines: make([]string, 100)}
	ref := weak.Make(sender)
	s.Connect(c.receiver("x", nil), signals.From(sender))
	if n := s.DisconnectAll(signals.From(sender)); n != 1 {
		t.Fatalf("removed %d, want 1", n)
	}
	sender = nil
	for range 3 {
		runtime.GC()
	}
	if ref.Value() != nil {
		t.Error("the sender is still held")
	}
}

func TestSG12_DisconnectSaysWhetherItDidSomething(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	conn := s.Connect(c.receiver("x", nil))
	if !conn.Disconnect() || conn.Disconnect() {
		t.Error("want true, then false")
	}
	mustSend(t, s, nil)
	c.want(t)
}

func TestSG13_DisconnectUIDNeedsTheSameSender(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("x", nil), signals.UID("u"), signals.From("A"))
	for _, tt := range []struct {
		uid    string
		sender any
		want   bool
	}{{"u", nil, false}, {"v", "A", false}, {"u", []int{1}, false}, {"u", "A", true}, {"u", "A", false}} {
		if got := s.DisconnectUID(tt.uid, tt.sender); got != tt.want {
			t.Errorf("DisconnectUID(%q, %v) = %v", tt.uid, tt.sender, got)
		}
	}
}

func TestSG14_A06_D11_DisconnectAllOfASender(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	conn := s.Connect(c.receiver("all", nil))
	s.Connect(c.receiver("a1", nil), signals.From("A"))
	s.Connect(c.receiver("b", nil), signals.From("B"))
	s.Connect(c.receiver("a2", nil), signals.From("A"))
	if n := s.DisconnectAll(signals.From("A")); n != 2 {
		t.Errorf("removed %d, want 2", n)
	}
	mustSend(t, s, "A")
	c.want(t, "all")
	if !conn.Disconnect() || conn.Disconnect() {
		t.Error("Disconnect: want true, then false")
	}
	if n := s.DisconnectAll(); n != 1 {
		t.Errorf("removed %d of all, want 1", n)
	}
}

func TestSG17_MistakesOfWiringPanicAtConnect(t *testing.T) {
	t.Parallel()
	s := newSignal()
	ok := func(context.Context, signals.Event[order]) error { return nil }
	tests := []struct {
		name    string
		connect func()
		want    string
	}{
		{"nil receiver", func() { s.Connect(nil) }, `signals: Connect to "order_saved": the receiver is nil`},
		{"sender that cannot be compared", func() { s.Connect(ok, signals.From([]int{1})) },
			`signals: Connect to "order_saved": sender of type []int cannot be compared; use a string, a number, a pointer or a comparable struct`},
		{"nil condition", func() { s.Connect(ok, signals.When[order](nil)) },
			`signals: Connect to "order_saved": the condition is nil`},
		{"condition of another payload",
			func() { s.Connect(ok, signals.When(func(context.Context, signals.Event[int]) bool { return true })) },
			`signals: Connect to "order_saved": the condition takes an Event[int], the signal sends Event[signals_test.order]`},
		{"signal without New", func() { new(signals.Signal[order]).Connect(ok) },
			`signals: Connect: the signal was not made with New`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := panicOf(tt.connect); got != tt.want {
				t.Errorf("panic %v\nwant  %v", got, tt.want)
			}
		})
	}
}

func TestSG18_ReconnectedGoesToTheEnd(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	a := s.Connect(c.receiver("a", nil))
	s.Connect(c.receiver("b", nil))
	a.Disconnect()
	s.Connect(c.receiver("a", nil))
	mustSend(t, s, nil)
	c.want(t, "b", "a")
}

func TestConnect_FirstRunsBeforeTheOthers(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil))
	s.Connect(c.receiver("b", nil), signals.First())
	s.Connect(c.receiver("c", nil), signals.First())
	mustSend(t, s, nil)
	c.want(t, "c", "b", "a")
}

func TestSG35_HasListeners(t *testing.T) {
	t.Parallel()
	var c calls
	s := newSignal()
	s.Connect(c.receiver("a", nil), signals.From("A"))
	for _, tt := range []struct {
		sender any
		want   bool
	}{{nil, false}, {"A", true}, {"B", false}, {[]int{}, false}} {
		if got := s.HasListeners(tt.sender); got != tt.want {
			t.Errorf("HasListeners(%v) = %v", tt.sender, got)
		}
	}
	if s.Idle() || !newSignal().Idle() || newSignal(signals.KeepRecent(1)).Idle() {
		t.Error("Idle is wrong")
	}
	s.Connect(c.receiver("all", nil))
	if !s.HasListeners(nil) || !s.HasListeners("B") {
		t.Error("a receiver of all senders counts for each")
	}
}
