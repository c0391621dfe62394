package otelsdk_test

import (
	"context"
	"fmt"

	sdktrace "go.opentelemetry.io/otel/sdk/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/otelsdk"
)

func ExampleNewSpanProcessor() {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	sdk := sdktrace.NewTracerProvider(
		sdktrace.WithSampler(sdktrace.AlwaysSample()), // what it does not sample is not seen
		sdktrace.WithSpanProcessor(otelsdk.NewSpanProcessor(oteltrace.Config{Recorder: r})),
	)
	defer func() { _ = sdk.Shutdown(context.Background()) }()

	page := instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: page})
	_, span := sdk.Tracer("app").Start(ctx, "throw a pot")
	span.End()
	rec.End()

	for _, s := range r.AllStats() {
		if s.Count > 0 && s.Handler.Kind() == instrument.KindCustom {
			fmt.Println(s.Handler.Name())
		}
	}
	// Output: throw a pot
}
