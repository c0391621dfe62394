package sqltap

import "github.com/go-debug-toolbar/debugtoolbar/instrument/mask"

// Fingerprint is a statement without its values: strings and numbers become ?, lists
// after IN become (?), comments and extra space go. Statements that differ in their
// values only have the same fingerprint. It reads what SQLite, PostgreSQL and MySQL
// have in common.
func Fingerprint(query string) string { return mask.Default().Statement(query) }
