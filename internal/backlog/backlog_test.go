package backlog_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/internal/backlog"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plenty is more than any of these tests needs.
const plenty = 1000

func offer[T any](q *backlog.Queue[T], item T) bool { return q.Offer(1, func() T { return item }) }

func flush[T any](t *testing.T, q *backlog.Queue[T]) {
	t.Helper()
	if err := q.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// check holds that the account adds up, and gives it.
func check[T any](t *testing.T, q *backlog.Queue[T]) backlog.Stats {
	t.Helper()
	s := q.Stats()
	if s.Offered != s.Done+s.Failed+s.Dropped()+uint64(s.Queued) {
		t.Errorf("the account does not add up: %+v", s)
	}
	return s
}

func TestQueue_DoesEverythingInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var got []int
		q := backlog.New(backlog.Config[int]{Items: plenty, Bytes: plenty, Do: func(_ context.Context, n int) error {
			time.Sleep(time.Second)
			got = append(got, n)
			return nil
		}})
		for n := range 3 {
			offer(q, n)
		}
		flush(t, q)
		synctest.Wait() // the goroutine ends when nothing waits
		offer(q, 3)
		flush(t, q)
		if want := []int{0, 1, 2, 3}; !slices.Equal(got, want) {
			t.Errorf("did %v, want %v", got, want)
		}
		if s := check(t, q); s.Done != 4 || s.Bytes != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestQueue_IsBoundInItemsAndBytesWithTheOneInHand(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		q := backlog.New(backlog.Config[int]{Items: 3, Bytes: 10, Do: func(context.Context, int) error { <-release; return nil }})
		item := func() int { return 1 }
		if q.Offer(11, item) {
			t.Error("what is larger than the bound was taken")
		}
		if !q.Offer(8, item) || !q.Offer(2, item) || q.Offer(1, item) {
			t.Error("ten bytes fit, and no more")
		}
		if !q.Offer(0, item) || q.Offer(0, func() int { t.Error("asked for what has no room"); return 0 }) {
			t.Error("three items fit, and no more")
		}
		synctest.Wait()
		s := check(t, q)
		if s.TooLarge != 2 || s.TooMany != 1 || s.Full() != 3 || s.Queued != 3 || s.Bytes != 10 {
			t.Errorf("%+v", s)
		}
		close(release)
		flush(t, q)
		if s := check(t, q); s.Queued != 0 || s.Bytes != 0 || !q.Offer(10, item) {
			t.Errorf("there is no room again: %+v", s)
		}
		flush(t, q)
	})
}

func TestQueue_FlushWaitsForWhatWasOfferedBeforeAndNoMore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := backlog.New(backlog.Config[int]{Items: plenty, Bytes: plenty, Do: func(context.Context, int) error { time.Sleep(time.Second); return nil }})
		began := time.Now()
		offer(q, 1)
		offer(q, 2)
		go func() {
			time.Sleep(time.Second / 2)
			for range 10 {
				offer(q, 3)
			}
		}()
		flush(t, q)
		if took := time.Since(began); took != 2*time.Second {
			t.Errorf("it took %s, want two seconds", took)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second/2)
		defer cancel()
		if err := q.Flush(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the error is %v", err)
		}
		flush(t, q)
		if took := time.Since(began); took != 12*time.Second {
			t.Errorf("it took %s, want twelve seconds", took)
		}
	})
}

func TestQueue_SurvivesWhatItCalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do     func() error
		panics uint64
		says   string
	}{
		"an error":                    {func() error { return errors.New("no route") }, 0, "no route"},
		"a panic":                     {func() error { panic("at the disco") }, 1, "panic: at the disco"},
		"the end of its goroutine":    {func() error { runtime.Goexit(); return nil }, 0, "Goexit"},
		"an error that panics itself": {func() error { return sulking{} }, 0, "PANIC"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				q := backlog.New(backlog.Config[bool]{Items: plenty, Bytes: plenty, Do: func(_ context.Context, bad bool) error {
					if bad {
						return c.do()
					}
					return nil
				}})
				for range 2 {
					offer(q, true)
					offer(q, false)
				}
				flush(t, q)
				if s := check(t, q); s.Done != 2 || s.Failed != 2 || s.Panics != 2*c.panics || !strings.Contains(s.LastError, c.says) {
					t.Errorf("%+v", s)
				}
			})
		})
	}
}

// sulking is an error that cannot be asked.
type sulking struct{}

func (sulking) Error() string { panic("leave me alone") }

func TestQueue_CloseDoesWhatWaitsAndTakesNothingNew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := backlog.New(backlog.Config[int]{Items: plenty, Bytes: plenty, Do: func(ctx context.Context, _ int) error { time.Sleep(time.Second); return ctx.Err() }})
		offer(q, 1)
		offer(q, 2)
		if err := q.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if offer(q, 3) {
			t.Error("it takes more after Close")
		}
		if s := check(t, q); s.Done != 2 || s.Closed != 1 {
			t.Errorf("%+v", s)
		}
		if err := q.Close(t.Context()); err != nil {
			t.Errorf("a second Close: %v", err)
		}
	})
}

func TestQueue_CloseWithoutTimeDropsWhatWaitsAndCancelsTheRest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := backlog.New(backlog.Config[int]{Items: plenty, Bytes: plenty, Do: func(ctx context.Context, _ int) error { <-ctx.Done(); return ctx.Err() }})
		for n := range 3 {
			offer(q, n)
		}
		synctest.Wait()
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		waited := make(chan error, 1)
		go func() { waited <- q.Flush(t.Context()) }()
		if err := q.Close(short); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "2 were dropped") {
			t.Errorf("the error is %v", err)
		}
		if err := <-waited; err != nil {
			t.Errorf("who waited for what was dropped: %v", err)
		}
		if s := check(t, q); s.Failed != 1 || s.Abandoned != 2 || s.Queued != 0 || s.Bytes != 0 {
			t.Errorf("%+v", s)
		}
	})
}

func TestQueue_AbandonLeavesNobodyWaiting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		q := backlog.New(backlog.Config[int]{Items: plenty, Bytes: plenty, Do: func(context.Context, int) error { <-release; return nil }})
		for n := range 3 {
			offer(q, n)
		}
		synctest.Wait()
		waited := make(chan error, 1)
		go func() { waited <- q.Flush(t.Context()) }()
		synctest.Wait()
		if n := q.Abandon(); n != 2 || q.Abandon() != 0 {
			t.Errorf("%d were dropped, want the two that were waiting, once", n)
		}
		select {
		case <-waited:
			t.Error("nobody waits for the one that is being done")
		default:
		}
		close(release)
		if err := <-waited; err != nil {
			t.Error(err)
		}
		if s := check(t, q); s.Done != 1 || s.Abandoned != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestQueue_ManyOfferWhileOthersFlush(t *testing.T) {
	t.Parallel()
	q := backlog.New(backlog.Config[int]{Items: 20, Bytes: plenty, Do: func(_ context.Context, n int) error {
		if n%7 == 0 {
			panic(n)
		}
		return nil
	}})
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for n := range 500 {
				offer(q, n)
				if n%50 == 0 {
					flush(t, q)
				}
			}
		})
	}
	all.Wait()
	if err := q.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := check(t, q); s.Offered != 2000 || s.Queued != 0 || s.Bytes != 0 || s.Done == 0 {
		t.Errorf("%+v", s)
	}
}

func TestQueue_OfNobodyDoesNothing(t *testing.T) {
	t.Parallel()
	var q *backlog.Queue[int]
	if offer(q, 1) || q.Flush(t.Context()) != nil || q.Close(t.Context()) != nil || q.Abandon() != 0 || q.Stats() != (backlog.Stats{}) {
		t.Error("a nil Queue does something")
	}
}
