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
	s.Origin = "http://" + r.Host
	if r.TLS != nil {
		s.Origin = "https://" + r.Host
	}
	return view.WatchPage(s, strings.Join(d.styles("tokens.css", "toolbar.css", "app.css"), " ")), nil
}
