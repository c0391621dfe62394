// Package report says which handlers are slow, where their time goes and why, from
// the statistics and Records that a store has kept. It answers what a list of
// requests cannot: not "which request was slow just now" but "what costs most, all
// day, and what is it waiting for".
//
//	r, err := report.Build(ctx, store, report.Options{Since: time.Now().Add(-time.Hour)})
//	if err != nil {
//		return err
//	}
//	return r.Text(os.Stdout, report.TextOptions{Width: 80})
//
// The command line, the dashboard and tools read the same [Report]. It is built
// once, by pure functions over a [Source], and then written as text, JSON, CSV or
// Markdown; a format is a file of this package.
//
// # What is counted
//
// Rows are exact, whatever share of the Records is kept: they come from each
// handler's own statistics. Percentiles come from histograms and are within 2 % of
// the exact value. Statistics are kept per minute, so a window is widened to whole
// minutes; stores keep those of past days per hour.
//
// Rows are ranked by own time unless asked otherwise: time spent in the handler
// itself, outside of every span below it. A slow receiver makes its signal, its
// view and its request slow as well; by total time these would stand above it,
// although nothing in them needs a change. By own time the receiver is first.
//
// The share beside a row is its part of all own time recorded in the window. Own
// times tile the Records: where nothing runs at the same time as something else,
// their sum is the time of all Records, so shares add up to 100 %.
//
// [Why] looks into a handler's slowest sample Records. It explains the slow
// calls, not the average one.
package report
