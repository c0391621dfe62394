package toolbar

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
)

// offering is a Sink that hands everything to a planner.
type offering struct{ *planner }

func (offering) Want(*instrument.Summary) bool               { return true }
func (o offering) Put(s *instrument.Summary, blob []byte)    { o.offer(s, blob) }
func (offering) Announce(s *instrument.Summary, blob []byte) {}

// slowly records a Record with one statement.
func slowly(r *instrument.Recorder, statement string) {
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /", instrument.Source{})})
	_, span := instrument.Start(ctx, instrument.NewHandler(instrument.KindQuery, statement, instrument.Source{}))
	for began := instrument.Now(); instrument.Now() == began; { // its time is more than nothing
	}
	span.End(nil)
	rec.End()
}

func newTestPlanner(t *testing.T, ask func(ctx context.Context, statement string) (*explain.Plan, error)) (*planner, *instrument.Recorder) {
	t.Helper()
	p := &planner{
		explain: ask, may: func(string) bool { return true }, now: time.Now, least: 1,
		slow: func(string) time.Duration { return 1 },
		keep: func(context.Context, instrument.ID, string, *explain.Plan) error { return nil },
	}
	p.start()
	t.Cleanup(func() {
		if err := p.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return p, instrument.New(instrument.Config{Sink: offering{p}})
}

func TestPlanner_ADriverThatPanicsIsNotAskedForEver(t *testing.T) {
	asked := 0
	p, r := newTestPlanner(t, func(context.Context, string) (*explain.Plan, error) {
		asked++
		panic("no such thing")
	})
	for i := range maxPlanPanics + 2 {
		slowly(r, fmt.Sprintf("SELECT %c", 'a'+i))
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked != maxPlanPanics {
		t.Errorf("it was asked %d times, want %d", asked, maxPlanPanics)
	}
	if n := p.notes(); len(n) != 1 || !strings.Contains(n[0].Detail, "no more is asked") || !strings.Contains(n[0].Detail, "no such thing") {
		t.Errorf("the health page says %+v", n)
	}
}

func TestPlanner_WhatComesTooFastIsCounted(t *testing.T) {
	begun, wait := make(chan struct{}), make(chan struct{})
	p, r := newTestPlanner(t, func(_ context.Context, statement string) (*explain.Plan, error) {
		if statement == "SELECT 0" {
			close(begun)
			<-wait
		}
		return &explain.Plan{}, nil
	})
	slowly(r, "SELECT 0")
	<-begun
	for range maxPlanQueue + 3 {
		slowly(r, "SELECT 1")
	}
	close(wait)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := p.notes(); len(n) != 1 || !strings.Contains(n[0].Name, "of 3 records") {
		t.Errorf("the health page says %+v", n)
	}
}

func TestPlanner_WhatWaitsHasABoundInBytes(t *testing.T) {
	begun, wait := make(chan struct{}), make(chan struct{})
	p, r := newTestPlanner(t, nil)
	p.may = func(string) bool {
		close(begun)
		<-wait
		return false
	}
	slowly(r, "SELECT 0")
	<-begun
	s := &instrument.Summary{QueryTime: time.Second}
	for range 3 {
		p.offer(s, make([]byte, maxPlanBytes/2))
	}
	close(wait)
	if err := p.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := p.notes(); len(n) != 1 || !strings.Contains(n[0].Name, "of 2 records") { // the one in hand has some bytes, too
		t.Errorf("the health page says %+v", n)
	}
	p.offer(s, make([]byte, maxPlanBytes))
	if n := p.notes(); !strings.Contains(n[0].Name, "of 2 records") {
		t.Errorf("bytes of what was done still count: %+v", n)
	}
}

func TestPlanner_AnHourLaterAStatementIsAskedAboutAgain(t *testing.T) {
	var asked []string
	p, r := newTestPlanner(t, func(_ context.Context, statement string) (*explain.Plan, error) {
		asked = append(asked, statement)
		return &explain.Plan{}, nil
	})
	clock := time.Now()
	p.now = func() time.Time { return clock }
	for _, later := range []time.Duration{0, planAgain - 1, 1} {
		clock = clock.Add(later)
		slowly(r, "SELECT 1")
		if err := p.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(asked) != 2 {
		t.Errorf("it was asked %d times, want at once and an hour later", len(asked))
	}
}
