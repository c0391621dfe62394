package web

import (
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// watchPage is the toolbar in a page of its own, for apps that have none to put it into.
func watchPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	s := d.shell(r, "Watch", "requests")
	s.Scripts = []string{d.asset("toolbar.js")}
	s.Origin = origin(r)
	return view.WatchPage(s, strings.Join(d.styles("tokens.css", "toolbar.css", "app.css"), " ")), nil
}

// origin is the app as the viewer reaches it.
func origin(r *http.Request) string {
	if r.TLS != nil {
		return "https://" + r.Host
	}
	return "http://" + r.Host
}
