package main

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/contrib/bridges/otelslog"
	sdklog "go.opentelemetry.io/otel/sdk/log"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
)

// slogLine writes lines to slog's own JSONHandler. Above that, ours puts them onto the
// Record with their caller; the peers hand them to a second handler.
var slogLine = benchCase{
	name: "slog_line", work: "a log line with three attributes, above slog's JSONHandler", unit: unitNS,
	allocs: anyAllocs,
	step:   perRecord,
	bare: func(*env) (op, error) {
		log := slog.New(jsonLines())
		return op{run: func(n int) error { lines(context.Background(), n, log); return nil }}, nil
	},
	ours: func(e *env) (op, error) {
		return inRecordsLogging(e, slogtap.New(jsonLines())), nil
	},
	peers: []peer{
		{"a second JSONHandler, slog.MultiHandler", 2, func(*env) (op, error) {
			log := slog.New(slog.NewMultiHandler(jsonLines(), jsonLines()))
			return op{run: func(n int) error { lines(context.Background(), n, log); return nil }}, nil
		}},
		{"otelslog, OpenTelemetry SDK, batch", 0.9, func(e *env) (op, error) {
			lp := sdklog.NewLoggerProvider(sdklog.WithProcessor(sdklog.NewBatchProcessor(discardLines{})))
			e.atEnd(func() error { return lp.Shutdown(context.Background()) })
			log := slog.New(slog.NewMultiHandler(jsonLines(), otelslog.NewHandler("bench", otelslog.WithLoggerProvider(lp), otelslog.WithSource(true))))
			return op{run: func(n int) error { lines(context.Background(), n, log); return nil }}, nil
		}},
	},
}

// slogLineIDs is the same with the ids of trace and Record in the app's own lines.
var slogLineIDs = benchCase{
	name: "slog_line_ids", work: "the same with the ids of trace and Record added to it", unit: unitNS,
	allocs: anyAllocs,
	step:   perRecord,
	bare:   slogLine.bare,
	ours: func(e *env) (op, error) {
		return inRecordsLogging(e, slogtap.New(jsonLines(), slogtap.IDs())), nil
	},
	peers: []peer{{slogLine.peers[0].name, 3, slogLine.peers[0].side}},
}

func jsonLines() slog.Handler { return slog.NewJSONHandler(io.Discard, nil) }

func inRecordsLogging(e *env, h slog.Handler) op {
	r := newRecorder(e, instrument.Config{NoLabels: true, MaxAttrBytes: 1 << 20})
	log := slog.New(h)
	return op{run: inRecords(r, func(ctx context.Context) { lines(ctx, 1, log) })}
}

func lines(ctx context.Context, n int, log *slog.Logger) {
	for range n {
		log.LogAttrs(ctx, slog.LevelInfo, "order placed", slog.Int("order", 17), slog.String("method", "card"), slog.Bool("gift", false))
	}
}

// discardLines is an exporter that costs nothing.
type discardLines struct{}

func (discardLines) Export(context.Context, []sdklog.Record) error { return nil }
func (discardLines) Shutdown(context.Context) error                { return nil }
func (discardLines) ForceFlush(context.Context) error              { return nil }
