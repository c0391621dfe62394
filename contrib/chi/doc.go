// Package chitap shows what a chi router does with a request: each middleware
// is a span with its own time, and each view is called like its function and
// counted by its full route, through all sub-routers.
//
// One line of an app changes:
//
//	r := chitap.Wrap(chi.NewRouter()) // was: chi.NewRouter()
//	r.Use(requestLog, sessions.LoadAndSave)
//	r.Route("/orders", func(r chi.Router) {
//		r.Get("/{id}", showOrder) // recorded as "GET /orders/{id}", view main.showOrder
//	})
//	http.ListenAndServe("127.0.0.1:8080", tb.Wrap(r))
//
// The toolbar itself goes around the router, as above. As the router's first
// middleware, r.Use(tb.Wrap), it works as well, but sees nothing of a router
// that has no routes, and its dashboard is then only there for paths that the
// router gets.
//
// The dashboard's page "Routes" lists what is registered, whether it was asked for or
// not: tb.Wrap looks, and where it cannot see the router, because other middleware is
// around it, tb.ListRoutes says it.
//
// What a request passes, from the outside in:
//
//	tb.Wrap > r.Use(...) of the router > r.Use(...) of sub-routers >
//	r.With(...) and r.Group(...) > ProcessView of layers with hooks > view
package chitap
