package tasks_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// batches are the shop's jobs that make calls of a batch.
func (s *shop) batches() (list []jobs.Job) {
	for _, j := range s.jobs() {
		if j.Kind == "signal.batch" {
			list = append(list, j)
		}
	}
	return list
}

func (s *shop) flush() {
	s.t.Helper()
	if err := s.client.FlushBatches(s.t.Context()); err != nil {
		s.t.Fatal(err)
	}
}

// waiting is how many calls are in no job yet.
func (s *shop) waiting() int { return s.count("SELECT count(*) FROM toolbar_batch_item WHERE job = 0") }

// plain is a context that names no queue: each receiver has its own.
func (s *shop) plain() context.Context { return tasks.WithClient(s.t.Context(), s.client) }

// number makes a signal of numbers whose receiver notes them under a name.
func (s *shop) number(name string, queue signals.Queue) *signals.Signal[int] {
	sig := signals.New[int](s.t.Name() + " " + name)
	sig.Connect(func(_ context.Context, e signals.Event[int]) error { s.note("%s %d", name, e.Payload); return nil }, signals.UID(name), signals.Queued(queue))
	return sig
}

func mustSend(t *testing.T, ctx context.Context, s *signals.Signal[int], n int) {
	t.Helper()
	if _, err := s.Send(ctx, nil, n); err != nil {
		t.Fatal(err)
	}
}

func TestA32_BatchesOfASizeAreOfOneSignalAndInOrder(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{Now: time.Now})
		b := s.client.Batched(tasks.Batch{Size: 100, Interval: time.Hour})
		one, two := s.number("one", b), s.number("two", b)
		for n := range 125 {
			mustSend(t, s.plain(), one, n)
			mustSend(t, s.plain(), two, n)
		}
		s.flush()
		if got := s.batches(); len(got) != 2 || s.waiting() != 50 {
			t.Fatalf("%d jobs, %d calls wait, want 2 and 50", len(got), s.waiting())
		}
		if err := b.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.Flush(t.Context()); err != nil { // nothing is left
			t.Fatal(err)
		}
		s.start()
		for _, j := range s.finish(4) {
			if j.State != jobs.Completed {
				t.Errorf("the job is %+v", j)
			}
		}
		by := map[string][]string{}
		for _, n := range s.take() {
			name, _, _ := strings.Cut(n, " ")
			by[name] = append(by[name], n)
		}
		for name, got := range by {
			sorted := slices.Clone(got)
			slices.Sort(sorted)
			if len(got) != 125 || len(slices.Compact(sorted)) != 125 {
				t.Errorf("%s: %d calls, %d different", name, len(got), len(slices.Compact(sorted)))
			}
		}
		if s.count("SELECT count(*) FROM toolbar_batch_item") != 0 {
			t.Error("calls are left behind")
		}
	})
}

// TestA32_TheOrderWithinABatchIsKept has one batch, so that there is one order.
func TestA32_TheOrderWithinABatchIsKept(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		sig := s.number("n", s.client.Batched(tasks.Batch{Size: 50, Interval: time.Hour}))
		s.start()
		var want []string
		for n := range 50 {
			mustSend(t, s.plain(), sig, n)
			want = append(want, fmt.Sprintf("n %d", n))
		}
		s.finish(1) // it was queued by its size alone
		if got := s.take(); !slices.Equal(got, want) {
			t.Errorf("made in order %v", got)
		}
	})
}

// TestA33_D10 holds that a batch is queued by its own clock, and not by the next call.
func TestA33_D10_BatchesAreQueuedWhenTheirIntervalIsOver(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		start := time.Now().Truncate(time.Second)
		var passed atomic.Int64
		s := newShop(t, e, tasks.Config{Now: func() time.Time { return start.Add(time.Duration(passed.Load())) }})
		b := s.client.Batched(tasks.Batch{Interval: time.Minute})
		one, two := s.number("one", b), s.number("two", b)
		s.flush()
		if got := s.batches(); len(got) != 0 {
			t.Errorf("an empty flush queued %v", got)
		}
		for n := range 3 {
			mustSend(t, s.plain(), one, n)
		}
		passed.Store(int64(30 * time.Second))
		mustSend(t, s.plain(), two, 0)
		for at, want := range map[time.Duration]int{59 * time.Second: 0} {
			passed.Store(int64(at))
			s.flush()
			if got := s.batches(); len(got) != want {
				t.Errorf("after %s: %d jobs", at, len(got))
			}
		}
		passed.Store(int64(time.Minute))
		s.flush()
		if got := s.batches(); len(got) != 1 || !strings.Contains(got[0].Arguments, "one") || s.waiting() != 1 {
			t.Errorf("after a minute: %+v, %d wait", got, s.waiting())
		}
		passed.Store(int64(90 * time.Second))
		s.flush()
		if got := s.batches(); len(got) != 2 || s.waiting() != 0 {
			t.Errorf("after a minute of the second: %+v", got)
		}
	})
}

func TestA33_AStartedClientFlushesByItselfAndAtItsEnd(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		soon := s.number("soon", s.client.Batched(tasks.Batch{Interval: 20 * time.Millisecond}))
		late := s.number("late", s.client.Batched(tasks.Batch{Interval: time.Hour}))
		s.start()
		for n := range 3 {
			mustSend(t, s.plain(), soon, n)
		}
		for made := 0; made < 3; made += len(s.take()) { // without another call
			s.seen.next()
		}
		for n := range 7 {
			mustSend(t, s.plain(), late, n)
		}
		if err := s.client.Close(context.Background()); err != nil {
			t.Fatal(err)
		}
		next := newShopOn(t, s)
		if list := next.batches(); s.waiting() != 0 || list[len(list)-1].State != jobs.Available {
			t.Fatalf("%d calls wait, the jobs are %+v", s.waiting(), list)
		}
		next.start()
		next.seen.next() // the batch is all that there is to do
		if got := s.take(); len(got) != 7 || next.count("SELECT count(*) FROM toolbar_batch_item") > 0 {
			t.Errorf("the next process made %v, and %d calls are left", got, next.count("SELECT count(*) FROM toolbar_batch_item"))
		}
	})
}

// newShopOn is the next process on the same database.
func newShopOn(t *testing.T, s *shop) *shop {
	t.Helper()
	next := &shop{env: s.env, changed: s.changed, client: s.env.open(tasks.Config{DB: s.env.db, Tasks: []tasks.Definition{}})}
	next.seen = watch(t, next.client)
	return next
}

func TestA34_D09_CallsThatFailAreRetriedSinglyAndNothingGoesRound(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{Retry: tasks.Retry{Delay: time.Millisecond}})
		b := s.client.Batched(tasks.Batch{Size: 6, Interval: time.Hour})
		sig := signals.New[int](t.Name() + " batched")
		tries := map[int]int{}
		sig.Connect(func(_ context.Context, ev signals.Event[int]) error {
			s.note("%d", ev.Payload)
			s.mu.Lock()
			tries[ev.Payload]++
			n := tries[ev.Payload]
			s.mu.Unlock()
			switch {
			case ev.Payload == 3 && n < 3:
				return errBoom
			case ev.Payload == 4 && n < 2:
				panic("four")
			case ev.Payload == 5:
				return tasks.Permanent(errBoom)
			}
			return nil
		}, signals.UID("store"), signals.Queued(b)) // it batches the very signal that is replayed
		for n := 1; n <= 6; n++ {
			mustSend(t, s.plain(), sig, n)
		}
		s.start()
		list := s.finish(3) // the batch, and two calls by themselves
		if list[0].Kind != "signal.batch" || list[0].Attempt != 1 || list[1].Kind != "signal.deliver" || list[1].Attempt != 2 || list[2].Attempt != 1 {
			t.Errorf("the jobs are %+v", list)
		}
		got := s.take()
		if !slices.Equal(got[:6], []string{"1", "2", "3", "4", "5", "6"}) {
			t.Errorf("the batch was made as %v", got)
		}
		rest := got[6:]
		slices.Sort(rest)
		if !slices.Equal(rest, []string{"3", "3", "4"}) {
			t.Errorf("again: %v, want 3 twice and 4 once", rest)
		}
		if n := s.count("SELECT count(*) FROM toolbar_batch_item"); n != 0 {
			t.Errorf("%d calls were queued again", n)
		}
	})
}

func TestA30_ACallOfATransactionThatIsRolledBackIsInNoBatch(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		s := newShop(t, e, tasks.Config{})
		sig := s.number("n", s.client.Batched(tasks.Batch{}))
		tx := must(e.db.BeginTx(t.Context(), nil))(t)
		mustSend(t, tasks.WithTx(s.plain(), tx), sig, 1)
		if err := tx.Rollback(); err != nil {
			t.Fatal(err)
		}
		if n := s.waiting(); n != 0 {
			t.Errorf("%d calls wait", n)
		}
	})
}

// killed is the signal of TestA34_NothingIsLostOrMadeTwiceOverAKill, in both processes.
var killed = signals.New[int]("tasks_test_killed")

// TestA34_NothingIsLostOrMadeTwiceOverAKill kills a process that has made the first two
// calls of a batch and is at the third, with three more in a batch that is not queued yet.
func TestA34_NothingIsLostOrMadeTwiceOverAKill(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		e.exec("CREATE TABLE made (n INT)")
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), "TASKS_TEST_CHILD=batch", "TASKS_TEST_DSN="+e.dsn)
		child.Stderr = os.Stderr
		out := must(child.StdoutPipe())(t)
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "at the third" {
		}
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait()
		if got := e.count("SELECT count(*) FROM made"); got != 2 {
			t.Fatalf("%d calls were made before the kill", got)
		}

		c := e.open(tasks.Config{Tasks: []tasks.Definition{}})
		make := func(ctx context.Context, ev signals.Event[int]) error {
			_, err := e.db.ExecContext(ctx, "INSERT INTO made VALUES ($1)", ev.Payload)
			return err
		}
		defer killed.Connect(make, signals.UID(e.name), signals.Queued()).Disconnect()
		e.exec("UPDATE river_job SET state = 'available' WHERE state = 'running'") // as the rescuer does, an hour later
		seen := watch(t, c)
		if err := c.Start(context.Background()); err != nil {
			t.Fatal(err)
		}
		if err := c.Batched(tasks.Batch{}).Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for e.count("SELECT count(*) FROM river_job WHERE state = 'completed'") < 2 {
			seen.next()
		}
		rows := must(e.db.Query("SELECT n FROM made ORDER BY n"))(t)
		defer rows.Close()
		var got []int
		for rows.Next() {
			var n int
			if err := rows.Scan(&n); err != nil {
				t.Fatal(err)
			}
			got = append(got, n)
		}
		if want := []int{1, 2, 3, 4, 5, 11, 12, 13}; !slices.Equal(got, want) {
			t.Errorf("made %v, want each of %v once", got, want)
		}
	})
}

// batchChild is the process that is killed.
func batchChild(dsn string) error {
	ctx := context.Background()
	c, err := tasks.Open(ctx, tasks.Config{DSN: dsn, Tasks: []tasks.Definition{}})
	if err != nil {
		return err
	}
	db, err := openApp(dsn)
	if err != nil {
		return err
	}
	queue := c.Batched(tasks.Batch{Size: 5, Interval: time.Hour})
	name := "sqlite"
	if strings.HasPrefix(dsn, "postgres:") {
		name = "postgres"
	}
	killed.Connect(func(ctx context.Context, e signals.Event[int]) error {
		if e.Payload == 3 {
			fmt.Println("at the third")
			select {} // until it is killed
		}
		_, err := db.ExecContext(ctx, "INSERT INTO made VALUES ($1)", e.Payload)
		return err
	}, signals.UID(name), signals.Queued(queue))
	for _, n := range []int{1, 2, 3, 4, 5} {
		if _, err := killed.Send(ctx, nil, n); err != nil {
			return err
		}
	}
	if err := c.FlushBatches(ctx); err != nil {
		return err
	}
	for _, n := range []int{11, 12, 13} {
		if _, err := killed.Send(ctx, nil, n); err != nil {
			return err
		}
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	select {}
}
