package signals

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNoQueue says that something is to be queued and no queue is there to take it.
var ErrNoQueue = errors.New("signals: there is no queue: give the program one with signals.UseQueue, or the context with signals.WithQueue")

// processQueue is what UseQueue has set.
var processQueue atomic.Pointer[Queue]

// UseQueue makes q the program's queue: the one of [Signal.SendAsync] and of receivers
// connected with [Queued], unless their context or option names another. Nil is none.
// restore puts back the one before.
func UseQueue(q Queue) (restore func()) {
	var p *Queue
	if q != nil {
		p = &q
	}
	old := processQueue.Swap(p)
	return func() { processQueue.Store(old) }
}

// queueFor is the queue of a context, or the given one, or the program's.
func queueFor(ctx context.Context, own Queue) (Queue, error) {
	if q, ok := ctx.Value(queueKey).(Queue); ok {
		return q, nil
	}
	if own != nil {
		return own, nil
	}
	if p := processQueue.Load(); p != nil {
		return *p, nil
	}
	return nil, ErrNoQueue
}

// SendAsync queues the send and returns before anybody was called: a worker calls the
// same receivers that Send would have called, each whatever the others do. It is not a
// goroutine: what is queued outlives the program.
//
// What travels is data (see [Identify]): the sender, the payload, and the [Scope] of
// ctx, never ctx itself. So sender and payload have to be of types that JSON keeps, or
// SendAsync fails. If ctx carries a transaction of the queue's own database the send is
// queued in it: rolled back, it never was. For other transactions there is
// [Signal.SendAfterCommit].
//
// In the worker the interceptors of the process and the signal run as around any send;
// those that ctx carried stay behind. Receivers connected with [Queued] run there
// together with the others. One that fails is called again as the queue's policy says,
// and those that succeeded are not.
func (s *Signal[T]) SendAsync(ctx context.Context, sender any, payload T) error {
	return s.sendAsync(ctx, ctx, sender, payload)
}

// SendAfterCommit is SendAsync when the transaction that ctx runs in has been committed,
// and never when it, or the savepoint around the call, is rolled back; outside of a
// transaction it is SendAsync at once. It knows the transactions of modelsignals.InTx
// and those that were announced by [WithTransaction]. Sender and payload are read at the
// commit.
func (s *Signal[T]) SendAfterCommit(ctx context.Context, sender any, payload T) error {
	tx, ok := ctx.Value(transactionKey).(Transaction)
	if !ok {
		return s.SendAsync(ctx, sender, payload)
	}
	if err := s.checkAsync(sender); err != nil {
		return err
	}
	tx.AfterCommit(func(after context.Context) error {
		return s.sendAsync(ctx, after, sender, payload)
	})
	return nil
}

// Transaction is something that ends with a commit, for [Signal.SendAfterCommit].
type Transaction interface {
	// AfterCommit keeps fn until the commit, and forgets it at a rollback. The context
	// that fn gets is outside of the transaction.
	AfterCommit(fn func(context.Context) error)
}

// WithTransaction gives the context of work inside a transaction. modelsignals.InTx does
// it; adapters of other database packages call it.
func WithTransaction(ctx context.Context, tx Transaction) context.Context {
	return context.WithValue(ctx, transactionKey, tx)
}

func (s *Signal[T]) checkAsync(sender any) error {
	if err := checkSender(sender); err != nil {
		return fmt.Errorf("signals: send %q: %w", s.name, err)
	}
	return nil
}

// sendAsync queues with the context into, what the context from says of the sender.
func (s *Signal[T]) sendAsync(from, into context.Context, sender any, payload T) error {
	if err := s.checkAsync(sender); err != nil {
		return err
	}
	if why := s.suspendedBy(from); why != "" {
		s.skip(from, sender, why)
		return nil
	}
	q, err := queueFor(from, nil)
	if err != nil {
		return fmt.Errorf("signals: queue %q: %w", s.name, err)
	}
	ctx, span := instrument.Start(into, s.handler, keyMode.String("async"), keyQueued.Bool(true), senderAttr(sender))
	span.Flag(instrument.FlagSkipped) // it is counted where it runs
	err = q.Enqueue(ctx, Call{Signal: s.name, Sender: sender, Payload: payload, Scope: ScopeOf(from), signal: s})
	if err != nil {
		err = fmt.Errorf("signals: queue %q: %w", s.name, err)
	}
	span.End(err)
	return err
}

// Queued marks a receiver that is called later, by a queue: a send of whatever kind
// hands its call over in the receiver's turn and goes on, while receivers that are not
// marked run at once. The receiver needs a [UID], by which the queue finds it again.
// Without q that is the program's queue ([UseQueue]).
//
// Its conditions are asked by the send and not again by the worker. The queue decides
// about trying again; of the receiver's own policies [Enqueue] does nothing there. When
// the queue does not take the call the receiver has failed.
func Queued(q ...Queue) ConnectOption {
	return connectFunc(func(c *Connection) {
		if c.queued = true; len(q) > 0 {
			c.queue = q[0]
		}
	})
}

// queues says whether the receiver's call is to be handed over.
func (x *runner) queues(r *Connection) bool { return r.queued && !x.delivered }

// handOver gives the receiver's call to its queue.
func (x *runner) handOver(ctx context.Context, res *Result, e anyEvent) {
	r := res.Receiver
	q, err := queueFor(ctx, r.queue)
	if err == nil {
		err = q.Enqueue(ctx, Call{
			Signal: x.core.name, Receiver: r.uid, Sender: e.sender(), Payload: e.payload(), Scope: ScopeOf(ctx), signal: x.core.self,
		})
	}
	if err != nil {
		res.Err = fmt.Errorf("queue receiver %s: %w", r.name, err)
		return
	}
	res.Queued = true
}

// Rest is the call that is left to make after Run gave these results: those who
// succeeded, or were skipped, are not called again.
func (c Call) Rest(r Results) Call {
	var done []*Connection
	for _, res := range r.All() {
		if !res.failed() {
			done = append(done, res.Receiver)
		}
	}
	return c.Without(done...)
}

// Without is the call with receivers left out. A call of one receiver stays as it is.
func (c Call) Without(receivers ...*Connection) Call {
	if c.Receiver != "" || len(receivers) == 0 {
		return c
	}
	c.Done = slices.Clone(c.Done)
	keys := keysOf(receivers[0].signal.list())
	for _, r := range receivers {
		if key, there := keys[r]; there && !slices.Contains(c.Done, key) {
			c.Done = append(c.Done, key)
		}
	}
	return c
}

// keysOf names the receivers of a signal so that another process, or this one later,
// finds the same: by their uids, else by name and number among those of that name.
func keysOf(list []*Connection) map[*Connection]string {
	keys, seen := make(map[*Connection]string, len(list)), map[string]int{}
	for _, r := range list {
		if r.uid != "" {
			keys[r] = "uid " + r.uid
			continue
		}
		seen[r.name]++
		keys[r] = r.name
		if n := seen[r.name]; n > 1 {
			keys[r] += " #" + strconv.Itoa(n)
		}
	}
	return keys
}

// without leaves out those who are done.
func without(list []*Connection, done []string) (rest []*Connection) {
	keys := keysOf(list)
	for _, r := range list {
		if !slices.Contains(done, keys[r]) {
			rest = append(rest, r)
		}
	}
	return rest
}
