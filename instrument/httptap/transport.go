package httptap

import (
	"errors"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Option changes what is reported of calls.
type Option func(*transport)

// Mask hides secrets by the rules instead of mask.Default's. Nil changes nothing.
func Mask(rules *mask.Rules) Option {
	return func(t *transport) {
		if rules != nil {
			t.rules = rules
		}
	}
}

// Name says under which name a call is counted, instead of its method, host and the
// shape of its path; "" leaves it at that. It must give few different names. A panic in
// it counts as "".
func Name(name func(*http.Request) string) Option { return func(t *transport) { t.name = name } }

// Propagate says which calls pass the trace on, with the baggage that came with it. Without
// this option all calls that are in a Record pass the trace on, and none the baggage. Nil:
// none passes anything on. A panic in it counts as false.
func Propagate(to func(*http.Request) bool) Option {
	if to == nil {
		to = func(*http.Request) bool { return false }
	}
	return func(t *transport) { t.propagate = to }
}

// Headers keeps the headers of requests and responses: the names, and the values of those
// that are known to be harmless.
func Headers() Option { return func(t *transport) { t.headers = true } }

// Bodies keeps the first bytes of bodies of JSON, forms and plain text, masked, as far as
// they are sent and read: at most limit bytes of each. 0, and more than that: 4 KiB. It is
// meant for development.
func Bodies(limit int) Option {
	if limit <= 0 || limit > maxBody {
		limit = maxBody
	}
	return func(t *transport) { t.bodies = limit }
}

// maxBody is what is kept of a body at most: a Record's attributes share 64 KiB.
const maxBody = 4 << 10

// NoCallers leaves out where in the code a call was made.
func NoCallers() Option { return func(t *transport) { t.noCallers = true } }

// Transport gives a RoundTripper that reports what goes through base. Nil is
// http.DefaultTransport, as it is at the time of each call. What it returns has
// CloseIdleConnections, which passes on, and Unwrap, which gives base back.
func Transport(base http.RoundTripper, opts ...Option) http.RoundTripper {
	t := &transport{base: base, rules: mask.Default()}
	for _, o := range opts {
		o(t)
	}
	return t
}

// transport is safe for concurrent use.
type transport struct {
	base      http.RoundTripper
	rules     *mask.Rules
	name      func(*http.Request) string
	propagate func(*http.Request) bool
	headers   bool
	bodies    int // bytes kept of each; 0: none
	noCallers bool
	names     names
}

// Unwrap is what calls go through; never nil.
func (t *transport) Unwrap() http.RoundTripper {
	if t.base == nil {
		return http.DefaultTransport
	}
	return t.base
}

// CloseIdleConnections is what http.Client.CloseIdleConnections asks for.
func (t *transport) CloseIdleConnections() {
	if c, ok := t.Unwrap().(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// RoundTrip is http.RoundTripper's.
func (t *transport) RoundTrip(r *http.Request) (*http.Response, error) {
	if !instrument.On() || r == nil || r.URL == nil {
		return t.Unwrap().RoundTrip(r)
	}
	return t.record(r)
}

// errGone ends the span of a call whose transport panicked, or ended its goroutine.
var errGone = errors.New("the transport did not return")

func (t *transport) record(r *http.Request) (res *http.Response, err error) {
	c, out := t.begin(r)
	returned := false
	defer func() { // without recover: a panic goes on as it was
		if !returned {
			c.fail(errGone)
		}
	}()
	res, err = t.Unwrap().RoundTrip(out)
	returned = true
	if res != nil && res.Request == out {
		res.Request = r
	}
	if err != nil || res == nil {
		c.fail(err)
		return res, err
	}
	c.answered(res)
	return res, nil
}
