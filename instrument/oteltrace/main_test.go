package oteltrace_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/trace"
	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bundle is a Recorder, what it kept, and a tracer on it.
type bundle struct {
	*testing.T
	recorder *instrument.Recorder
	provider *oteltrace.Provider
	tracer   trace.Tracer
	sink     *sink
}

type sink struct {
	t       *testing.T
	mu      sync.Mutex
	records []*instrument.Record
	sampled bool
}

func (s *sink) Want(*instrument.Summary) bool         { return true }
func (s *sink) Samples(trace instrument.TraceID) bool { return s.sampled }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		s.t.Errorf("decode: %v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.records = append(s.records, rec)
}

// setup gives a Provider whose Records are kept. Bridge and default Recorder are the
// process's, so tests with it are not parallel.
func setup(t *testing.T, c oteltrace.Config, rc instrument.Config) *bundle {
	t.Helper()
	b := &bundle{T: t, sink: &sink{t: t, sampled: true}}
	rc.Sink, rc.Masker = b.sink, mask.Default()
	b.recorder = instrument.New(rc)
	c.Recorder = b.recorder
	b.provider = oteltrace.NewProvider(c)
	b.tracer = b.provider.Tracer("library", trace.WithInstrumentationVersion("v1"))
	t.Cleanup(func() {
		b.recorder.SetEnabled(false)
		instrument.SetBridge(nil)
	})
	return b
}

var page = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// record runs do in a Record and gives what was kept of it.
func (b *bundle) record(do func(ctx context.Context)) *instrument.Record {
	b.Helper()
	ctx, rec := b.recorder.Begin(context.Background(), instrument.Begin{Handler: page})
	do(ctx)
	rec.End()
	return b.last()
}

func (b *bundle) last() *instrument.Record {
	b.Helper()
	b.sink.mu.Lock()
	defer b.sink.mu.Unlock()
	if len(b.sink.records) == 0 {
		b.Fatal("nothing was recorded")
	}
	return b.sink.records[len(b.sink.records)-1]
}

func value(s *instrument.RecordSpan, key string) any {
	for _, kv := range s.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

// tree is a Record's spans with kind, name and depth.
func tree(rec *instrument.Record) (lines []string) {
	depth := make([]int, len(rec.Spans))
	for i, s := range rec.Spans {
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		lines = append(lines, fmt.Sprintf("%d %s %s", depth[i], s.Handler.Kind, s.Handler.Name))
	}
	return lines
}
