// Package sqltap reports what an app asks of its databases: each statement with its
// duration, error and place in the request that it belongs to.
//
//	db, err := sqltap.Open("sqlite", "shop.db")       // instead of sql.Open
//	db := sql.OpenDB(sqltap.Connector(connector))     // instead of sql.OpenDB
//
// It wraps the driver, not *sql.DB, so that nothing else in the app changes: errors
// are the driver's own, prepared statements, transactions and retries on bad
// connections work as before, and no statement is sent that the app did not send.
// A statement finds its request by the context or, where the app passes none, by the
// goroutine (see package instrument).
//
// Statements are counted by their [Fingerprint]: literals are replaced, so that
// neither secrets nor a name per value is kept. Of arguments only number, types and
// lengths are kept.
package sqltap
