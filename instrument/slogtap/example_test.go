package slogtap_test

import (
	"context"
	"log/slog"
	"os"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
)

// plain leaves times out, which differ from run to run.
var plain = &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
	if a.Key == slog.TimeKey {
		return slog.Attr{}
	}
	return a
}}

func ExampleNew() {
	logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stdout, plain)))
	logger.Info("the shop is open", "shelves", 6)
	// Output: level=INFO msg="the shop is open" shelves=6
}

// The lines of a request say to which one they belong.
func ExampleIDs() {
	logger := slog.New(slogtap.New(slog.NewTextHandler(os.Stdout, plain), slogtap.IDsNamed("trace_id", "")))

	recorder := instrument.New(instrument.Config{})
	defer recorder.SetEnabled(false)
	trace, _ := instrument.ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
	ctx, rec := recorder.Begin(context.Background(), instrument.Begin{
		Handler: instrument.NewHandler(instrument.KindRequest, "GET /orders", instrument.Source{}), Trace: trace,
	})
	defer rec.End()

	logger.WithGroup("order").InfoContext(ctx, "placed", "id", 7)
	// Output: level=INFO msg=placed trace_id=4bf92f3577b34da6a3ce929d0e0e4736 order.id=7
}
