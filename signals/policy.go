package signals

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Policy says what becomes of a receiver's error: [Stop], [Continue], [Retry],
// [Fallback], [Enqueue].
type Policy interface {
	fmt.Stringer
	// check refuses a policy that does not fit its receiver.
	check(c *Connection)
	// handle deals with res.Err: it makes it nil, or says in res.Handled who took
	// care, or leaves both for the next policy.
	handle(x *runner, res *Result, e anyEvent)
}

// OnError sets what happens when a receiver fails. Policies are asked in turn until
// the receiver has succeeded or one has taken care of its error; that error stays in
// [Result].Err, and [Result].Handled names the policy. An error that none takes care
// of ends Send and SendConcurrent, and is one of those that the robust sends return.
//
//	signals.OnError(signals.Retry(3, signals.Exponential(time.Second)), signals.Fallback(saveForLater))
//
// In robust sends a panic is an error like others. In the others it is not, and
// passes through to the sender whatever the policy.
func OnError(policies ...Policy) ConnectOption {
	return connectFunc(func(c *Connection) { c.policies = append(c.policies, policies...) })
}

// Outcome is a [Policy] that ends the matter.
type Outcome uint8

const (
	// Stop is what happens without a policy.
	Stop Outcome = iota
	// Continue logs the error and goes on with the next receiver; the send has
	// not failed.
	Continue
)

// String is the outcome's name.
func (o Outcome) String() string {
	if o == Continue {
		return "Continue"
	}
	return "Stop"
}

func (o Outcome) check(*Connection) {}

func (o Outcome) handle(x *runner, res *Result, _ anyEvent) {
	if o == Continue {
		res.Handled = o.String()
		x.logFailure(res)
	}
}

// Retry calls the receiver again, at most n times, until it succeeds. Before each
// call it waits as backoff says, on the goroutine of the sender and inside its
// transaction; nil does not wait. It gives up when the context is done. Each call is
// a span of its own.
func Retry(n int, backoff Backoff) Policy { return retry{n, backoff} }

type retry struct {
	n       int
	backoff Backoff
}

func (p retry) String() string    { return fmt.Sprintf("Retry(%d)", p.n) }
func (p retry) check(*Connection) {}

func (p retry) handle(x *runner, res *Result, e anyEvent) {
	for i := 1; i <= p.n && res.Err != nil; i++ {
		if p.backoff != nil && !sleep(x.ctx, p.backoff(i)) {
			return
		}
		x.tick()
		x.attempt(res, e, true)
	}
}

// Backoff is how long to wait before the n-th further call, from 1.
type Backoff func(n int) time.Duration

// Constant waits for the same time before each call.
func Constant(d time.Duration) Backoff { return func(int) time.Duration { return d } }

// Exponential waits for d, then for twice as long each time, up to a minute; each
// time up to a tenth more, so that those who failed together do not come back
// together.
func Exponential(d time.Duration) Backoff {
	return func(n int) time.Duration {
		wait := min(d<<min(n-1, 20), time.Minute)
		return wait + time.Duration(rand.Float64()*float64(wait)/10)
	}
}

// sleep waits for d; false when ctx was done before.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}

// Fallback calls another function in place of the receiver that failed, once, with
// its error. When it fails too, both errors are joined, and the send has failed.
// Connect panics when fn is nil or takes the event of another payload.
func Fallback[T any](fn func(ctx context.Context, e Event[T], cause error) error) Policy {
	src := instrument.FuncSource(fn)
	p := &fallback{name: src.Func, payload: reflect.TypeFor[T](), missing: fn == nil}
	p.call = func(ctx context.Context, e anyEvent, cause error) error { return fn(ctx, *e.(*Event[T]), cause) }
	if !p.missing {
		p.handler = instrument.NewHandler(instrument.KindReceiver, firstOf(src.Func, "fallback"), src)
	}
	return p
}

type fallback struct {
	name    string
	payload reflect.Type
	handler *instrument.Handler
	missing bool
	call    func(context.Context, anyEvent, error) error
}

func (p *fallback) String() string { return "Fallback(" + p.name + ")" }

func (p *fallback) check(c *Connection) {
	if p.missing {
		c.refuse("the fallback is nil")
	}
	c.checkPayload("fallback", p.payload)
}

func (p *fallback) handle(x *runner, res *Result, e anyEvent) {
	cause := res.Err
	err := x.aside(p.handler, func(ctx context.Context) error { return p.call(ctx, e, cause) })
	if v := e.takeValue(); v != nil {
		res.Value = v
	}
	if err != nil {
		res.Err = errors.Join(cause, fmt.Errorf("fallback %s: %w", p.name, err))
		return
	}
	res.Handled = p.String()
}

// Enqueue hands the call of a receiver that failed to a queue, which makes it later.
// The receiver needs a [UID], by which the queue finds it again. When the queue
// fails too, both errors are joined, and the send has failed.
func Enqueue(q Queue) Policy { return enqueue{q} }

type enqueue struct{ q Queue }

func (p enqueue) String() string { return "Enqueue" }

func (p enqueue) check(c *Connection) {
	if p.q == nil {
		c.refuse("the queue is nil")
	}
	if c.uid == "" {
		c.refuse("Enqueue needs a receiver with a UID, by which the queue finds it again")
	}
}

func (p enqueue) handle(x *runner, res *Result, e anyEvent) {
	if x.delivered {
		return
	}
	q := p.q
	if other, ok := x.ctx.Value(queueKey).(Queue); ok {
		q = other
	}
	call := Call{
		Signal: x.core.name, Receiver: res.Receiver.uid, Sender: e.sender(), Payload: e.payload(),
		Scope: ScopeOf(x.ctx), Cause: res.Err, signal: x.core.self,
	}
	if err := x.aside(nil, func(ctx context.Context) error { return q.Enqueue(ctx, call) }); err != nil {
		res.Err = errors.Join(res.Err, fmt.Errorf("enqueue: %w", err))
		return
	}
	res.Handled = p.String()
}
