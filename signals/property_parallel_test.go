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

// TestSG33_SG36_EightGoroutinesEqualThePlainModel lets goroutines connect,
// disconnect, suspend and send on one signal, each for a sender of its own, of which
// it has a plain model: whatever the others do, its sends reach what its model says.
func TestSG33_SG36_EightGoroutinesEqualThePlainModel(t *testing.T) {
	t.Parallel()
	s := newSignal(signals.Logger(quiet))
	s.Connect(func(context.Context, signals.Event[order]) error { return nil }, signals.UID("first of all"))
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			w := worker{t: t, s: s, rnd: rand.New(rand.NewPCG(uint64(g), 7)), sender: fmt.Sprint("sender ", g)}
			w.contexts = []context.Context{context.Background()}
			for range 300 {
				w.step()
			}
		})
	}
	wg.Wait()
	if n := s.DisconnectAll(signals.From(nil)); n != 1 {
		t.Errorf("%d receivers of all senders, want 1", n)
	}
}

type worker struct {
	t        *testing.T
	s        *signals.Signal[order]
	rnd      *rand.Rand
	sender   string
	n        int
	m        model
	contexts []context.Context // each suspends in the one before
}

func (w *worker) step() {
	switch w.rnd.IntN(8) {
	case 0, 1:
		w.connect()
	case 2:
		if len(w.m.receivers) > 0 {
			conn := w.m.receivers[w.rnd.IntN(len(w.m.receivers))].conn
			w.m.remove(func(r modelReceiver) bool { return r.conn == conn })
			if !conn.Disconnect() || conn.Disconnect() {
				w.t.Error("Disconnect: want true, then false")
			}
		}
	case 3:
		if w.rnd.IntN(8) == 0 {
			want := w.m.remove(func(modelReceiver) bool { return true })
			if got := w.s.DisconnectAll(signals.From(w.sender)); got != want {
				w.t.Errorf("DisconnectAll = %d, want %d", got, want)
			}
		}
	case 4:
		w.contexts = append(w.contexts, signals.Suspend(w.contexts[len(w.contexts)-1]))
	case 5:
		w.contexts = w.contexts[:max(1, len(w.contexts)-2)]
	default:
		w.send()
	}
}

func (w *worker) connect() {
	w.n++
	name, uid := fmt.Sprint(w.sender, " receiver ", w.n), []string{"", "u", "v"}[w.rnd.IntN(3)]
	ctx, cancel := context.WithCancel(context.Background())
	w.t.Cleanup(cancel)
	opts := []signals.ConnectOption{signals.Name(name), signals.UID(uid), signals.From(w.sender)}
	if w.n%64 >= 32 { // without it sends may go the quick way
		opts = append(opts, signals.Until(ctx))
	}
	conn := w.s.Connect(func(context.Context, signals.Event[order]) error { return nil }, opts...)
	if uid != "" && conn.Name() != name {
		return // a repetition
	}
	w.m.connect(modelReceiver{name, uid, w.sender, conn})
}

func (w *worker) send() {
	ctx := w.contexts[len(w.contexts)-1]
	want := append([]string{"first of all"}, w.m.send(w.sender)...)
	if len(w.contexts) > 1 {
		want = nil
	}
	send := []func() (signals.Results, error){
		func() (signals.Results, error) { return w.s.Send(ctx, w.sender, order{}) },
		func() (signals.Results, error) { return w.s.SendRobust(ctx, w.sender, order{}) },
		func() (signals.Results, error) { return w.s.SendConcurrent(ctx, 2, w.sender, order{}) },
	}[w.rnd.IntN(3)]
	results, err := send()
	var got []string
	for _, r := range results.All() {
		got = append(got, r.Receiver.Name())
	}
	if err != nil || !slices.Equal(got, want) {
		w.t.Errorf("%s: called %q, %v\nwant %q", w.sender, got, err, want)
	}
}
