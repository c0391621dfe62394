package web

import (
	"context"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// steady is a store in which process 7 makes a call in each minute.
type steady struct{ Store }

func (steady) Series(_ context.Context, q query.Series) (points []query.Point, err error) {
	for at := q.Since; at.Before(q.Until); at = at.Add(q.Step) {
		p := query.Point{Start: at}
		if len(q.Processes) == 1 && q.Processes[0] == 7 {
			until := at.Add(q.Step)
			if until.After(q.Until) {
				until = q.Until
			}
			p.Count = uint64(until.Sub(at) / time.Minute)
		}
		points = append(points, p)
	}
	return points, nil
}

func TestPartStore_PointsBeforeAProcessIsToldApartAreEmpty(t *testing.T) {
	t.Parallel()
	since := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	until := since.Add(24 * time.Hour)
	for name, c := range map[string]struct {
		part time.Time
		want [8]uint64
	}{
		"all of it":      {time.Time{}, [8]uint64{180, 180, 180, 180, 180, 180, 180, 180}},
		"from a step on": {since.Add(6 * time.Hour), [8]uint64{0, 0, 180, 180, 180, 180, 180, 180}},
		"within a step":  {since.Add(7 * time.Hour), [8]uint64{0, 0, 120, 180, 180, 180, 180, 180}},
		"in the last":    {since.Add(23 * time.Hour), [8]uint64{0, 0, 0, 0, 0, 0, 0, 60}},
		"afterwards":     {until, [8]uint64{}},
	} {
		s := newPartStore(steady{}, &query.Part{Processes: []int64{7}, Since: c.part}, "shop")
		points, err := s.Series(t.Context(), query.Series{Handlers: query.Handlers{Since: since, Until: until}, Step: 3 * time.Hour})
		if err != nil || len(points) != len(c.want) {
			t.Fatalf("%s: %d points, %v", name, len(points), err)
		}
		for i, p := range points {
			if p.Count != c.want[i] || !p.Start.Equal(since.Add(time.Duration(i)*3*time.Hour)) {
				t.Errorf("%s: point %d at %v has %d calls, want %d", name, i, p.Start, p.Count, c.want[i])
			}
		}
	}
	other := newPartStore(steady{}, &query.Part{Processes: []int64{8}}, "shop")
	points, err := other.Series(t.Context(), query.Series{Handlers: query.Handlers{Since: since, Until: until, Processes: []int64{7}}, Step: 3 * time.Hour})
	if err != nil || len(points) != 8 || points[0].Count != 0 {
		t.Errorf("of a process that is not in the part: %+v, %v", points, err)
	}
}

func TestWanted_AFeedOfThisProcessHasNothingOfAnother(t *testing.T) {
	t.Parallel()
	h := instrument.HandlerInfo{Kind: instrument.KindRequest, Name: "GET /"}
	for elsewhere, want := range map[bool]bool{false: true, true: false} {
		w := wanted{kind: instrument.KindRequest, filter: &filter.Filter{}, elsewhere: elsewhere}
		if got := (&Dashboard{}).accept(w)(t.Context(), &instrument.Summary{}, h); got != want {
			t.Errorf("elsewhere %v: accepted %v", elsewhere, got)
		}
	}
}
