package main

import (
	"context"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var off = benchCase{
	name: "off", work: "a request while recording is off", unit: unitNS,
	target: 5, allocs: 0,
	floors: 10 / designFloor, // ten nanoseconds there
	bare:   func(*env) (op, error) { return serving(bareHandler()), nil },
	ours: func(e *env) (op, error) {
		tb, err := newToolbar(e)
		if err != nil {
			return op{}, err
		}
		tb.Recorder().SetEnabled(false)
		return serving(tb.Wrap(bareHandler())), nil
	},
	peers: []peer{{"otelhttp, no-op providers", 0.1, func(e *env) (op, error) {
		return serving(otelhttp.NewHandler(bareHandler(), "bench",
			otelhttp.WithTracerProvider(newOTelNoop(e)),
			otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
			otelhttp.WithPropagators(propagation.TraceContext{}))), nil
	}}},
}

var offSpan = benchCase{
	name: "off_span", work: "a span while recording is off", unit: unitNS,
	target: 5, allocs: 0,
	floors: 10 / designFloor,
	ours: func(*env) (op, error) {
		ctx := context.Background()
		return op{run: func(n int) error {
			for range n {
				_, s := instrument.Start(ctx, benchWork)
				s.End(nil)
			}
			return nil
		}}, nil
	},
	peers: []peer{{otelNoop, 0.5, func(e *env) (op, error) {
		t := newOTelNoop(e).Tracer("bench")
		ctx := context.Background()
		return op{run: func(n int) error {
			for range n {
				_, s := t.Start(ctx, "bench")
				s.End()
			}
			return nil
		}}, nil
	}}},
}

func bareHandler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) })
}

// serving calls h again and again with the same request.
func serving(h http.Handler) op {
	r := httptest.NewRequest("GET", mixPath, nil)
	w := &nullResponse{header: http.Header{}}
	return op{run: func(n int) error {
		for range n {
			h.ServeHTTP(w, r)
		}
		return nil
	}}
}

type nullResponse struct{ header http.Header }

func (w *nullResponse) Header() http.Header { return w.header }

func (w *nullResponse) Write(b []byte) (int, error) { return len(b), nil }

func (w *nullResponse) WriteHeader(int) {}
