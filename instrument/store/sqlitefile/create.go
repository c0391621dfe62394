package sqlitefile

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// homeFolder is the folder's name by default; it is always ignored by git.
const homeFolder = ".toolbar"

// create makes the folder and the file, unless another process is quicker.
func create(path string) error {
	dir := filepath.Dir(path)
	if err := makeFolder(dir); err != nil {
		return err
	}
	unlock, err := lockFolder(dir)
	if err != nil {
		return err
	}
	defer unlock()
	if info, err := os.Lstat(path); err == nil && info.Size() > 0 {
		return nil
	}
	draft, err := draftFile(dir)
	if err != nil {
		return err
	}
	defer removeAll(append(companions(draft), draft))
	if err := stamp(draft, journalOf(path)); err != nil {
		return fmt.Errorf("make a new database: %w", err)
	}
	// Whatever lies beside a database that is not there belonged to another one.
	removeAll(companions(path))
	return os.Rename(draft, path)
}

func makeFolder(dir string) error {
	_, err := os.Stat(dir)
	made := errors.Is(err, fs.ErrNotExist)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if !made && filepath.Base(dir) != homeFolder {
		return nil // somebody else's folder: what git does there is not ours to say
	}
	f, err := os.OpenFile(filepath.Join(dir, ".gitignore"), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString("# Made by the debug toolbar: nothing in here belongs into version control.\n*\n")
	return errors.Join(err, f.Close())
}

// draftFile makes an empty file that only its owner may read, whatever the umask.
func draftFile(dir string) (string, error) {
	f, err := os.CreateTemp(dir, ".new-*.db")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// stamp turns an empty file into a database with our mark and no tables.
func stamp(path, journal string) error {
	c, err := sqlite.NewConnector("file:" + escape(path))
	if err != nil {
		return err
	}
	db := sql.OpenDB(c)
	db.SetMaxOpenConns(1)
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	for _, stmt := range []string{
		// Both have to come before anything is written. Rows are some 300 bytes: a page of
		// 4 KiB leaves 9 % of itself empty, one of 16 KiB next to nothing.
		"PRAGMA page_size = 16384",
		"PRAGMA auto_vacuum = INCREMENTAL",
		fmt.Sprintf("PRAGMA application_id = %d", store.ApplicationID),
		"PRAGMA journal_mode = " + journal,
	} {
		if _, err := db.ExecContext(ctx, stmt); err != nil {
			return errors.Join(err, db.Close())
		}
	}
	return db.Close()
}

func removeAll(paths []string) {
	for _, p := range paths {
		os.Remove(p)
	}
}
