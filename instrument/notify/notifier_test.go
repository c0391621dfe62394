package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

// trouble is what is wrong, changed while a Notifier looks, and what it told.
type trouble struct {
	mu    sync.Mutex // guards what follows
	list  []Condition
	err   error
	since time.Time
	lines []string // what was told: state and title
	last  Notification
	fail  error
}

// now changes what is wrong.
func (x *trouble) now(list ...Condition) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.list = list
}

// breaks changes what fails: the telling and the look.
func (x *trouble) breaks(fail, err error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.fail, x.err = fail, err
}

func (x *trouble) look(_ context.Context, since time.Time) ([]Condition, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.since = since
	return slices.Clone(x.list), x.err
}

func (x *trouble) notify(_ context.Context, n Notification) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.lines = append(x.lines, string(n.State)+" "+n.Title)
	x.last = n
	return x.fail
}

// seen gives what is to be looked at.
func (x *trouble) seen() (since time.Time, lines []string, last Notification) {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.since, slices.Clone(x.lines), x.last
}

// told gives the lines since it was asked last.
func (x *trouble) told() string {
	x.mu.Lock()
	defer x.mu.Unlock()
	text := strings.Join(x.lines, "; ")
	x.lines = nil
	return text
}

// watch runs fn beside a Notifier, in time that stands still unless somebody waits.
func watch(t *testing.T, c Config, fn func(n *Notifier, x *trouble)) {
	t.Helper()
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &trouble{}
		c.Look, c.Notify = x.look, x.notify
		n, err := New(c)
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		fn(n, x)
		x.now()
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

// pass lets time pass, and what happens in it happen.
func pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

var (
	fails = Condition{Rule: "handler-fails", Severity: Error, Title: "receiver ship fails", Kind: "receiver", Handler: "ship", Count: 3, Of: 40}
	slow  = Condition{Rule: "handler-slow", Severity: Warning, Title: "query is slow", Kind: "query", Handler: "SELECT 1", Count: 9}
	loop  = Condition{Rule: "n+1", Severity: Warning, Title: "N+1", Kind: "request", Handler: "GET /", Once: true}
)

func TestNotifier_TellsThatAnAlertBeginsGoesOnAndEnds(t *testing.T) {
	watch(t, Config{Service: "shop", Link: func(p string) string { return "https://shop.test" + p }}, func(_ *Notifier, x *trouble) {
		for i, step := range []struct {
			list []Condition
			wait time.Duration
			want string
		}{
			{nil, time.Minute, ""},
			{[]Condition{fails}, time.Minute, "began receiver ship fails"},
			{[]Condition{fails}, 58 * time.Minute, ""},
			{[]Condition{fails}, 2 * time.Minute, "began receiver ship fails"}, // an hour after the first
			{nil, time.Minute, "ended receiver ship fails"},
			{nil, 10 * time.Minute, ""},
		} {
			x.now(step.list...)
			pass(step.wait)
			if got := x.told(); got != step.want {
				t.Errorf("step %d: told %q, want %q", i, got, step.want)
			}
		}
		if _, _, last := x.seen(); last.Service != "shop" || last.URL != "https://shop.test" || last.At.Sub(last.Since) != 61*time.Minute {
			t.Errorf("the end is %+v", last)
		}
	})
}

func TestNotifier_AnAlertThatComesAndGoesIsKeptQuiet(t *testing.T) {
	watch(t, Config{}, func(n *Notifier, x *trouble) {
		for range 5 {
			x.now(fails)
			pass(time.Minute)
			x.now()
			pass(time.Minute)
		}
		if got := x.told(); got != "began receiver ship fails; ended receiver ship fails" {
			t.Errorf("told %q", got)
		}
		if s := n.Stats(); s.Quieted != 4 || s.Sent != 2 || s.Looks != 10 {
			t.Errorf("%+v", s)
		}
		x.now(fails)
		pass(51 * time.Minute)
		if got := x.told(); got != "began receiver ship fails" {
			t.Errorf("after the quiet time it told %q", got)
		}
	})
}

func TestNotifier_AFindingIsToldOnceInTheQuietTimeAndHasNoEnd(t *testing.T) {
	watch(t, Config{Quiet: 10 * time.Minute}, func(_ *Notifier, x *trouble) {
		x.now(loop, loop)
		pass(time.Minute)
		x.now()
		pass(5 * time.Minute)
		x.now(loop)
		pass(3 * time.Minute)
		if got := x.told(); got != "found N+1" {
			t.Errorf("told %q", got)
		}
		pass(2 * time.Minute)
		if got := x.told(); got != "found N+1" {
			t.Errorf("after the quiet time it told %q", got)
		}
	})
}

func TestNotifier_LooksAtTheWindowAndNotBeforeItsStart(t *testing.T) {
	watch(t, Config{}, func(_ *Notifier, x *trouble) {
		began := time.Now()
		pass(time.Minute)
		if since, _, _ := x.seen(); !since.Equal(began) {
			t.Errorf("it looks at what was %s before its start", began.Sub(since))
		}
		pass(9 * time.Minute)
		if since, _, _ := x.seen(); time.Since(since) != DefaultWindow {
			t.Errorf("it looks at the last %s", time.Since(since))
		}
	})
}

func TestNotifier_OfVeryManyItTellsTheWorstAndHowManyMore(t *testing.T) {
	watch(t, Config{Path: "/_toolbar/alerts"}, func(n *Notifier, x *trouble) {
		list := []Condition{fails}
		for i := range 100 {
			c := slow
			c.Handler = fmt.Sprint(i)
			list = append(list, c)
		}
		x.now(list...)
		pass(time.Minute)
		_, lines, last := x.seen()
		if len(lines) != maxAtOnce || lines[0] != "began receiver ship fails" || lines[maxAtOnce-1] != "found 82 more alerts at the same time" {
			t.Errorf("%d were told: %q", len(lines), lines)
		}
		if last.Rule != RuleMore || last.Count != 82 || last.Path != "/_toolbar/alerts" {
			t.Errorf("the last is %+v", last)
		}
		x.told()
		pass(time.Minute)
		if got := x.told(); got != "" {
			t.Errorf("a minute later it told %q", got)
		}
		x.now()
		pass(time.Minute)
		if _, lines, _ := x.seen(); len(lines) != maxAtOnce {
			t.Errorf("of their end %d were told", len(lines))
		}
	})
}

func TestNotifier_WhatItRemembersIsBounded(t *testing.T) {
	watch(t, Config{Quiet: 10 * time.Minute}, func(n *Notifier, x *trouble) {
		var list []Condition
		for i := range maxKnown + 7 {
			c := loop
			c.Handler = fmt.Sprint(i)
			list = append(list, c)
		}
		x.now(list...)
		known := func() int {
			n.looking.Lock()
			defer n.looking.Unlock()
			return len(n.known)
		}
		pass(time.Minute)
		if s := n.Stats(); s.Forgotten != 7 || known() != maxKnown {
			t.Errorf("%d are known: %+v", known(), s)
		}
		x.now()
		pass(20 * time.Minute)
		if known() != 0 {
			t.Errorf("%d are known when all is over", known())
		}
	})
}

func TestNotifier_AFailureIsCountedAndSaid(t *testing.T) {
	watch(t, Config{}, func(n *Notifier, x *trouble) {
		x.now(fails)
		x.breaks(errors.New("no route to host"), nil)
		pass(time.Minute)
		if s := n.Stats(); s.Failed != 1 || s.LastError != "no route to host" || s.ErrorAt.IsZero() || !s.LastSent.IsZero() {
			t.Errorf("%+v", s)
		}
		x.breaks(nil, errors.New("the disk is gone"))
		pass(time.Minute)
		if s := n.Stats(); !strings.Contains(s.LastError, "the disk is gone") || x.told() != "began receiver ship fails" {
			t.Errorf("a look that fails ends no alert: %+v", s)
		}
		x.breaks(nil, nil)
		pass(time.Minute)
		if s := n.Stats(); s.LastError != "" || !s.ErrorAt.IsZero() {
			t.Errorf("a look that works again leaves %+v", s)
		}
	})
}

func TestNotifier_SurvivesPanicsOfBothFunctions(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		looks := 0
		n, err := New(Config{
			Notify: func(context.Context, Notification) error { panic("send") },
			Look: func(context.Context, time.Time) ([]Condition, error) {
				if looks++; looks == 1 {
					panic("look")
				}
				return []Condition{loop}, nil
			},
		})
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		pass(time.Minute)
		if s := n.Stats(); !strings.Contains(s.LastError, "panic: look") {
			t.Errorf("%+v", s)
		}
		pass(time.Minute)
		if s := n.Stats(); s.Failed != 1 || s.LastError != "panic: send" {
			t.Errorf("%+v", s)
		}
		if err := n.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestNotifier_CloseTellsOfAProgramThatEndsBeforeItsFirstMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &trouble{list: []Condition{loop}}
		n, err := New(Config{Notify: x.notify, Look: x.look})
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		n.Start()
		for range 2 {
			if err := n.Close(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := x.told(); got != "found N+1" {
			t.Errorf("told %q", got)
		}
	})
}

func TestNotifier_OneThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		x := &trouble{list: []Condition{loop, fails}}
		n, err := New(Config{Look: x.look, Notify: func(ctx context.Context, _ Notification) error { <-ctx.Done(); return ctx.Err() }})
		if err != nil {
			t.Fatal(err)
		}
		n.Start()
		pass(time.Minute + DefaultTimeout)
		if s := n.Stats(); s.Failed != 1 || s.Waiting != 1 {
			t.Errorf("%+v", s)
		}
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := n.Close(short); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("close: %v", err)
		}
	})
}

func TestNew_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	x := &trouble{}
	for name, c := range map[string]Config{
		"nobody to tell": {Look: x.look}, "nothing that looks": {Notify: x.notify}, "a negative time": {Look: x.look, Notify: x.notify, Quiet: -1},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	var none *Notifier
	none.Start()
	if none.Look(t.Context()) != nil || none.Flush(t.Context()) != nil || none.Close(t.Context()) != nil || none.Stats() != (Stats{}) {
		t.Error("a nil Notifier does something")
	}
}

func TestCondition_TextsAreBounded(t *testing.T) {
	t.Parallel()
	c := Condition{Title: strings.Repeat("ä", MaxText), Text: "short"}
	c.bound()
	if len(c.Title) > MaxText || !utf8.ValidString(c.Title) || !strings.HasSuffix(c.Title, "ä…") || c.Text != "short" {
		t.Errorf("%d bytes, %q", len(c.Title), c.Title[len(c.Title)-8:])
	}
}

func TestAll_TellsEverybodyWhateverOneSays(t *testing.T) {
	t.Parallel()
	told := 0
	fail := func(context.Context, Notification) error { told++; return errors.New("no") }
	fine := func(context.Context, Notification) error { told++; return nil }
	if err := All(fail, fine, fail)(t.Context(), Notification{}); err == nil || told != 3 {
		t.Errorf("%d were told: %v", told, err)
	}
	if err := All(fine)(t.Context(), Notification{}); err != nil {
		t.Error(err)
	}
}
