// Package sqldrivers holds package sqltap to the drivers that apps use: each does the same
// with the tap as without it, down to its optional interfaces and its errors, and its
// statements find their requests. It also tries on a real server what the core does with
// PostgreSQL, as the locks of package commands. There is nothing in it but tests: it is a module of its
// own so that the core needs none of the drivers.
package sqldrivers
