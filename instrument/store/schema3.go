package store

// schema3 adds exceptions, which outlive their Records: one row for those that are alike
// (package exceptions says which), by their fingerprint. Texts stand in it themselves,
// because what the other tables intern is removed with the last Record that uses it. The
// sample, which is long, is apart, so that lists do not read over it.
const schema3 = `
CREATE TABLE exception (
	id          INTEGER PRIMARY KEY,        -- the fingerprint
	place       INTEGER NOT NULL,           -- the fingerprint without the message
	type        TEXT NOT NULL,
	message     TEXT NOT NULL,              -- of the latest
	flags       INTEGER NOT NULL,           -- 1 panic, 2 reported, 4 uncaught, 8 stands for its place
	kind        TEXT NOT NULL,              -- of the handler
	handler     TEXT NOT NULL,
	func        TEXT NOT NULL,              -- the place in the app's own code
	file        TEXT NOT NULL,
	line        INTEGER NOT NULL,
	count       INTEGER NOT NULL,
	users       INTEGER NOT NULL,           -- rows in exception_of
	handlers    INTEGER NOT NULL,
	first       INTEGER NOT NULL,           -- unix ms
	last        INTEGER NOT NULL,
	first_build TEXT NOT NULL,
	last_build  TEXT NOT NULL,
	sample      INTEGER NOT NULL,           -- the latest Record
	state       INTEGER NOT NULL DEFAULT 0, -- 0 unresolved, 1 resolved, 2 ignored
	state_at    INTEGER NOT NULL DEFAULT 0, -- unix ms
	state_by    TEXT NOT NULL DEFAULT '',
	next_build  INTEGER NOT NULL DEFAULT 0, -- resolved in builds first seen after state_at
	reopened    INTEGER NOT NULL DEFAULT 0, -- unix ms
	reopened_in TEXT NOT NULL DEFAULT ''
);
CREATE INDEX exception_last ON exception (last);
CREATE INDEX exception_place ON exception (place);

CREATE TABLE exception_sample (
	exception INTEGER PRIMARY KEY,
	at        INTEGER NOT NULL,   -- unix ms
	main      TEXT NOT NULL,      -- of the program
	build     TEXT NOT NULL,
	body      BLOB NOT NULL       -- JSON: stack and chain
);

CREATE TABLE exception_hour (
	exception INTEGER NOT NULL,
	hour      INTEGER NOT NULL,   -- since 1970; after a month the first of the day
	count     INTEGER NOT NULL,
	PRIMARY KEY (exception, hour)
) WITHOUT ROWID;

CREATE TABLE exception_of (
	exception INTEGER NOT NULL,
	kind      TEXT NOT NULL,      -- of the Record's handler; '' for a user
	name      TEXT NOT NULL,
	count     INTEGER NOT NULL,
	last      INTEGER NOT NULL,   -- unix ms
	PRIMARY KEY (exception, kind, name)
) WITHOUT ROWID;

CREATE TABLE exception_record (  -- the latest Records
	exception INTEGER NOT NULL,
	record    INTEGER NOT NULL,
	PRIMARY KEY (exception, record)
) WITHOUT ROWID;
`
