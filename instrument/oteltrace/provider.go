package oteltrace

import (
	"context"
	"sync"
	"sync/atomic"

	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/embedded"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/oteltrace/internal/mark"
)

// Config says how OpenTelemetry's spans are recorded. The zero Config works.
type Config struct {
	// Recorder takes what happens outside of Records, and the Records that begin here.
	// Nil: instrument.Default, whichever that is at the time.
	Recorder *instrument.Recorder
	// Mask hides secrets in names of spans and in the attributes that have a form of
	// their own, such as URLs; all else is masked with the Record. Nil: mask.Default.
	Mask *mask.Rules
	// Root says which spans outside of any Record begin one, and of which kind: 0 for
	// none. Nil: a server's begins a request, a consumer's a task. A span that is started
	// as a new root begins one in any case.
	Root func(name string, kind trace.SpanKind) instrument.Kind
	// Exporter makes the spans those of another TracerProvider as well, with the same
	// ids, at once. Nil: there is none.
	Exporter *Exporter
	// Placed is for package otelsdk: spans come with the place in their trace that
	// another tracer has given them, and nothing is found in contexts of Records.
	Placed bool
}

// Provider is a trace.TracerProvider on a Recorder. It is safe for concurrent use, and
// starts no goroutine.
type Provider struct {
	embedded.TracerProvider
	config  Config
	tracers sync.Map // scope -> *tracer
	count   atomic.Int32
}

var _ trace.TracerProvider = (*Provider)(nil)

// maxTracers is how many tracers are remembered. Further ones work as well, but look
// their names up anew.
const maxTracers = 1000

// NewProvider makes a Provider. From then on trace.SpanFromContext finds the spans of
// Records, too.
func NewProvider(c Config) *Provider {
	if c.Root == nil {
		c.Root = defaultRoot
	}
	p := &Provider{config: c}
	if !c.Placed {
		bridgeTo(p)
	}
	return p
}

// Shutdown takes back what NewProvider began: trace.SpanFromContext finds the spans of
// Records no more, unless another Provider was made since. What p is asked to record
// goes on being recorded. It never fails; nil does nothing.
func (p *Provider) Shutdown(context.Context) error {
	if p == nil {
		return nil
	}
	changeBridge(func(b *bridging) {
		if b.provider == p {
			b.provider = nil
		}
	})
	return nil
}

func defaultRoot(_ string, kind trace.SpanKind) instrument.Kind {
	switch kind {
	case trace.SpanKindServer:
		return instrument.KindRequest
	case trace.SpanKindConsumer:
		return instrument.KindTask
	}
	return 0
}

// rootKind asks Config.Root; a panic in it counts as none.
func (p *Provider) rootKind(name string, kind trace.SpanKind) (k instrument.Kind) {
	defer func() {
		if recover() != nil {
			k = 0
		}
	}()
	return p.config.Root(name, kind)
}

func (p *Provider) recorder() *instrument.Recorder {
	if p.config.Recorder != nil {
		return p.config.Recorder
	}
	return instrument.Default()
}

// scope is what a tracer is for.
type scope struct{ name, version, schema string }

// Tracer gives the tracer of a library. It is trace.TracerProvider's.
func (p *Provider) Tracer(name string, opts ...trace.TracerOption) trace.Tracer {
	c := trace.NewTracerConfig(opts...)
	key := scope{name, c.InstrumentationVersion(), c.SchemaURL()}
	if t, ok := p.tracers.Load(key); ok {
		return t.(*tracer)
	}
	t := &tracer{provider: p, scope: cut(name, maxNameLen), names: newNames(p.config.Mask), opts: opts}
	t.names.t = t
	if p.count.Load() >= maxTracers {
		return t
	}
	kept, known := p.tracers.LoadOrStore(key, t)
	if !known {
		p.count.Add(1)
	}
	return kept.(*tracer)
}

// tracer is a trace.Tracer.
type tracer struct {
	embedded.Tracer
	provider *Provider
	scope    string
	names    *names
	opts     []trace.TracerOption
	once     sync.Once    // finds the following, when it is first needed
	real     trace.Tracer // of the app's provider
}

// exports tells that spans are those of the app's provider, too.
func (t *tracer) exports() bool { return t.provider.config.Exporter != nil }

// placed tells that spans may come with a place in their trace; see mark.WithPlace.
func (t *tracer) placed() bool { return t.exports() || t.provider.config.Placed }

// theirs is the app's tracer. It is asked for late, because the app's provider may be
// one that hands on to this.
func (t *tracer) theirs() trace.Tracer {
	t.once.Do(func() { t.real = t.provider.config.Exporter.tracerOf(t.scope, t.opts) })
	return t.real
}

// Start begins a span. It is trace.Tracer's.
func (t *tracer) Start(ctx context.Context, name string, opts ...trace.SpanStartOption) (context.Context, trace.Span) {
	if ctx == nil {
		ctx = context.Background()
	}
	if t.exports() && mark.Ours(ctx) { // the app's provider leads back here
		return ctx, noop.Span{}
	}
	if !instrument.On() {
		return t.off(ctx, name, opts)
	}
	n := t.names.get(name)
	if len(opts) == 0 && !t.placed() {
		if s := startPlain(ctx, n); s != nil {
			return (*spanContext)(s), s
		}
	}
	return t.start(ctx, n, opts)
}

// start begins a span of which there is something to say, or one outside of a Record.
func (t *tracer) start(ctx context.Context, n *name, opts []trace.SpanStartOption) (context.Context, trace.Span) {
	s := &span{name: n}
	if t.exports() {
		ctx = s.export(ctx, opts)
	}
	c, attrs := startConfig(opts)
	s.begin(ctx, &c, attrs)
	for _, l := range c.Links() {
		s.link(s.extra(), l)
	}
	return (*spanContext)(s), s
}

// off is Start while nothing is recorded.
func (t *tracer) off(ctx context.Context, name string, opts []trace.SpanStartOption) (started context.Context, s trace.Span) {
	if t.exports() {
		guard(func() { started, s = t.theirs().Start(ctx, name, opts...) })
	}
	if s == nil {
		return noop.Tracer{}.Start(ctx, name)
	}
	return started, s
}
