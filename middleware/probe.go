package middleware

import (
	"context"
	"errors"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Probe measures one layer or view. A Stack makes them by itself; adapters use
// them for frameworks whose middleware is not a func(http.Handler) http.Handler:
// one Probe per layer, made once, and Serve around each call.
type Probe struct {
	// KeepWriter is for frameworks with a writer of their own: what Serve calls
	// does not use the writer that it gets. A panic is then not answered here, but
	// further out.
	KeepWriter bool

	handler *instrument.Handler
	hooks   *hookSet    // of the layer, if it has hooks
	exc     *exceptions // if the layer is an Exceptions
	shares  bool        // it needs an exchange for other reasons
	budget  int64       // ns of its own time; 0: any
	warned  atomic.Int64
	view    bool
	find    func(*http.Request) *instrument.Handler // says afterwards which view it was
}

// LayerProbe measures a layer. fn is the function that it consists of; its
// place in the code is recorded. An empty name stands for the function's.
func LayerProbe(name string, fn any) *Probe {
	src := instrument.FuncSource(fn)
	if name == "" {
		name = declaredName(src)
	}
	return &Probe{handler: instrument.NewHandler(instrument.KindLayer, name, src)}
}

// ViewProbe measures a view: what a router ends in. fn is the handler or function
// that it consists of. An empty name stands for the function's, as View has it.
// What it serves must have the route in r.Pattern when it returns.
func ViewProbe(name string, fn any) *Probe {
	own, src := "", instrument.FuncSource(fn)
	if h, ok := fn.(http.Handler); ok {
		own, src = sourceOf(h)
	} else {
		own = src.Func
	}
	p := &Probe{view: true}
	if name == "" && isLiteral(own) {
		p.find = literals(declaredName(src), src)
	}
	p.handler = instrument.NewHandler(instrument.KindView, or(name, own), src)
	return p
}

// literals names a function literal after where it stands and the route.
func literals(declared string, src instrument.Source) func(*http.Request) *instrument.Handler {
	var known patternTable[*instrument.Handler]
	return func(r *http.Request) *instrument.Handler {
		h, ok := known.get(r.Pattern)
		if !ok {
			h = instrument.NewHandler(instrument.KindView, declared+" "+r.Pattern, src)
			known.set(r.Pattern, h)
		}
		return h
	}
}

// Name is the name in records and statistics.
func (p *Probe) Name() string { return p.handler.Name() }

// Serve calls run with the writer and the request to go on with, and measures
// it. run's error is given back and recorded; where run is a whole view, an
// error or panic of it is first given to an Exceptions around it, and what
// that answers is nil here.
func (p *Probe) Serve(w http.ResponseWriter, r *http.Request, run func(http.ResponseWriter, *http.Request) error) error {
	outer := outerCall(r.Context(), w)
	if outer == nil {
		if p.hooks == nil && p.exc == nil && !p.shares {
			return p.serveLoose(w, r, run)
		}
		outer = newExchange(r.Context(), nil, nil)
	}
	return p.serveIn(outer, w, r, run)
}

// ServeHandler is Serve for an http.Handler.
func (p *Probe) ServeHandler(w http.ResponseWriter, r *http.Request, h http.Handler) {
	_ = p.Serve(w, r, func(w http.ResponseWriter, r *http.Request) error {
		h.ServeHTTP(w, r)
		return nil
	})
}

// serveLoose measures outside of any exchange: no Record is around, unless the
// goroutine's label leads to one.
func (p *Probe) serveLoose(w http.ResponseWriter, r *http.Request, run func(http.ResponseWriter, *http.Request) error) (err error) {
	ctx, span := instrument.Start(r.Context(), p.handler)
	if !span.Active() {
		return run(w, r)
	}
	inner := r.WithContext(ctx)
	returned := false
	defer func() {
		v := recover() // again thrown below, in this same function: see endSpan
		copyBack(r, inner)
		if p.view {
			span = p.routed(ctx, span, inner)
		}
		endSpan(span, instrument.Now(), v, returned, err)
		if v != nil {
			panic(v)
		}
	}()
	err = run(w, inner)
	returned = true
	return err
}

// serveIn measures within an exchange.
func (p *Probe) serveIn(outer *call, w http.ResponseWriter, r *http.Request, run func(http.ResponseWriter, *http.Request) error) (err error) {
	c, span, start := outer.begin(p, w, r)
	inner := r.WithContext(c)
	var at boundary
	if outer.exc != nil && !p.KeepWriter {
		at, w = newBoundary(w, r)
	}
	returned := false
	defer func() {
		v := recover() // again thrown below, in this same function: see endSpan
		copyBack(r, inner)
		if p.view {
			span = p.routed(c, span, inner)
		}
		end, failure := c.finish(span, w, start)
		if err == nil {
			err = failure
		}
		endSpan(span, end, v, returned, err)
		if at.res != nil {
			v = at.close(c, inner, v, returned)
		}
		if v != nil {
			panic(v)
		}
	}()
	err = run(w, inner)
	returned = true
	return err
}

// begin starts the call of a layer inside the one that outer is. One reading
// of the clock says both when it begins and when outer handed over.
func (outer *call) begin(p *Probe, w http.ResponseWriter, r *http.Request) (c *call, span instrument.Span, start int64) {
	x := outer.x
	ctx := r.Context()
	var spanCtx context.Context
	if x.rec == nil {
		spanCtx, span = instrument.Start(ctx, p.handler)
	} else {
		start = instrument.Now()
		spanCtx, span = instrument.StartAt(ctx, start, p.handler)
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	c = x.newCall(spanCtx, outer, p)
	outer.handOver(start, ctx, w)
	x.last.Store(c)
	return c, span, start
}

// handOver notes that the layer of c called what is inside. The caller holds
// x.mu.
func (c *call) handOver(now int64, ctx context.Context, w http.ResponseWriter) {
	if now == 0 {
		now = 1 // not recorded: that it happened is all that counts
	}
	if !c.entered.CompareAndSwap(0, now) || c.x.rec == nil {
		return
	}
	if c.probe != nil && !c.probe.view && ctx != context.Context(c) {
		c.note().added = addedTo(ctx, c)
	}
	c.x.watchHeaders(c, ctx, w)
}

var (
	keyBefore   = instrument.NewKey("layer.before")        // own time until next was called
	keyAfter    = instrument.NewKey("layer.after")         // own time after next had returned
	keyCutShort = instrument.NewKey("layer.cut_short")     // it never called next
	keyStopped  = instrument.NewKey("middleware.stopped")  // of the Record: the layer that did so
	keyFailed   = instrument.NewKey("middleware.failed")   // of the Record: the layer or view that failed
	keyHeaders  = instrument.NewKey("layer.headers")       // response headers that it changed
	keyContext  = instrument.NewKey("layer.context")       // context keys that it added
	keyRespond  = instrument.NewKey("layer.response_time") // time in its ProcessResponse
)

// finish notes what the layer did, on its span, and gives the time and the error
// that was answered in it.
func (c *call) finish(span instrument.Span, w http.ResponseWriter, start int64) (end int64, failure error) {
	x := c.x
	x.last.Store(c.outer)
	if span.Active() {
		end = instrument.Now()
	}
	x.mu.Lock()
	if x.rec != nil {
		c.outer.left.Store(end)
		x.watchHeaders(c, c, w)
	}
	var n notes
	if c.notes != nil {
		n = *c.notes
	}
	x.mu.Unlock()
	if span.Recorded() && !c.probe.view && x.rec != nil {
		c.describe(span, start, end, &n)
	}
	return end, n.failure
}

// describe puts what is known about the layer on its span.
func (c *call) describe(span instrument.Span, start, end int64, n *notes) {
	var attrs [6]instrument.Attr
	own := end - start
	if entered := c.entered.Load(); entered != 0 {
		before, after := entered-start, max(0, end-c.left.Load())
		attrs[0] = keyBefore.Duration(time.Duration(before))
		attrs[1] = keyAfter.Duration(time.Duration(after))
		own = before + after
	} else {
		attrs[0] = keyCutShort.Bool(true)
		c.x.rec.Set(keyStopped.String(c.probe.Name()))
	}
	if len(n.changed) > 0 {
		attrs[2] = keyHeaders.String(listed(n.changed))
	}
	if n.added != "" {
		attrs[3] = keyContext.String(n.added)
	}
	if n.responseTime > 0 {
		attrs[4] = keyRespond.Duration(time.Duration(n.responseTime))
	}
	if p := c.probe; p.budget > 0 && own > p.budget {
		attrs[5] = keyBudget.Duration(time.Duration(p.budget))
		p.overBudget(c, own)
	}
	span.Set(attrs[:]...)
}

// routed names what is known after routing: the Record by its pattern, and the
// view.
func (p *Probe) routed(ctx context.Context, span instrument.Span, r *http.Request) instrument.Span {
	if r.Pattern == "" {
		return span
	}
	instrument.FromContext(ctx).SetHandler(routeHandler(r))
	if c, ok := ctx.(*call); ok {
		c.x.setRoute(r)
	}
	if p.find != nil {
		span = span.SetHandler(p.find(r))
	}
	return span
}

// errGoexit marks a handler that ended its goroutine.
var errGoexit = errors.New("the handler called runtime.Goexit")

// endSpan ends the span of a handler that returned err, or panicked with v. The
// caller throws v again in the deferred function that recovered it, so that
// the frames of the panic are still there for net/http to print.
func endSpan(span instrument.Span, now int64, v any, returned bool, err error) {
	switch {
	case returned:
		if err != nil && StatusOf(err) < 500 {
			err = nil // the client's mistake, not the app's
		}
		span.EndAt(now, err)
	case v == nil:
		span.EndAt(now, errGoexit)
	case v == http.ErrAbortHandler: // by ==, as net/http: it ends the response on purpose
		span.EndAt(now, http.ErrAbortHandler)
	default:
		span.Panic(v)
		span.EndAt(now, nil)
	}
}
