// Package toolbar puts the debug toolbar into an app:
//
//	tb, err := toolbar.New(toolbar.Config{})
//	if err != nil {
//		log.Fatal(err)
//	}
//	defer tb.Close(context.Background())
//	http.ListenAndServe("127.0.0.1:8080", tb.Wrap(mux))
//
// From then on every request is recorded with what it is made of, pages carry the
// toolbar, and the dashboard is at /_toolbar/. The zero Config is for development: it
// keeps everything in .toolbar/toolbar.db and shows it to this machine only. Nothing
// of what the toolbar does can fail a request: what cannot be stored is dropped and
// counted.
//
// This package is the only one that knows all the others and puts them together:
//
//	Wrap ── middleware.Record ── middleware.Inject ── the app
//	            │                     └ asks web.Gate who may see it
//	  instrument.Recorder ── mask ── collect ── store ── sqlitefile
//	            └ metrics                          └ report, web
package toolbar
