package signals_test

import (
	"bytes"
	"context"
	"errors"
	"reflect"
	"slices"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errReceiver = errors.New("no stock")

// order is the payload of most tests.
type order struct {
	ID    int
	Lines []string
}

func newSignal(opts ...signals.Option) *signals.Signal[order] {
	return signals.New[order]("order_saved", append(opts, signals.Unlisted())...)
}

// calls notes who was called.
type calls struct {
	mu    sync.Mutex
	names []string
}

func (c *calls) add(name string) {
	c.mu.Lock()
	c.names = append(c.names, name)
	c.mu.Unlock()
}

// take gives the names since the last take.
func (c *calls) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	names := c.names
	c.names = nil
	return names
}

// receiver makes a receiver that notes its name and returns err.
func (c *calls) receiver(name string, err error) func(context.Context, signals.Event[order]) error {
	return func(context.Context, signals.Event[order]) error {
		c.add(name)
		return err
	}
}

func (c *calls) want(t *testing.T, names ...string) {
	t.Helper()
	if got := c.take(); !slices.Equal(got, names) {
		t.Errorf("called %v, want %v", got, names)
	}
}

func mustSend(t *testing.T, s *signals.Signal[order], sender any) signals.Results {
	t.Helper()
	results, err := s.Send(t.Context(), sender, order{ID: 7})
	if err != nil {
		t.Fatalf("Send: %v", err)
	}
	return results
}

// panicOf gives what fn panics with.
func panicOf(fn func()) (v any) {
	defer func() { v = recover() }()
	fn()
	return nil
}

// memory is a Sink that decodes what it gets.
type memory struct {
	t       *testing.T
	mu      sync.Mutex
	records []*instrument.Record
}

func (m *memory) Want(*instrument.Summary) bool { return true }

func (m *memory) Put(s *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*s, bytes.Clone(blob), instrument.LiveNames())
	if err != nil {
		m.t.Errorf("decode: %v", err)
		return
	}
	m.mu.Lock()
	m.records = append(m.records, rec)
	m.mu.Unlock()
}

func newRecorder(t *testing.T) (*instrument.Recorder, *memory) {
	m := &memory{t: t}
	r := instrument.New(instrument.Config{Sink: m, NoLabels: true})
	t.Cleanup(func() { r.SetEnabled(false) })
	return r, m
}

var checkout = instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})

// recorded runs fn inside a Record and gives the Record.
func recorded(t *testing.T, fn func(context.Context)) (*instrument.Recorder, *instrument.Record) {
	t.Helper()
	r, m := newRecorder(t)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: checkout})
	fn(ctx)
	rec.End()
	if len(m.records) != 1 {
		t.Fatalf("%d records, want 1", len(m.records))
	}
	return r, m.records[0]
}

// tree prints the spans of a Record below its root, indented, with what happened.
func tree(rec *instrument.Record) []string {
	depth := map[int]int{-1: -2}
	var lines []string
	for i, s := range rec.Spans {
		depth[i] = depth[s.Parent] + 1
		if i == 0 {
			continue
		}
		line := string(bytes.Repeat([]byte("  "), depth[i])) + s.Handler.Kind.String() + " " + s.Handler.Name
		if s.Flags != 0 {
			line += " (" + s.Flags.String() + ")"
		}
		lines = append(lines, line)
	}
	return lines
}

func wantTree(t *testing.T, rec *instrument.Record, want ...string) {
	t.Helper()
	if got := tree(rec); !slices.Equal(got, want) {
		t.Errorf("spans:\n%q\nwant\n%q", got, want)
	}
}

func attr(s instrument.RecordSpan, k instrument.Key) any {
	for _, kv := range s.Attrs {
		if kv.Key == k.Name() {
			return kv.Value
		}
	}
	return nil
}

var keySkipped = instrument.KeySkipped

// newOf is a new value of a type that is only known at run time.
func newOf(t reflect.Type) reflect.Value { return reflect.New(t) }

var (
	keyMode    = instrument.NewKey("signal.mode")
	keyHandled = instrument.NewKey("signal.handled")
	keyPayload = instrument.NewKey("signal.payload")
	keyValue   = instrument.NewKey("signal.value")
)
