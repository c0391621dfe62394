package middleware

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// exchange is what the layers of one request share. Contexts carry values
// inwards only; an exchange hangs in the context by a pointer, so that what an
// inner layer says is heard outside as well.
type exchange struct {
	rec  *instrument.Recording // nil: not recorded
	res  *Response             // Record's, if it made the exchange
	last atomic.Pointer[call]  // the call that began or ended last

	mu      sync.Mutex // guards what follows
	route   string
	routed  bool         // the route's values are written down
	about   *Annotations // nil: nothing was said; its route is the above
	failure *failure     // nil: nothing went wrong
	layers  *layersWork  // nil: the request went through none that is watched
	root    call
}

// layersWork is what the layers of a request need beside.
type layersWork struct {
	headers headerWatch
	free    []call // to be taken by the next ones
	calls   [callsAtOnce]call
}

// served is what Record keeps of one request: in one piece, because each allocation costs
// as much as a few spans.
type served struct {
	recording instrument.Recording
	Response
	exchange
}

// callsAtOnce is how many calls are made in one piece.
const callsAtOnce = 8

// call is one passage of a request through a layer or view, and the context
// that it runs in. A context may outlive its request: calls are never reused.
type call struct {
	context.Context
	x     *exchange
	outer *call       // nil for the root
	probe *Probe      // nil for the root
	exc   *exceptions // the nearest around what runs in this call; nil if there is none

	viewed atomic.Bool // its ProcessView ran

	entered atomic.Int64 // when what is inside was called first
	left    atomic.Int64 // when it ended last
	notes   *notes       // nil: nothing to say; guarded by x.mu
}

// notes is what is known about a call beside its times.
type notes struct {
	changed      []string // headers it changed
	added        string   // to the context
	failure      error    // what it answered for
	responseTime int64    // of its ProcessResponse
}

// note gives the notes to write to. The caller holds x.mu.
func (c *call) note() *notes {
	if c.notes == nil {
		c.notes = &notes{}
	}
	return c.notes
}

// wired says that there may be exchanges at all, so that a process without any
// does not look for them.
var wired atomic.Bool

// callKey is asked for by address, which no other package can have.
var callKey = new(byte)

// Value gives the call itself to this package and asks the parent for all else.
func (c *call) Value(key any) any {
	if k, ok := key.(*byte); ok && k == callKey {
		return c
	}
	return c.Context.Value(key)
}

// callOf is the innermost call that ctx runs in; nil when there is none.
func callOf(ctx context.Context) *call {
	if c, ok := ctx.(*call); ok {
		return c
	}
	if ctx == nil || !wired.Load() {
		return nil
	}
	c, _ := ctx.Value(callKey).(*call)
	return c
}

// newExchange makes an exchange and its root call, which is the context to go
// on with.
func newExchange(ctx context.Context, rec *instrument.Recording, res *Response) *call {
	return new(exchange).begin(ctx, rec, res)
}

// begin sets x up and gives its root call.
func (x *exchange) begin(ctx context.Context, rec *instrument.Recording, res *Response) *call {
	x.rec, x.res = rec, res
	x.root.Context, x.root.x = ctx, x
	x.last.Store(&x.root)
	if res != nil {
		res.x = x
	}
	return &x.root
}

// newCall takes a call below the root. The caller holds x.mu.
func (x *exchange) newCall(ctx context.Context, outer *call, p *Probe) *call {
	work := x.work()
	if len(work.free) == 0 {
		work.free = make([]call, callsAtOnce)
	}
	c := &work.free[0]
	work.free = work.free[1:]
	c.Context, c.x, c.outer, c.probe = ctx, x, outer, p
	if outer != nil {
		c.exc = outer.exc
	}
	if p.exc != nil {
		c.exc = p.exc
	}
	return c
}

// work gives what layers need. The caller holds x.mu.
func (x *exchange) work() *layersWork {
	if x.layers == nil {
		x.layers = &layersWork{}
		x.layers.free = x.layers.calls[:]
	}
	return x.layers
}

// outerCall is the call around a layer that begins. A layer that drops the
// context hides it there; then the writer leads to it.
func outerCall(ctx context.Context, w http.ResponseWriter) *call {
	if !wired.Load() {
		return nil
	}
	if c := callOf(ctx); c != nil {
		return c
	}
	if res := ResponseOf(w); res != nil && res.x != nil {
		return res.x.last.Load()
	}
	return nil
}

// around lists the calls from c outwards that have a layer with hooks, c
// included. With an Exceptions around c, it ends there.
func (c *call) around() (all []*call) {
	for o := c; o != nil; o = o.outer {
		if o.probe == nil {
			continue
		}
		if o.probe.hooks != nil {
			all = append(all, o)
		}
	}
	return all
}

// handling is around as far as the nearest Exceptions.
func (c *call) handling() (all []*call) {
	for o := c; o != nil; o = o.outer {
		if o.probe == nil {
			continue
		}
		if o.probe.exc != nil && o.probe.exc == c.exc {
			return all
		}
		if o.probe.hooks != nil {
			all = append(all, o)
		}
	}
	return all
}

// unviewed lists, the outermost first, the calls around c whose ProcessView is
// still to run, and marks them.
func (c *call) unviewed() (all []*call) {
	for _, o := range c.around() {
		if o.probe.hooks.view != nil && o.viewed.CompareAndSwap(false, true) {
			all = append(all, o)
		}
	}
	slices.Reverse(all)
	return all
}
