package collect_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

func flush(t *testing.T, c *collect.Collector) {
	t.Helper()
	if err := c.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
}

func TestSubscribersSeeWhatIsStoredInOrder(t *testing.T) {
	t.Parallel()
	m := &memory{}
	c := start(t, collect.Config{Store: m}, nil)
	a, b := c.Subscribe(100), c.Subscribe(0)
	equal(t, "subscribers", c.Stats().Subscribers, 2)
	put(c, 0, 50)
	flush(t, c)
	for _, s := range []*collect.Subscription{a, b} {
		for i := range 50 {
			e := <-s.Events()
			if e.Summary.ID != instrument.ID(i) || e.Skipped != 0 {
				t.Fatalf("event %d is %+v", i, e)
			}
		}
	}
	a.Close()
	a.Close()
	if _, ok := <-a.Events(); ok {
		t.Error("events after Close")
	}
	put(c, 50, 1)
	flush(t, c)
	equal(t, "event", (<-b.Events()).Summary.ID, 50)
	equal(t, "subscribers", c.Stats().Subscribers, 1)
}

func TestSlowSubscriberSkipsAndLearnsHowMany(t *testing.T) {
	t.Parallel()
	c := start(t, collect.Config{Store: &memory{}}, nil)
	s := c.Subscribe(10)
	defer s.Close()
	put(c, 0, 100)
	flush(t, c)
	for i := range 10 {
		e := <-s.Events()
		if e.Summary.ID != instrument.ID(i) || e.Skipped != 0 {
			t.Fatalf("event %d is %+v", i, e)
		}
	}
	put(c, 100, 1)
	flush(t, c)
	e := <-s.Events()
	equal(t, "event", e.Summary.ID, 100)
	equal(t, "skipped before it", e.Skipped, 90)
	equal(t, "skipped in all", s.Skipped(), 90)
	equal(t, "skipped by all", c.Stats().SkippedEvents, 90)
}

func TestRecordsThatAreNotStoredAreNotShown(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := start(t, collect.Config{Store: &memory{appending: failing(8)}}, nil)
		s := c.Subscribe(10)
		put(c, 1, 1)
		if err := c.Flush(t.Context()); err == nil {
			t.Fatal("the store failed, Flush did not")
		}
		put(c, 2, 1)
		flush(t, c)
		equal(t, "event", (<-s.Events()).Summary.ID, 2)
		c.Close(t.Context())
	})
}

func TestCloseEndsSubscriptions(t *testing.T) {
	t.Parallel()
	c := start(t, collect.Config{Store: &memory{}}, nil)
	early := c.Subscribe(1)
	c.Close(context.Background())
	late := c.Subscribe(1)
	for _, s := range []*collect.Subscription{early, late} {
		if _, ok := <-s.Events(); ok {
			t.Error("events after Close")
		}
		s.Close()
	}
}

func TestSubscribeWhileRecording(t *testing.T) {
	t.Parallel()
	c := start(t, collect.Config{Store: &memory{}, BatchRecords: 5}, nil)
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 50 {
				s := c.Subscribe(1)
				put(c, g*100+i, 2)
				s.Close()
			}
		})
	}
	wg.Wait()
	c.Close(context.Background())
	account(t, c.Stats())
}
