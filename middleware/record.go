package middleware

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/netip"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// RecordOptions says which requests are recorded, and what of them. The zero
// value records all.
type RecordOptions struct {
	// Ignore tells which requests are left alone: health checks, the
	// toolbar's own. Nil means none. A panic in it counts as false.
	Ignore func(r *http.Request) bool

	// NoHeaders leaves the headers of requests out. Otherwise those that are
	// known to be harmless are kept, and of the others the names.
	NoHeaders bool

	// Bodies keeps what requests and responses consist of beside their headers: bodies
	// as far as the handler reads and writes them, forms, the names of uploads, cookies
	// and, with ShowSession, the values of sessions. All of it is masked; of pages and
	// other markup, in which a secret may stand anywhere, only the size is kept. It is
	// meant for development.
	Bodies bool

	// MaxBody is how many bytes of a body are kept. 0, and more than that: 64 KiB.
	MaxBody int

	// Own are the canonical names of response headers that are set around the app and
	// are none of it: they are left out.
	Own []string

	// Mask hides secrets in what Bodies keeps. Nil: mask.Default.
	Mask *mask.Rules

	// RedirectTime is for how long after a redirect the request that follows it is linked
	// with it. 0: 15 seconds, which is long for a browser and short for a person who reads.
	RedirectTime time.Duration

	// TrustedProxies are the networks of proxies whose X-Forwarded-For is
	// believed when the client's address is recorded, as [ClientAddr] has it.
	// None: the address of the connection.
	TrustedProxies []netip.Prefix
}

// Record returns a middleware that records each request, from the first layer
// to the last byte: put it outermost. The handler's context carries the Record,
// under which the spans of layers, queries and signals come to stand.
//
// A Record is called like the pattern that matched, "POST /orders", or
// "unmatched". A traceparent header that comes in is continued; it decides
// nothing else. Its tracestate, and baggage, are passed on to what the request calls. A status of 500 and above, and a panic, make it failed; a panic
// goes on unchanged. If the client went away, the Record says so and the
// status does not make it failed.
//
// A nil or disabled Recorder, and a request that is being recorded already,
// cost next to nothing.
func Record(rec *instrument.Recorder, o RecordOptions) func(http.Handler) http.Handler {
	if rec != nil {
		wired.Store(true)
	}
	if o.MaxBody <= 0 || o.MaxBody > instrument.MaxAttachedText {
		o.MaxBody = instrument.MaxAttachedText
	}
	redirects := &redirects{time: cmp.Or(o.RedirectTime, redirectTime)}
	return func(next http.Handler) http.Handler {
		return &recorder{rec, o, next, redirects}
	}
}

type recorder struct {
	rec       *instrument.Recorder
	opt       RecordOptions
	next      http.Handler
	redirects *redirects
}

func (m *recorder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !m.rec.Enabled() || m.ignores(r) || recorded(w) {
		m.next.ServeHTTP(w, r)
		return
	}
	from := m.redirects.find(r)
	b := instrument.Begin{Handler: unmatchedRoute, Parent: from.record, Method: r.Method, Path: r.URL.Path}
	if parents := r.Header["Traceparent"]; len(parents) > 0 {
		b.Trace = traceOf(parents)
	}
	b.Carried = carriedBy(r.Header, &b.Trace)
	s := new(served)
	ctx, rec := m.rec.BeginIn(r.Context(), &s.recording, b)
	res := &s.Response
	w = res.wrap(w, r)
	res.rec, res.recorder = rec, m
	m.describe(rec, r)
	from.describe(rec)
	inner := r.WithContext(s.exchange.begin(ctx, rec, res))
	if m.opt.Bodies {
		res.tapes = &capture{rules: m.opt.Mask}
		res.tapes.listen(inner, m.opt.MaxBody)
	}
	returned := false
	defer func() {
		v := recover() // thrown again in this same function, which keeps its stack for net/http
		copyBack(r, inner)
		if v != nil && v != http.ErrAbortHandler {
			rec.Panic(v)
		}
		if !returned {
			res.Abort()
		}
		if res.redirecting() {
			m.redirects.add(r, res, rec.ID(), from.count)
		}
		seal(rec, res, inner, v, returned)
		if v != nil {
			panic(v)
		}
	}()
	m.next.ServeHTTP(w, inner)
	res.Finish()
	returned = true
}

// recorded reports whether a Record around this one watches w.
func recorded(w http.ResponseWriter) bool {
	res := ResponseOf(w)
	return res != nil && !res.rec.Sealed()
}

func (m *recorder) ignores(r *http.Request) (ignored bool) {
	if m.opt.Ignore == nil {
		return false
	}
	defer func() { _ = recover() }()
	return m.opt.Ignore(r)
}

// seal writes down how the request ended, and ends its Record.
func seal(rec *instrument.Recording, res *Response, r *http.Request, v any, returned bool) {
	gone := res.Failed() || errors.Is(r.Context().Err(), context.Canceled)
	status := res.Status()
	if res.tapes != nil {
		res.tapes.describe(rec, r, res.BytesWritten())
	}
	res.describeLate()
	attrs := [2]instrument.Attr{instrument.KeyBytesOut.Int64(res.BytesWritten())}
	var flags instrument.Flags
	if gone {
		flags |= instrument.FlagClientGone
	}
	if res.Flushed() {
		flags |= instrument.FlagStreamed
	}
	if res.Hijacked() {
		flags |= instrument.FlagHijacked
	}
	switch {
	case returned && status >= 500 && !gone:
		flags |= instrument.FlagError
	case !returned && v == nil:
		flags |= instrument.FlagError
		attrs[1] = instrument.KeyErrorMessage.String(errGoexit.Error())
	case v == http.ErrAbortHandler && !gone:
		flags |= instrument.FlagError
		attrs[1] = instrument.KeyErrorMessage.String(http.ErrAbortHandler.Error())
	}
	o := instrument.Outcome{Status: status, Flags: flags}
	if r.Pattern != "" { // a layer that copies the request may hide it; View has set it then
		o.Handler = routeHandler(r)
	}
	rec.EndWith(o, attrs[:]...)
}
