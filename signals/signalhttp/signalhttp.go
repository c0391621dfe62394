package signalhttp

import (
	"context"
	"crypto/rand"
	"net/http"
	"net/netip"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// Options say what is known of a request. The zero value trusts no proxy and knows
// no user.
type Options struct {
	// TrustedProxies are the peers that are believed what they say of others, in
	// X-Forwarded-For and X-Request-Id. Nil: nobody is.
	TrustedProxies []netip.Prefix
	// User gives the user of a request; nil, or "", is none. A layer further in,
	// which finds out who asks, uses [signals.WithUser] instead.
	User func(r *http.Request) string
	// RequestID gives the id of a request; nil, or "", takes that of a trusted
	// proxy, or makes one.
	RequestID func(r *http.Request) string
}

type requestKey struct{}

// Middleware puts a [signals.Scope] and the request into the context of each
// request. Requests run as they did: nothing is added to the response, and a panic
// passes through.
func Middleware(o Options) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx := signals.WithScope(r.Context(), o.scope(r))
			inner := r.WithContext(context.WithValue(ctx, requestKey{}, r))
			defer giveBack(r, inner)
			next.ServeHTTP(w, inner)
		})
	}
}

// giveBack copies what handlers learn of a request to the one that came in: layers
// outside ask which pattern the mux chose, and the server deletes the files of a
// form that was parsed.
func giveBack(outer, inner *http.Request) {
	outer.Pattern = inner.Pattern
	if outer.MultipartForm == nil {
		outer.MultipartForm = inner.MultipartForm
	}
}

// RequestOf is the request that ctx belongs to; nil outside of one. Once the handler
// has returned its body is not to be read.
func RequestOf(ctx context.Context) *http.Request {
	r, _ := ctx.Value(requestKey{}).(*http.Request)
	return r
}

func (o Options) scope(r *http.Request) signals.Scope {
	s := signals.Scope{
		RequestID: o.requestID(r),
		IP:        ClientIP(r, o.TrustedProxies),
		UserAgent: r.UserAgent(),
	}
	if o.User != nil {
		s.User = o.User(r)
	}
	return s
}

func (o Options) requestID(r *http.Request) string {
	if o.RequestID != nil {
		if id := o.RequestID(r); id != "" {
			return id
		}
	}
	if id := r.Header.Get("X-Request-Id"); isID(id) && trusted(peer(r), o.TrustedProxies) {
		return id
	}
	return rand.Text()
}

// isID accepts what may stand in logs as it is.
func isID(s string) bool {
	if s == "" || len(s) > 64 {
		return false
	}
	for _, c := range s {
		if !('a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return true
}
