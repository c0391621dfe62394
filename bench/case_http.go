package main

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/felixge/httpsnoop"
	chi "github.com/go-chi/chi/v5/middleware"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// The ways of a request through net/http: alone, with recording switched off, recorded,
// and recorded through six layers. What is served is a mux with a view that writes a small
// answer; what asks is a browser with its usual headers and a query, or Go's own client,
// which sends as little as most programs do.

var httpBare = benchCase{
	name: "http_bare", work: "a mux and a small answer, nobody watching", unit: unitNS,
	allocs: anyAllocs, reference: true,
	ours:  func(*env) (op, error) { return browsing(shownOrder()), nil },
	peers: []peer{{"its view without a mux", 0, func(*env) (op, error) { return browsing(http.HandlerFunc(plainView)), nil }}},
}

var httpOff = benchCase{
	name: "http_off", work: "a view wrapped while recording is off, above bare", unit: unitNS,
	target: 5, allocs: 0,
	floors: 10 / designFloor,                                                              // ten nanoseconds there
	bare:   func(*env) (op, error) { return browsing(http.HandlerFunc(bareAnswer)), nil }, // of a mux's time 1 % would be the limit
	ours: func(e *env) (op, error) {
		tb, err := newToolbar(e)
		if err != nil {
			return op{}, err
		}
		tb.Recorder().SetEnabled(false)
		return browsing(tb.Wrap(http.HandlerFunc(bareAnswer))), nil
	},
	peers: []peer{{"otelhttp, no-op providers", 0.1, otelHTTP(newOTelNoop, http.HandlerFunc(bareAnswer), browserRequest())}},
}

// bareAnswer sets no header: what that takes varies by more than what is measured.
func bareAnswer(w http.ResponseWriter, _ *http.Request) {
	_, _ = w.Write(orderJSON) // to nobody
}

var httpRecorded = benchCase{
	name: "http_recorded", work: "a request of Go's client recorded, masked, encoded and queued, above bare", unit: unitNS,
	target: 1500, allocs: 8,
	step:  betweenFlushes,
	bare:  func(*env) (op, error) { return repeating(shownOrder(), clientRequest()), nil },
	ours:  func(e *env) (op, error) { return recordedHTTP(e, shownOrder(), clientRequest()) },
	peers: recordedPeers(clientRequest),
}

var httpRecordedBrowser = benchCase{
	name: "http_recorded_browser", work: "the same for a browser's request, with six headers and a query", unit: unitNS,
	allocs: 8,
	step:   betweenFlushes,
	bare:   func(*env) (op, error) { return browsing(shownOrder()), nil },
	ours:   func(e *env) (op, error) { return recordedHTTP(e, shownOrder(), browserRequest()) },
	peers:  recordedPeers(browserRequest),
}

// recordedPeers are others that watch requests. What they find out of one is less.
func recordedPeers(request func() *http.Request) []peer {
	through := func(wrap func(http.Handler) http.Handler) side {
		return func(*env) (op, error) { return repeating(wrap(shownOrder()), request()), nil }
	}
	return []peer{
		{"otelhttp, SDK, batch", 0.6, otelHTTP(newOTel, shownOrder(), request())},
		{"otelhttp, no-op providers", 0, otelHTTP(newOTelNoop, shownOrder(), request())},
		{"promhttp, count and duration", 0, through(promHTTP)},
		{"httpsnoop.CaptureMetrics", 0, through(snooped)},
		{"chi's middleware.Logger", 0, through(chiLogger)},
	}
}

var httpLayers6 = benchCase{
	name: "http_layers6", work: "the same through six named layers, above six that nobody watches", unit: unitNS,
	allocs: anyAllocs,
	step:   betweenFlushes,
	bare:   func(*env) (op, error) { return browsing(sixLayers(nil)), nil },
	ours: func(e *env) (op, error) {
		var layers []middleware.Layer
		for _, h := range mix.layers {
			layers = append(layers, middleware.Named(h.Name(), plainLayer))
		}
		return recordedHTTP(e, middleware.NewStack(layers...).Then(shownOrder()), browserRequest())
	},
	peers: []peer{
		{"otelhttp and a span a layer, SDK, batch", 0.7, otelLayers(newOTel)},
		{"otelhttp and a span a layer, no-op", 2.5, otelLayers(newOTelNoop)},
		{"httpsnoop.CaptureMetrics around each", 5, func(*env) (op, error) {
			return browsing(sixLayers(func(_ int, h http.Handler) http.Handler { return snooped(h) })), nil
		}},
	},
}

// shownOrder is the app: a mux with one view.
func shownOrder() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop/orders/{id}", plainView)
	return mux
}

func sixLayers(wrap func(i int, next http.Handler) http.Handler) http.Handler {
	return newShop(wrap, plainView).handler
}

// browsing calls h again and again with a browser's request.
func browsing(h http.Handler) op { return repeating(h, browserRequest()) }

func repeating(h http.Handler, r *http.Request) op {
	w := &nullResponse{header: http.Header{}}
	return op{run: func(n int) error {
		for range n {
			clear(w.header)
			h.ServeHTTP(w, r)
		}
		return nil
	}}
}

// clientRequest is what http.Get sends.
func clientRequest() *http.Request {
	r := httptest.NewRequest("GET", mixPath, nil)
	r.Header.Set("User-Agent", "Go-http-client/1.1")
	r.Header.Set("Accept-Encoding", "gzip")
	return r
}

func browserRequest() *http.Request {
	r := httptest.NewRequest("GET", mixPath+"?"+mixQuery, nil)
	for name, value := range map[string]string{
		"User-Agent":      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36",
		"Accept":          "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
		"Accept-Language": "en-GB,en;q=0.9,de;q=0.8",
		"Accept-Encoding": "gzip, deflate, br, zstd",
		"Cookie":          "session=k7Xw2vQm9sLrT4yZ; theme=dark",
		"Referer":         "http://shop.test/shop/orders",
	} {
		r.Header.Set(name, value)
	}
	return r
}

// recordedHTTP records what h serves, with all that is done on the caller's side.
func recordedHTTP(e *env, h http.Handler, asked *http.Request) (op, error) {
	c, err := collect.New(collect.Config{Store: discardStore{}, BatchDelay: time.Hour})
	if err != nil {
		return op{}, err
	}
	r := newRecorder(e, instrument.Config{Sink: c, Masker: mask.Default()})
	if err := c.Start(r); err != nil {
		return op{}, err
	}
	e.atEnd(func() error { return c.Close(context.Background()) })
	request := repeating(middleware.Record(r, middleware.RecordOptions{})(h), asked).run
	return op{run: func(n int) error {
		return flushing(n, c, func() { _ = request(1) }) // it never fails
	}}, nil
}

func otelHTTP(provider func(*env) trace.TracerProvider, h http.Handler, asked *http.Request) side {
	return func(e *env) (op, error) { return repeating(otelWrapped(provider(e), h), asked), nil }
}

func otelWrapped(tp trace.TracerProvider, h http.Handler) http.Handler {
	return otelhttp.NewHandler(h, "bench",
		otelhttp.WithTracerProvider(tp),
		otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
		otelhttp.WithPropagators(propagation.TraceContext{}))
}

func otelLayers(provider func(*env) trace.TracerProvider) side {
	return func(e *env) (op, error) {
		tp := provider(e)
		t := tp.Tracer("bench")
		return browsing(otelWrapped(tp, sixLayers(func(i int, next http.Handler) http.Handler {
			return tracedLayer(t, mix.layers[i].Name(), next)
		}))), nil
	}
}

func snooped(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { httpsnoop.CaptureMetrics(h, w, r) })
}

// promHTTP is how client_golang measures a handler.
func promHTTP(h http.Handler) http.Handler {
	labels := []string{"code", "method"}
	duration := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "bench_duration_seconds"}, labels)
	count := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "bench_requests_total"}, labels)
	return promhttp.InstrumentHandlerDuration(duration, promhttp.InstrumentHandlerCounter(count, h))
}

func chiLogger(h http.Handler) http.Handler {
	return chi.RequestLogger(&chi.DefaultLogFormatter{Logger: log.New(io.Discard, "", log.LstdFlags), NoColor: true})(h)
}
