package toolbar

import (
	"log/slog"
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
)

// The taps work without a Toolbar too. These set them up by its Config: with its rules for
// secrets and, where everything is kept, with more detail.

// callBody is how much is kept of the bodies of a call in development: a Record's
// attributes share 64 KiB.
const callBody = 1 << 10

// Transport gives a RoundTripper for the app's clients that reports their calls, as
// httptap.Transport does; nil is http.DefaultTransport. Where Bodies keeps those of
// requests, headers and the beginnings of bodies are kept as well. A disabled toolbar gives
// base back.
//
//	client := &http.Client{Transport: tb.Transport(nil)}
func (t *Toolbar) Transport(base http.RoundTripper, opts ...httptap.Option) http.RoundTripper {
	if t.recorder == nil {
		if base == nil {
			return http.DefaultTransport
		}
		return base
	}
	own := []httptap.Option{httptap.Mask(t.config.Mask)}
	if t.config.keepsBodies() {
		own = append(own, httptap.Headers(), httptap.Bodies(callBody))
	}
	return httptap.Transport(base, append(own, opts...)...)
}

// LogHandler gives a handler for slog that passes lines to next and shows them on their
// request. Lines of a request get the attributes trace_id and request_id, by which log and
// toolbar can be looked up in each other. A disabled toolbar gives next back.
//
//	slog.SetDefault(slog.New(tb.LogHandler(slog.NewTextHandler(os.Stderr, nil))))
func (t *Toolbar) LogHandler(next slog.Handler, opts ...slogtap.Option) slog.Handler {
	if t.recorder == nil {
		return next
	}
	return slogtap.New(next, append([]slogtap.Option{slogtap.IDs()}, opts...)...)
}

// Cache gives a Cache by whose methods the app reports what it asks of a cache, or nil,
// whose methods do nothing, of a disabled toolbar.
func (t *Toolbar) Cache(name string, opts ...cachetap.Option) *cachetap.Cache {
	if t.recorder == nil {
		return nil
	}
	return cachetap.New(name, append([]cachetap.Option{cachetap.Mask(t.config.Mask)}, opts...)...)
}
