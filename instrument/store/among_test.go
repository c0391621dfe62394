package store_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func TestMinutesSince_IsAnHourFromWhichProcessesAreToldApart(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now})
	second := open(t, f.path, store.Options{Now: c.now}) // of the same build and service
	if at, err := f.MinutesSince(context.Background()); err != nil || !at.IsZero() {
		t.Errorf("in a new store: %v, %v", at, err)
	}
	end := noon.Add(30*time.Hour + 20*time.Minute)
	for at := noon; at.Before(end); at = at.Add(10 * time.Minute) {
		f.roll(t, at, rollRow(instrument.KindRequest, "GET /a", ms))
		second.roll(t, at, rollRow(instrument.KindRequest, "GET /a", ms), rollRow(instrument.KindRequest, "GET /b", ms))
	}
	c.set(end)
	ps, err := f.Processes(context.Background())
	must(t, err)
	for more := true; more; { // between any two steps
		more, err = f.Prune(context.Background())
		must(t, err)
		since, err := f.MinutesSince(context.Background())
		must(t, err)
		if since.IsZero() {
			continue
		}
		if !since.Equal(since.Truncate(time.Hour)) || since.After(end.Add(-23*time.Hour)) {
			t.Fatalf("apart since %v", since)
		}
		minutes := uint64(end.Sub(since) / (10 * time.Minute))
		for _, p := range ps {
			q, ok := (&query.Part{Processes: []int64{p.ID}, Since: since}).Handlers(query.Handlers{Handler: "GET /a"})
			list, err := f.Handlers(context.Background(), q)
			must(t, err)
			if !ok || len(list) != 1 || list[0].Count != minutes {
				t.Fatalf("process %d since %v: %+v, want %d calls", p.ID, since, list, minutes)
			}
		}
	}
	if at, err := f.MinutesSince(context.Background()); err != nil || !at.Equal(noon.Add(6*time.Hour)) {
		t.Errorf("at the end: %v, %v", at, err)
	}
	both := query.Scope{Service: ps[0].Service}
	part, err := both.Part(ps, noon.Add(6*time.Hour))
	must(t, err)
	q, _ := part.Handlers(query.Handlers{Handler: "GET /a"})
	list, err := f.Handlers(context.Background(), q)
	must(t, err)
	if want := uint64(2 * end.Sub(noon) / (10 * time.Minute)); len(list) != 1 || list[0].Count != want {
		t.Errorf("the service has %+v, want %d calls", list, want)
	}
}

func TestRecords_TheSlowestOfAProcessAreRead(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	other := open(t, f.path, store.Options{Service: "other"})
	for i := range 100 { // more than a list has
		f.add(t, made{at: noon, n: 2 * i, duration: time.Duration(i) * ms})
		other.add(t, made{at: noon, n: 2*i + 1, duration: time.Duration(1000+i) * ms})
	}
	ps, err := f.Processes(context.Background())
	must(t, err)
	for _, p := range ps {
		page, err := f.Records(context.Background(), query.Records{Sort: query.Slowest, Limit: 60, Processes: []int64{p.ID}})
		must(t, err)
		first := time.Duration(99) * ms
		if p.Service == "other" {
			first = time.Duration(1099) * ms
		}
		if len(page.Records) != 60 || !page.Complete {
			t.Fatalf("%s: %d records, complete %v", p.Service, len(page.Records), page.Complete)
		}
		for i, r := range page.Records {
			if want := first - time.Duration(i)*ms; r.Duration != want || r.Process != p.ID {
				t.Errorf("%s: place %d has %v of process %d, want %v", p.Service, i, r.Duration, r.Process, want)
			}
		}
	}
	if part, err := (query.Scope{Process: 77}).Part(ps, noon); err == nil || fmt.Sprint(part) == "" {
		t.Error("a process that is not there is a part")
	}
}
