package tasks_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

type jobArgs struct {
	N        int    `json:"n"`
	Note     string `json:"note,omitempty"`
	Password string `json:"password,omitempty"`
}

var errBoom = errors.New("boom\nsecond line")

func find(t *testing.T, s *tasks.Source, q jobs.Query) []jobs.Job {
	t.Helper()
	p, err := s.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return p.Jobs
}

func idsOf(list []jobs.Job) (ids []string) {
	for _, j := range list {
		ids = append(ids, j.ID)
	}
	return ids
}

func TestA70_TK46_ListFiltersSearchesAndPages(t *testing.T) {
	even := tasks.New("jobs.even", func(context.Context, jobArgs) error { return nil }, tasks.Options{Tags: []string{"even"}})
	odd := tasks.New("jobs.odd", func(context.Context, jobArgs) error { return nil }, tasks.Options{Queue: "odd"})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{even, odd}, Queues: map[string]tasks.Queue{"default": {}, "odd": {}}})
		s, ctx := c.Jobs(), e.ctx(c)
		var all []string
		for n := range 25 {
			task := even
			if n%2 == 1 {
				task = odd
			}
			job := must(task.Enqueue(ctx, jobArgs{N: n, Note: fmt.Sprintf("100%% of %d_x", n), Password: "hunter2"}))(t)
			all = append(all, fmt.Sprint(job.ID()))
		}
		slices.Reverse(all)

		for _, order := range []jobs.Sort{jobs.Newest, jobs.Oldest} {
			var got []string
			q := jobs.Query{Limit: 7, Sort: order}
			for pages := 1; ; pages++ {
				p, err := s.List(t.Context(), q)
				if err != nil || !p.Complete || len(p.Jobs) > 7 {
					t.Fatalf("page %d: %d jobs, %+v, %v", pages, len(p.Jobs), p.Complete, err)
				}
				got = append(got, idsOf(p.Jobs)...)
				if q.After = p.Next; q.After == "" {
					if pages != 4 {
						t.Errorf("%d pages, want 4", pages)
					}
					break
				}
			}
			want := slices.Clone(all)
			if order == jobs.Oldest {
				slices.Reverse(want)
			}
			if !slices.Equal(got, want) {
				t.Errorf("in order %v: %v, want %v", order, got, want)
			}
		}

		for name, tt := range map[string]struct {
			q    jobs.Query
			want int
		}{
			"by kind":               {jobs.Query{Kinds: []string{"jobs.even"}}, 13},
			"by queue":              {jobs.Query{Queues: []string{"odd", "nothing"}}, 12},
			"by state":              {jobs.Query{States: []jobs.State{jobs.Available}}, 25},
			"by a state of none":    {jobs.Query{States: []jobs.State{jobs.Discarded}}, 0},
			"by tag":                {jobs.Query{Tag: "even"}, 13},
			"by id":                 {jobs.Query{IDs: []string{all[3], all[5], "99999999", "x"}}, 2},
			"by no ids":             {jobs.Query{IDs: []string{}}, 0},
			"by words in args":      {jobs.Query{Text: "OF 24_X"}, 1},
			"a percent is no joker": {jobs.Query{Text: "100% of 3_"}, 1},
			"an underscore neither": {jobs.Query{Text: "of 3__"}, 0},
			"by kind as text":       {jobs.Query{Text: "s.odd"}, 12},
			"what is hidden":        {jobs.Query{Text: "hunter2"}, 0},
			"a state and words":     {jobs.Query{States: []jobs.State{jobs.Available}, Text: "of 24_"}, 1},
			"words, a page of one":  {jobs.Query{Text: "100% of 1", Limit: 11}, 11},
		} {
			if got := find(t, s, tt.q); len(got) != tt.want {
				t.Errorf("%s: %d jobs, want %d", name, len(got), tt.want)
			}
		}

		j := find(t, s, jobs.Query{IDs: all[:1]})[0]
		if j.Kind != "jobs.even" || j.Queue != "default" || j.State != jobs.Available || j.MaxAttempts != 4 || j.Priority != "normal" || j.Created.IsZero() || j.ETA.IsZero() || !slices.Equal(j.Tags, []string{"even"}) {
			t.Errorf("the job is %+v", j)
		}
		if strings.Contains(j.Arguments, "hunter2") || !strings.Contains(j.Arguments, "24_x") {
			t.Errorf("its arguments are %s", j.Arguments)
		}
		if _, err := s.List(t.Context(), jobs.Query{After: "x"}); err == nil {
			t.Error("a cursor that is none was taken")
		}
	})
}

func TestA70_TK47_AJobShowsItsWayItsErrorsAndItsRecords(t *testing.T) {
	flaky := tasks.New("jobs.flaky", func(ctx context.Context, a jobArgs) error {
		switch tasks.Current(ctx).Attempt {
		case 1:
			return errBoom
		case 2:
			panic("with password=hunter2")
		}
		return river.RecordOutput(ctx, map[string]int{"mails": 3})
	}, tasks.Options{Retry: tasks.Retry{Delay: time.Millisecond}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{flaky}})
		seen := watch(t, c)
		var job *tasks.Job
		request := e.request(e.ctx(c), func(ctx context.Context) { job = must(flaky.Enqueue(ctx, jobArgs{N: 1, Password: "hunter2"}))(t) })
		seen.until(job.ID())
		records := e.sink.wait(t, "jobs.flaky", 3)
		d := must(c.Jobs().Job(t.Context(), fmt.Sprint(job.ID())))(t)
		if d.State != jobs.Completed || d.Parent != request.ID || d.Trace != request.Trace.TraceID || string(d.Output) != `{"mails":3}` && string(d.Output) != `{"mails": 3}` {
			t.Errorf("the job is %+v, output %s", d.Job, d.Output)
		}
		if strings.Contains(string(d.Args), "hunter2") || d.Metadata != nil {
			t.Errorf("args %s, metadata %s", d.Args, d.Metadata)
		}
		var outcomes []string
		for i, a := range d.Attempts {
			outcomes = append(outcomes, a.Outcome)
			if a.Number != i+1 || a.Record != records[i].ID || a.Worker != c.ID() || a.Started.IsZero() || a.Ended.Before(a.Started) {
				t.Errorf("attempt %d is %+v, its Record %s", i+1, a, records[i].ID)
			}
		}
		if want := []string{"failed", "panicked", "completed"}; !slices.Equal(outcomes, want) {
			t.Fatalf("the attempts %v, want %v", outcomes, want)
		}
		if a := d.Attempts[0]; a.Error != errBoom.Error() || a.Stack != "" {
			t.Errorf("the first failed with %q, %q", a.Error, a.Stack)
		}
		if a := d.Attempts[1]; strings.Contains(a.Error, "hunter2") || !strings.Contains(a.Stack, "jobs_test.go") {
			t.Errorf("the second failed with %q at %s", a.Error, a.Stack)
		}
		var way []string
		for i, ev := range d.Timeline {
			way = append(way, ev.State.String())
			if i > 0 && ev.At.Before(d.Timeline[i-1].At) {
				t.Errorf("the timeline goes back: %+v", d.Timeline)
			}
		}
		if want := []string{"available", "running", "retryable", "running", "retryable", "running", "completed"}; !slices.Equal(way, want) {
			t.Errorf("its way is %v, want %v", way, want)
		}
		if !slices.Equal(d.Can, []string{"retry", "delete"}) {
			t.Errorf("it can %v", d.Can)
		}
		if _, err := json.Marshal(d); err != nil {
			t.Error(err)
		}
		for _, id := range []string{"12345678", "x", ""} {
			if _, err := c.Jobs().Job(t.Context(), id); !errors.Is(err, jobs.ErrNotFound) {
				t.Errorf("job %q: %v", id, err)
			}
		}
	})
}

func TestA70_CancelRetryAndDelete(t *testing.T) {
	started := map[string]chan struct{}{"sqlite": make(chan struct{}, 8), "postgres": make(chan struct{}, 8)}
	blocks := tasks.New("jobs.blocks", func(ctx context.Context, a jobArgs) error {
		if a.N == 0 {
			return nil
		}
		started[a.Note] <- struct{}{}
		<-ctx.Done()
		return context.Cause(ctx)
	})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{blocks}})
		s, ctx, seen := c.Jobs(), e.ctx(c), watch(t, c)
		state := func(id string) jobs.State { return must(s.Job(t.Context(), id))(t).State }
		refused := func(do string, err error, is jobs.State) {
			t.Helper()
			if refusal, ok := errors.AsType[*jobs.StateError](err); !ok || refusal.State != is || refusal.Do != do {
				t.Errorf("%s: %v, want that a %s job cannot", do, err, is)
			}
		}
		later := must(blocks.With(tasks.Options{In: time.Hour}).Enqueue(ctx, jobArgs{N: 0}))(t)
		id := fmt.Sprint(later.ID())
		if d := must(s.Job(t.Context(), id))(t); d.State != jobs.Scheduled || len(d.Timeline) != 2 || d.Timeline[1].Note != "expected" {
			t.Errorf("a scheduled job: %v, %+v", d.State, d.Timeline)
		}
		if err := s.Retry(t.Context(), id); err != nil { // run it now
			t.Fatal(err)
		}
		seen.until(later.ID())
		refused("cancel", s.Cancel(t.Context(), id), jobs.Completed)
		if err := s.Delete(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		for do, err := range map[string]error{"cancel": s.Cancel(t.Context(), id), "retry": s.Retry(t.Context(), "x"), "delete": s.Delete(t.Context(), id)} {
			if !errors.Is(err, jobs.ErrNotFound) {
				t.Errorf("%s what is not there: %v", do, err)
			}
		}

		running := must(blocks.Enqueue(ctx, jobArgs{N: 1, Note: e.name}))(t)
		id = fmt.Sprint(running.ID())
		<-started[e.name]
		refused("delete", s.Delete(t.Context(), id), jobs.Running)
		refused("retry", s.Retry(t.Context(), id), jobs.Running)
		d := must(s.Job(t.Context(), id))(t)
		if n := len(d.Attempts); n != 1 || d.Attempts[0].Outcome != "running" || d.Attempts[0].Record == 0 || !slices.Equal(d.Can, []string{"cancel"}) {
			t.Errorf("a running job: %+v can %v", d.Attempts, d.Can)
		}
		if err := s.Cancel(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		seen.until(running.ID())
		if got := state(id); got != jobs.Cancelled {
			t.Errorf("it is %s", got)
		}
		if err := s.Retry(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		<-started[e.name]
		if err := s.Cancel(t.Context(), id); err != nil {
			t.Error(err)
		}
		seen.until(running.ID())
	})
}

func TestA70_TK48_QueuesShowDepthLatencyAndPauses(t *testing.T) {
	done := tasks.New("jobs.quick", func(context.Context, jobArgs) error { return nil }, tasks.Options{Queue: "mail"})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{done}, Queues: map[string]tasks.Queue{"default": {}, "mail": {Workers: 3}}})
		s, ctx, seen := c.Jobs(), e.ctx(c), watch(t, c)
		queue := func(name string) jobs.Queue {
			t.Helper()
			all := must(s.Queues(t.Context()))(t)
			i := slices.IndexFunc(all, func(q jobs.Queue) bool { return q.Name == name })
			if i < 0 || len(all) != 2 {
				t.Fatalf("the queues are %+v", all)
			}
			return all[i]
		}
		var last *tasks.Job
		for n := range 5 {
			last = must(done.Enqueue(ctx, jobArgs{N: n}))(t)
		}
		if q := queue("mail"); q.Depth() != 5 || q.Latency(time.Now().Add(time.Minute)) < time.Minute || q.Slots != 0 || q.Paused {
			t.Errorf("before anybody works: %+v", q)
		}
		if err := s.Pause(t.Context(), "nothing"); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("pause what is not there: %v", err)
		}
		if err := s.Pause(t.Context(), "*"); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("pause all: %v", err)
		}
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		seen.until(last.ID())
		if err := s.Pause(t.Context(), "mail"); err != nil {
			t.Fatal(err)
		}
		if q := queue("mail"); !q.Paused || q.PausedAt.IsZero() || q.Counts.Of(jobs.Completed) == 0 {
			t.Errorf("paused: %+v", q)
		}
		waits := must(done.Enqueue(ctx, jobArgs{N: 9}))(t)
		if err := s.Resume(t.Context(), "mail"); err != nil {
			t.Fatal(err)
		}
		seen.until(waits.ID())
		if q := queue("mail"); q.Paused {
			t.Errorf("resumed: %+v", q)
		}
	})
}

func TestA70_TK45_WorkersShowHeartbeatAndLoad(t *testing.T) {
	started, release := map[string]chan struct{}{"sqlite": make(chan struct{}, 8), "postgres": make(chan struct{}, 8)}, make(chan struct{})
	hold := tasks.New("jobs.hold", func(ctx context.Context, a jobArgs) error {
		started[a.Note] <- struct{}{}
		<-release
		return nil
	})
	t.Cleanup(func() { close(release) })
	onEngines(t, func(t *testing.T, e *env) {
		defer func() {
			select {
			case release <- struct{}{}:
			default:
			}
		}()
		var clock atomic.Int64
		now := func() time.Time { return time.Now().Add(time.Duration(clock.Load())) }
		web := e.open(tasks.Config{Tasks: []tasks.Definition{hold}, InsertOnly: true, Now: now}) // looks, and works nothing
		c := e.open(tasks.Config{Tasks: []tasks.Definition{hold}, Queues: map[string]tasks.Queue{"default": {Workers: 4}}})
		if got := must(web.Jobs().Workers(t.Context()))(t); len(got) != 0 {
			t.Errorf("workers before any: %+v", got)
		}
		must(hold.Enqueue(e.ctx(web), jobArgs{Note: e.name}))(t)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		<-started[e.name]
		if err := tasks.Beat(t.Context(), c); err != nil {
			t.Fatal(err)
		}
		w := must(web.Jobs().Workers(t.Context()))(t)
		if len(w) != 1 {
			t.Fatalf("the workers are %+v", w)
		}
		running, slots := w[0].Running()
		if w[0].ID != c.ID() || !w[0].Alive || w[0].PID != os.Getpid() || running != 1 || slots != 4 || w[0].Memory <= 0 || w[0].Started.IsZero() {
			t.Errorf("the worker is %+v", w[0])
		}
		if q := must(web.Jobs().Queues(t.Context()))(t); len(q) != 1 || q[0].Slots != 4 || q[0].Counts.Of(jobs.Running) != 1 {
			t.Errorf("the queues are %+v", q)
		}
		clock.Store(int64(time.Minute)) // it died: no heartbeat for a minute
		if w := must(web.Jobs().Workers(t.Context()))(t); w[0].Alive || !w[0].Ended.IsZero() {
			t.Errorf("a worker without a heartbeat: %+v", w[0])
		}
		release <- struct{}{}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		clock.Store(0)
		if w := must(web.Jobs().Workers(t.Context()))(t); w[0].Alive || w[0].Ended.IsZero() || w[0].Completed != 1 {
			t.Errorf("a worker that has stopped: %+v", w[0])
		}
	})
}

func TestA70_QueuesKeepTheirHistory(t *testing.T) {
	quick := tasks.New("jobs.history", func(ctx context.Context, a jobArgs) error {
		if a.N == 1 {
			return tasks.Permanent(errBoom)
		}
		if a.N == 2 {
			return errBoom
		}
		return nil
	}, tasks.Options{Retry: tasks.Retry{Max: -1}})
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{quick}})
		seen := watch(t, c)
		for n := range 3 {
			seen.until(must(quick.Enqueue(e.ctx(c), jobArgs{N: n}))(t).ID())
		}
		later := e.open(tasks.Config{Tasks: []tasks.Definition{quick}, InsertOnly: true, Now: func() time.Time { return time.Now().Add(20 * time.Second) }})
		if err := tasks.Sample(t.Context(), later); err != nil {
			t.Fatal(err)
		}
		q := must(later.Jobs().Queues(t.Context()))(t)[0]
		var done, failed int64
		for _, h := range q.History {
			done, failed = done+h.Done, failed+h.Failed
		}
		if len(q.History) == 0 || done != 1 || failed != 1 {
			t.Errorf("%d done, %d failed in %+v", done, failed, q.History)
		}
		counts := map[string]uint64{}
		for _, a := range c.Jobs().Attempts() {
			counts[a.Outcome] += a.Count
		}
		if counts["completed"] != 1 || counts["cancelled"] != 1 || counts["discarded"] != 1 {
			t.Errorf("the attempts are %v", counts)
		}
		kinds := must(later.Jobs().Kinds(t.Context()))(t)
		i := slices.IndexFunc(kinds, func(k jobs.Kind) bool { return k.Name == "jobs.history" })
		if i < 0 || kinds[i].Counts.Of(jobs.Discarded) != 1 || kinds[i].Queue != "default" || !strings.Contains(string(kinds[i].Example), `"n":0`) || !slices.Contains(kinds[i].Policy, "no retries") {
			t.Errorf("the kinds are %+v", kinds)
		}
	})
}

func TestA70_TK48_QueuesKeepHowLongJobsWaited(t *testing.T) {
	quick := tasks.New("jobs.waited", func(context.Context, jobArgs) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{quick}})
		seen := watch(t, c)
		// Nobody was there to take it, and it is done before the next sample.
		earlier := e.open(tasks.Config{Tasks: []tasks.Definition{quick}, InsertOnly: true, Now: func() time.Time { return time.Now().Add(-3 * time.Minute) }})
		burst := must(quick.Enqueue(e.ctx(earlier), jobArgs{}))(t)
		seen.until(burst.ID())
		clock := at(time.Now().UTC().Add(20 * time.Second).Format(time.DateTime))
		later := e.open(tasks.Config{Tasks: []tasks.Definition{quick}, InsertOnly: true, Now: clock.Now})
		sampled := func() (before []jobs.Sample, last jobs.Sample) {
			t.Helper()
			if err := tasks.Sample(t.Context(), later); err != nil {
				t.Fatal(err)
			}
			h := must(later.Jobs().Queues(t.Context()))(t)[0].History
			if len(h) == 0 {
				t.Fatal("there is no history")
			}
			return h[:len(h)-1], h[len(h)-1]
		}
		if before, last := sampled(); max(longest(before), last.Latency) < 3*time.Minute || last.Latency > time.Hour {
			t.Errorf("after a burst: %+v, %+v", before, last)
		}
		if err := c.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		// What still waits counts too, and a stretch in which nobody looked is left out.
		must(quick.Enqueue(e.ctx(later), jobArgs{}))(t)
		clock.to(clock.Now().Add(17 * time.Minute))
		before, last := sampled()
		if last.Latency != 17*time.Minute || last.Depth != 1 {
			t.Errorf("while one waits: %+v", last)
		}
		if len(before) == 0 || longest(before) < 3*time.Minute || longest(before) >= 17*time.Minute || last.At.Sub(before[len(before)-1].At) < 15*time.Minute {
			t.Errorf("before it, with nobody who looked for a quarter of an hour: %+v", before)
		}
	})
}

// longest is how long a job waited at most.
func longest(steps []jobs.Sample) (d time.Duration) {
	for _, h := range steps {
		d = max(d, h.Latency)
	}
	return d
}

func TestA70_SchedulesShowTheirRuns(t *testing.T) {
	nightly := tasks.New("jobs.nightly", func(context.Context, jobArgs) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{nightly}, Schedules: []tasks.Schedule{{Name: "night", Cron: "0 3 * * *", Call: nightly.Call(jobArgs{N: 3})}}})
		s, seen := c.Jobs(), watch(t, c)
		list := must(s.Schedules(t.Context()))(t)
		if len(list) != 1 || list[0].Name != "night" || list[0].Kind != "jobs.nightly" || len(list[0].Next) != 5 || list[0].Words == "" || list[0].Zone != "UTC" {
			t.Fatalf("the schedules are %+v", list)
		}
		id := must(s.Trigger(t.Context(), "night"))(t)
		n := must(strconv.ParseInt(id, 10, 64))(t)
		seen.until(n)
		if d := must(s.Job(t.Context(), id))(t); d.Schedule != "night" || d.State != jobs.Completed {
			t.Errorf("the job that was queued by hand is %+v", d)
		}
		if _, err := s.Trigger(t.Context(), "nothing"); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("trigger what is not there: %v", err)
		}
	})
}

// A job that somebody queues by hand has arguments that its task takes, or none is queued.
func TestEnqueueByHand_ArgumentsAreThoseOfTheTask(t *testing.T) {
	work := tasks.New("jobs.byhand", func(context.Context, jobArgs) error { return nil })
	count := tasks.New("jobs.byhand_number", func(context.Context, int) error { return nil })
	onEngines(t, func(t *testing.T, e *env) {
		c := e.start(tasks.Config{Tasks: []tasks.Definition{work, count}})
		var s jobs.Enqueuer = c.Jobs()
		for _, bad := range [][2]string{
			{"jobs.byhand", ""}, {"jobs.byhand", "null"}, {"jobs.byhand", "[]"}, {"jobs.byhand", `{"n":"three"}`}, {"jobs.byhand", `{"nobody":1}`},
			{"jobs.byhand", "{} {}"}, {"jobs.byhand_number", "{}"}, {"jobs.byhand_number", `{"value":"x"}`}, {"jobs.byhand_number", `{"value":1,"more":2}`},
		} {
			id, err := s.Enqueue(t.Context(), bad[0], json.RawMessage(bad[1]))
			if args, ok := errors.AsType[*jobs.ArgsError](err); !ok || args.Kind != bad[0] {
				t.Errorf("%s with %q: job %q, error %v", bad[0], bad[1], id, err)
			}
		}
		if _, err := s.Enqueue(t.Context(), "nothing", json.RawMessage("{}")); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("a kind that is not there: %v", err)
		}
		for kind, args := range map[string]string{"jobs.byhand": `{"n": 3}`, "jobs.byhand_number": `{"value": 7}`} {
			id := must(s.Enqueue(t.Context(), kind, json.RawMessage(args)))(t)
			want, _ := json.Marshal(json.RawMessage(args))
			if d := must(c.Jobs().Job(t.Context(), id))(t); d.Kind != kind || !bytes.Contains(compact(t, d.Args), want[1:len(want)-1]) {
				t.Errorf("%s: the job is %s %s", kind, d.Kind, d.Args)
			}
		}
		if page := must(c.Jobs().List(t.Context(), jobs.Query{Kinds: []string{"jobs.byhand", "jobs.byhand_number"}}))(t); len(page.Jobs) != 2 {
			t.Errorf("%d jobs, want the two that were right", len(page.Jobs))
		}
	})
}

func compact(t *testing.T, text []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Compact(&b, text); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestA70_ASearchEndsWithItsBudget puts what is looked for behind more jobs than fit.
func TestA70_ASearchEndsWithItsBudget(t *testing.T) {
	none := tasks.New[jobArgs]("jobs.search", nil)
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: []tasks.Definition{none}, InsertOnly: true})
		first := must(none.Enqueue(e.ctx(c), jobArgs{Note: "needle"}))(t)
		fill := "INSERT INTO river_job (kind, args, max_attempts, queue, priority, state, tags) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 30000) SELECT 'other', jsonb('{}'), 4, 'default', 2, 'available', jsonb('[]') FROM n"
		if e.driver != "sqlite" {
			fill = "INSERT INTO river_job (kind, args, max_attempts, queue, priority, state) SELECT 'other', '{}', 4, 'default', 2, 'available' FROM generate_series(1, 30000)"
		}
		e.exec(fill)
		q := jobs.Query{Text: "needle", Budget: 1}
		pages := 0
		for {
			p := must(c.Jobs().List(t.Context(), q))(t)
			pages++
			if len(p.Jobs) == 1 {
				if p.Jobs[0].ID != fmt.Sprint(first.ID()) {
					t.Errorf("found %+v", p.Jobs)
				}
				break
			}
			if p.Complete || p.Next == "" {
				t.Fatalf("page %d ends the search: %+v", pages, p)
			}
			q.After = p.Next
		}
		if pages < 2 {
			t.Error("the budget did not end the search")
		}
		if got := find(t, c.Jobs(), jobs.Query{Text: "needle", States: []jobs.State{jobs.Available}, Budget: time.Minute}); len(got) != 1 {
			t.Errorf("with enough time: %+v", got)
		}
	})
}

// TestTK49_WhatMetricsAreMadeOf holds what Prometheus is told: see instrument/metrics.
func TestTK49_WhatMetricsAreMadeOf(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		kind := "tk49." + e.name
		task := tasks.New(kind, func(ctx context.Context, a jobArgs) error {
			if tasks.Current(ctx).Attempt == 1 {
				return errBoom
			}
			return nil
		}, tasks.Options{Queue: "mail", Retry: tasks.Retry{Delay: -1}})
		c := e.start(tasks.Config{Tasks: []tasks.Definition{task}, Queues: map[string]tasks.Queue{"default": {}, "mail": {}}})
		seen := watch(t, c)
		seen.until(must(task.Enqueue(e.ctx(c), jobArgs{}))(t).ID())
		counts := map[string]uint64{}
		for _, a := range c.Jobs().Attempts() {
			if a.Kind != kind || a.Queue != "mail" {
				t.Errorf("an attempt of %s in %s", a.Kind, a.Queue)
			}
			counts[a.Outcome] = a.Count
		}
		if counts["retryable"] != 1 || counts["completed"] != 1 || len(counts) != 2 {
			t.Errorf("the attempts are %v, want one that is retried and one that is done", counts)
		}
		waits := c.Jobs().Waits()
		if len(waits) != 1 || waits[0].Queue != "mail" || waits[0].Stats.Count != 2 || waits[0].Stats.Hist.Count() != 2 || waits[0].Stats.Max > time.Minute {
			t.Errorf("the waits are %+v, want two in mail", waits)
		}
	})
}
