package tasks_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// hand is a clock that tests set.
type hand struct {
	mu  sync.Mutex
	now time.Time
}

func at(text string) *hand {
	now, err := time.Parse(time.DateTime, text)
	if err != nil {
		panic(err)
	}
	return &hand{now: now}
}

func (h *hand) Now() time.Time {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.now
}

func (h *hand) set(text string) { h.to(at(text).now) }

func (h *hand) to(now time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.now = now
}

var tickTask = tasks.New("schedule.tick", func(context.Context, struct{}) error { return nil })

var ticking = []tasks.Definition{tickTask}

func ticks(t testing.TB, c *tasks.Client) (queued, skipped, missed []string) {
	t.Helper()
	for _, tick := range must(c.Schedules(t.Context()))(t)[0].Ticks {
		text := tick.At.UTC().Format("15:04:05")
		switch tick.State {
		case tasks.TickQueued:
			queued = append([]string{text}, queued...)
		case tasks.TickSkipped:
			skipped = append([]string{text}, skipped...)
		case tasks.TickMissed:
			missed = append([]string{text}, missed...)
		}
	}
	return queued, skipped, missed
}

func same(t testing.TB, what string, got []string, want ...string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("%s: %v, expected %v", what, got, want)
	}
}

func run(t testing.TB, c *tasks.Client) {
	t.Helper()
	if err := c.RunSchedules(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestTK40_OneJobForEachTickOverSeveralProcesses(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 08:58:30")
		config := tasks.Config{Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{
			{Name: "every-minute", Cron: "* * * * *", Call: tickTask.Call(struct{}{})},
		}}
		clients := []*tasks.Client{e.open(config), e.open(config), e.open(config)}
		for _, c := range clients {
			run(t, c) // the timetable begins now: nothing is due
		}
		for range 5 {
			clock.to(clock.Now().Add(time.Minute))
			var all sync.WaitGroup
			for _, c := range clients {
				all.Go(func() { run(t, c) })
			}
			all.Wait()
		}
		if n := e.count("SELECT count(*) FROM river_job"); n != 5 {
			t.Errorf("five ticks gave %d jobs, expected 5", n)
		}
		queued, _, missed := ticks(t, clients[0])
		same(t, "queued", queued, "08:59:00", "09:00:00", "09:01:00", "09:02:00", "09:03:00")
		same(t, "missed", missed)
	})
}

func TestTK40_AMissedTickIsShownAndNotMadeUpFor(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 08:59:30")
		config := tasks.Config{Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{
			{Name: "every-10-minutes", Cron: "*/10 * * * *", Call: tickTask.Call(struct{}{})},
		}}
		c := e.open(config)
		run(t, c)
		clock.set("2026-03-02 09:00:00")
		run(t, c)
		clock.set("2026-03-02 09:30:20") // nobody was there at 9:10 and 9:20; 9:30 is 20 s late
		run(t, c)
		run(t, c)
		queued, _, missed := ticks(t, c)
		same(t, "queued", queued, "09:00:00", "09:30:00")
		same(t, "missed", missed, "09:10:00", "09:20:00")
		clock.set("2026-03-02 09:49:00")
		again := e.open(config) // a process that starts finds what it was not there for
		run(t, again)
		info := must(again.Schedules(t.Context()))(t)[0]
		if info.Missed != 3 {
			t.Errorf("%d ticks were missed, expected 3: 9:10, 9:20, 9:40", info.Missed)
		}
		if n := e.count("SELECT count(*) FROM river_job"); n != 2 {
			t.Errorf("%d jobs were queued, expected 2", n)
		}
	})
}

func TestTK40_AnIntervalFirstFiresAtItsNextMultiple(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:04:10")
		c := e.open(tasks.Config{Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{
			{Name: "often", Every: 15 * time.Second, Call: tickTask.Call(struct{}{})},
		}})
		run(t, c)
		for range 3 {
			clock.to(clock.Now().Add(10 * time.Second))
			run(t, c)
		}
		queued, _, missed := ticks(t, c)
		same(t, "queued", queued, "09:04:15", "09:04:30")
		same(t, "missed", missed)
	})
}

func TestTK40_OverlapAllowsSkipsOrReplaces(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:00:30")
		for overlap, want := range map[tasks.Overlap]string{tasks.Allow: "2 available", tasks.Skip: "1 available", tasks.Replace: "1 available 1 cancelled"} {
			clock.set("2026-03-02 09:00:30")
			c := e.open(tasks.Config{Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{
				{Name: "overlap-" + overlap.String(), Cron: "* * * * *", Overlap: overlap, Call: tickTask.Call(struct{}{})},
			}})
			e.exec("DELETE FROM river_job")
			run(t, c)
			clock.set("2026-03-02 09:01:00")
			run(t, c)
			clock.set("2026-03-02 09:02:00")
			run(t, c)
			got := ""
			for _, state := range []string{"available", "cancelled"} {
				if n := e.count("SELECT count(*) FROM river_job WHERE state = $1", state); n > 0 {
					got += " " + string(rune('0'+n)) + " " + state
				}
			}
			if got[1:] != want {
				t.Errorf("%s: the jobs are%s, expected %s", overlap, got, want)
			}
			if _, skipped, _ := ticks(t, c); (overlap == tasks.Skip) != (len(skipped) == 1) {
				t.Errorf("%s: %v were skipped", overlap, skipped)
			}
		}
	})
}

func TestTK40_ANewTimetableBeginsAnew(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 09:00:30")
		open := func(cron string) *tasks.Client {
			c := e.open(tasks.Config{Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{
				{Name: "report", Cron: cron, Call: tickTask.Call(struct{}{})},
			}})
			run(t, c)
			return c
		}
		open("0 * * * *")
		clock.set("2026-03-02 12:30:00")
		c := open("*/5 * * * *") // no tick of the new timetable was missed before it was there
		if info := must(c.Schedules(t.Context()))(t)[0]; info.Missed != 0 || !info.Since.Equal(clock.Now()) {
			t.Errorf("the schedule is %+v, expected it to be new", info)
		}
	})
}

func TestTK40_AStartedClientQueuesByItself(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		c := e.open(tasks.Config{Tasks: ticking, Schedules: []tasks.Schedule{
			{Name: "each-second", Every: time.Second, Call: tickTask.Call(struct{}{})},
		}})
		seen := watch(t, c, river.EventKindJobCompleted)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		job := seen.next().Job
		var meta struct {
			Schedule string    `json:"toolbar:schedule"`
			Tick     time.Time `json:"toolbar:tick"`
		}
		decode(t, job.Metadata, &meta)
		if meta.Schedule != "each-second" || meta.Tick.IsZero() || meta.Tick.Nanosecond() != 0 {
			t.Errorf("the job says that it was queued by %q for %s", meta.Schedule, meta.Tick)
		}
	})
}

// TestTK41 pins that a line with both days is due on either of them, as cron(8) has it and
// Celery has not.
func TestTK41_DayOfMonthOrDayOfWeek(t *testing.T) {
	t.Parallel()
	next := nextOf(t, tasks.Schedule{Cron: "0 0 18 * mon"}, "2010-01-18 00:00:00", 2)
	same(t, "ticks", next, "2010-01-25 00:00:00", "2010-02-01 00:00:00")
}

func TestTK42_WhatCronRefusesIsRefusedAtOpen(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		for spec, want := range map[string]string{
			"0 22-5 * * *":   "beyond end of range",
			"0 0 * * 7":      "above maximum",
			"0 0 30 2 *":     "never comes",
			"* * * *":        "expected exactly 5 fields",
			"@every 5m":      "set Schedule.Every",
			"TZ=UTC * * * *": "set Schedule.Zone",
			"soon":           "expected exactly 5 fields",
		} {
			_, err := e.tryOpen(tasks.Config{Tasks: ticking, Schedules: []tasks.Schedule{{Name: "bad", Cron: spec, Call: tickTask.Call(struct{}{})}}})
			if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), `schedule "bad"`) {
				t.Errorf("%q: %v, expected an error with %q", spec, err, want)
			}
		}
	})
}

func TestTK42_FieldsAreThoseOfCrontab(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string][]string{
		"*/20 * * * *":     {"2026-03-02 09:20:00", "2026-03-02 09:40:00", "2026-03-02 10:00:00"},
		"0 0 * * sun":      {"2026-03-08 00:00:00", "2026-03-15 00:00:00", "2026-03-22 00:00:00"},
		"30 8,17 * * 1-5":  {"2026-03-02 17:30:00", "2026-03-03 08:30:00", "2026-03-03 17:30:00"},
		"0 12 1 jan,JUL *": {"2026-07-01 12:00:00", "2027-01-01 12:00:00", "2027-07-01 12:00:00"},
		"@monthly":         {"2026-04-01 00:00:00", "2026-05-01 00:00:00", "2026-06-01 00:00:00"},
		"59 23 31 12 *":    {"2026-12-31 23:59:00", "2027-12-31 23:59:00", "2028-12-31 23:59:00"},
		"0 0 29 2 *":       {"2028-02-29 00:00:00", "2032-02-29 00:00:00", "2036-02-29 00:00:00"},
		"5-15/5 9 2 3 *":   {"2026-03-02 09:10:00", "2026-03-02 09:15:00", "2027-03-02 09:05:00"},
	} {
		same(t, spec, nextOf(t, tasks.Schedule{Cron: spec}, "2026-03-02 09:05:00", 3), want...)
	}
}

func TestTK43_ClocksThatGoForwardAndBack(t *testing.T) {
	t.Parallel()
	berlin := must(time.LoadLocation("Europe/Berlin"))(t)
	// 29 March 2026: 2:00 becomes 3:00. 25 October 2026: 3:00 becomes 2:00.
	same(t, "9:00 stays 9:00 by the clock", nextOf(t, tasks.Schedule{Cron: "0 9 * * *", Zone: berlin}, "2026-03-28 08:00:00", 2),
		"2026-03-29 07:00:00", "2026-03-30 07:00:00")
	same(t, "9:00 stays 9:00 in autumn", nextOf(t, tasks.Schedule{Cron: "0 9 * * *", Zone: berlin}, "2026-10-24 07:00:00", 2),
		"2026-10-25 08:00:00", "2026-10-26 08:00:00")
	same(t, "2:30 does not exist in spring", nextOf(t, tasks.Schedule{Cron: "30 2 * * *", Zone: berlin}, "2026-03-28 02:00:00", 2),
		"2026-03-30 00:30:00", "2026-03-31 00:30:00")
	same(t, "2:30 comes twice in autumn", nextOf(t, tasks.Schedule{Cron: "30 2 * * *", Zone: berlin}, "2026-10-24 12:00:00", 3),
		"2026-10-25 00:30:00", "2026-10-25 01:30:00", "2026-10-26 01:30:00")
	same(t, "UTC has no such days", nextOf(t, tasks.Schedule{Cron: "30 2 * * *"}, "2026-03-28 12:00:00", 2),
		"2026-03-29 02:30:00", "2026-03-30 02:30:00")
}

// nextOf gives the ticks after a time, in UTC.
func nextOf(t testing.TB, s tasks.Schedule, after string, n int) (list []string) {
	t.Helper()
	clock := at(after)
	_, dsn := sqliteDSN(t)
	s.Name, s.Call = "next", tickTask.Call(struct{}{})
	c := must(tasks.Open(t.Context(), tasks.Config{DSN: dsn, Tasks: ticking, InsertOnly: true, Now: clock.Now, Schedules: []tasks.Schedule{s}}))(t)
	defer c.Close(t.Context())
	info := must(c.Schedules(t.Context()))(t)[0]
	if len(info.Next) != 5 {
		t.Errorf("%d ticks are listed, expected 5", len(info.Next))
	}
	for _, next := range info.Next[:n] {
		list = append(list, next.UTC().Format(time.DateTime))
	}
	return list
}

func TestSchedule_MistakesAreNamedAtOpen(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		call := tickTask.Call(struct{}{})
		other := tasks.New("schedule.other."+e.name, func(context.Context, struct{}) error { return nil })
		for want, list := range map[string][]tasks.Schedule{
			"set one of Cron and Every":      {{Name: "none", Call: call}},
			"a second is the least":          {{Name: "fast", Every: time.Millisecond, Call: call}},
			"another schedule has":           {{Name: "two", Cron: "@daily", Call: call}, {Name: "two", Cron: "@daily", Call: call}},
			"the name must match":            {{Name: "a b", Cron: "@daily", Call: call}},
			"a call is empty":                {{Name: "empty", Cron: "@daily"}},
			"not among Config.Tasks":         {{Name: "unknown", Cron: "@daily", Call: other.Call(struct{}{})}},
			"set Config.Commands":            {{Name: "command", Cron: "@daily", Call: tasks.Command("cleanup")}},
			"the command has no name":        {{Name: "nameless", Cron: "@daily", Call: tasks.Command("")}},
			`queue "nowhere" does not exist`: {{Name: "nowhere", Cron: "@daily", Call: tickTask.With(tasks.Options{Queue: "nowhere"}).Call(struct{}{})}},
		} {
			_, err := e.tryOpen(tasks.Config{Tasks: ticking, Schedules: list})
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("got %v, expected an error with %q", err, want)
			}
		}
	})
}

// commander stands for *commands.Root.
type commander func(ctx context.Context, name string, args ...any) error

func (f commander) Call(ctx context.Context, name string, args ...any) error {
	return f(ctx, name, args...)
}

func TestSchedule_RunsCommands(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		clock := at("2026-03-02 02:59:30")
		got := make(chan []any, 1)
		c := e.start(tasks.Config{Tasks: ticking, Now: clock.Now, Schedules: []tasks.Schedule{
			{Name: "cleanup-at-night", Cron: "0 3 * * *", Call: tasks.Command("cleanup", "--days", 30)},
		}, Commands: commander(func(_ context.Context, name string, args ...any) error {
			got <- append([]any{name}, args...)
			return errors.New("the disk is full")
		})})
		seen := watch(t, c)
		run(t, c)
		clock.set("2026-03-02 03:00:00")
		run(t, c)
		job := seen.next().Job
		if line := <-got; len(line) != 3 || line[0] != "cleanup" || line[1] != "--days" || line[2] != "30" {
			t.Errorf("the command line was %v", line)
		}
		if job.State != "discarded" || job.Errors[0].Error != "the disk is full" {
			t.Errorf("the job is %s with %v, expected a command to be run once", job.State, job.Errors)
		}
	})
}

func TestWords_SayACrontabLine(t *testing.T) {
	t.Parallel()
	for spec, want := range map[string]string{
		"* * * * *":        "every minute",
		"*/15 * * * *":     "every 15 minutes",
		"0 9 * * 1-5":      "at 09:00, Monday to Friday",
		"0 9,18 * * *":     "at 09:00 and 18:00",
		"30 * * * *":       "every hour at minute 30",
		"0 0 1 * *":        "at 00:00, on day 1 of the month",
		"0 0 18 * mon":     "at 00:00, on day 18 of the month or on Monday",
		"0 12 1 jan,jul *": "at 12:00, on day 1 of the month, in January and July",
		"*/5 8-17 * * *":   "every 5 minutes during hour 8 to 17",
		"0 */2 * * *":      "at minute 0 of every 2nd hour",
		"15,45 * * * *":    "at minute 15 and 45 of every hour",
		"@daily":           "at 00:00",
		"@weekly":          "at 00:00, Sunday",
		"0 0 */3 * *":      "at 00:00, every 3rd day of the month",
	} {
		if got := must(tasks.Words(spec))(t); got != want {
			t.Errorf("%q is %q, expected %q", spec, got, want)
		}
	}
	if _, err := tasks.Words("0 22-5 * * *"); err == nil {
		t.Error("a line that cron refuses has words")
	}
}

// River's own cleaner looks at the machine's clock, and would take jobs of an earlier day for old ones.
func TestConfig_JobsOfAClockOfItsOwnAreNotRemovedAsOld(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		past := func() time.Time { return time.Now().AddDate(-1, 0, 0) }
		hour := func(rc *river.Config) { rc.CompletedJobRetentionPeriod = time.Hour }
		for _, c := range []struct {
			config            tasks.Config
			completed, others time.Duration // 0: as River has it
		}{
			{tasks.Config{}, 0, 0},
			{tasks.Config{Now: past}, -1, -1},
			{tasks.Config{Now: past, River: hour}, time.Hour, -1},
		} {
			var got *river.Config
			change := c.config.River
			c.config.Tasks, c.config.InsertOnly = []tasks.Definition{failing}, true
			c.config.River = func(rc *river.Config) {
				if change != nil {
					change(rc)
				}
				got = rc
			}
			e.open(c.config)
			if got.CompletedJobRetentionPeriod != c.completed || got.CancelledJobRetentionPeriod != c.others || got.DiscardedJobRetentionPeriod != c.others {
				t.Errorf("jobs are kept for %v, %v and %v, expected %v and %v", got.CompletedJobRetentionPeriod, got.CancelledJobRetentionPeriod, got.DiscardedJobRetentionPeriod, c.completed, c.others)
			}
		}
	})
}
