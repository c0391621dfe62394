package monitor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Options say how much a Monitor keeps.
type Options struct {
	// Keep is how many executions of each receiver are kept. 0: 1000.
	Keep int
	// MaxReceivers is how many receivers are told apart; others share one entry.
	// 0: 1000.
	MaxReceivers int
	// Threshold is the duration above which an execution is slow where none is
	// given. 0: a second.
	Threshold time.Duration
}

// Monitor measures receivers. Its methods may be called from any goroutine.
type Monitor struct {
	options Options
	off     atomic.Bool

	mu        sync.Mutex // guards receivers and what is in it
	receivers map[key]*receiver
}

// key tells receivers apart: packages of one name may have functions of one name.
type key struct{ name, file string }

type receiver struct {
	count, errors int64
	sum, max      time.Duration
	line          int
	kept          []Execution
	next          int // where the next one goes, once kept is full
}

// Execution is one call of a receiver.
type Execution struct {
	Time     time.Time // when it began
	Duration time.Duration
	Err      string // "" when it succeeded; "panic: ..." when it panicked
}

// New makes a Monitor that is enabled.
func New(o Options) *Monitor {
	o.Keep = cmp.Or(max(o.Keep, 0), 1000)
	o.MaxReceivers = cmp.Or(max(o.MaxReceivers, 0), 1000)
	o.Threshold = cmp.Or(o.Threshold, time.Second)
	return &Monitor{options: o, receivers: map[key]*receiver{}}
}

// Install measures every receiver of every signal, until remove is called. Receivers
// whose conditions do not hold are not called, and not counted.
func (m *Monitor) Install() (remove func()) {
	return signals.Intercept(m.Interceptors())
}

// Interceptors are what Install puts around all sends, for signals.WithInterceptors.
func (m *Monitor) Interceptors() signals.Interceptors {
	return signals.Interceptors{
		Receiver: func(ctx context.Context, _ *signals.Sending, r *signals.Connection, next func(context.Context) error) error {
			return m.measure(r.Name(), r.Source(), func() error { return next(ctx) })
		},
	}
}

// Wrap measures one receiver, under the name of its function. What it returns, gives
// to the sender or panics with goes through unchanged.
func Wrap[T any](m *Monitor, fn func(context.Context, signals.Event[T]) error) func(context.Context, signals.Event[T]) error {
	src := instrument.FuncSource(fn)
	return func(ctx context.Context, e signals.Event[T]) error {
		return m.measure(src.Func, src, func() error { return fn(ctx, e) })
	}
}

// SetEnabled switches measuring off and on again; receivers are called either way.
func (m *Monitor) SetEnabled(on bool) { m.off.Store(!on) }

// Reset forgets all that was measured.
func (m *Monitor) Reset() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.receivers)
}

var errGoexit = errors.New("the receiver called runtime.Goexit")

func (m *Monitor) measure(name string, src instrument.Source, call func() error) (err error) {
	if m.off.Load() {
		return call()
	}
	start, returned := time.Now(), false
	defer func() {
		took := time.Since(start)
		if returned {
			m.add(name, src, Execution{start, took, text(err)})
			return
		}
		v := recover()
		if v == nil {
			m.add(name, src, Execution{start, took, errGoexit.Error()})
			return
		}
		m.add(name, src, Execution{start, took, fmt.Sprint("panic: ", v)})
		panic(v)
	}()
	err = call()
	returned = true
	return err
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func (m *Monitor) add(name string, src instrument.Source, e Execution) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k := key{name, src.File}
	r := m.receivers[k]
	if r == nil && len(m.receivers) >= m.options.MaxReceivers {
		k = key{name: instrument.OtherHandler}
		r = m.receivers[k]
	}
	if r == nil {
		r = &receiver{line: src.Line}
		m.receivers[k] = r
	}
	r.add(e, m.options.Keep)
}

func (r *receiver) add(e Execution, keep int) {
	r.count++
	r.sum += e.Duration
	r.max = max(r.max, e.Duration)
	if e.Err != "" {
		r.errors++
	}
	if len(r.kept) < keep {
		r.kept = append(r.kept, e)
		return
	}
	r.kept[r.next] = e
	r.next = (r.next + 1) % keep
}

// Executions are the last calls of the receivers of a name, oldest first.
func (m *Monitor) Executions(name string) []Execution {
	m.mu.Lock()
	defer m.mu.Unlock()
	var all []Execution
	for k, r := range m.receivers {
		if k.name == name {
			all = append(all, r.kept...)
		}
	}
	slices.SortStableFunc(all, func(a, b Execution) int { return a.Time.Compare(b.Time) })
	return all
}
