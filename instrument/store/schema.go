package store

import (
	"context"
	"database/sql"
	"fmt"
)

// SchemaVersion is the version of the tables that this package reads and writes:
// PRAGMA user_version.
const SchemaVersion = 3

// migrations lead from version i to i+1. A migration that was released is never
// changed: a new one is added behind it.
var migrations = [SchemaVersion]string{schema1, schema2, schema3}

// schema1 holds all tables of version 1.
//
// A Record is one row. Its columns are what lists filter and sort by; its body,
// which only the page of one Record needs, comes last, so that a list does not read
// the pages into which a long body flows over. Bodies in a table of their own made
// scans faster by a half and writing slower by a fifth; writing is always, scans
// are seldom.
//
// There is no index on a Record but for the few that have a parent: an index costs
// more than the row. Ids grow with time, so that a window of time is a range of ids.
//
// Texts that recur - handlers, attribute names, places in the code, builds - stand
// in tables of their own, once for all processes. What a process-local number in a
// body means is in name and frame.
const schema1 = `
CREATE TABLE total (           -- counted on the way, because counting takes long
	name  TEXT PRIMARY KEY,
	value INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO total VALUES ('records', 0), ('cleared_to', 0), ('hours_to', 0);

CREATE TABLE build (
	id       INTEGER PRIMARY KEY,
	revision TEXT NOT NULL,    -- of the version control system; '' unknown
	dirty    INTEGER NOT NULL, -- built with changes that were not committed
	go       TEXT NOT NULL,
	main     TEXT NOT NULL,    -- path of the main package
	modules  TEXT NOT NULL,    -- "path version" a line
	UNIQUE (revision, dirty, go, main, modules)
);

CREATE TABLE process (
	id        INTEGER PRIMARY KEY AUTOINCREMENT, -- never given twice
	number    INTEGER NOT NULL,    -- in record ids: 1 to 1023; no two living ones share it
	build     INTEGER NOT NULL,
	host      TEXT NOT NULL,
	service   TEXT NOT NULL,
	boot      TEXT NOT NULL,       -- within it a pid means the same; '' unknown
	pid       INTEGER NOT NULL,
	pid_start INTEGER NOT NULL,    -- tells a process from a later one with its pid; 0 unknown
	started   INTEGER NOT NULL,    -- unix ms
	seen      INTEGER NOT NULL,    -- unix ms
	ended     INTEGER              -- unix ms; NULL: alive or died without a word
);

CREATE TABLE source (
	id   INTEGER PRIMARY KEY,
	func TEXT NOT NULL,
	file TEXT NOT NULL,
	line INTEGER NOT NULL,
	UNIQUE (func, file, line)
);

CREATE TABLE kind (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

CREATE TABLE handler (
	id     INTEGER PRIMARY KEY,
	kind   INTEGER NOT NULL,
	name   TEXT NOT NULL,
	source INTEGER,            -- the latest known
	seen   INTEGER NOT NULL,   -- unix ms when a process last made it known
	UNIQUE (kind, name)
);

CREATE TABLE key (
	id   INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE
);

CREATE TABLE name (            -- what a number in a body stands for
	process INTEGER NOT NULL,
	space   INTEGER NOT NULL,  -- 0: ref is a handler; 1: ref is a key
	id      INTEGER NOT NULL,
	ref     INTEGER NOT NULL,
	source  INTEGER,           -- of the handler in that process
	PRIMARY KEY (process, space, id)
) WITHOUT ROWID;

CREATE TABLE frame (           -- what a program counter in a body stands for
	process INTEGER NOT NULL,
	pc      INTEGER NOT NULL,
	depth   INTEGER NOT NULL,  -- 0 is the innermost of the calls inlined there
	source  INTEGER NOT NULL,
	PRIMARY KEY (process, pc, depth)
) WITHOUT ROWID;

CREATE TABLE record (
	id         INTEGER PRIMARY KEY,
	process    INTEGER NOT NULL,
	kind       INTEGER NOT NULL,
	handler    INTEGER NOT NULL,
	duration   INTEGER NOT NULL, -- ns
	status     INTEGER NOT NULL,
	flags      INTEGER NOT NULL,
	method     TEXT,             -- this and what follows: NULL is none
	path       TEXT,
	user       TEXT,
	tags       TEXT,             -- each on a line of its own, with a line feed around
	error      TEXT,
	trace      BLOB,             -- trace id, span id and, if any, the caller's span id
	parent     INTEGER,
	queries    INTEGER NOT NULL,
	counts     BLOB NOT NULL,    -- the rest of the summary, see counts.go
	body       BLOB NOT NULL
);
CREATE INDEX record_parent ON record (parent) WHERE parent IS NOT NULL;

CREATE TABLE rollup (          -- minute first: all of a minute is written together
	minute  INTEGER NOT NULL,  -- since 1970
	handler INTEGER NOT NULL,
	process INTEGER NOT NULL,
	width   INTEGER NOT NULL,  -- minutes that the row covers: 1, later 60
	count   INTEGER NOT NULL,
	errors  INTEGER NOT NULL,
	panics  INTEGER NOT NULL,
	slow    INTEGER NOT NULL,
	sum     INTEGER NOT NULL,  -- ns, as self and max
	self    INTEGER NOT NULL,
	max     INTEGER NOT NULL,
	hist    BLOB NOT NULL,
	slowest BLOB,              -- Records, see slowest.go
	PRIMARY KEY (minute, handler, process)
) WITHOUT ROWID;

CREATE TABLE slowest (         -- the slowest Records of a minute, by its kind
	minute  INTEGER NOT NULL,
	kind    INTEGER NOT NULL,
	process INTEGER NOT NULL,
	list    BLOB NOT NULL,
	PRIMARY KEY (minute, kind, process)
) WITHOUT ROWID;
`

// schema2 adds what is not recorded but said: facts about a process (its signals, its
// stack, its settings), what people set in the dashboard and who did what there, and
// what is learned of a Record after its end. The indexes hold the few Records that were
// announced and are not finished, and those that are pinned: 16 is
// instrument.FlagUnfinished, 512 FlagPinned.
const schema2 = `
CREATE INDEX record_unfinished ON record (process) WHERE flags & 16 <> 0;
CREATE INDEX record_pinned ON record (kind) WHERE flags & 512 <> 0;

CREATE TABLE document (
	process INTEGER NOT NULL,
	name    TEXT NOT NULL,
	written INTEGER NOT NULL, -- unix ms
	body    BLOB NOT NULL,    -- JSON
	PRIMARY KEY (process, name)
) WITHOUT ROWID;

CREATE TABLE setting (
	name  TEXT PRIMARY KEY,
	value TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE audit (
	id      INTEGER PRIMARY KEY,
	at      INTEGER NOT NULL, -- unix ms
	who     TEXT NOT NULL,
	action  TEXT NOT NULL,
	target  TEXT NOT NULL,
	outcome TEXT NOT NULL     -- '' it was done, otherwise why not
);

CREATE TABLE note (           -- what is learned of a Record after its end
	record INTEGER NOT NULL,
	name   TEXT NOT NULL,
	body   BLOB NOT NULL,     -- JSON
	PRIMARY KEY (record, name)
) WITHOUT ROWID;
`

// identity is what a database says of itself.
type identity struct {
	application, version int64
	tables               int64
}

func readIdentity(ctx context.Context, c *sql.Conn) (id identity, err error) {
	for _, q := range []struct {
		text string
		dst  *int64
	}{
		{"PRAGMA application_id", &id.application},
		{"PRAGMA user_version", &id.version},
		{"SELECT count(*) FROM sqlite_schema", &id.tables},
	} {
		if err := c.QueryRowContext(ctx, q.text).Scan(q.dst); err != nil {
			return id, fmt.Errorf("read the schema's version: %w", err)
		}
	}
	return id, nil
}

// check says whether the database is ours, or empty and so may become ours.
func (id identity) check() error {
	if id == (identity{}) {
		return nil
	}
	return CheckIdentity(id.application, id.version)
}

// migrate brings the database to SchemaVersion. Another process may do the same
// at the same time: what is to be done is decided under the write lock.
func (w *writer) migrate(ctx context.Context, db *sql.DB) error {
	id, err := readIdentity(ctx, w.conn)
	if err != nil {
		return err
	}
	if err := id.check(); err != nil || id.version == SchemaVersion {
		return err
	}
	return w.transaction(ctx, func() error {
		id, err := readIdentity(ctx, w.conn)
		if err != nil {
			return err
		}
		if err := id.check(); err != nil {
			return err
		}
		w.migrated = id.version
		if id.version > 0 && id.version < SchemaVersion {
			backup(ctx, db, id.version)
		}
		return w.migrateFrom(ctx, id.version)
	})
}

func (w *writer) migrateFrom(ctx context.Context, version int64) error {
	for v := version; v < SchemaVersion; v++ {
		if _, err := w.conn.ExecContext(ctx, migrations[v]); err != nil {
			return fmt.Errorf("migrate the schema from version %d to %d: %w", v, v+1, err)
		}
	}
	for _, pragma := range []string{
		fmt.Sprintf("PRAGMA application_id = %d", ApplicationID),
		fmt.Sprintf("PRAGMA user_version = %d", SchemaVersion),
	} {
		if _, err := w.conn.ExecContext(ctx, pragma); err != nil {
			return fmt.Errorf("mark the schema's version: %w", err)
		}
	}
	return nil
}
