// Package traffic plays visitors of the shop: people with a browser's manners who look around, search, sign up, log in, order
// and write, over real HTTP with cookies.
package traffic

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

// Options says who comes and for how long.
type Options struct {
	// For is how long visitors keep coming; 0 = until Visits have come.
	For time.Duration
	// Visits is how many come at most; 0 = as many as fit into For.
	Visits int
	// Concurrency is how many are in the shop at a time; 0 = 4.
	Concurrency int
	// Pause is what a visitor takes between two steps, more or less; 0 = 150 ms, negative = nothing.
	Pause time.Duration
	// Password opens the accounts that the shop has from the start; "" = nobody logs in with one.
	Password string
	// Transport carries the requests; nil = one of its own with a connection for each visitor.
	Transport http.RoundTripper
}

// Summary says what the visitors did.
type Summary struct {
	Visits, Requests, Failed, SignUps, Orders, Steps int64
	// FirstFailure is the first request that was answered with 500 or above, or not at all; nil = none.
	FirstFailure error
}

// String is the summary in a line.
func (s Summary) String() string {
	return fmt.Sprintf("%d visits, %d requests (%d failed), %d sign-ups, %d orders, %d steps in the back office",
		s.Visits, s.Requests, s.Failed, s.SignUps, s.Orders, s.Steps)
}

// Play sends visitors to the shop at base, such as "http://127.0.0.1:8080", and returns when they have left or ctx is done.
// One of For and Visits has to be set: nobody comes otherwise.
func Play(ctx context.Context, base string, o Options) Summary {
	o.Concurrency, o.Pause = cmp.Or(max(o.Concurrency, 0), 4), cmp.Or(o.Pause, 150*time.Millisecond)
	if o.For == 0 && o.Visits == 0 {
		return Summary{}
	}
	if o.For > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.For)
		defer cancel()
	}
	if o.Transport == nil {
		transport := &http.Transport{MaxIdleConnsPerHost: o.Concurrency}
		defer transport.CloseIdleConnections()
		o.Transport = transport
	}
	p := play{Options: o, base: base, start: time.Now().UnixNano()}
	var visitors sync.WaitGroup
	for range o.Concurrency {
		visitors.Go(func() { p.doorman(ctx) })
	}
	visitors.Wait()
	return p.summary()
}

// play is one call of Play.
type play struct {
	Options
	base  string
	start int64 // keeps the addresses of two runs apart

	started                                          atomic.Int64 // visits begun, one more than allowed by each doorman at the end
	visits, requests, failed, signUps, orders, steps atomic.Int64

	mu    sync.Mutex // guards first
	first error
}

// doorman lets in one visitor after the other.
func (p *play) doorman(ctx context.Context) {
	for ctx.Err() == nil {
		n := p.started.Add(1)
		if p.Visits > 0 && n > int64(p.Visits) {
			return
		}
		v := newVisitor(p, n)
		if v.run(ctx) {
			p.visits.Add(1)
		}
	}
}

func (p *play) summary() Summary {
	p.mu.Lock()
	defer p.mu.Unlock()
	return Summary{
		Visits: p.visits.Load(), Requests: p.requests.Load(), Failed: p.failed.Load(), SignUps: p.signUps.Load(),
		Orders: p.orders.Load(), Steps: p.steps.Load(), FirstFailure: p.first,
	}
}

// fail counts a request that the shop did not answer properly.
func (p *play) fail(err error) {
	p.failed.Add(1)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.first == nil {
		p.first = err
	}
}

// pause waits as long as somebody looks at a page.
func (p *play) pause(ctx context.Context, r *rand.Rand) {
	if p.Pause <= 0 {
		return
	}
	looked := time.NewTimer(p.Pause/2 + time.Duration(r.Int64N(int64(p.Pause))))
	defer looked.Stop()
	select {
	case <-looked.C:
	case <-ctx.Done():
	}
}
