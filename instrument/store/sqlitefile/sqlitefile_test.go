package sqlitefile_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

func TestMain(m *testing.M) {
	if path := os.Getenv("SQLITEFILE_TEST_READ"); path != "" {
		os.Exit(readChild(path))
	}
	goleak.VerifyTestMain(m)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func open(t *testing.T, path string, o sqlitefile.Options) *sql.DB {
	t.Helper()
	db, err := sqlitefile.Open(path, o)
	must(t, err)
	t.Cleanup(func() { db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, text string) {
	t.Helper()
	_, err := db.ExecContext(context.Background(), text)
	must(t, err)
}

func value(t *testing.T, q interface {
	QueryRowContext(context.Context, string, ...any) *sql.Row
}, text string) (v string) {
	t.Helper()
	must(t, q.QueryRowContext(context.Background(), text).Scan(&v))
	return v
}

func fingerprint(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

func TestOpen_SetsEveryConnectionUp(t *testing.T) {
	t.Parallel()
	db := open(t, filepath.Join(t.TempDir(), "x", "toolbar.db"), sqlitefile.Options{})
	for range 3 {
		c, err := db.Conn(context.Background())
		must(t, err)
		defer c.Close()
		for pragma, want := range map[string]string{
			"journal_mode": "wal", "synchronous": "1", "busy_timeout": "5000", "auto_vacuum": "2",
			"journal_size_limit": "8388608", "wal_autocheckpoint": "512", "cache_size": "-4096", "trusted_schema": "0",
			"application_id": fmt.Sprint(store.ApplicationID),
		} {
			if got := value(t, c, "PRAGMA "+pragma); got != want {
				t.Errorf("%s is %s, expected %s", pragma, got, want)
			}
		}
	}
}

func TestOpen_TransactionsBeginWithTheWriteLock(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	one, two := open(t, path, sqlitefile.Options{}), open(t, path, sqlitefile.Options{BusyTimeout: 1})
	tx, err := one.BeginTx(context.Background(), nil)
	must(t, err)
	defer tx.Rollback()
	if _, err := two.BeginTx(context.Background(), nil); err == nil || !strings.Contains(err.Error(), "locked") {
		t.Errorf("a second transaction began: %v", err)
	}
}

func TestT12_FilesAreTheUsersAlone(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		return // permissions are not bits there
	}
	dir := filepath.Join(t.TempDir(), "a", ".toolbar")
	path := filepath.Join(dir, "toolbar.db")
	db := open(t, path, sqlitefile.Options{})
	exec(t, db, "CREATE TABLE x (y)")
	for name, want := range map[string]os.FileMode{
		dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600, filepath.Join(dir, ".gitignore"): 0o600,
	} {
		info, err := os.Stat(name)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, expected %o", name, got, want)
		}
	}
	ignore, err := os.ReadFile(filepath.Join(dir, ".gitignore"))
	must(t, err)
	if !strings.Contains("\n"+string(ignore), "\n*\n") {
		t.Errorf(".gitignore is %q", ignore)
	}
}

func TestT12_RefusesWhatIsNotOurFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, os.WriteFile(at("text"), []byte(strings.Repeat("not a database, but a long text. ", 10)), 0o600))
	must(t, os.WriteFile(at("short"), []byte("short"), 0o600))
	must(t, os.Mkdir(at("folder"), 0o700))
	open(t, at("real.db"), sqlitefile.Options{}).Close()
	must(t, os.Symlink(at("real.db"), at("link")))
	must(t, os.Rename(makeDB(t, at("plain"), 0, 0), at("plain")))
	must(t, os.Rename(makeDB(t, at("other"), 77, 1), at("other")))
	must(t, os.Rename(makeDB(t, at("newer"), store.ApplicationID, store.SchemaVersion+1), at("newer")))
	open(t, at("walled.db"), sqlitefile.Options{}).Close()
	os.Remove(at("walled.db-wal"))
	must(t, os.Symlink(at("text"), at("walled.db-wal")))

	for name, want := range map[string]error{
		"text": store.ErrForeign, "short": store.ErrForeign, "folder": nil, "link": nil, "plain": store.ErrForeign,
		"other": store.ErrForeign, "newer": store.ErrNewer, "walled.db": nil,
	} {
		for _, readOnly := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s read-only %v", name, readOnly), func(t *testing.T) {
				before := ""
				if name != "folder" {
					before = fingerprint(t, at(name))
				}
				db, err := sqlitefile.Open(at(name), sqlitefile.Options{ReadOnly: readOnly})
				if err == nil {
					db.Close()
					t.Fatal("it was opened")
				}
				if want != nil && !errors.Is(err, want) {
					t.Errorf("got %v, expected %v", err, want)
				}
				if name != "folder" && fingerprint(t, at(name)) != before {
					t.Error("it was changed")
				}
			})
		}
	}
}

// makeDB makes a database of another program and gives its name.
func makeDB(t *testing.T, path string, applicationID, version int) string {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+".tmp")
	must(t, err)
	exec(t, db, "CREATE TABLE theirs (x)")
	exec(t, db, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	exec(t, db, fmt.Sprintf("PRAGMA user_version = %d", version))
	must(t, db.Close())
	return path + ".tmp"
}

func TestOpen_TakesAnEmptyFileOver(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	must(t, os.WriteFile(path, nil, 0o600))
	db := open(t, path, sqlitefile.Options{})
	if got := value(t, db, "PRAGMA application_id"); got != fmt.Sprint(store.ApplicationID) {
		t.Errorf("application id is %s", got)
	}
}

func TestOpen_LeavesAFolderOfOthersAlone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	open(t, filepath.Join(dir, "toolbar.db"), sqlitefile.Options{})
	if _, err := os.Stat(filepath.Join(dir, ".gitignore")); err == nil {
		t.Error("it wrote a .gitignore into a folder that it did not make")
	}
}

func TestOpen_StrangePathsWork(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"with space.db", "q?mode=memory&x#y.db", "100%25.db", "ünïcode.db", "a;b.db"} {
		path := filepath.Join(t.TempDir(), name)
		db := open(t, path, sqlitefile.Options{})
		exec(t, db, "CREATE TABLE x (y)")
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q: there is no such file: %v", name, err)
		}
	}
}

func TestOpen_ReadOnlyReadsWhileAnotherWrites(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	writer := open(t, path, sqlitefile.Options{})
	exec(t, writer, "CREATE TABLE x (y)")
	exec(t, writer, "INSERT INTO x VALUES ('seen')")
	reader := open(t, path, sqlitefile.Options{ReadOnly: true})
	if got := value(t, reader, "SELECT y FROM x"); got != "seen" {
		t.Errorf("read %q", got)
	}
	if _, err := reader.Exec("INSERT INTO x VALUES ('written')"); err == nil {
		t.Error("a read-only database was written to")
	}
	must(t, writer.Close())
	again := open(t, path, sqlitefile.Options{ReadOnly: true})
	if got := value(t, again, "SELECT y FROM x"); got != "seen" {
		t.Errorf("after the writer closed: read %q", got)
	}
}

func TestOpen_ReadOnlyMakesNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "sub", "toolbar.db")
	if _, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, expected that it does not exist", err)
	}
	if _, err := os.Stat(filepath.Dir(path)); err == nil {
		t.Error("the folder was made")
	}
}

func TestOpen_MemoryIsSharedWithinAPool(t *testing.T) {
	t.Parallel()
	one, two := open(t, sqlitefile.Memory, sqlitefile.Options{}), open(t, sqlitefile.Memory, sqlitefile.Options{})
	exec(t, one, "CREATE TABLE x (y)")
	exec(t, one, "INSERT INTO x VALUES ('here')")
	for range 2 {
		c, err := one.Conn(context.Background())
		must(t, err)
		defer c.Close()
		if got := value(t, c, "SELECT y FROM x"); got != "here" {
			t.Errorf("read %q", got)
		}
	}
	if got := value(t, two, "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("another database in memory has %s tables", got)
	}
}

func TestF13_AStaleWALIsNotReplayedIntoANewFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	db := open(t, path, sqlitefile.Options{})
	exec(t, db, "CREATE TABLE old (y)")
	wal, err := os.ReadFile(path + "-wal")
	must(t, err)
	must(t, db.Close())
	must(t, os.Remove(path))
	must(t, os.WriteFile(path+"-wal", wal, 0o600))
	if got := value(t, open(t, path, sqlitefile.Options{}), "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("the new file has %s tables of the old one", got)
	}
}

// shorten makes a database whose header speaks of pages that are not there, and
// gives the whole of it.
func shorten(t *testing.T) (path string, whole []byte) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "toolbar.db")
	db := open(t, path, sqlitefile.Options{})
	exec(t, db, "CREATE TABLE x (y)")
	exec(t, db, "INSERT INTO x VALUES (randomblob(50000))")
	exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, db.Close())
	whole, err := os.ReadFile(path)
	must(t, err)
	must(t, os.Truncate(path, 5000))
	return path, whole
}

func TestF14_ADamagedFileIsAnErrorForReadersAndPutAsideByWriters(t *testing.T) {
	t.Parallel()
	path, _ := shorten(t)
	if _, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "malformed") {
		t.Errorf("read-only: got %v", err)
	}
	before := fingerprint(t, path)
	var told []sqlitefile.Aside
	db := open(t, path, sqlitefile.Options{OnAside: func(a sqlitefile.Aside) { told = append(told, a) }})
	if got := value(t, db, "SELECT count(*) FROM sqlite_schema"); got != "0" {
		t.Errorf("the new file has %s tables", got)
	}
	aside := sqlitefile.AsideOf(path)
	if len(aside) != 1 || len(told) != 1 || fingerprint(t, aside[0]) != before {
		t.Errorf("put aside %v, told %v", aside, told)
	}
}

// A disk that damages one file after another is not filled by them.
func TestF14_OnlyTheLastDamagedFilesStay(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "toolbar.db")
	for n := range 4 {
		db := open(t, path, sqlitefile.Options{})
		exec(t, db, "CREATE TABLE x (y)")
		exec(t, db, "PRAGMA wal_checkpoint(TRUNCATE)")
		must(t, db.Close())
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		must(t, err)
		_, err = f.WriteAt([]byte(fmt.Sprintf("damage no. %d.....", n)), 0) // over SQLite's own mark
		must(t, err)
		must(t, f.Close())
	}
	open(t, path, sqlitefile.Options{})
	aside := sqlitefile.AsideOf(path)
	if len(aside) != 2 {
		t.Fatalf("%v are left", aside)
	}
	for i, name := range aside {
		if b, err := os.ReadFile(name); err != nil || !strings.HasPrefix(string(b), fmt.Sprintf("damage no. %d", i+2)) {
			t.Errorf("%s is not the one expected: %v", name, err)
		}
	}
	left, err := filepath.Glob(path + "*")
	must(t, err)
	if len(left) > 3+3*2 {
		t.Errorf("left over: %v", left)
	}
}

func TestOpen_WaitsForPagesThatAnotherProcessIsWriting(t *testing.T) {
	t.Parallel()
	path, whole := shorten(t)
	written := make(chan error, 1)
	time.AfterFunc(50*time.Millisecond, func() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err == nil {
			_, err = f.WriteAt(whole[5000:], 5000)
			err = errors.Join(err, f.Close())
		}
		written <- err
	})
	db := open(t, path, sqlitefile.Options{})
	must(t, <-written)
	if got := value(t, db, "PRAGMA integrity_check"); got != "ok" {
		t.Error(got)
	}
}

func TestF11_ManyMakeTheFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".toolbar", "toolbar.db")
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			db, err := sqlitefile.Open(path, sqlitefile.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer db.Close()
			if _, err := db.Exec("CREATE TABLE IF NOT EXISTS x (y)"); err != nil {
				t.Error(err)
			}
			if _, err := db.Exec("INSERT INTO x VALUES (1)"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := value(t, open(t, path, sqlitefile.Options{}), "SELECT count(*) FROM x"); got != "6" {
		t.Errorf("%s of 6 rows are there", got)
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(path), ".new-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}
