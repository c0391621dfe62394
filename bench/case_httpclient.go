package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptrace"
	"strings"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
)

// httpClient calls a transport that answers at once over a connection that it has, so that
// what is left above bare is what reporting costs. Both pass the trace on; ours keeps the
// phases of the call, its sizes and its caller too, which otelhttp does not.
var httpClient = benchCase{
	name: "http_client", work: "an outgoing call with a small answer, above bare", unit: unitNS,
	allocs: anyAllocs,
	step:   callsPerRecord,
	bare: func(*env) (op, error) {
		return op{run: func(n int) error { return calls(context.Background(), n, answering{}) }}, nil
	},
	ours: func(e *env) (op, error) {
		r := newRecorder(e, instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
		rt := httptap.Transport(answering{})
		return op{run: func(n int) (err error) {
			for ; n > 0 && err == nil; n -= callsPerRecord {
				ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRequest})
				err = calls(ctx, min(n, callsPerRecord), rt)
				rec.End()
			}
			return err
		}}, nil
	},
	peers: []peer{
		{"otelhttp.Transport, " + otelSDK, 1.3, otelCalls(newOTel)},
		{"otelhttp.Transport, " + otelNoop, 0, otelCalls(newOTelNoop)},
	},
}

// callsPerRecord is how many calls one Record is measured with: more than pages make, so
// that the Record's own cost is spread.
const callsPerRecord = 50

func otelCalls(provider func(*env) trace.TracerProvider) side {
	return func(e *env) (op, error) {
		tp := provider(e)
		t := tp.Tracer("bench")
		rt := otelhttp.NewTransport(answering{},
			otelhttp.WithTracerProvider(tp),
			otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
			otelhttp.WithPropagators(propagation.TraceContext{}))
		return op{run: func(n int) (err error) {
			for ; n > 0 && err == nil; n -= callsPerRecord {
				ctx, root := t.Start(context.Background(), "GET /bench")
				err = calls(ctx, min(n, callsPerRecord), rt)
				root.End()
			}
			return err
		}}, nil
	}
}

// calls asks n times and reads each answer to its end.
func calls(ctx context.Context, n int, rt http.RoundTripper) error {
	for range n {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://rates.test/v1/rates/17?base=EUR", nil)
		if err != nil {
			return err
		}
		r.Header.Set("Accept", "application/json")
		res, err := rt.RoundTrip(r)
		if err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			return err
		}
		if err := res.Body.Close(); err != nil {
			return err
		}
	}
	return nil
}

// answering is a transport that has its connection and its answer ready, and tells
// httptrace of it as net/http's does.
type answering struct{}

const rates = `{"EUR":1,"GBP":0.86,"SEK":11.2}`

func (answering) RoundTrip(r *http.Request) (*http.Response, error) {
	if t := httptrace.ContextClientTrace(r.Context()); t != nil {
		if t.GetConn != nil {
			t.GetConn(r.URL.Host)
		}
		if t.GotConn != nil {
			t.GotConn(httptrace.GotConnInfo{Reused: true, WasIdle: true})
		}
		if t.WroteRequest != nil {
			t.WroteRequest(httptrace.WroteRequestInfo{})
		}
		if t.GotFirstResponseByte != nil {
			t.GotFirstResponseByte()
		}
	}
	return &http.Response{
		StatusCode: http.StatusOK, Status: "200 OK", Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(rates)),
		ContentLength: int64(len(rates)), Request: r,
	}, nil
}
