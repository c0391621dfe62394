// Package gorillatap shows what a gorilla/mux router does with a request: each
// middleware is a span with its own time, and each view is called like its
// function and counted by its full path template, through all sub-routers.
//
// One line of an app changes, the last one, when all routes are registered:
//
//	r := mux.NewRouter()
//	r.HandleFunc("/orders/{id}", showOrder).Methods("GET")
//	http.ListenAndServe("127.0.0.1:8080", tb.Wrap(gorillatap.Wrap(r)))
//
// and where middleware is to be seen one by one, Use takes the place of r.Use:
//
//	gorillatap.Use(r, requestLog, session)
//
// The toolbar goes around the router, as above. It cannot be one of the router's
// own middlewares: gorilla/mux runs those only for routes that match, so that
// neither the dashboard nor any 404 would come by.
//
// The dashboard's page "Routes" lists what is registered, whether it was asked for or
// not: tb.Wrap looks, and where it cannot see the router, because other middleware is
// around it, tb.ListRoutes says it.
//
// What a request passes, from the outside in:
//
//	tb.Wrap > matching > Use of the router > Use of sub-routers >
//	ProcessView of layers with hooks > view
package gorillatap
