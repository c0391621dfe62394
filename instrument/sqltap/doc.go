// Package sqltap reports what an app asks of its databases: each statement with its
// duration, rows, error and line in the app's own code, in the request that it belongs
// to.
//
//	db, err := sqltap.Open("sqlite", "shop.db")       // instead of sql.Open
//	db := sql.OpenDB(sqltap.Connector(connector))     // instead of sql.OpenDB
//	sqltap.Register("sqlite3+tap", &sqlite3.SQLiteDriver{})
//	db, err := sql.Open("sqlite3+tap", "shop.db")     // where only the name can be changed
//
// It wraps the driver, not *sql.DB, so that nothing else in the app changes. A wrapper
// has the optional interfaces that the driver's own type has: errors are the driver's
// own, prepared statements, transactions and retries on bad connections work as before,
// and nothing is asked of the database that the app did not ask. Only the driver's own
// types are behind a wrapper, where sql.Conn.Raw shows them: [As] reaches them.
//
// A statement finds its request by the context or, where the app passes none, by the
// goroutine (see package instrument). Drivers of the old kind take no context: their
// statements go by that of the transaction, or by the goroutine.
//
// # What is kept
//
// Statements are counted by their [Fingerprint]: literals are replaced, so that
// neither secrets nor a name per value is kept. Of parameters number, types and lengths
// are kept, and their values, masked, only with the option [Parameters]. The span of a
// query lasts for as long as the driver worked on it, until its rows are closed; how
// long they were open beside that is an attribute:
//
//	QueryContext   Next    Next ... Next   Close
//	|=========|....|==|....|==|.....|==|...|=|      = driver, counted   . app
//	|db.response.time|                     |
//	|db.response.first_row|                |
//	|db.response.open .....................|
//
// # Verdicts
//
// [Judge] reads the queries of a Record: which were the same, which ran in a loop over
// the rows of another (N+1), what could have been one statement, what was slow and
// what was left open.
//
// # What it costs
//
// About two microseconds for a statement in a Record, two thirds of it to find the line
// that ran it, which [NoCallers] leaves out, and two readings of the clock for a row. An app's binary grows by about two
// megabytes: a type for each combination of interfaces that drivers have.
package sqltap
