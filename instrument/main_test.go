package instrument_test

import (
	"context"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// keepSink keeps everything that it is given, decoded.
type keepSink struct {
	t       *testing.T
	refuse  bool
	mu      sync.Mutex // guards what follows while Records end
	records []*instrument.Record
	blobs   [][]byte
}

func (s *keepSink) Want(*instrument.Summary) bool { return !s.refuse }

func (s *keepSink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		s.t.Errorf("decode: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, rec)
	s.blobs = append(s.blobs, append([]byte(nil), blob...))
}

// only is the one Record that was kept.
func (s *keepSink) only() *instrument.Record {
	s.t.Helper()
	if len(s.records) != 1 {
		s.t.Fatalf("%d Records, want 1", len(s.records))
	}
	return s.records[0]
}

// newRecorder gives an enabled Recorder, off again when the test ends, and its sink.
func newRecorder(t *testing.T, c instrument.Config) (*instrument.Recorder, *keepSink) {
	t.Helper()
	sink := &keepSink{t: t}
	c.Sink = sink
	r := instrument.New(c)
	t.Cleanup(func() { r.SetEnabled(false) })
	return r, sink
}

func handler(t *testing.T, k instrument.Kind, name string) *instrument.Handler {
	return instrument.NewHandler(k, t.Name()+"/"+name, instrument.Source{})
}

// record runs fn inside a Record of kind request and ends it.
func record(t *testing.T, r *instrument.Recorder, fn func(context.Context, *instrument.Recording)) {
	t.Helper()
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(t, instrument.KindRequest, "root")})
	defer rec.End()
	fn(ctx, rec)
}
