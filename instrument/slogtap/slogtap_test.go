package slogtap_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"strings"
	"testing"
	"testing/slogtest"

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

func TestF07_PassesSlogtest(t *testing.T) {
	r := instrument.New(instrument.Config{Sink: &sink{}})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
	defer rec.End()
	_ = ctx
	var buf bytes.Buffer
	err := slogtest.TestHandler(slogtap.New(slog.NewJSONHandler(&buf, nil)), func() []map[string]any {
		var lines []map[string]any
		for line := range strings.Lines(buf.String()) {
			m := map[string]any{}
			if err := json.Unmarshal([]byte(line), &m); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, m)
		}
		return lines
	})
	if err != nil {
		t.Error(err)
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
