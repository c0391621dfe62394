package slogtap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"testing/slogtest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct{ recs []*instrument.Record }

func (s *sink) Want(*instrument.Summary) bool { return true }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err == nil {
		s.recs = append(s.recs, rec)
	}
}

var pageHandler = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// page runs f in a Record and gives it.
func page(t testing.TB, f func(ctx context.Context)) *instrument.Record {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, MaxSpans: 16000, MaxAttrBytes: 64 << 20})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
	f(ctx)
	rec.End()
	if len(s.recs) != 1 {
		t.Fatalf("%d Records", len(s.recs))
	}
	return s.recs[0]
}

func attr(sp instrument.RecordSpan, key string) any {
	for _, kv := range sp.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func lines(t testing.TB, text string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		m := map[string]any{}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		all = append(all, m)
	}
	return all
}

// The suite runs in a Record, so that every line of it is reported too; its lines have no
// context of ours, so ids come by the goroutine.
func TestF07_PassesSlogtest(t *testing.T) {
	for name, opts := range map[string][]slogtap.Option{"plain": nil, "with ids": {slogtap.IDs()}, "with a level": {slogtap.Level(slog.LevelDebug)}} {
		t.Run(name, func(t *testing.T) {
			rec := page(t, func(context.Context) {
				var buf bytes.Buffer
				err := slogtest.TestHandler(slogtap.New(slog.NewJSONHandler(&buf, nil), opts...), func() []map[string]any {
					all := lines(t, buf.String())
					for _, m := range all {
						if name != "with ids" {
							break
						}
						if m["trace_id"] == nil || m["request_id"] == nil {
							t.Errorf("a line without ids: %v", m)
						}
						delete(m, "trace_id")
						delete(m, "request_id")
					}
					return all
				})
				if err != nil {
					t.Error(err)
				}
			})
			if len(rec.Spans) < 10 {
				t.Errorf("only %d lines were reported", len(rec.Spans)-1)
			}
		})
	}
}

// What the next handler gets is what it would get alone, whatever is logged: ten thousand
// lines of all kinds of values, levels and groups.
func TestF07_TheNextHandlerGetsTheSameLines(t *testing.T) {
	write := func(wrap func(slog.Handler) slog.Handler, ctx context.Context) string {
		var buf bytes.Buffer
		drop := func(groups []string, a slog.Attr) slog.Attr {
			if len(groups) == 0 && a.Key == slog.TimeKey {
				return slog.Attr{}
			}
			return a
		}
		log := slog.New(wrap(slog.NewJSONHandler(&buf, &slog.HandlerOptions{Level: slog.LevelDebug, ReplaceAttr: drop})))
		random := rand.New(rand.NewPCG(1, 2))
		for i := range 10_000 {
			l := log
			for range random.IntN(3) {
				if random.IntN(2) == 0 {
					l = l.WithGroup(fmt.Sprintf("g%d", random.IntN(4)))
				} else {
					l = l.With(values(random)...)
				}
			}
			l.Log(ctx, slog.Level(random.IntN(16)-6), fmt.Sprintf("line %d \x1b[31m\xff", i), values(random)...)
		}
		return buf.String()
	}
	want := write(func(h slog.Handler) slog.Handler { return h }, context.Background())
	rec := page(t, func(ctx context.Context) {
		if got := write(func(h slog.Handler) slog.Handler { return slogtap.New(h) }, ctx); got != want {
			t.Error("lines differ from those without us")
		}
		if got := write(func(h slog.Handler) slog.Handler { return slogtap.New(h, slogtap.Level(slog.LevelError)) }, ctx); got != want {
			t.Error("with a level lines differ from those without us")
		}
	})
	if len(rec.Spans) < 10_000 {
		t.Errorf("%d lines were reported", len(rec.Spans)-1)
	}
}

// values are a few arguments as apps hand them over.
func values(random *rand.Rand) (args []any) {
	all := []any{
		"text", 7, int64(-1), uint64(1 << 63), 1.5, true, time.Second, time.Unix(0, 0).UTC(), errors.New("broken"), nil, []int{1, 2},
		map[string]int{"a": 1}, struct{ A, B int }{1, 2}, explosive{}, secretive{}, slog.GroupValue(slog.Int("in", 1), slog.Group("deep", "x", 1)), "\u2028\n",
	}
	for range random.IntN(5) {
		args = append(args, fmt.Sprintf("k%d", random.IntN(6)), all[random.IntN(len(all))])
	}
	if random.IntN(8) == 0 {
		args = append(args, slog.Group("", "inline", 1), slog.Attr{})
	}
	if random.IntN(20) == 0 {
		args = append(args, "no value")
	}
	return args
}

type secretive struct{}

func (secretive) LogValue() slog.Value { return slog.StringValue("hidden") }

func TestIDs_StandOutsideOfGroups(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := slog.New(slogtap.New(slog.NewJSONHandler(&buf, nil), slogtap.IDs()))
	log.Info("outside of any request")
	rec := page(t, func(ctx context.Context) {
		log.InfoContext(ctx, "plain", "n", 1)
		log.With("app", "shop").WithGroup("g").With("a", 1).WithGroup("h").InfoContext(ctx, "in groups", "n", 2)
		log.With("trace_id", "own").InfoContext(ctx, "has one already", "request_id", "mine")
		log.WithGroup("g").InfoContext(ctx, "the same name in a group", "trace_id", "inner")
	})
	all := lines(t, buf.String())
	if all[0]["trace_id"] != nil || all[0]["request_id"] != nil {
		t.Errorf("outside: %v", all[0])
	}
	trace, id := rec.Trace.TraceID.String(), rec.ID.String()
	for _, m := range []map[string]any{all[1], all[2], all[4]} {
		if m["trace_id"] != trace || m["request_id"] != id {
			t.Errorf("ids are not %s and %s: %v", trace, id, m)
		}
	}
	want := map[string]any{"a": 1.0, "h": map[string]any{"n": 2.0}}
	if all[2]["app"] != "shop" || !reflect.DeepEqual(all[2]["g"], want) {
		t.Errorf("in groups: %v", all[2])
	}
	if all[3]["trace_id"] != "own" || all[3]["request_id"] != "mine" {
		t.Errorf("the app's own: %v", all[3])
	}
	if strings.Count(buf.String(), `"trace_id"`) != 5 {
		t.Errorf("an id stands twice:\n%s", buf.String())
	}
}

func TestIDsNamed_LeavesOneOut(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := slog.New(slogtap.New(slog.NewJSONHandler(&buf, nil), slogtap.IDsNamed("", "record")))
	rec := page(t, func(ctx context.Context) { log.InfoContext(ctx, "x") })
	m := lines(t, buf.String())[0]
	if m["record"] != rec.ID.String() || len(m) != 4 {
		t.Errorf("%v", m)
	}
}

func TestLevel_ReportsWhatTheNextHandlerDoesNotTake(t *testing.T) {
	t.Parallel()
	var buf bytes.Buffer
	log := slog.New(slogtap.New(slog.NewTextHandler(&buf, &slog.HandlerOptions{Level: slog.LevelError}), slogtap.Level(slog.LevelInfo)))
	rec := page(t, func(ctx context.Context) {
		log.DebugContext(ctx, "nobody wants it")
		log.With("a", 1).InfoContext(ctx, "for the panel")
		log.ErrorContext(ctx, "for both")
	})
	if len(rec.Spans) != 3 || attr(rec.Spans[1], "log.message") != "for the panel" {
		t.Errorf("reported: %+v", rec.Spans[1:])
	}
	if out := buf.String(); strings.Contains(out, "panel") || !strings.Contains(out, "for both") {
		t.Errorf("passed on: %s", out)
	}
	if strings.Contains(buf.String(), "nobody") {
		t.Error("a line that nobody wants was passed on")
	}
}

func TestHandler_NotesWhereALineWasLogged(t *testing.T) {
	t.Parallel()
	log := slog.New(slogtap.New(slog.DiscardHandler, slogtap.Level(slog.LevelInfo)))
	rec := page(t, func(ctx context.Context) { log.InfoContext(ctx, "here") })
	stack := rec.Spans[1].Stack
	if len(stack) != 1 || !strings.HasSuffix(stack[0].File, "slogtap_test.go") || !strings.Contains(stack[0].Func, "TestHandler_NotesWhereALineWasLogged") {
		t.Errorf("logged in %+v", stack)
	}
}

type explosive struct{}

func (explosive) LogValue() slog.Value { panic("boom") }

func TestHandler_LinesStandOnTheirRecord(t *testing.T) {
	t.Parallel()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s})
	defer r.SetEnabled(false)
	log := slog.New(slogtap.New(slog.NewTextHandler(io.Discard, nil))).With("app", "shop")
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
	card := struct{ Number string }{"4242"} // fields keep their names, for those who mask by them
	log.InfoContext(ctx, "order placed", "order", 7, slog.Group("user", "name", "mara"), "card", card)
	log.WithGroup("mail").Warn("relay slow", "err", errors.New("timeout")) // no context: by the goroutine
	log.Debug("not enabled")
	log.Error("bad value", "v", explosive{})
	rec.End()
	spans := s.recs[0].Spans[1:]
	if len(spans) != 3 {
		t.Fatalf("%d lines on the Record, want 3", len(spans))
	}
	want := map[string]any{"log.severity": "INFO", "log.message": "order placed", "app": "shop", "order": int64(7), "user.name": "mara", "card": "{Number:4242}"}
	for _, kv := range spans[0].Attrs {
		if want[kv.Key] != kv.Value {
			t.Errorf("%s = %v, want %v", kv.Key, kv.Value, want[kv.Key])
		}
		delete(want, kv.Key)
	}
	if len(want) != 0 {
		t.Errorf("missing: %v", want)
	}
	if spans[1].Handler.Name != "WARN" || spans[1].Attrs[len(spans[1].Attrs)-1].Key != "mail.err" {
		t.Errorf("second line: %+v", spans[1])
	}
}
