package oteltrace_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/trace"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace"
)

// canaries are secrets by every way in which a library may report one.
var canaries = []attribute.KeyValue{
	attribute.String("password", "c4nary-a"),
	attribute.String("http.request.header.authorization", "c4nary-b"),
	attribute.StringSlice("http.request.header.cookie", []string{"c4nary-c"}),
	attribute.String("url.full", "https://u:c4nary-d@api.test/x?api_key=c4nary-e&id=7"),
	attribute.String("http.url", "https://api.test/x?X-Amz-Signature=c4nary-f"),
	attribute.String("url.query", "token=c4nary-g"),
	attribute.String("http.target", "/x?secret=c4nary-h"),
	attribute.String("db.connection_string", "c4nary-i"),
	attribute.String("db.statement", "UPDATE users SET password = 'c4nary-j'"),
	attribute.StringSlice("pgx.query.parameters", []string{"c4nary-k"}),
	attribute.String("note", "dial postgres://shop:c4nary-l@db/shop"),
	attribute.String("note2", "Authorization: Bearer c4nary-m.c4nary-m.c4nary-m"),
	attribute.StringSlice("args", []string{"--token=c4nary-n"}),
	attribute.Map("settings", attribute.String("password", "c4nary-o")),
	attribute.String("db.query.parameter.password", "c4nary-p"),
}

func TestT11_NoSecretOfAnInstrumentedLibraryIsKept(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	for name, report := range map[string]func(ctx context.Context){
		"at the start": func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, "x", trace.WithSpanKind(trace.SpanKindClient), trace.WithAttributes(canaries...))
			s.End()
		},
		"one by one": func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, "x")
			for _, kv := range canaries {
				s.SetAttributes(kv)
			}
			s.End()
		},
		"of an event": func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, "x")
			s.AddEvent("event token=c4nary-q", trace.WithAttributes(canaries...))
			s.RecordError(errors.New("dial redis://:c4nary-r@cache"), trace.WithAttributes(canaries...))
			s.End()
		},
		"of a link": func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, "x", trace.WithLinks(trace.Link{Attributes: canaries[:7]}))
			s.SetStatus(codes.Error, "password=c4nary-s")
			s.End()
		},
		"of a span that was found": func(ctx context.Context) {
			trace.SpanFromContext(ctx).SetAttributes(canaries...)
		},
		"of a server": func(context.Context) {
			_, s := b.tracer.Start(context.Background(), "x", trace.WithNewRoot(), trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(canaries...))
			s.SetAttributes(canaries...)
			s.End()
		},
	} {
		b.record(report)
		for _, rec := range b.sink.records {
			if text := fmt.Sprintf("%+v", rec); strings.Contains(text, "c4nary") {
				i := strings.Index(text, "c4nary")
				t.Errorf("%s: kept ...%s", name, text[max(0, i-60):i+8])
			}
		}
		b.sink.records = nil
	}
}

func TestT11_ACommandOfACacheKeepsItsKeyOnly(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	for statement, key := range map[string]any{
		"set user:7 c4nary": "user:7", "SET user:7 c4nary": "user:7", "auth c4nary": nil, "hello 3 auth u c4nary": nil,
		"eval c4nary 0": nil, "get": nil, "": nil, "config set requirepass c4nary": nil, "get user:7\nset b c4nary": "user:7",
	} {
		rec := b.record(func(ctx context.Context) {
			verb, _, _ := strings.Cut(statement, " ")
			_, s := b.tracer.Start(ctx, strings.ToLower(verb)+"x", trace.WithAttributes(attribute.String("db.system", "redis"), attribute.String("db.statement", statement)))
			s.End()
		})
		s := &rec.Spans[1]
		if text := fmt.Sprintf("%+v", s); strings.Contains(text, "c4nary") || value(s, "cache.key") != key {
			t.Errorf("%q: key %v of %s", statement, value(s, "cache.key"), text)
		}
	}
}

func TestF27_HostileSpansAreBounded(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	huge := strings.Repeat("é", 1<<20)
	rec := b.record(func(ctx context.Context) {
		_, s := b.tracer.Start(ctx, huge, trace.WithAttributes(attribute.String("huge", huge), attribute.StringSlice("many", strings.Split(huge[:1<<16], "")),
			attribute.Int64Slice("numbers", make([]int64, 1<<16)), attribute.ByteSlice("bytes", []byte(huge)), attribute.KeyValue{Key: "nothing"}, attribute.Int("", 1)))
		for i := range 1000 {
			s.SetAttributes(attribute.Int("n", i))
			s.AddEvent("event")
			s.AddLink(trace.Link{SpanContext: s.SpanContext()})
		}
		s.SetStatus(codes.Error, huge)
		s.End()
	})
	s := &rec.Spans[1]
	if len(s.Handler.Name) > 256 || len(rec.Spans) != 2+128 {
		t.Errorf("a name of %d bytes, %d spans", len(s.Handler.Name), len(rec.Spans))
	}
	for _, kv := range s.Attrs {
		if text, ok := kv.Value.(string); ok && len(text) > 4<<10 {
			t.Errorf("%s has %d bytes", kv.Key, len(text))
		}
	}
	if len(s.Attrs) > 128 {
		t.Errorf("%d attributes", len(s.Attrs))
	}
	for key, want := range map[string]int64{"otel.dropped_attributes_count": 1005 - 100, "otel.dropped_events_count": 1000 - 128, "otel.dropped_links_count": 1000 - 20} {
		if got := value(s, key); got != want {
			t.Errorf("%s is %v, want %d", key, got, want)
		}
	}
}

func TestF26_AnyBytesAreTakenAndReadable(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	for _, text := range []string{"\xff\xfe", "a\x00b", "\u202etxt", "\r\n", strings.Repeat("\xf0\x9f", 4000), "%!s(BADINDEX)", "{{.}}", "<script>"} {
		rec := b.record(func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, text, trace.WithAttributes(attribute.String(text, text), attribute.String("db.system", text), attribute.String("db.statement", text)))
			s.AddEvent(text)
			s.SetName(text + "2")
			s.SetStatus(codes.Error, text)
			s.End()
			trace.SpanFromContext(ctx).AddEvent(text)
		})
		if len(rec.Spans) != 4 {
			t.Errorf("%q: %d spans", text, len(rec.Spans))
		}
	}
}

// TestT16_NamesThatNeverEndFillNothing: a library that makes its names of user input
// costs no more handlers and attribute names than the caps.
func TestT16_NamesThatNeverEndFillNothing(t *testing.T) {
	if os.Getenv("OTELTRACE_NAMES") == "" { // names are for ever, so this has a process of its own
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.count=1", "-test.v")
		cmd.Env = append(os.Environ(), "OTELTRACE_NAMES=1")
		if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
			t.Errorf("%v:\n%s", err, out)
		}
		return
	}
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	before, _ := instrument.NamesSince(0, 0)
	for i := range 3000 {
		b.record(func(ctx context.Context) {
			_, s := b.tracer.Start(ctx, fmt.Sprint("made up ", i), trace.WithAttributes(attribute.Int(fmt.Sprint("made.up.", i), i)))
			s.End()
		})
	}
	after, keys := instrument.NamesSince(0, 0)
	if n := len(after) - len(before); n > instrument.MaxHandlersPerKind+1 {
		t.Errorf("%d handlers", n)
	}
	if len(keys) >= instrument.MaxKeys {
		t.Errorf("%d names of attributes: none is left for the app", len(keys))
	}
	if rec := b.last(); value(&rec.Spans[1], "__other__") != instrument.Redacted {
		t.Errorf("what has lost its name shows: %v", rec.Spans[1].Attrs)
	}
}

// TestSpan_ManyGoroutinesShareOne is for the race detector.
func TestSpan_ManyGoroutinesShareOne(t *testing.T) {
	b := setup(t, oteltrace.Config{}, instrument.Config{})
	b.record(func(ctx context.Context) {
		ctx, s := b.tracer.Start(ctx, "shared")
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := range 50 {
					s.SetAttributes(attribute.Int("i", i), attribute.String("db.system", "sqlite"), attribute.String("db.statement", fmt.Sprint("SELECT ", i)))
					s.AddEvent("e")
					s.SetName(fmt.Sprint("shared ", i%3))
					_ = s.IsRecording()
					_ = s.TracerProvider()
					s.RecordError(errors.New("x"))
					_ = s.SpanContext()
					_, child := b.tracer.Start(ctx, "child")
					child.End()
					trace.SpanFromContext(ctx).SetStatus(codes.Error, "x")
				}
				s.End()
			})
		}
		wg.Wait()
	})
}
