// Package web is the dashboard: an http.Handler that asks a store and draws what it
// answers with package view.
//
//	dashboard, err := web.New(web.Config{Store: store})
//	http.Handle("/_toolbar/", dashboard)
//
// Apps get it from package toolbar, which wires it. Each page is one file: it reads
// its part of the URL, asks the [Store] and fills in the page's model. All state is in
// the URL. The same figures are under api/v1 as JSON.
//
// Who may look is decided by the [Gate], before anything is parsed or asked; whoever
// may not sees a 404 that says nothing.
package web
