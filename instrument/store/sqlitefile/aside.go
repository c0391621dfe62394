package sqlitefile

import (
	"context"
	"database/sql/driver"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// Aside tells of a damaged file that was put aside.
type Aside struct {
	Path string // where the file was, and where a new one is made
	To   string // where it is now, with its -wal beside it
	Why  error  // how SQLite noticed the damage
}

const (
	// asideMark stands between a file's name and the time at which it was put aside.
	asideMark = ".corrupt-"
	asideTime = "20060102-150405.000"
	// keptAside is how many damaged files stay: a disk that damages one after another
	// must not be filled by them.
	keptAside = 2
)

// AsideOf are the damaged files that were put aside from path, oldest first.
func AsideOf(path string) []string {
	entries, err := os.ReadDir(filepath.Dir(path)) // by name, and so by time
	if err != nil {
		return nil
	}
	var found []string
	for _, e := range entries {
		at, ok := strings.CutPrefix(e.Name(), filepath.Base(path)+asideMark)
		if _, err := time.Parse(asideTime, at); ok && err == nil {
			found = append(found, filepath.Join(filepath.Dir(path), e.Name()))
		}
	}
	return found
}

// damaged tells whether an error says that the file is not what SQLite wrote.
func damaged(err error) bool {
	failure, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch failure.Code() & 0xff {
	case codeCorrupt, codeNotADatabase:
		return true
	}
	// Of a schema's format that no SQLite writes. It has no code of its own.
	return failure.Code() == codeShortRead || failure.Code() == codeError && strings.Contains(failure.Error(), "unsupported file format")
}

// putAside renames a damaged file and what lies beside it, so that a new one can have
// its name. It is done by whoever comes first; the others find that their file is gone,
// and meet in the new one. It reports whether the file that is known by info has lost
// its name.
func (c *connector) putAside(info fs.FileInfo, why error) bool {
	if c.readOnly || c.path == "" || info == nil {
		return false
	}
	unlock, err := lockFolder(filepath.Dir(c.path))
	if err != nil {
		return false
	}
	defer unlock()
	now, err := os.Lstat(c.path)
	if err != nil || !os.SameFile(now, info) {
		return true // somebody else was quicker
	}
	to := c.path + asideMark + time.Now().UTC().Format(asideTime)
	if err := os.Rename(c.path, to); err != nil {
		return false
	}
	for _, name := range companions(c.path) {
		// One that cannot be renamed is removed before a new file is made.
		_ = os.Rename(name, to+strings.TrimPrefix(name, c.path))
	}
	removeOldAside(c.path)
	c.tell(Aside{Path: c.path, To: to, Why: why})
	return true
}

func removeOldAside(path string) {
	all := AsideOf(path)
	for _, old := range all[:max(0, len(all)-keptAside)] {
		removeAll(append(companions(old), old))
	}
}

// tell calls the user's function; a panic in it is not to end the app.
func (c *connector) tell(a Aside) {
	if c.onAside == nil {
		return
	}
	defer func() { _ = recover() }()
	c.onAside(a)
}

// PutAside puts the file away if the error says that it is damaged, and reports whether
// it did: a new connection then goes to a new file. Package store asks for it.
func (c *conn) PutAside(why error) bool {
	if failure, ok := errors.AsType[*sqlite.Error](why); ok && failure.Code()&0xff == codeConstraint {
		// What we write breaks no rule, unless an index does not say what its table has.
		broken := c.check()
		return broken != nil && c.connector.putAside(c.info, fmt.Errorf("%w: %w", broken, why))
	}
	return damaged(why) && c.connector.putAside(c.info, why)
}

// checkTime is how long a file is looked through.
const checkTime = 10 * time.Second

// check looks through the whole file; the error says what is wrong with it.
func (c *conn) check() error {
	ctx, cancel := context.WithTimeout(context.Background(), checkTime)
	defer cancel()
	rows, err := c.sqliteConn.QueryContext(ctx, "PRAGMA integrity_check(1)", nil)
	if err != nil {
		return nil // it could not be looked at: that says nothing
	}
	defer rows.Close()
	found := make([]driver.Value, len(rows.Columns()))
	if err := rows.Next(found); err != nil || len(found) != 1 || found[0] == "ok" {
		return nil
	}
	return fmt.Errorf("integrity check: %v", found[0])
}

// watchedRows notices damage in the pages that a query reads.
type watchedRows struct {
	driver.Rows
	conn      *conn
	statement *statement
	failed    bool
}

func (r *watchedRows) Next(dest []driver.Value) error {
	err := r.Rows.Next(dest)
	if err != nil && !errors.Is(err, io.EOF) {
		r.failed = true
		r.conn.PutAside(err)
	}
	return err
}

// Close gives the statement back.
func (r *watchedRows) Close() error {
	err := r.Rows.Close()
	if s := r.statement; s != nil {
		r.statement = nil
		err = errors.Join(err, r.conn.release(s, r.failed || err != nil))
	}
	return err
}

// looksLikeOurs tells whether a file whose header SQLite cannot read was ours: it has
// our mark in its place.
func looksLikeOurs(path string) bool {
	// SQLite does not have this file open, so no lock is lost by closing it.
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	var mark [4]byte
	_, err = f.ReadAt(mark[:], applicationOffset)
	return err == nil && binary.BigEndian.Uint32(mark[:]) == store.ApplicationID
}
