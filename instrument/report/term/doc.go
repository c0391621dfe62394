// Package term makes captured text safe to print. What a program records comes
// from outside: a path, a log line, a panic's value may hold escape sequences that
// retitle the terminal, fill the clipboard or overwrite what was printed before.
//
//	fmt.Println(term.Line(path))               // one line, nothing left that acts
//	fmt.Println(term.Fit(term.Line(name), 30)) // and at most 30 columns wide
//
// Cleaning comes first, measuring and cutting after: the other way round, a cut
// could split an escape that had been made visible.
package term
