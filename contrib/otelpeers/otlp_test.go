package otelpeers

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	tracepb "go.opentelemetry.io/proto/otlp/trace/v1"
	"google.golang.org/protobuf/proto"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// receiver is an OTLP collector: it takes spans over HTTP as protobuf, and answers as it
// is told.
type receiver struct {
	*testing.T
	srv    *httptest.Server
	answer atomic.Pointer[http.HandlerFunc] // instead of taking them; nil: take them
	asked  atomic.Int32

	mu    sync.Mutex
	spans []*tracepb.Span
	raw   []byte
}

func collect(t *testing.T) *receiver {
	r := &receiver{T: t}
	r.srv = httptest.NewServer(r)
	t.Cleanup(r.srv.Close)
	return r
}

func (r *receiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	r.asked.Add(1)
	if answer := r.answer.Load(); answer != nil {
		(*answer)(w, req)
		return
	}
	var in io.Reader = req.Body
	if req.Header.Get("Content-Encoding") == "gzip" {
		z, err := gzip.NewReader(in)
		if err != nil {
			r.Error(err)
			return
		}
		in = z
	}
	body, err := io.ReadAll(in)
	if err != nil {
		r.Error(err)
	}
	var msg collector.ExportTraceServiceRequest
	if err := proto.Unmarshal(body, &msg); err != nil {
		r.Errorf("what was sent is no OTLP: %v", err)
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.raw = append(r.raw, body...)
	for _, res := range msg.ResourceSpans {
		for _, scope := range res.ScopeSpans {
			r.spans = append(r.spans, scope.Spans...)
		}
	}
	out, err := proto.Marshal(&collector.ExportTraceServiceResponse{})
	if err != nil {
		r.Error(err)
	}
	w.Header().Set("Content-Type", "application/x-protobuf")
	_, _ = w.Write(out)
}

// sdk is the app's: an OTLP exporter behind a batching processor, as the SDK's
// documentation has it.
func (r *receiver) sdk(opts ...otlptracehttp.Option) *sdktrace.TracerProvider {
	opts = append([]otlptracehttp.Option{otlptracehttp.WithEndpointURL(r.srv.URL + "/v1/traces"), otlptracehttp.WithCompression(otlptracehttp.GzipCompression)}, opts...)
	exporter, err := otlptracehttp.New(context.Background(), opts...)
	if err != nil {
		r.Fatal(err)
	}
	p := sdktrace.NewTracerProvider(sdktrace.WithBatcher(exporter, sdktrace.WithMaxQueueSize(64)))
	r.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = p.Shutdown(ctx)
	})
	return p
}

func TestOTLP_ARealCollectorReceivesTheRecords(t *testing.T) {
	r := collect(t)
	p := r.sdk()
	var page http.HandlerFunc
	b := setup(t, toolbar.Config{TracerProvider: p}, &page)
	tracer := b.tb.TracerProvider().Tracer("library")
	query := instrument.NewHandler(instrument.KindQuery, "SELECT * FROM pots WHERE id = ?", instrument.Source{})
	page = func(_ http.ResponseWriter, req *http.Request) {
		ctx, s := tracer.Start(req.Context(), "library span", trace.WithAttributes(attribute.String("bad", "\xff"), attribute.String("ours", "yes")))
		q := instrument.Leaf(ctx, query, instrument.NewKey("password").String("hunter2"), instrument.KeyDetail.String("\xff token=hunter2"))
		q.End(fmt.Errorf("\xfe"))
		s.End()
	}
	b.get("/page")
	rec := b.records("path:/page")[0]
	if err := p.ForceFlush(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	byName := map[string]*tracepb.Span{}
	var names []string
	for _, s := range r.spans {
		byName[s.Name] = s
		names = append(names, s.Name)
	}
	slices.Sort(names)
	if want := []string{"GET /page", "SELECT", "library span"}; !slices.Equal(names, want) {
		t.Fatalf("received %q, want %q", names, want)
	}
	root, lib, q := byName["GET /page"], byName["library span"], byName["SELECT"]
	if fmt.Sprintf("%x", root.TraceId) != rec.Trace || fmt.Sprintf("%x", root.SpanId) != rec.Span || string(lib.ParentSpanId) != string(root.SpanId) ||
		string(q.ParentSpanId) != string(lib.SpanId) || root.Kind != tracepb.Span_SPAN_KIND_SERVER || q.Status.Code != tracepb.Status_STATUS_CODE_ERROR {
		t.Errorf("received %v", r.spans)
	}
	for i, s := range rec.Spans {
		if want := map[string]*tracepb.Span{"library span": lib}[s.Name]; want != nil && fmt.Sprintf("%x", want.SpanId) != s.ID {
			t.Errorf("span %d is %s in the Record and %x in the collector", i, s.ID, want.SpanId)
		}
	}
	if strings.Contains(string(r.raw), "hunter2") {
		t.Error("a secret was sent")
	}
}

// TestF33_ACollectorInTroubleChangesNothing: a collector that refuses, hangs, sends
// nonsense or asks to wait costs its own spans. Each request is answered and stored, and
// Close does not wait for the collector.
func TestF33_ACollectorInTroubleChangesNothing(t *testing.T) {
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {})) // the SDK's own complaints
	free := make(chan struct{})
	for name, answer := range map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) },
		"400": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(400) },
		"429": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(429)
		},
		"hangs":    func(_ http.ResponseWriter, r *http.Request) { <-free },
		"hangs up": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
		"invalid gzip": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write([]byte("no"))
		},
		"nonsense": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("\xff\xff\xff")) },
	} {
		t.Run(name, func(t *testing.T) {
			r := collect(t)
			r.answer.Store(&answer)
			p := r.sdk(otlptracehttp.WithTimeout(100*time.Millisecond), otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
			var page http.HandlerFunc = func(http.ResponseWriter, *http.Request) {}
			b := setup(t, toolbar.Config{TracerProvider: p}, &page)
			const n = 20
			for range n {
				b.get("/page")
			}
			_ = p.ForceFlush(context.Background()) // fails, in its own way
			if got := len(b.records("path:/page")); got != n {
				t.Errorf("%d of %d requests are stored", got, n)
			}
			if st := b.tb.ExportStats(); st.Records != st.Exported+st.Dropped+st.Failed+uint64(st.Queued) {
				t.Errorf("the account does not add up: %+v", st)
			}
			if name == "hangs" {
				close(free)
			}
		})
	}
	t.Run("refuses", func(t *testing.T) {
		r := collect(t)
		p := r.sdk(otlptracehttp.WithRetry(otlptracehttp.RetryConfig{Enabled: false}))
		r.srv.Close()
		var page http.HandlerFunc = func(http.ResponseWriter, *http.Request) {}
		b := setup(t, toolbar.Config{TracerProvider: p}, &page)
		b.get("/page")
		_ = p.ForceFlush(context.Background())
		if got := len(b.records("path:/page")); got != 1 {
			t.Errorf("%d requests are stored", got)
		}
	})
}
