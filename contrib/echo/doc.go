// Package echotap shows what an echo server does with a request: each middleware
// is a span with its own time, and each view is called like its function and
// counted by its full path, through all groups.
//
// One line of an app changes:
//
//	e := echotap.Wrap(echo.New()) // was: echo.New()
//	e.Use(requestLog, session)
//	e.Group("/orders").GET("/:id", showOrder) // recorded as "GET /orders/:id", view main.showOrder
//	http.ListenAndServe("127.0.0.1:8080", tb.Wrap(e))
//
// The toolbar goes around echo, and the server is started as above. e.Start and
// e.StartServer put echo itself into the server that they start, so that whatever
// was put around it is not there. Where they have to stay, the toolbar becomes
// echo's first middleware:
//
//	e.Pre(echotap.Around(tb.Wrap))
//	e.Start("127.0.0.1:8080")
//
// echo.WrapMiddleware is not enough for that: an error that a handler returns
// would be answered outside of the toolbar, which would take it for a 200.
//
// The dashboard's page "Routes" lists what is registered, whether it was asked for or
// not: tb.Wrap looks, and where it cannot see the router, because other middleware is
// around it, tb.ListRoutes says it.
//
// What a request passes, from the outside in:
//
//	tb.Wrap > Pre > routing > Use > Use of groups > middleware of the route >
//	ProcessView of layers with hooks > view
//
// echo has a writer of its own. A panic is therefore not answered where it left a
// layer, as in a Stack, but by echo's Recover, or by an Exceptions around echo.
package echotap
