// Package monitor counts what the receivers of signals do and how long they take,
// without a recorder or a store: for a program that only wants to print who is slow.
//
//	m := monitor.New(monitor.Options{})
//	defer m.Install()()
//	...
//	m.Report(100 * time.Millisecond).WriteTo(os.Stdout)
//
// Counts, sums and maxima are of all executions since the start or the last Reset.
// Which of them were slow is told of the last thousand of each receiver, because the
// threshold is chosen when the question is asked. With package toolbar the same
// figures, and percentiles over months, are there without this package.
package monitor
