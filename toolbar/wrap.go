package toolbar

import (
	"fmt"
	"html"
	"net/http"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// HeaderID is the response header by which the toolbar in a page learns which Record
// a request became. Only who may see the dashboard gets it.
const HeaderID = "X-Debug-Toolbar-Id"

// Wrap records what h serves, puts the toolbar into its pages and serves the
// dashboard below the prefix. Put it outermost. Requests for the dashboard from who
// may not see it go to h like any other.
func (t *Toolbar) Wrap(h http.Handler) http.Handler {
	if t.recorder == nil {
		return h
	}
	record := middleware.Record(t.recorder, t.recordOptions())
	shown := h
	if !t.config.NoInject {
		shown = t.inject(shown)
	}
	shown = record(t.follow(announce(shown)))
	if t.config.InterceptRedirects {
		shown = t.interceptRedirects(shown)
	}
	w := &wrapped{toolbar: t, shown: shown, hidden: record(t.follow(h)), bare: h}
	t.routes.look(h, &w.served)
	return w
}

// wrapped chooses between the dashboard, the app with the toolbar, the app that is
// recorded and shows nothing, and, while recording is off, the app as it is. The gate
// is asked once for each request.
type wrapped struct {
	toolbar             *Toolbar
	shown, hidden, bare http.Handler
	served              atomic.Bool // a request came: the app's routes are registered
}

func (w *wrapped) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	if !w.served.Load() {
		w.served.Store(true)
	}
	d := w.toolbar.dashboard
	own, on := d.Owns(r.URL.Path), w.toolbar.recorder.Enabled()
	if !own && !on {
		w.bare.ServeHTTP(rw, r)
		return
	}
	if !own && d.Follows(rw, r) {
		return
	}
	open := d.Open(r)
	switch {
	case own && open:
		d.ServeHTTP(rw, r)
	case !on:
		w.bare.ServeHTTP(rw, r)
	case open:
		w.shown.ServeHTTP(rw, r)
	default:
		w.hidden.ServeHTTP(rw, r)
	}
}

// follow tags the Records of a browser whose log lines somebody wants to see.
func (t *Toolbar) follow(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tag := t.dashboard.FollowedTag(r); tag != "" {
			instrument.FromContext(r.Context()).Tag(tag)
		}
		next.ServeHTTP(w, r)
	})
}

// announce tells the toolbar in the page the Record of each of its requests.
func announce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec := instrument.FromContext(r.Context()); rec != nil {
			id := rec.ID().String()
			w.Header().Set(HeaderID, id)
			// A script reads no header of what was fetched before it ran, nor of a stream of
			// events: this one the browser hands it with the timing. The app may set one of its
			// own, so ours is added when it is done, and with it where the time went until then.
			timing := "debug-toolbar;desc=\"" + id + "\""
			last := func(_ int, h http.Header) {
				addTimings(h, rec)
				h.Add("Server-Timing", timing)
			}
			if res := middleware.ResponseOf(w); res == nil || !res.OnHeader(last) {
				w.Header().Add("Server-Timing", timing)
			}
		}
		next.ServeHTTP(w, r)
	})
}

func (t *Toolbar) inject(next http.Handler) http.Handler {
	return middleware.Inject(*t.injection())(next)
}

func (t *Toolbar) injection() *middleware.Injection {
	return &middleware.Injection{
		Show: func(r *http.Request) bool { return instrument.FromContext(r.Context()) != nil },
		Snippet: func(p middleware.Page) []byte {
			return t.element(p.Request, instrument.FromContext(p.Request.Context()).ID(), p.Nonce)
		},
		KeepEncoding: t.config.KeepEncoding,
		Loads:        []string{"style-src", "connect-src"},
	}
}

// element is what goes into a page: the element, and its script. Nothing in it comes
// from the request but the Record's id.
//
// Turbo runs scripts of a page that it shows again; this one has run, and the nonce of
// the page before would be refused.
//
// The script is not deferred. Deferred ones run in their order, this one last, and what
// the page's own have fetched by then would not be seen; where the snippet stands, at
// the end of the page, waiting for it holds nothing up.
func (t *Toolbar) element(r *http.Request, id instrument.ID, nonce string) []byte {
	base := html.EscapeString(t.config.outside(r) + t.config.Prefix)
	return fmt.Appendf(nil, `<debug-toolbar base="%s" record="%s" css="%s %s %s"></debug-toolbar><script src="%s"%s data-turbo-eval="false"></script>`,
		base, id, t.asset(r, "tokens.css"), t.asset(r, "toolbar.css"), t.asset(r, "app.css"), t.asset(r, "toolbar.js"), nonceAttr(nonce))
}
