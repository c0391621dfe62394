// Package filter reads the language in which people choose Records, the same on the
// command line, in the dashboard and in its API:
//
//	kind:request status:5xx dur>200ms
//	route:/orders/* (sql>20 OR is:slow) -user:admin
//	tag:beta NOT path:"/a b" since:1h
//
// A term is field, operator and value; conditions side by side must all hold, and AND,
// OR, NOT (in capitals; NOT also as a "-" before a term) and parentheses join them. OR
// binds weaker than AND. A word without a field is looked for in the path and in the
// handler's name. A value with spaces or parentheses stands in double quotes, in which
// a backslash stands before a quote or a backslash.
//
// ":" and "=" compare with a text exactly, or by pattern where the value has a "*",
// but path, route, error and text with ":" look for a part of it; several values with
// commas between them are alternatives. The case of ASCII letters does not matter in
// route, error and text. Numbers know <, <=, >, >= as well, and ranges:
// status:400..499. "!=" is the opposite of "=". [Fields] lists all fields.
package filter
