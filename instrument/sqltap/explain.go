package sqltap

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
)

// ErrNotRun is that no statement of the fingerprint is known to this process: it ran in
// another one, longer ago than statements are remembered, or nowhere.
var ErrNotRun = errors.New("sqltap: this process has not run the statement lately: run what does once more")

// Explain asks for the plan of a statement that this process has run in a Record, by
// its fingerprint as a Record has it. Of statements that have the same one it takes one
// that ran. What is asked of the database is the text that the app itself sent it, from
// this process's memory and not from a file, under the rules of package explain and on a
// connection beside the app's own.
//
// The error is ErrNotRun, or an *explain.Refused for what is more than reading.
func Explain(ctx context.Context, fingerprint string) (*explain.Plan, error) {
	st := statements.named(fingerprint)
	if st == nil || st.text == "" {
		return nil, ErrNotRun
	}
	ran := st.ran.Load()
	if ran == nil {
		return nil, ErrNotRun
	}
	t := ran.Value()
	if t == nil || t.source == nil {
		return nil, ErrNotRun // the database is closed and gone, or there is no way to it
	}
	if err := explain.Check(t.system, st.text); err != nil {
		return nil, err
	}
	// The app's connector may have to be closed; not by us.
	db := sql.OpenDB(struct{ driver.Connector }{t.source})
	defer db.Close()
	db.SetMaxOpenConns(1)
	if t.system == explain.SQLite && inMemory(ctx, db) {
		return nil, &explain.Refused{Why: "the database is in the memory of the app's own connection, and only files and servers are asked"}
	}
	return explain.Explain(ctx, db, t.system, st.text)
}

// inMemory reports whether a connection of its own has a database of its own.
func inMemory(ctx context.Context, db *sql.DB) bool {
	var file string
	err := db.QueryRowContext(ctx, "SELECT file FROM pragma_database_list WHERE name = 'main'").Scan(&file)
	return err == nil && file == ""
}

// Explainable reports whether Explain would ask the database: the statement is known
// and only reads. It is quick enough to decide about a button.
func Explainable(fingerprint string) bool {
	st := statements.named(fingerprint)
	if st == nil || st.text == "" || st.ran.Load() == nil {
		return false
	}
	t := st.ran.Load().Value()
	return t != nil && t.source != nil && explain.Check(t.system, st.text) == nil
}

// runs remembers which database ran a statement.
func (t *tap) runs(st *statement) {
	if ran := st.ran.Load(); ran != t.self {
		st.ran.Store(t.self)
	}
}
