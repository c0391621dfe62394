// Package exceptions finds what went wrong in a Record: errors and panics, each once,
// where it began and how far it went.
//
// An error that a receiver returns ends the receiver's span, then that of the signal, of
// the view and of each layer on its way out. That is one exception and not six: it began
// at the innermost span, and the others say the same. What is the same is told by the
// text, because a wrapped error contains the text of the one inside.
//
//	request ── layer ── view ── signal ── receiver ── query
//	   "checkout: notify: database is locked"            "database is locked"
//	                                                      ▲ began here
//
// Exceptions that are alike have one [Fingerprint], also after the code has moved: type,
// the app's own functions on the stack, or the handler where there is no stack, and the
// message without numbers and quoted texts.
package exceptions
