package toolbar

import (
	"bytes"
	"fmt"
	"html"
	"net/http"
	"net/url"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/web/static"
)

// interceptRedirects shows a page with the toolbar in place of an answer that would send the
// browser on. It stands around the recording, so that the Record says what the app answered.
func (t *Toolbar) interceptRedirects(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !navigates(r) {
			next.ServeHTTP(w, r)
			return
		}
		res, w := middleware.Wrap(w, r)
		res.OnHead(func(h *middleware.Head) { t.intercept(r, h) })
		returned := false
		defer func() {
			if !returned {
				res.Abort()
			}
		}()
		next.ServeHTTP(w, r)
		res.Finish()
		returned = true
	})
}

// navigates tells whether the browser will show the answer as a page of its own. What scripts
// and frames ask for must be redirected, or the page breaks.
func navigates(r *http.Request) bool {
	if r.Method != http.MethodGet && r.Method != http.MethodPost {
		return false
	}
	for _, key := range []string{"X-Requested-With", "Hx-Request", "Turbo-Frame"} {
		if r.Header.Get(key) != "" {
			return false
		}
	}
	return r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
}

// redirects tells whether a status sends on to an address that a link can lead to as well: a
// form that is to be sent again to another address would lose what is in it.
func redirects(r *http.Request, status int) bool {
	switch status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther:
		return true
	case http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return r.Method == http.MethodGet
	}
	return false
}

// intercept puts the page in the place of a redirect. Cookies and all else that the app has
// set stay, but for what would have the page kept by a cache in the place of the redirect.
func (t *Toolbar) intercept(r *http.Request, h *middleware.Head) {
	to := h.Header.Get("Location")
	id, err := instrument.ParseID(h.Header.Get(HeaderID))
	if to == "" || err != nil || !redirects(r, h.Status) {
		return // without a Record there is nothing to be shown
	}
	nonce, allowed := t.injection().ScriptNonce(r, h.Header)
	page := t.redirectPage(r, redirect{h.Status, to, id, nonce, allowed && !t.config.NoInject})
	h.Replace(http.StatusOK, page)
	for _, key := range []string{"Location", "Expires", "Etag", "Last-Modified"} {
		h.Header.Del(key)
	}
	h.Header.Set("Cache-Control", "no-store")
	h.Header.Set("Content-Type", "text/html; charset=utf-8")
}

// redirect is an answer that was held back.
type redirect struct {
	status int
	to     string
	id     instrument.ID
	nonce  string
	shows  bool // the page's policy lets the toolbar and its styles in
}

func (t *Toolbar) redirectPage(r *http.Request, d redirect) []byte {
	var b bytes.Buffer
	says := fmt.Sprintf("%d %s", d.status, http.StatusText(d.status))
	b.WriteString(`<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">`)
	fmt.Fprintf(&b, "<title>%s to %s</title>", says, html.EscapeString(d.to))
	if d.shows {
		for _, name := range []string{"tokens.css", "app.css"} {
			fmt.Fprintf(&b, `<link rel="stylesheet" href="%s"%s>`, t.asset(r, name), nonceAttr(d.nonce))
		}
	}
	fmt.Fprintf(&b, `</head><body><main class="stop"><h1>%s</h1><p>%s %s sends on to</p><p>%s</p>`,
		says, html.EscapeString(r.Method), html.EscapeString(r.URL.Path), targetLink(r, d.to))
	b.WriteString("<p>The Go Debug Toolbar has stopped here, so that you can look at this request before you go on: Config.InterceptRedirects is set.</p></main>")
	if d.shows {
		b.Write(t.element(r, d.id, d.nonce))
	}
	b.WriteString("</body></html>\n")
	return b.Bytes()
}

// targetLink is a link to where a browser would have gone. What it would not follow is text.
func targetLink(r *http.Request, to string) string {
	text := html.EscapeString(to)
	u, err := url.Parse(to)
	if err != nil {
		return "<code>" + text + "</code>"
	}
	if u = r.URL.ResolveReference(u); u.Scheme != "" && u.Scheme != "http" && u.Scheme != "https" {
		return "<code>" + text + "</code>"
	}
	return `<a href="` + text + `" autofocus>` + text + `</a>`
}

// asset is the address of one of the toolbar's files, as it stands in an attribute.
func (t *Toolbar) asset(r *http.Request, name string) string {
	return html.EscapeString(t.config.outside(r) + t.config.Prefix + static.Path(name))
}

// nonceAttr is the attribute that a policy wants, with the space before it.
func nonceAttr(nonce string) string {
	if nonce == "" {
		return ""
	}
	return ` nonce="` + html.EscapeString(nonce) + `"`
}
