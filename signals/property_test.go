package signals_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// model is a signal written down as plainly as it can be.
type model struct {
	receivers []modelReceiver
}

type modelReceiver struct {
	name, uid string
	sender    any
	conn      *signals.Connection
}

func (m *model) connect(r modelReceiver) {
	for _, other := range m.receivers {
		if r.uid != "" && other.uid == r.uid && other.sender == r.sender {
			return
		}
	}
	m.receivers = append(m.receivers, r)
}

func (m *model) remove(drop func(modelReceiver) bool) int {
	before := len(m.receivers)
	m.receivers = slices.DeleteFunc(m.receivers, drop)
	return before - len(m.receivers)
}

func (m *model) send(sender any) (names []string) {
	for _, r := range m.receivers {
		if r.sender == nil || r.sender == sender {
			names = append(names, r.name)
		}
	}
	return names
}

func TestSG36_AnySequenceEqualsThePlainModel(t *testing.T) {
	t.Parallel()
	for seed := range uint64(50) {
		runAgainstModel(t, rand.New(rand.NewPCG(seed, 1)))
	}
}

func runAgainstModel(t *testing.T, rnd *rand.Rand) {
	var c calls
	var m model
	s := newSignal()
	senders := []any{nil, "A", 2, [2]string{"x", "y"}}
	uids := []string{"", "", "u", "v"}
	for step := range 100 {
		sender, uid := senders[rnd.IntN(len(senders))], uids[rnd.IntN(len(uids))]
		switch rnd.IntN(6) {
		case 0, 1:
			name := fmt.Sprint("r", step)
			var conn *signals.Connection
			if rnd.IntN(2) == 0 {
				conn = s.Connect(c.receiver(name, nil), signals.From(sender), signals.UID(uid))
			} else {
				conn = s.On(func(context.Context, order) error { c.add(name); return nil }, signals.From(sender), signals.UID(uid))
			}
			m.connect(modelReceiver{name, uid, sender, conn})
		case 2:
			if len(m.receivers) > 0 {
				conn := m.receivers[rnd.IntN(len(m.receivers))].conn
				n := m.remove(func(r modelReceiver) bool { return r.conn == conn })
				if got := conn.Disconnect(); got != (n > 0) {
					t.Fatalf("step %d: Disconnect = %v", step, got)
				}
			}
		case 3:
			n := m.remove(func(r modelReceiver) bool { return uid != "" && r.uid == uid && r.sender == sender })
			if got := s.DisconnectUID(uid, sender); got != (n > 0) {
				t.Fatalf("step %d: DisconnectUID = %v", step, got)
			}
		case 4:
			if rnd.IntN(5) == 0 {
				n := m.remove(func(r modelReceiver) bool { return r.sender == sender })
				if got := s.DisconnectAll(signals.From(sender)); got != n {
					t.Fatalf("step %d: DisconnectAll = %d, want %d", step, got, n)
				}
			}
		}
		want := m.send(sender)
		if got := s.HasListeners(sender); got != (len(want) > 0) {
			t.Fatalf("step %d: HasListeners(%v) = %v", step, sender, got)
		}
		mustSend(t, s, sender)
		if got := c.take(); !slices.Equal(got, want) {
			t.Fatalf("step %d: called %v, want %v", step, got, want)
		}
	}
}

func TestSG33_SendersAndConnectorsAtOnce(t *testing.T) {
	t.Parallel()
	var wg sync.WaitGroup
	s := newSignal()
	nop := func(context.Context, signals.Event[order]) error { return nil }
	s.Connect(nop)
	for i := range 8 {
		wg.Go(func() {
			for range 200 {
				if results := mustSend(t, s, i); results.Len() < 1 {
					t.Error("the receiver that stays was not called")
				}
			}
		})
		wg.Go(func() {
			for range 200 {
				c := s.Connect(nop, signals.From(i))
				if !c.Disconnect() || c.Disconnect() {
					t.Error("Disconnect: want true, then false")
				}
			}
		})
	}
	wg.Wait()
	if n := len(s.Info().Receivers); n != 1 {
		t.Errorf("%d receivers left, want 1", n)
	}
}
