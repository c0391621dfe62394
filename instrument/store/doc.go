// Package store keeps Records and statistics in SQLite: it appends, queries, rolls
// up, prunes and migrates. It is what is left of a request after it is over, and
// what the dashboard, the command line and reports read:
//
//	db, err := sqlitefile.Open(".toolbar/toolbar.db", sqlitefile.Options{})
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//	st, err := store.Open(ctx, db, store.Options{})
//	if err != nil {
//		return err
//	}
//	defer st.Close()
//	page, err := st.Records(ctx, query.Records{Sort: query.Slowest, Since: time.Now().Add(-time.Hour)})
//
// Package collect writes to it, off the path of requests. Web servers, cron
// commands and workers of one app share one file.
//
// # One pool, one writer
//
// Open takes any *sql.DB of SQLite and keeps one of its connections for writing.
// SQLite lets one connection write at a time; that it is always the same one, with
// its statements prepared and a mutex in front, makes waiting within the process
// cheap and fair, and leaves the busy timeout to other processes. Queries use the
// rest of the pool. One pool, not two, because a file, a folder and the settings in
// the data source name then have one owner, the caller, and a database in memory
// works in the same way as one in a file.
//
// Every transaction that writes begins with BEGIN IMMEDIATE, whatever the pool's
// settings are: one that reads first may be refused the write lock later, and no
// timeout helps it then.
//
// # What a Record is on disk
//
//	instrument ──Summary──> record: columns that lists filter and sort by ┐ one row,
//	           ──blob─────> record.body: spans, attributes, program counters┘ body last
//	           ──names────> name -> handler, key, source: what numbers in a body mean
//	           ──stacks───> frame -> source: what program counters in a body mean
//	           ──Roll─────> rollup: count, sums, histogram per handler and minute
//
// Numbers in a body are those of the process that wrote it. The names behind them
// are written in the same transaction as the first body that uses them, so that a
// Record can always be read, also when its program is gone; the texts themselves
// are stored once for all processes.
//
// Ids grow with time. A window of time is a range of ids, the newest fifty are at
// the end, and pages go on from an id. There is hardly an index besides: each costs
// more than the row. The slowest Records of each minute are noted when they are
// written. Any other filter is a search, in portions and with a budget of time; a
// page whose search ran out of it says how many of how many were looked at.
//
// # Retention
//
// Prune removes by age, count and size, in small steps. Records with an error or
// another flag that makes them worth it stay longer, and when space is short they
// count as younger rather than as untouchable. Statistics stay longest: a minute
// each for a day, then an hour each.
package store
