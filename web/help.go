package web

import (
	"net/http"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// helpPage says what keys, filters, icons and words mean, from the tables that the code
// itself goes by.
func helpPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	var m view.Help
	for _, f := range filter.Fields() {
		m.Fields = append(m.Fields, view.FilterField{Name: f.Name, Aliases: f.Aliases, Doc: f.Doc, Example: f.Example, Href: d.base.Search(f.Example), Values: f.Values})
	}
	return view.HelpPage(d.shell(r, "Help", "help"), m), nil
}
