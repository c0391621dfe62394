package main

import (
	"context"
	"net/http"
	"path/filepath"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

var served20 = benchCase{
	name: "served20", work: "the same served over HTTP and stored, above the bare server", unit: unitNS,
	target: 5000, allocs: anyAllocs,
	process: true,
	fixed:   3000,
	bare:    func(e *env) (op, error) { return requesting(e, newShop(nil, plainView).handler) },
	ours:    servedAndStored,
	peers: []peer{
		{otelSDK, 0.9, servedTraced(newOTel)},
		{otelNoop, 0, servedTraced(newOTelNoop)},
	},
}

// shop is the app that is served: six layers around a mux with a view.
type shop struct{ handler http.Handler }

// newShop puts layers, which are made by wrap, around the view.
func newShop(wrap func(i int, next http.Handler) http.Handler, view http.HandlerFunc) shop {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop/orders/{id}", view)
	h := http.Handler(mux)
	for i := range mixLayers {
		h = plainLayer(h)
		if wrap != nil {
			h = wrap(mixLayers-1-i, h)
		}
	}
	return shop{h}
}

// plainLayer is a middleware that does nothing of note.
func plainLayer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r) })
}

var orderJSON = []byte(`{"id":20417,"status":"packed","total":"59.80","lines":[{"sku":"A-17","amount":2}]}` + "\n")

func plainView(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(orderJSON) // a client that went away is noticed by the case
}

// servedAndStored is everything that an app gets: layers, view and signal recorded
// by their own packages, the Record masked, encoded and written to a file. The client
// may not see the toolbar, as most may not.
func servedAndStored(e *env) (op, error) {
	tb, err := newToolbar(e)
	if err != nil {
		return op{}, err
	}
	o, err := requesting(e, tb.Wrap(recordedShop()))
	if err != nil {
		return op{}, err
	}
	request := o.run
	o.run = func(n int) error {
		if err := request(n); err != nil {
			return err
		}
		if err := tb.Flush(context.Background()); err != nil {
			return err
		}
		return allStored(tb.Stats())
	}
	return o, nil
}

func newToolbar(e *env) (*toolbar.Toolbar, error) {
	dir, err := e.tempDir()
	if err != nil {
		return nil, err
	}
	tb, err := toolbar.New(toolbar.Config{
		Path: filepath.Join(dir, "toolbar.db"), NotDefault: true,
		Bodies: toolbar.BodiesNever, // they are for development
	})
	if err != nil {
		return nil, err
	}
	e.atEnd(func() error { return tb.Close(context.Background()) })
	return tb, nil
}

func recordedShop() http.Handler {
	shown := signals.New[payment]("bench_order_shown", signals.Unlisted())
	for _, h := range mix.receivers {
		shown.Connect(func(context.Context, signals.Event[payment]) error { return nil }, signals.UID(h.Name()))
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /shop/orders/{id}", func(w http.ResponseWriter, r *http.Request) {
		_, _ = shown.Send(r.Context(), "shop", payment{OrderID: 20417}) // no receiver fails
		recordQueries(r.Context())
		plainView(w, r)
	})
	var layers []middleware.Layer
	for _, h := range mix.layers {
		layers = append(layers, middleware.Named(h.Name(), plainLayer))
	}
	return middleware.NewStack(layers...).Then(mux)
}

func servedTraced(provider func(*env) trace.TracerProvider) side {
	return func(e *env) (op, error) {
		tp := provider(e)
		t := tp.Tracer("bench")
		layer := func(i int, next http.Handler) http.Handler { return tracedLayer(t, mix.layers[i].Name(), next) }
		app := newShop(layer, func(w http.ResponseWriter, r *http.Request) {
			traceView(r.Context(), t)
			plainView(w, r)
		})
		return requesting(e, otelhttp.NewHandler(app.handler, "bench",
			otelhttp.WithTracerProvider(tp),
			otelhttp.WithMeterProvider(metricnoop.NewMeterProvider()),
			otelhttp.WithPropagators(propagation.TraceContext{})))
	}
}

func tracedLayer(t trace.Tracer, name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, span := t.Start(r.Context(), name)
		defer span.End()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}
