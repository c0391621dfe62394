package main

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The request of twenty spans: six layers within each other, a view, in it a signal
// with three receivers, eight queries and a log line.
const (
	mixLayers    = 6
	mixReceivers = 3
	mixQueries   = 8

	mixPath    = "/shop/orders/20417"
	mixQuery   = "page=2&sort=price"
	mixMessage = "order 20417 was shown to a visitor from the newsletter"
)

var mixStatement = [mixQueries]string{
	"SELECT id, name FROM users WHERE id = ?",
	"SELECT id, user_id, status, total FROM orders WHERE id = ?",
	"SELECT id, order_id, sku, amount FROM lines WHERE order_id = ?",
	"SELECT sku, title, price FROM products WHERE sku IN (?, ?, ?)",
	"SELECT sku, left FROM stock WHERE sku IN (?, ?, ?)",
	"SELECT count(*) FROM messages WHERE user_id = ? AND seen = 0",
	"UPDATE users SET seen_at = ? WHERE id = ?",
	"INSERT INTO visits (user_id, path, at) VALUES (?, ?, ?)",
}

// mix are the handlers of the request, kept as integrations keep them.
var mix = struct {
	route, view, signal, log *instrument.Handler
	layers                   []*instrument.Handler
	receivers                []*instrument.Handler
	queries                  []*instrument.Handler
}{
	route:     mixHandler(instrument.KindRequest, "GET /shop/orders/{id}"),
	view:      mixHandler(instrument.KindView, "shop.ShowOrder"),
	signal:    mixHandler(instrument.KindSignal, "order_shown"),
	log:       mixHandler(instrument.KindLog, "INFO"),
	layers:    mixHandlers(instrument.KindLayer, mixLayers, func(i int) string { return fmt.Sprintf("layer%d", i) }),
	receivers: mixHandlers(instrument.KindReceiver, mixReceivers, func(i int) string { return fmt.Sprintf("receiver%d", i) }),
	queries:   mixHandlers(instrument.KindQuery, mixQueries, func(i int) string { return mixStatement[i] }),
}

var (
	keySystem = instrument.NewKey("db.system.name")
	keyRows   = instrument.NewKey("db.response.affected_rows")
)

func mixHandler(k instrument.Kind, name string) *instrument.Handler {
	return instrument.NewHandler(k, name, instrument.Source{})
}

func mixHandlers(k instrument.Kind, n int, name func(int) string) (list []*instrument.Handler) {
	for i := range n {
		list = append(list, mixHandler(k, name(i)))
	}
	return list
}

// record makes a Record of the request, with nothing but what package instrument
// offers.
func record(r *instrument.Recorder) {
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: mix.route})
	defer rec.End()
	rec.SetPath("GET", mixPath)
	rec.Set(instrument.KeyQuery.String(mixQuery))
	recordLayer(ctx, 0)
	rec.SetStatus(200)
	rec.Set(instrument.KeyBytesOut.Int(5120))
}

func recordLayer(ctx context.Context, i int) {
	if i == mixLayers {
		recordView(ctx)
		return
	}
	ctx, s := instrument.Start(ctx, mix.layers[i])
	recordLayer(ctx, i+1)
	s.End(nil)
}

func recordView(ctx context.Context) {
	ctx, view := instrument.Start(ctx, mix.view)
	sctx, signal := instrument.Start(ctx, mix.signal)
	for _, h := range mix.receivers {
		_, s := instrument.Start(sctx, h)
		s.End(nil)
	}
	signal.End(nil)
	recordQueries(ctx)
	view.End(nil)
}

// recordQueries is what the view does but the signal.
func recordQueries(ctx context.Context) {
	for i, h := range mix.queries {
		instrument.Leaf(ctx, h, keySystem.String("sqlite"), keyRows.Int(i)).End(nil)
	}
	instrument.Event(ctx, mix.log, instrument.KeyLogLevel.String("INFO"), instrument.KeyLogMessage.String(mixMessage))
}

// trace20 is the same request in OpenTelemetry; the log line is an event.
func trace20(t trace.Tracer) {
	ctx, root := t.Start(context.Background(), "GET /shop/orders/{id}", trace.WithAttributes(
		attribute.String("http.request.method", "GET"),
		attribute.String("url.path", mixPath),
		attribute.String("url.query", mixQuery)))
	traceLayer(ctx, t, 0)
	root.SetAttributes(attribute.Int("http.response.status_code", 200), attribute.Int("http.response.body.size", 5120))
	root.End()
}

func traceLayer(ctx context.Context, t trace.Tracer, i int) {
	if i == mixLayers {
		traceView(ctx, t)
		return
	}
	ctx, s := t.Start(ctx, mix.layers[i].Name())
	traceLayer(ctx, t, i+1)
	s.End()
}

func traceView(ctx context.Context, t trace.Tracer) {
	ctx, view := t.Start(ctx, mix.view.Name())
	sctx, signal := t.Start(ctx, mix.signal.Name())
	for _, h := range mix.receivers {
		_, s := t.Start(sctx, h.Name())
		s.End()
	}
	signal.End()
	traceQueries(ctx, t)
	view.End()
}

func traceQueries(ctx context.Context, t trace.Tracer) {
	for i, h := range mix.queries {
		_, s := t.Start(ctx, h.Name(), trace.WithAttributes(
			attribute.String("db.system.name", "sqlite"), attribute.Int("db.response.affected_rows", i)))
		s.End()
	}
	trace.SpanFromContext(ctx).AddEvent("log", trace.WithAttributes(
		attribute.String("log.severity", "INFO"), attribute.String("log.message", mixMessage)))
}
