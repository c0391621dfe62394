package instrument

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
)

// Recording is a Record while it runs: a request, a command, a job, or a signal
// that was sent outside all three. It may be kept and called after its end, when
// its methods do nothing, and all methods of a nil *Recording do nothing. Methods
// may be called from several goroutines.
type Recording struct {
	r       *Recorder
	id      ID
	start   int64
	parent  ID
	trace   TraceContext
	caller  SpanID // of whoever caused this Record, in another process or in this
	foreign bool   // began within a span of another tracing API
	sealed  atomic.Bool
	carried *Carried // nil: nothing
	labelState

	mu      sync.Mutex // guards what follows
	handler *Handler
	slab    *slab       // nil once sealed
	spans   uint32      // slots taken
	own     spanContext // the context of the Record itself, below which all others are
}

// running is what a Recording has to know until it ends. It lies in the slab, because
// that is used again: what contexts keep in memory should be small. What lists show of
// the Record is in the slab's summary from the beginning.
type running struct {
	attrBytes int
	attached  int // by Attach
	capped    bool
	announced bool  // handed over before its end
	inferred  bool  // there are spans whose parent is not known
	lastErr   error // that failed a span last: its chain is written
	allocs    uint64
	cycles    uint64
	load      *load         // when it began; nil: not known
	contexts  []spanContext // to be taken by the next spans; nil: none were made
	rooms     any           // those that StartScope takes from, of the type that was asked for last
}

// Contexts of spans are made by the dozen, and then a few more at a time.
const (
	contextsFirst = 11
	contextsNext  = 16
)

// Begin says what a Record is when it begins.
type Begin struct {
	// Handler names it; its kind is the Record's kind. It may be replaced with
	// SetHandler, when the route is known.
	Handler *Handler
	// Trace is the trace that the Record continues, as it came from outside. Zero: it
	// begins one, or continues that of the Record in ctx.
	Trace TraceContext
	// Span is the Record's own id in its trace, where something else has given it one.
	// Zero: a new one.
	Span SpanID
	// Carried is what came with the trace. Zero: what the Record in ctx carries.
	Carried Carried
	// Parent is the Record that caused this one. 0: the Record in ctx, if any.
	Parent ID
	// Method and Path are what lists show of a request, without the query.
	Method, Path string
	// Attrs are attributes of the root span.
	Attrs []Attr
}

// Begin starts a Record and gives the context to run it in. Every Begin needs its
// End, best deferred at once. When r is nil or off, or Config.Ignore says so, it gives
// ctx and nil back.
func (r *Recorder) Begin(ctx context.Context, b Begin) (context.Context, *Recording) {
	if !r.begins(&b) {
		return ctx, nil
	}
	return r.begin(ctx, new(Recording), b)
}

// BeginIn is Begin for a Recording that lies in a value of the caller's own, to spare an
// allocation. It must be the zero Recording, is used once, and must not be copied. When r
// is nil or off, or Config.Ignore says so, BeginIn gives ctx and nil back, and into is not
// to be used.
func (r *Recorder) BeginIn(ctx context.Context, into *Recording, b Begin) (context.Context, *Recording) {
	if !r.begins(&b) {
		return ctx, nil
	}
	return r.begin(ctx, into, b)
}

func (r *Recorder) begins(b *Begin) bool {
	return r.Enabled() && b.Handler != nil && !r.ignores(b.Handler)
}

func (r *Recorder) begin(ctx context.Context, rec *Recording, b Begin) (context.Context, *Recording) {
	now := Now()
	// What is atomic waits for all writes before it, so it comes before the Recording.
	id := r.ids.next((r.wall.Load() + now) / 1e6)
	r.statsOf(b.Handler).inFlight.Add(1)
	rec.r, rec.id, rec.start, rec.handler, rec.parent = r, id, now, b.Handler, b.Parent
	rec.linkTo(ctx, &b)
	s := r.slabs.Get().(*slab)
	rec.slab = s
	s.summary.Method, s.summary.Path = cut(b.Method, maxName), cut(b.Path, maxPath)
	rec.slotFor(now, 0, b.Handler, 0)
	rec.addAttrs(s.at(0), b.Attrs)
	if c := rec.carried; c != nil && c.Baggage != "" {
		rec.addAttrs(s.at(0), []Attr{KeyBaggage.String(c.Baggage)})
	}
	s.allocs, s.cycles = r.runtime.recent(s.runtime[:], now)
	if r.config.Sink != nil {
		s.load = r.load.recent(now)
	}
	if !r.config.NoLabels {
		ctx = rec.label(ctx)
	}
	rec.own.Context, rec.own.rec = ctx, rec
	ctx = &rec.own
	r.eachHook(func(h *Hooks) {
		if h.Started != nil {
			h.Started(ctx, rec)
		}
	})
	return ctx, rec
}

// linkTo sets trace and parent from what came from outside, or else from the
// Record that ctx runs in.
func (rec *Recording) linkTo(ctx context.Context, b *Begin) {
	outer := FromContext(ctx)
	if outer != nil && rec.parent == 0 {
		rec.parent = outer.id
	}
	rec.carry(&b.Carried, outer)
	if b.Trace.TraceID == (TraceID{}) && outer != nil {
		b.Trace = TraceContextOf(ctx)
	}
	if x := bridge.Load(); x != nil && x.Cause != nil && outer == nil {
		rec.r.guard(func() { b.Trace = rec.bridged(ctx, x, b.Trace) })
	}
	if outer != nil {
		rec.foreign = outer.foreign
	}
	rec.caller = b.Trace.SpanID
	switch e := rec.r.config.Exporter; {
	case e != nil && rec.askExporter(ctx, e, b.Trace):
	case b.Trace.TraceID != TraceID{}:
		rec.trace.TraceID, rec.trace.Sampled = b.Trace.TraceID, b.Trace.Sampled
		rec.trace.SpanID.fill()
	default:
		rec.trace.TraceID.fill()
		rec.trace.SpanID.fill()
		rec.trace.Sampled = rec.r.Sampled(rec.trace.TraceID)
	}
	if b.Span != (SpanID{}) {
		rec.trace.SpanID = b.Span
	}
}

// bridged asks another API for the cause. Of the two in one trace that is the nearer one.
func (rec *Recording) bridged(ctx context.Context, b *Bridge, cause TraceContext) TraceContext {
	there, foreign := b.Cause(ctx)
	rec.foreign = foreign
	if there.TraceID != (TraceID{}) && (cause.TraceID == TraceID{} || cause.TraceID == there.TraceID) {
		return there
	}
	return cause
}

// Foreign tells that the Record began within a span of another tracing API; see Bridge.
func (rec *Recording) Foreign() bool { return rec != nil && rec.foreign }

// askExporter reports false when the exporter gave no place in a trace.
func (rec *Recording) askExporter(ctx context.Context, e Exporter, cause TraceContext) bool {
	rec.r.guard(func() { rec.trace, rec.caller = e.Begin(ctx, rec, cause) })
	if rec.trace.TraceID == (TraceID{}) || rec.trace.SpanID == (SpanID{}) {
		rec.trace, rec.caller = TraceContext{}, cause.SpanID
		return false
	}
	return true
}

// context makes the context of a span. Called with mu held, before the Record has ended.
func (rec *Recording) context(parent context.Context, span uint32) *spanContext {
	c := rec.slab.nextContext()
	c.Context, c.rec, c.span = parent, rec, span
	return c
}

func (r *running) nextContext() *spanContext {
	if len(r.contexts) == 0 {
		r.makeContexts()
	}
	c := &r.contexts[0]
	r.contexts = r.contexts[1:]
	return c
}

func (r *running) makeContexts() {
	if r.contexts == nil {
		r.contexts = new([contextsFirst]spanContext)[:]
		return
	}
	r.contexts = new([contextsNext]spanContext)[:]
}

// slotFor takes the next slot; nil when the Record is sealed or full. Called
// before the Recording is shared, or with mu held.
func (rec *Recording) slotFor(now int64, parent uint32, h *Handler, f Flags) *slot {
	if rec.slab == nil {
		return nil
	}
	if h.kind == KindSignal && rec.spans > 0 && rec.r.statsOf(h).ignored {
		return nil
	}
	if int(rec.spans) >= rec.r.config.MaxSpans {
		rec.slab.summary.Left++
		if counts := &rec.slab.summary.Counts; int(h.kind) < len(counts) {
			counts[h.kind]++
		}
		return nil
	}
	i := rec.spans
	rec.spans++
	s := rec.slab.at(i)
	s.handler, s.kind, s.index, s.parent, s.start = h.id, h.kind, uint16(i), parent, now
	if f != 0 {
		s.flags.Store(uint32(f))
		rec.slab.inferred = rec.slab.inferred || f.Has(FlagInferred)
	}
	return s
}

// addAttrs keeps attributes within the cap. Called like slotFor.
func (rec *Recording) addAttrs(to *slot, attrs []Attr) {
	slab := rec.slab
	if slab == nil {
		return
	}
	span := uint32(to.index)
	kept := slices.Grow(slab.attrs, len(attrs))
	for i := range attrs {
		a := &attrs[i]
		if a.key == 0 {
			continue
		}
		text := a.str
		if len(text) > maxAttrText {
			text = cutNoted(text, maxAttrText)
			slab.capped = true
		}
		if to.attrs == maxSpanAttrs {
			slab.capped = true
			break
		}
		to.attrs++
		if slab.attrBytes += len(text) + 8; slab.attrBytes > rec.r.config.MaxAttrBytes {
			slab.capped = true
			break
		}
		n := len(kept)
		kept = kept[:n+1]
		e := &kept[n] // field by field: the caller has just written them so, and copying more at once would wait for that
		e.key, e.typ, e.num, e.str, e.span = a.key, a.typ, a.num, text, span
	}
	slab.attrs = kept
}

// ID is the Record's id; 0 for nil.
func (rec *Recording) ID() ID {
	if rec == nil {
		return 0
	}
	return rec.id
}

// TraceContext is the Record's own place in its trace: pass it on to what the
// Record causes.
func (rec *Recording) TraceContext() TraceContext {
	if rec == nil {
		return TraceContext{}
	}
	return rec.trace
}

// Recorder is who records; nil for nil.
func (rec *Recording) Recorder() *Recorder {
	if rec == nil {
		return nil
	}
	return rec.r
}

// Handler is the Record's handler as it is known so far; nil for nil.
func (rec *Recording) Handler() *Handler {
	if rec == nil {
		return nil
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	return rec.handler
}

// Sealed reports whether the Record has ended; true for nil.
func (rec *Recording) Sealed() bool { return rec == nil || rec.sealed.Load() }

// edit runs change while the Record is open.
func (rec *Recording) edit(change func()) {
	if rec.open() {
		defer rec.mu.Unlock()
		change()
	}
}

// open locks mu if the Record is open.
func (rec *Recording) open() bool {
	if rec == nil {
		return false
	}
	rec.mu.Lock()
	if rec.slab == nil {
		rec.mu.Unlock()
		return false
	}
	return true
}

// SetHandler replaces the handler, for instance when the route is known.
func (rec *Recording) SetHandler(h *Handler) {
	if h == nil {
		return
	}
	rec.edit(func() {
		if rec.handler == h {
			return
		}
		rec.r.statsOf(rec.handler).inFlight.Add(-1)
		rec.r.statsOf(h).inFlight.Add(1)
		rec.handler = h
		rec.slab.at(0).setHandler(h)
	})
}

// Set adds attributes to the root span.
func (rec *Recording) Set(attrs ...Attr) {
	if rec.open() {
		rec.addAttrs(rec.slab.at(0), attrs)
		rec.mu.Unlock()
	}
}

// What Attach keeps.
const (
	maxAttached     = 8
	MaxAttachedText = 64 << 10
)

// Attach adds texts that may be long, such as bodies, to the root span: each is kept up
// to MaxAttachedText bytes, beside what Config.MaxAttrBytes allows, and a Record has at
// most 8 of them.
func (rec *Recording) Attach(attrs ...Attr) {
	if !rec.open() {
		return
	}
	defer rec.mu.Unlock()
	slab := rec.slab
	for _, a := range attrs {
		if a.key == 0 {
			continue
		}
		if slab.attached++; slab.attached > maxAttached {
			slab.capped = true
			return
		}
		if len(a.str) > MaxAttachedText {
			a.str = cut(a.str, MaxAttachedText)
			slab.capped = true
		}
		slab.attrs = append(slab.attrs, slotAttr{Attr: a})
	}
}

// SetStatus sets the HTTP status or exit code.
func (rec *Recording) SetStatus(code int) {
	if rec.open() {
		rec.slab.summary.Status = code
		rec.mu.Unlock()
	}
}

// SetUser says for whom the Record runs. An empty name takes it away.
func (rec *Recording) SetUser(name string) {
	rec.edit(func() { rec.slab.summary.User = cut(name, maxName) })
}

// SetPath sets the method and path that lists show, without the query.
func (rec *Recording) SetPath(method, path string) {
	method, path = cut(method, maxName), cut(path, maxPath)
	if rec.open() {
		rec.slab.summary.Method, rec.slab.summary.Path = method, path
		rec.mu.Unlock()
	}
}

// Tag adds a tag to find the Record by; a tagged Record is always kept. At most 16
// are kept.
func (rec *Recording) Tag(tag string) {
	rec.edit(func() {
		if tags := &rec.slab.summary.Tags; tag != "" && len(*tags) < 16 {
			*tags = append(*tags, cut(tag, maxName))
			rec.flag(FlagTagged)
		}
	})
}

// Flag sets flags of the Record. For failures there are Fail and Panic.
func (rec *Recording) Flag(f Flags) { rec.edit(func() { rec.flag(f) }) }

func (rec *Recording) flag(f Flags) { rec.slab.at(0).flags.Or(uint32(f)) }

// Fail marks the Record as failed with err; nil does nothing. The first error stays
// the one that lists show.
func (rec *Recording) Fail(err error) {
	if err == nil || rec == nil {
		return
	}
	attrs, causes := errorAttrs(err), rec.causesOf(err, false)
	rec.edit(func() {
		rec.flag(FlagError)
		rec.addAttrs(rec.slab.at(0), attrs[:])
		rec.addAttrs(rec.slab.at(0), causes)
		rec.slab.failed(attrs[0].str)
	})
	rec.r.eachHook(func(h *Hooks) {
		if h.Uncaught != nil {
			h.Uncaught(&rec.own, rec, err)
		}
	})
}

// Panic marks the Record as ended by a panic with the value v. Called in the
// deferred function that recovered, it keeps the stack of the panic.
func (rec *Recording) Panic(v any) {
	if rec == nil {
		return
	}
	attrs := panicAttrs(v, 3)
	err, _ := v.(error)
	causes := rec.causesOf(err, true)
	rec.edit(func() {
		rec.flag(FlagError | FlagPanic)
		rec.addAttrs(rec.slab.at(0), attrs[:])
		rec.addAttrs(rec.slab.at(0), causes)
		rec.slab.failed(attrs[0].str)
	})
	rec.r.eachHook(func(h *Hooks) {
		if h.Uncaught != nil {
			h.Uncaught(&rec.own, rec, fmt.Errorf("panic: %s", attrs[0].str))
		}
	})
}

// errorAttrs describes an error. An Error method that panics is the host's fault
// but must not become ours.
func errorAttrs(err error) (attrs [2]Attr) {
	return [2]Attr{
		KeyErrorMessage.String(textOf(err)),
		KeyErrorType.String(fmt.Sprintf("%T", err)),
	}
}

const maxErrorText = 4 << 10

func textOf(v any) (s string) {
	defer func() {
		if p := recover(); p != nil {
			s = fmt.Sprintf("%T, whose text could not be had", v)
		}
	}()
	switch v := v.(type) {
	case string:
		s = v
	case error:
		s = v.Error()
	default:
		s = fmt.Sprintf("%+v", v) // with the names of fields, without which a masker cannot tell what is secret
	}
	return cut(s, maxErrorText)
}

const maxStack = 64

// panicAttrs describes a panic, with the stack above skip callers.
func panicAttrs(v any, skip int) (attrs [3]Attr) {
	var pcs [maxStack]uintptr
	n := runtime.Callers(skip+1, pcs[:])
	return [3]Attr{
		KeyPanicValue.String(textOf(v)),
		KeyErrorType.String(fmt.Sprintf("%T", v)),
		{key: KeyStack, typ: attrStack, str: packPCs(pcs[:n])},
	}
}
