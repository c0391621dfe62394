// Package instrumenttest records an app's tests, and lets them assert what was recorded:
// no statement in a loop, at most so many queries, this signal once.
//
//	func TestCart(t *testing.T) {
//		rec := instrumenttest.New(t)
//		showCart(rec.Context(), db) // db is behind sqltap
//		rec.NoNPlusOne()
//		rec.MaxQueries(3)
//		rec.Times(instrument.KindSignal, "cart_shown", 1)
//	}
//
// A test is a Record of kind "test" that ends with the test. What runs with its context
// stands in it; requests, tasks and commands that are caused by it are Records of their
// own in its trace, and belong to it all the same:
//
//	h := middleware.Record(rec.Recorder(), middleware.RecordOptions{})(app)
//	h.ServeHTTP(w, httptest.NewRequestWithContext(rec.Context(), "GET", "/cart", nil))
//
//	srv := httptest.NewUnstartedServer(h)
//	srv.Config.BaseContext = func(net.Listener) context.Context { return rec.Context() }
//	srv.Start()
//
// A [Test] is a testing.TB, too: given to a library of assertions in the place of the
// test, it notes what they say as log lines of the Record, with the place of the call.
//
// Nothing is stored. Package toolbartest makes a Test that also goes into the store of
// the environment's TOOLBAR_DB, where command line and dashboard list it; [On] records on
// a Recorder of the app's.
//
// Tests may run in parallel: each knows what belongs to it by its trace. Where the app
// passes no context on, the goroutine tells, and the goroutines that it starts: prepare
// what is no part of the test, such as fixtures, before New.
package instrumenttest
