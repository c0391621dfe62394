package jobs_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
)

func TestStates_AreTextAndComeBack(t *testing.T) {
	t.Parallel()
	for _, s := range jobs.States() {
		got, err := jobs.ParseState(s.String())
		if err != nil || got != s {
			t.Errorf("ParseState(%q) = %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "Running", "done"} {
		if s, err := jobs.ParseState(bad); err == nil || !strings.Contains(err.Error(), "available") {
			t.Errorf("ParseState(%q) = %v, %v, want an error that names the states", bad, s, err)
		}
	}
	if jobs.State(200).String() == "" {
		t.Error("an unknown state has no text")
	}
}

func TestJob_JSONHasNamesAndComesBack(t *testing.T) {
	t.Parallel()
	in := jobs.Job{ID: "7", State: jobs.Retryable, Parent: instrument.FirstID(time.Now()) + 5, Trace: instrument.TraceID{1, 2}}
	text, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"retryable"`, `"` + in.Parent.String() + `"`, `"` + in.Trace.String() + `"`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("%s lacks %s", text, want)
		}
	}
	var out jobs.Job
	if err := json.Unmarshal(text, &out); err != nil || out.Parent != in.Parent || out.Trace != in.Trace || out.State != in.State {
		t.Errorf("came back as %+v, %v", out, err)
	}
	if text, _ := json.Marshal(jobs.Job{ID: "7", State: jobs.Available}); strings.Contains(string(text), "parent") {
		t.Errorf("a job without a parent has one in %s", text)
	}
}

func TestCounts_CountByState(t *testing.T) {
	t.Parallel()
	var c jobs.Counts
	c[jobs.Available], c[jobs.Running] = 3, 2
	if c.Of() != 5 || c.Of(jobs.Available) != 3 || c.Of(jobs.Completed, jobs.Running) != 2 || c.Of(jobs.State(99)) != 0 {
		t.Errorf("counts are wrong: %v", c)
	}
	text, _ := json.Marshal(c)
	if string(text) != `{"available":3,"running":2}` {
		t.Errorf("JSON is %s", text)
	}
	var back jobs.Counts
	if err := json.Unmarshal(text, &back); err != nil || back != c {
		t.Errorf("came back as %v, %v", back, err)
	}
	if json.Unmarshal([]byte(`{"done":1}`), &back) == nil {
		t.Error("an unknown state was read")
	}
}

func TestQueue_LatencyIsTheAgeOfTheOldestThatWaits(t *testing.T) {
	t.Parallel()
	now := time.Now()
	q := jobs.Queue{Oldest: now.Add(-3 * time.Second)}
	if got := q.Latency(now); got != 3*time.Second {
		t.Errorf("latency %v", got)
	}
	if got := (&jobs.Queue{}).Latency(now); got != 0 {
		t.Errorf("an empty queue has latency %v", got)
	}
	if got := (&jobs.Queue{Oldest: now.Add(time.Minute)}).Latency(now); got != 0 {
		t.Errorf("a clock that differs gives latency %v", got)
	}
}

func TestJob_RuntimeIsThatOfItsLastAttempt(t *testing.T) {
	t.Parallel()
	now := time.Now()
	for _, tt := range []struct {
		name string
		job  jobs.Job
		want time.Duration
	}{
		{"never ran", jobs.Job{State: jobs.Available}, 0},
		{"runs", jobs.Job{State: jobs.Running, Attempted: now.Add(-time.Second)}, time.Second},
		{"ran", jobs.Job{State: jobs.Completed, Attempted: now.Add(-time.Minute), Finalized: now.Add(-58 * time.Second)}, 2 * time.Second},
		{"waits for its next attempt", jobs.Job{State: jobs.Retryable, Attempted: now.Add(-time.Minute)}, 0},
	} {
		if got := tt.job.Runtime(now); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}
