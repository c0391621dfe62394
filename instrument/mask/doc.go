// Package mask decides what must not be kept.
//
// A debugging tool sees everything that a program sees: passwords in forms,
// tokens in headers, connection strings in errors, card numbers in logs. What
// is recorded ends up in a file, on a page and in a terminal, so a secret has
// to go before it is recorded, on the goroutine that met it:
//
//	rules := mask.Default()
//	fmt.Println(rules.Value("password", "hunter2"))                  // [redacted]
//	fmt.Println(rules.Text("dial postgres://shop:hunter2@db/shop"))  // dial postgres://[redacted]@db/shop
//
// There are two kinds of rule. A key rule looks at a name ("X-Api-Key",
// "user[password]", "dbPassword") and hides whatever stands beside it: see
// [Rules.Key]. A value rule looks at text alone, because logs, errors and panic
// values have no keys: see [Rules.Text]. Everything else in the package applies
// these two to a shape: a URL, a form, headers, JSON, a command line, an SQL
// statement, a Go value.
//
// # What is never done
//
// Rules can be added, not taken away: no option shortens the built-in list. A
// value that cannot be understood (broken JSON, a malformed cookie) is hidden
// as a whole. A hook or pattern of the app that panics yields [Failed], never
// the value. Hiding is by rule, so a secret in an unmarked place, such as a
// password written in the middle of a sentence, is not recognised; what must
// never be seen should not be logged.
//
// # How it stays cheap
//
// Most text holds no secret. Text therefore reads it once, and compares each
// three neighbouring bytes with three tables of bit sets, one bit for each way
// a secret can begin:
//
//	... u s e r = b o b   B e a r e r ...
//	            |         |
//	  first[=] & second[any] & third[any]     -> a key may stand to the left
//	                      first[B] & second[e] & third[a] -> perhaps "Bearer "
//
// Only where a bit survives does a hand-written matcher look closer. No matcher
// reads a byte more often than a small constant, so hostile text costs linear
// time, and text without a hit is returned as it came, without allocation.
package mask
