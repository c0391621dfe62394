// Package e2etest holds what the end-to-end tests share: the demo as a program and in the test's own process, visitors, and
// the dashboard as its readers see it.
//
//	shop := e2etest.Open(t)                        // in-process, in files of its own
//	demo := e2etest.Start(t, t.TempDir())          // the built program; demo.Interrupt is Ctrl-C
//	order := e2etest.NewVisitor(t, shop.URL).Order()
//	rec := e2etest.Get[e2etest.Record](t, shop.API("requests/"+order))
//
// The types of answers are written here anew, as a user of the JSON would write them: a field that the dashboard renames
// fails these tests, while one that it adds does not.
package e2etest
