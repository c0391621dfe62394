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
	c, err := sqlite.NewConnector("file:" + escape(path) + "?mode=ro&immutable=1")
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	defer db.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	var applicationID, version int64
	if err := db.QueryRowContext(ctx, "SELECT application_id, user_version FROM pragma_application_id, pragma_user_version").
		Scan(&applicationID, &version); err != nil {
		if failure, ok := errors.AsType[*sqlite.Error](err); ok && failure.Code()&0xff == notADatabase {
			return fmt.Errorf("%w: it is not a SQLite database", store.ErrForeign)
		}
		return err
	}
	return store.CheckIdentity(applicationID, version)
}

// notADatabase is SQLITE_NOTADB.
const notADatabase = 26
