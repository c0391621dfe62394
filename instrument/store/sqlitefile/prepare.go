package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// prepare makes sure that there is a file of ours at the path, or says why not.
func (c *connector) prepare() error {
	err := c.inspect()
	switch {
	case err == nil:
		return nil
	case c.readOnly || !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := create(c.path); err != nil {
		return err
	}
	return c.inspect()
}

// inspect looks at the files before SQLite may change them, which it begins with
// when it opens them. An empty file counts as missing.
func (c *connector) inspect() error {
	for _, name := range companions(c.path) {
		if err := refuseLink(name); err != nil {
			return err
		}
	}
	info, err := inspectFile(c.path, c.readOnly)
	if err != nil {
		return err
	}
	if known := c.known.Load(); known != nil && os.SameFile(*known, info) {
		return nil
	}
	if err := inspectHeader(c.path); err != nil {
		return err
	}
	c.known.Store(&info)
	return nil
}

func inspectFile(path string, readOnly bool) (fs.FileInfo, error) {
	info, err := os.Lstat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("it is a %s, not a file: give the file's own name", kindOf(info.Mode()))
	}
	if !readOnly {
		if err := refuseStranger(info); err != nil {
			return nil, err
		}
	}
	if info.Size() == 0 {
		return nil, fs.ErrNotExist
	}
	return info, nil
}

// companions are the files that SQLite opens beside the database.
func companions(path string) []string {
	return []string{path + "-wal", path + "-shm", path + "-journal"}
}

func refuseLink(path string) error {
	if info, err := os.Lstat(path); err == nil && !info.Mode().IsRegular() {
		return fmt.Errorf("%s is a %s, not a file: remove it", path, kindOf(info.Mode()))
	}
	return nil
}

func kindOf(m fs.FileMode) string {
	switch {
	case m&fs.ModeSymlink != 0:
		return "symbolic link"
	case m.IsDir():
		return "folder"
	}
	return "special file"
}

// inspectHeader tells whose file it is. The header of ours says so from the moment
// at which the file has its name.
//
// The file is read through SQLite, which opens it immutable: it takes no lock, makes
// no other file and changes nothing. Reading it ourselves would be worse: when a
// process closes any descriptor of a file, POSIX lets go of all locks that the
// process has on it, those of SQLite's connections too.
func inspectHeader(path string) error {
	for start := time.Now(); ; time.Sleep(5 * time.Millisecond) {
		applicationID, version, err := readHeader(path, "")
		failure, _ := errors.AsType[*sqlite.Error](err)
		if failure != nil && failure.Code()&0xff == codeCorrupt && hasWAL(path) {
			// The file may be shorter than its header says, when a checkpoint was cut off: by the
			// end of the process, by a full disk. What it lacks is in the -wal, with which
			// SQLite opens it; whether it is damaged is seen then.
			if id, v, err := readHeader(path, "&_pragma=writable_schema(1)"); err == nil {
				return store.CheckIdentity(id, v)
			}
		}
		switch {
		case err == nil:
			return store.CheckIdentity(applicationID, version)
		case failure != nil && failure.Code()&0xff == codeNotADatabase && looksLikeOurs(path):
			return err
		case failure != nil && failure.Code()&0xff == codeNotADatabase:
			return fmt.Errorf("%w: it is not a SQLite database", store.ErrForeign)
		case failure == nil || failure.Code()&0xff != codeCorrupt || time.Since(start) > patience:
			return err
		}
		// Without a lock it may be seen while another process writes its pages.
	}
}

const (
	codeError        = 1   // SQLITE_ERROR
	codeCorrupt      = 11  // SQLITE_CORRUPT
	codeConstraint   = 19  // SQLITE_CONSTRAINT
	codeNotADatabase = 26  // SQLITE_NOTADB
	codeShortRead    = 522 // SQLITE_IOERR_SHORT_READ

	// applicationOffset is where the header has the application id.
	applicationOffset = 68

	// patience is how long a file may seem damaged before it counts as damaged.
	patience = time.Second
)

func hasWAL(path string) bool {
	info, err := os.Lstat(path + "-wal")
	return err == nil && info.Size() > 0
}

func readHeader(path, options string) (applicationID, version int64, err error) {
	c, err := sqlite.NewConnector("file:" + escape(path) + "?mode=ro&immutable=1" + options)
	if err != nil {
		return 0, 0, err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := db.QueryRowContext(ctx, "PRAGMA application_id").Scan(&applicationID); err != nil {
		return 0, 0, err
	}
	err = db.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	return applicationID, version, err
}
