package instrument_test

import (
	"context"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// FuzzTraceHeaders: what comes with a request is either refused or goes on as it came, and never as another header.
func FuzzTraceHeaders(f *testing.F) {
	const good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
	f.Add(good, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE", "user.tier=gold,region=eu")
	f.Add(strings.ToUpper(good), "a=1\r\nSet-Cookie: x=1", "é=1")
	f.Add(good+"-01", "", "k=v\x00")
	f.Add("00-00000000000000000000000000000000-0000000000000000-00", strings.Repeat("a=1,", 200), strings.Repeat("b=2,", 3000))
	handler := instrument.NewHandler(instrument.KindRequest, "fuzz trace headers", instrument.Source{})
	f.Fuzz(func(t *testing.T, traceparent, state, baggage string) {
		trace, ok := instrument.ParseTraceparent(traceparent)
		if ok {
			again, ok := instrument.ParseTraceparent(trace.Traceparent())
			if !ok || again != trace || len(trace.Traceparent()) != len(traceparent) || trace.Traceparent()[:53] != traceparent[:53] {
				t.Fatalf("%q goes on as %q", traceparent, trace.Traceparent())
			}
		} else if trace != (instrument.TraceContext{}) {
			t.Fatalf("%q is refused, and gave %+v", traceparent, trace)
		}
		r := instrument.New(instrument.Config{NoLabels: true})
		defer r.SetEnabled(false)
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler, Trace: trace, Carried: instrument.Carried{State: state, Baggage: baggage}})
		defer rec.End()
		if ok && rec.TraceContext().TraceID != trace.TraceID {
			t.Fatalf("the Record is in trace %s", rec.TraceContext().TraceID)
		}
		instrument.Inject(ctx, func(name, value string) {
			if strings.ContainsFunc(value, func(c rune) bool { return c != '\t' && (c < ' ' || c > '~') }) || len(value) > instrument.MaxBaggage {
				t.Fatalf("%s: %q is passed on", name, value)
			}
			switch name {
			case "tracestate":
				ok = value == state
			case "baggage":
				ok = value == baggage
			case "traceparent":
				_, ok = instrument.ParseTraceparent(value)
			}
			if !ok {
				t.Fatalf("%s: %q is passed on, and %q, %q came", name, value, state, baggage)
			}
		})
	})
}
