package toolbar

import (
	"fmt"
	"html"
	"net/http"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/web/static"
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
	app := h
	if !t.config.NoInject {
		app = t.inject(app)
	}
	record := middleware.Record(t.recorder, middleware.RecordOptions{Ignore: t.ignoresPath})
	return &wrapped{toolbar: t, recorded: record(t.announce(app)), bare: h}
}

// wrapped chooses between the dashboard, the recorded app and, while recording is
// off, the app as it is.
type wrapped struct {
	toolbar        *Toolbar
	recorded, bare http.Handler
}

func (w *wrapped) ServeHTTP(rw http.ResponseWriter, r *http.Request) {
	d := w.toolbar.dashboard
	switch {
	case d.Owns(r.URL.Path) && d.Open(r):
		d.ServeHTTP(rw, r)
	case w.toolbar.recorder.Enabled():
		w.recorded.ServeHTTP(rw, r)
	default:
		w.bare.ServeHTTP(rw, r)
	}
}

// announce tells the toolbar in the page the Record of each of its requests.
func (t *Toolbar) announce(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if rec := instrument.FromContext(r.Context()); rec != nil && t.dashboard.Open(r) {
			w.Header().Set(HeaderID, rec.ID().String())
		}
		next.ServeHTTP(w, r)
	})
}

func (t *Toolbar) inject(next http.Handler) http.Handler {
	return middleware.Inject(middleware.Injection{
		Show:         func(r *http.Request) bool { return instrument.FromContext(r.Context()) != nil && t.dashboard.Open(r) },
		Snippet:      t.snippet(),
		KeepEncoding: t.config.KeepEncoding,
	})(next)
}

// snippet is what goes into a page: the element, and its script. Nothing in it comes
// from the request but the Record's id.
//
// The script is not deferred. Deferred ones run in their order, this one last, and what
// the page's own have fetched by then would not be seen; where the snippet stands, at
// the end of the page, waiting for it holds nothing up.
func (t *Toolbar) snippet() func(middleware.Page) []byte {
	asset := func(name string) string { return html.EscapeString(t.config.Prefix + static.Path(name)) }
	css := strings.Join([]string{asset("tokens.css"), asset("toolbar.css"), asset("app.css")}, " ")
	script, base := asset("toolbar.js"), html.EscapeString(t.config.Prefix)
	return func(p middleware.Page) []byte {
		nonce := ""
		if p.Nonce != "" {
			nonce = ` nonce="` + html.EscapeString(p.Nonce) + `"`
		}
		id := instrument.FromContext(p.Request.Context()).ID()
		return fmt.Appendf(nil, `<debug-toolbar base="%s" record="%s" css="%s"></debug-toolbar><script src="%s"%s></script>`,
			base, id, css, script, nonce)
	}
}
