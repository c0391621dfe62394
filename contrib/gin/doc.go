// Package gintap shows what a gin engine does with a request: each middleware is
// a span with its own time, and each view is called like its function and counted
// by its full route, through all groups.
//
// One line of an app changes:
//
//	r := gintap.Wrap(gin.New()) // was: gin.New()
//	r.Use(requestLog, session)
//	r.Group("/orders").GET("/:id", showOrder) // recorded as "GET /orders/:id", view main.showOrder
//	http.ListenAndServe("127.0.0.1:8080", tb.Wrap(r))
//
// The toolbar goes around the engine, and the server is started as above: r.Run
// starts one of its own, around which nothing can be put.
//
// The dashboard's page "Routes" lists what is registered, whether it was asked for or
// not: tb.Wrap looks, and where it cannot see the router, because other middleware is
// around it, tb.ListRoutes says it.
//
// What a request passes, from the outside in:
//
//	tb.Wrap > routing > Use of the engine > Use of groups > handlers of the
//	route > ProcessView of layers with hooks > the last handler: the view
//
// gin goes on to the next handler when one returns without having called
// c.Next. Here that happens before the span of the handler ends, so that layers
// lie around each other as they look; the order of calls is the same.
//
// gin has a writer of its own. A panic is therefore not answered where it left a
// layer, as in a Stack, but by gin.Recovery, or by an Exceptions around the engine.
package gintap
