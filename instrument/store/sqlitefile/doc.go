// Package sqlitefile opens the SQLite file in which package store keeps what was
// recorded:
//
//	db, err := sqlitefile.Open(".toolbar/toolbar.db", sqlitefile.Options{})
//	if err != nil {
//		return err
//	}
//	defer db.Close()
//	st, err := store.Open(ctx, db, store.Options{})
//
// It is a package of its own because it is the only one that links a database
// driver (modernc.org/sqlite, no cgo): a program that gives package store another
// *sql.DB does not pay for it.
//
// # What it takes care of
//
// Every setting stands in the data source name, because a PRAGMA that is executed
// through a pool reaches one of its connections only.
//
// A new file is made under another name, completely, and then given its own. So
// nobody ever sees half a database, a file that is not ours is told by its header
// before SQLite may change anything, and a -wal that was left behind by a
// deleted database is not replayed into the new one. Folder and files are the
// user's alone.
//
// The -wal and -shm files stay when the last connection closes. SQLite would
// remove them by name, which may by then belong to another process's new file;
// and a reader without the right to write could not open the database without
// them.
package sqlitefile
