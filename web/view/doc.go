// Package view draws the dashboard's pages from plain structs.
//
// A dashboard that asks the store while it draws cannot be previewed, tested or reused in the toolbar's
// drawer. So each page and panel here is a component that takes a view model and fetches nothing:
//
//	page := view.OverviewPage(shell, view.Overview{Window: time.Hour, Requests: 12418})
//	err := page.Render(ctx, &buf) // then write buf: a page is either whole or an error
//
// The same components serve three places: whole pages ([OverviewPage], [RecordPage], ...), rows that a live
// list receives over server-sent events ([RecordRows]), and panels that the element in the page shows in its
// drawer ([RecordPanel]). Panels come wrapped in [Fragment], which brings the icons they use.
//
// # Rules
//
//   - Every page can be read without a script; state is in the URL, and [URL] builds each link.
//   - No inline style and no inline script: positions are SVG geometry attributes in per cent.
//   - Every number has a unit; every colour has an icon beside it; what is left out is said.
//   - What is not known is left out. Zero values mean "not known" where a field says so.
//
// # Parameters
//
// Addresses carry these parameters, which web reads and hands over in the models: range (of [Range]), q (filter),
// sort (a column) with dir=asc (least first), before and after (cursors), kind, name, signal, stack, live=off,
// fragment=1 (a panel alone). Those that only change the drawing are read here, from [Shell].Here: span,
// open, rows=all and show of the waterfall, statement of the SQL panel.
//
// Durations are time.Duration, instants time.Time, shares are 0 to 1; the formatting lives in format.go.
package view
