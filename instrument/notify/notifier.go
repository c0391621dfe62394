package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/internal/backlog"
)

// Func tells somebody. An error counts the Notification as failed; it is not given to the
// Func again.
type Func func(context.Context, Notification) error

// All makes a Func that tells several, one after the other; its error has those of all.
func All(funcs ...Func) Func {
	return func(ctx context.Context, n Notification) error {
		var errs []error
		for _, f := range funcs {
			errs = append(errs, f(ctx, n))
		}
		return errors.Join(errs...)
	}
}

// Defaults of [Config].
const (
	DefaultEvery   = time.Minute
	DefaultWindow  = 5 * time.Minute
	DefaultQuiet   = time.Hour
	DefaultTimeout = time.Minute
)

// What bounds a Notifier.
const (
	maxQueued = 256
	maxBytes  = 1 << 20
	maxKnown  = 2000 // conditions that are remembered
	maxAtOnce = 20   // Notifications of one look; what is more is told in one
	lookTime  = 20 * time.Second
)

// RuleMore is the rule of the Notification that stands for those that would have been too
// many at once.
const RuleMore = "more"

// Config says what is looked for and who is told.
type Config struct {
	// Notify is given each Notification, one after the other, on a goroutine of the Notifier.
	// Its context ends after Timeout. A panic in it is a failure. It must not be nil.
	Notify Func
	// Look gives what is wrong since then. It must not be nil.
	Look func(ctx context.Context, since time.Time) ([]Condition, error)
	// Link makes the address of a page of the dashboard from its path. Nil: Notifications
	// have no URL.
	Link func(path string) string
	// Path is of the page that has everything, for a Notification that stands for many.
	Path string
	// Every is how often is looked; 0: a minute. Window is what each look covers, and how long
	// an alert must not have been seen to have ended; 0: 5 minutes.
	Every, Window time.Duration
	// Quiet is how long the same thing is not told again: an alert that goes on is told again
	// after it. It is Window at least. 0: an hour.
	Quiet time.Duration
	// Timeout is how long the context of a Notify lasts. 0: a minute.
	Timeout time.Duration
	// Service, Host and Build are what Notifications say of this process.
	Service, Host, Build string
}

func (c Config) withDefaults() (Config, error) {
	if c.Notify == nil || c.Look == nil {
		return c, errors.New("notify: Config.Notify or Look is nil: give it the function that is to be told, and the one that looks")
	}
	if c.Every < 0 || c.Window < 0 || c.Quiet < 0 || c.Timeout < 0 {
		return c, errors.New("notify: Config.Every, Window, Quiet or Timeout is negative: use 0 for the default")
	}
	c.Every, c.Window = cmp.Or(c.Every, DefaultEvery), cmp.Or(c.Window, DefaultWindow)
	c.Quiet = max(cmp.Or(c.Quiet, DefaultQuiet), c.Window)
	c.Timeout = cmp.Or(c.Timeout, DefaultTimeout)
	return c, nil
}

// Notifier looks for trouble and tells of it. Its methods are safe for concurrent use;
// those of a nil Notifier do nothing.
type Notifier struct {
	config  Config
	started time.Time
	queue   *backlog.Queue[Notification]
	ctx     context.Context // of looks by the clock; until Close
	cancel  context.CancelFunc
	stopped chan struct{} // closed when the goroutine of Start has ended

	looking sync.Mutex // held by a look, guards known
	known   map[key]*told

	mu    sync.Mutex // guards what follows
	state int        // of the goroutine
	stats Stats
	blind bool // Stats.LastError is of a look, and over with the next that works
}

const (
	fresh = iota
	running
	closed
)

// told is what is remembered of a condition.
type told struct {
	c      Condition // as it was seen last
	since  time.Time // when it was seen first, of the present stretch
	at     time.Time // when it was told last; zero: never
	active bool      // an alert that has not ended
	heard  bool      // of the present stretch somebody was told
}

// Stats is an account of what a Notifier did.
type Stats struct {
	Looks     uint64
	Sent      uint64 // Notify gave no error
	Failed    uint64 // Notify gave one, or panicked
	Dropped   uint64 // because too many waited, or the Notifier was closed
	Quieted   uint64 // alerts that began again within Quiet, which were not told
	Forgotten uint64 // not told, because too many were remembered
	Waiting   int
	LastLook  time.Time
	LastSent  time.Time
	LastError string // of Notify, or of the last look; "" none
	ErrorAt   time.Time
}

// New makes a Notifier; Start starts it.
func New(c Config) (*Notifier, error) {
	c, err := c.withDefaults()
	if err != nil {
		return nil, err
	}
	n := &Notifier{config: c, started: time.Now(), known: map[key]*told{}, stopped: make(chan struct{})}
	n.ctx, n.cancel = context.WithCancel(context.Background())
	n.queue = backlog.New(backlog.Config[Notification]{Name: "notify", Do: n.send, Items: maxQueued, Bytes: maxBytes})
	return n, nil
}

// Start looks from now on. A second Start does nothing.
func (n *Notifier) Start() {
	if n == nil {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state == fresh {
		n.state = running
		go n.run()
	}
}

func (n *Notifier) run() {
	// The goroutine must not count as one of the Record in which it was started.
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("toolbar", "notify")))
	defer close(n.stopped)
	tick := time.NewTicker(n.config.Every)
	defer tick.Stop()
	for {
		select {
		case <-n.ctx.Done():
			return
		case <-tick.C:
			_ = n.Look(n.ctx) // the account has the error
		}
	}
}

// Look looks once and queues what is to be told.
func (n *Notifier) Look(ctx context.Context) error {
	if n == nil {
		return nil
	}
	n.looking.Lock()
	defer n.looking.Unlock()
	now := time.Now()
	since := now.Add(-n.config.Window)
	if since.Before(n.started) {
		since = n.started // what was before, another process has told
	}
	conditions, err := n.ask(ctx, since)
	n.note(func(s *Stats) { s.Looks++; s.LastLook = now })
	if err != nil {
		err = fmt.Errorf("look for trouble: %w", err)
		n.failed(now, err, true)
		return err
	}
	n.sees()
	n.tell(n.changes(now, conditions))
	return nil
}

// ask calls Config.Look, whose panic is an error here.
func (n *Notifier) ask(ctx context.Context, since time.Time) (list []Condition, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
	}()
	return n.config.Look(ctx, since)
}

// changes are what is to be told now. Called with looking held.
func (n *Notifier) changes(now time.Time, conditions []Condition) (list []Notification) {
	seen := map[key]bool{}
	for i := range conditions {
		c := &conditions[i]
		c.bound()
		if seen[c.key()] {
			continue
		}
		seen[c.key()] = true
		if t := n.remembered(c, now); t != nil && n.due(t, now) {
			state := Began
			if c.Once {
				state = Found
			}
			t.at, t.heard = now, true
			list = append(list, n.notification(state, t, now))
		}
	}
	for k, t := range n.known {
		if seen[k] {
			continue
		}
		if t.active && t.heard {
			list = append(list, n.notification(Ended, t, now))
		}
		t.active, t.heard = false, false
		if now.Sub(t.at) >= n.config.Quiet {
			delete(n.known, k)
		}
	}
	return list
}

// remembered is what is known of a condition that is seen now; nil when there is no room.
func (n *Notifier) remembered(c *Condition, now time.Time) *told {
	t, ok := n.known[c.key()]
	if !ok {
		if len(n.known) >= maxKnown {
			n.note(func(s *Stats) { s.Forgotten++ })
			return nil
		}
		t = &told{}
		n.known[c.key()] = t
	}
	if !t.active {
		t.since, t.active = now, !c.Once
	}
	t.c = *c
	return t
}

// due tells whether a condition that is seen is told: what was told lately is not, and
// counted once a stretch.
func (n *Notifier) due(t *told, now time.Time) bool {
	if t.at.IsZero() || now.Sub(t.at) >= n.config.Quiet {
		return true
	}
	if !t.c.Once && !t.heard && t.since.Equal(now) {
		n.note(func(s *Stats) { s.Quieted++ })
	}
	return false
}

func (n *Notifier) notification(state State, t *told, now time.Time) Notification {
	out := Notification{
		State: state, At: now, Since: t.since, Condition: t.c,
		Service: n.config.Service, Host: n.config.Host, Build: n.config.Build,
	}
	if n.config.Link != nil {
		out.URL = n.config.Link(t.c.Path)
	}
	return out
}

// tell queues Notifications, the worst first. Of very many it says how many they are.
func (n *Notifier) tell(list []Notification) {
	slices.SortStableFunc(list, func(a, b Notification) int {
		return cmp.Or(cmp.Compare(a.Severity, b.Severity), cmp.Compare(b.Count, a.Count), cmp.Compare(a.Handler, b.Handler))
	})
	if extra := len(list) - maxAtOnce; extra > 0 {
		first := &list[maxAtOnce-1]
		many := told{since: first.At, c: Condition{
			Rule: RuleMore, Severity: first.Severity, Title: fmt.Sprintf("%d more alerts at the same time", extra+1),
			Text: "The worst of them were told one by one.", Count: int64(extra + 1), Path: n.config.Path, Once: true,
		}}
		list = append(list[:maxAtOnce-1], n.notification(Found, &many, first.At))
	}
	for _, one := range list {
		n.queue.Offer(one.size(), func() Notification { return one })
	}
}

// send gives one to the app's function.
func (n *Notifier) send(ctx context.Context, one Notification) (err error) {
	ctx, cancel := context.WithTimeout(ctx, n.config.Timeout)
	defer cancel()
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("panic: %v", v)
		}
		if err != nil {
			n.failed(time.Now(), err, false)
			return
		}
		n.note(func(s *Stats) { s.LastSent = time.Now() })
	}()
	return n.config.Notify(ctx, one)
}

func (n *Notifier) note(change func(*Stats)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	change(&n.stats)
}

func (n *Notifier) failed(at time.Time, err error, blind bool) {
	text := cut(fmt.Sprint(err), MaxText)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stats.LastError, n.stats.ErrorAt, n.blind = text, at, blind
}

// sees takes back that a look has failed.
func (n *Notifier) sees() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.blind {
		n.stats.LastError, n.stats.ErrorAt, n.blind = "", time.Time{}, false
	}
}

// Stats gives an account of what was done.
func (n *Notifier) Stats() Stats {
	if n == nil {
		return Stats{}
	}
	q := n.queue.Stats()
	n.mu.Lock()
	defer n.mu.Unlock()
	s := n.stats
	s.Sent, s.Failed, s.Dropped, s.Waiting = q.Done, q.Failed, q.Dropped(), q.Queued
	return s
}

// Flush looks once more and waits until all that is to be told was given to Notify. It
// gives the cause of ctx's end when that takes too long.
func (n *Notifier) Flush(ctx context.Context) error {
	if n == nil {
		return nil
	}
	if err := errors.Join(n.Look(ctx), n.queue.Flush(ctx)); err != nil {
		return fmt.Errorf("notify: flush: %w", err)
	}
	return nil
}

// Stop looks once more, so that a program which ends before its first minute is over tells
// of its trouble too, and looks no more. What is to be told is given to Notify meanwhile;
// Close waits for that. A second Stop does nothing.
func (n *Notifier) Stop(ctx context.Context) error {
	if n == nil {
		return nil
	}
	n.mu.Lock()
	before := n.state
	n.state = closed
	n.mu.Unlock()
	n.cancel()
	if before != running {
		return nil
	}
	<-n.stopped
	if err := n.Look(ctx); err != nil {
		return fmt.Errorf("notify: stop: %w", err)
	}
	return nil
}

// Close stops, and waits until all that is to be told was given to Notify. When ctx ends
// first, what waits is dropped, and counted. A second Close does nothing more than wait.
func (n *Notifier) Close(ctx context.Context) error {
	if n == nil {
		return nil
	}
	err := n.Stop(ctx)
	if late := n.queue.Close(ctx); late != nil {
		err = errors.Join(err, fmt.Errorf("notify: close: %w", late))
	}
	return err
}
