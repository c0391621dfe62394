package middleware

import (
	"net/http"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Injection says what to add to HTML pages.
type Injection struct {
	// Snippet returns what goes into a page: before its last </body>, or at
	// its end if it has none. It is called once per page, right before the
	// page's header is written, with a header that already has everything
	// that the app set. An empty answer leaves the page alone. The length of
	// the answer is what a Content-Length grows by. It must be ASCII, and well-formed
	// XML if the app serves XHTML. Use p.Nonce for script tags. A panic in it
	// counts as an empty answer. It is required.
	Snippet func(p Page) []byte

	// Show tells, before the handler runs, whether the client of this request
	// will get the snippet at all. If not, the request and the response are
	// left untouched. Nil means always.
	Show func(r *http.Request) bool

	// Loads names what the script of the snippet loads from the page's own origin, as
	// content policies have it: "style-src", "connect-src". A page whose policy does not
	// let it gets no snippet.
	Loads []string

	// KeepEncoding leaves the request's Accept-Encoding alone. Otherwise
	// inner handlers see "identity" for a top-level navigation
	// (Sec-Fetch-Dest: document), because nothing can be added to a page that
	// the app compresses itself.
	KeepEncoding bool

	// NoStore adds Cache-Control: no-store to the pages that get the snippet.
	NoStore bool
}

// Page is a page that is about to get a snippet.
type Page struct {
	Request *http.Request
	Status  int
	Header  http.Header // read only

	// Nonce is what the page's own Content-Security-Policy wants a script tag
	// to carry; empty if none is needed. It holds only base64 characters. It
	// comes from the response's header alone. A page whose policy would not let
	// the script run, be it in the header or in a meta tag, gets no snippet.
	Nonce string
}

// Inject returns a middleware that adds a snippet to the HTML pages that pass
// through it, and leaves everything else as it is, byte by byte.
//
// A page is a response that a browser shows as a document of its own: with a
// Content-Type of HTML, set or guessed by net/http's rule, that begins with a
// doctype or one of html, head and body. Not touched are answers to HEAD and
// to requests by scripts and frames, partial, encoded, signed and downloaded
// content, charsets that do not share ASCII, and hijacked connections.
//
// Pages are not buffered. From a </body> on, up to 64 KiB are held back,
// because a later one may follow; everything else is passed on at once.
func Inject(o Injection) func(http.Handler) http.Handler {
	if o.Snippet == nil {
		panic("middleware: Inject: Injection.Snippet is nil: set the function that returns what to add")
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !eligibleRequest(r) || !o.shows(r) {
				next.ServeHTTP(w, r)
				return
			}
			serveInjected(next, w, r, &o)
		})
	}
}

func (o *Injection) shows(r *http.Request) (show bool) {
	if o.Show == nil {
		return true
	}
	defer func() { _ = recover() }() // a gate that fails is closed
	return o.Show(r)
}

func serveInjected(next http.Handler, w http.ResponseWriter, r *http.Request, o *Injection) {
	res, w, own := attach(w, r)
	j := &injector{w: res.w, res: res, req: r, opt: o, length: -1}
	res.inj = j
	inner := r
	if !o.KeepEncoding && r.Header.Get("Sec-Fetch-Dest") == "document" {
		inner = withIdentity(r)
		instrument.FromContext(r.Context()).Set(keyAsked.String(r.Header.Get("Accept-Encoding")))
		defer copyBack(r, inner)
	}
	done := false
	defer func() {
		switch {
		case !done:
			res.note(j.abort())
		case own:
			res.Finish()
		case !res.is(tookOver):
			res.note(j.finish())
		}
	}()
	next.ServeHTTP(w, inner)
	done = true
}

// attach uses the Response that already watches w, if w itself is its
// writer and nothing was written or injected yet.
func attach(w http.ResponseWriter, r *http.Request) (res *Response, _ http.ResponseWriter, own bool) {
	if x, ok := w.(interface{ response() *Response }); ok {
		if res = x.response(); res.inj == nil && !res.is(wroteHead) {
			return res, w, false
		}
	}
	res, w = Wrap(w, r)
	return res, w, true
}

// withIdentity is r for inner handlers, asking for a body that is not encoded.
func withIdentity(r *http.Request) *http.Request {
	inner := new(http.Request)
	*inner = *r
	inner.Header = r.Header.Clone()
	inner.Header["Accept-Encoding"] = []string{"identity"}
	return inner
}
