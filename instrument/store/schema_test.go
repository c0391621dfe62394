package store_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

func fingerprint(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	must(t, err)
	return fmt.Sprintf("%x", sha256.Sum256(b))
}

// tamper changes a store and copies everything into the file itself.
func tamper(t *testing.T, path string, texts ...string) {
	t.Helper()
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	must(t, err)
	for _, text := range append(texts, "PRAGMA wal_checkpoint(TRUNCATE)") {
		_, err := db.Exec(text)
		must(t, err)
	}
	must(t, db.Close())
}

func TestF16_NewerSchemaIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	f := open(t, path, store.Options{})
	f.close()
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	must(t, err)
	defer db.Close()
	_, err = db.Exec(fmt.Sprintf("PRAGMA user_version = %d", store.SchemaVersion+1))
	must(t, err)
	_, err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	before := fingerprint(t, path)
	for _, readOnly := range []bool{false, true} {
		_, err := store.Open(context.Background(), db, store.Options{ReadOnly: readOnly})
		if !errors.Is(err, store.ErrNewer) || !strings.Contains(err.Error(), "update this program") {
			t.Errorf("read-only %v: got %v, expected ErrNewer", readOnly, err)
		}
	}
	if fingerprint(t, path) != before {
		t.Error("the file was changed")
	}
	// The newer version is in the file's header too, so the file is not even opened.
	if _, err := sqlitefile.Open(path, sqlitefile.Options{}); !errors.Is(err, store.ErrNewer) {
		t.Errorf("sqlitefile: got %v, expected ErrNewer", err)
	}
}

func TestF16_ForeignDatabaseIsRefusedUntouched(t *testing.T) {
	t.Parallel()
	for name, texts := range map[string][]string{
		"another id":        {"PRAGMA application_id = 7"},
		"no id, but tables": {"PRAGMA application_id = 0", "CREATE TABLE theirs (x)"},
		"no id, a version":  {"PRAGMA application_id = 0", "PRAGMA user_version = 1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db, err := sqlitefile.Open(sqlitefile.Memory, sqlitefile.Options{})
			must(t, err)
			defer db.Close()
			for _, text := range texts {
				_, err := db.Exec(text)
				must(t, err)
			}
			if _, err := store.Open(context.Background(), db, store.Options{}); !errors.Is(err, store.ErrForeign) {
				t.Errorf("got %v, expected ErrForeign", err)
			}
			var tables int
			must(t, db.QueryRow("SELECT count(*) FROM sqlite_schema WHERE name <> 'theirs'").Scan(&tables))
			if tables != 0 {
				t.Errorf("%d tables were made", tables)
			}
		})
	}
}

func TestF16_ManyOpenAnEmptyFileAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tamper(t, path) // made, and without tables: version 0
	var wg sync.WaitGroup
	var mu sync.Mutex
	seen := map[uint16]bool{}
	for range 6 {
		wg.Go(func() {
			f, err := openFixture(path, store.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			t.Cleanup(f.close)
			mu.Lock()
			defer mu.Unlock()
			if seen[f.Process()] {
				t.Errorf("the number %d was given twice", f.Process())
			}
			seen[f.Process()] = true
		})
	}
	wg.Wait()
	f := open(t, path, store.Options{})
	if v := f.count(t, "PRAGMA user_version"); v != store.SchemaVersion {
		t.Errorf("the schema's version is %d", v)
	}
	f.checkIntegrity(t)
}

func TestOpen_ReadOnlyQueriesAndNeverWrites(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	id := recordEverything(f)
	f.flush(t)
	db, err := sqlitefile.Open(f.path, sqlitefile.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	st, err := store.Open(context.Background(), db, store.Options{ReadOnly: true})
	must(t, err)
	defer st.Close()
	if rec, err := st.Record(context.Background(), id); err != nil || rec.Handler.Name != "POST /orders" {
		t.Errorf("read %+v, %v", rec, err)
	}
	b := &instrument.Batch{Items: []instrument.Item{made{at: noon}.item()}}
	if err := st.Append(context.Background(), b); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Append: got %v, expected ErrReadOnly", err)
	}
	if _, err := st.Prune(context.Background()); !errors.Is(err, store.ErrReadOnly) {
		t.Errorf("Prune: got %v, expected ErrReadOnly", err)
	}
	if st.Process() != 0 {
		t.Errorf("its process is %d", st.Process())
	}
}

func TestOpen_ReadOnlyRefusesWhatHasToBeMigrated(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tamper(t, path)
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	must(t, err)
	defer db.Close()
	if _, err := store.Open(context.Background(), db, store.Options{ReadOnly: true}); err == nil || !strings.Contains(err.Error(), "start the app once") {
		t.Errorf("got %v", err)
	}
}

func TestOpen_RefusesBadOptions(t *testing.T) {
	t.Parallel()
	db, err := sqlitefile.Open(sqlitefile.Memory, sqlitefile.Options{})
	must(t, err)
	defer db.Close()
	for field, o := range map[string]store.Options{
		"MaxAge": {MaxAge: -1}, "KeepAge": {KeepAge: -1}, "RollupAge": {RollupAge: -1}, "MinuteAge": {MinuteAge: -1},
		"MaxRecords": {MaxRecords: -1}, "MaxBytes": {MaxBytes: -1}, "QueryTimeout": {QueryTimeout: -1},
	} {
		if _, err := store.Open(context.Background(), db, o); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("%s: got %v", field, err)
		}
	}
	db.SetMaxOpenConns(1)
	if _, err := store.Open(context.Background(), db, store.Options{}); err == nil || !strings.Contains(err.Error(), "one connection") {
		t.Errorf("a pool of one: got %v", err)
	}
}

// Several programs meet a store of an older schema at the same moment: one migrates it, and
// a copy of it as it was is kept.
func TestF16_SeveralMeetAnOlderSchemaAtOnce(t *testing.T) {
	t.Parallel()
	for version, name := range map[int]string{1: "schema1.db.gz", 2: "schema2.db.gz"} {
		for range soak.N(3, 40) {
			path := unpack(t, name)
			before := open(t, unpack(t, name), store.Options{}).left(t)
			var wg sync.WaitGroup
			var all [6]*fixture
			for i := range all {
				wg.Go(func() {
					f, err := openFixture(path, store.Options{})
					if err != nil {
						t.Errorf("schema %d: %v", version, err)
						return
					}
					all[i] = f
				})
			}
			wg.Wait()
			for _, f := range all {
				if f != nil {
					t.Cleanup(f.close)
					f.add(t, made{at: noon, n: int(f.Process())})
				}
			}
			all[0].checkIntegrity(t)
			if n := all[0].left(t); n != before+len(all) {
				t.Errorf("schema %d: %d Records, expected %d", version, n, before+len(all))
			}
			kept := fmt.Sprintf("%s.schema%d", path, version)
			info, err := os.Stat(kept)
			must(t, err)
			if info.Mode().Perm() != 0o600 {
				t.Errorf("the copy is %v", info.Mode())
			}
			db, err := sql.Open("sqlite", "file:"+kept+"?mode=ro")
			must(t, err)
			var had, records int
			must(t, errors.Join(db.QueryRow("PRAGMA user_version").Scan(&had), db.QueryRow("SELECT count(*) FROM record").Scan(&records), db.Close()))
			if had != version || records != before {
				t.Errorf("the copy has schema %d and %d Records, expected %d and %d", had, records, version, before)
			}
		}
	}
	soak.Report(t, "F16", "stores of two older schemas, each met by 6 programs at once, %d times: 0 errors, a copy of each is kept", soak.N(3, 40))
}

func TestF13_WritersMeetInANewFile(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(path string) error{
		"removed": os.Remove,
		"all removed": func(path string) error {
			return errors.Join(os.Remove(path), os.Remove(path+"-wal"), os.Remove(path+"-shm"))
		},
		"no folder": func(path string) error { return os.RemoveAll(filepath.Dir(path)) },
		"renamed":   func(path string) error { return os.Rename(path, path+".old") },
		"replaced": func(path string) error {
			return errors.Join(os.WriteFile(path+".new", nil, 0o600), os.Rename(path+".new", path))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			one := setup(t, store.Options{})
			two := open(t, one.path, store.Options{})
			old := one.add(t, made{at: noon, name: "GET /before"})[0]
			two.add(t, made{at: noon, n: 1})
			must(t, harm(one.path))
			if h, err := one.Health(context.Background()); err == nil && !h.Gone && name != "replaced" {
				t.Errorf("Health does not notice: %+v", h)
			}
			want := []instrument.ID{two.add(t, made{at: noon, n: 3})[0], one.add(t, made{at: noon, n: 2})[0]}
			for _, f := range []*fixture{one, two} {
				f.checkIntegrity(t)
				page, err := f.Records(context.Background(), query.Records{})
				must(t, err)
				if ids(page.Records) != fmt.Sprint(want) || page.Records[0].Handler.Name != "GET /made" {
					t.Errorf("in the new file are %s, expected %v", ids(page.Records), want)
				}
				if _, err := f.Record(context.Background(), old); !errors.Is(err, query.ErrNotFound) {
					t.Errorf("a record of the old file: %v", err)
				}
				if rec, err := f.Record(context.Background(), want[0]); err != nil || rec.Spans[0].Handler.Name != "GET /made" {
					t.Errorf("a record of the new file: %+v, %v", rec, err)
				}
			}
			if one.Process() == two.Process() {
				t.Error("the writers have one number now")
			}
		})
	}
}

// The file is the same, what is in it is not. With all pages in the -wal nothing is lost at
// all; without them it is a damaged file, put aside like one. Both writers meet again.
func TestF13_WritersMeetWhenTheFileIsOverwritten(t *testing.T) {
	t.Parallel()
	for name, harm := range map[string]func(path string) error{
		"emptied":           func(path string) error { return os.Truncate(path, 0) },
		"overwritten":       func(path string) error { return overwrite(path, bytes.Repeat([]byte("somebody's text\n"), 10_000)) },
		"with a short text": func(path string) error { return overwrite(path, []byte("gone\n")) },
		"cut in the middle": func(path string) error { return os.Truncate(path, 40_000) },
	} {
		for _, where := range []string{"in the file", "in the -wal"} {
			t.Run(name+" "+where, func(t *testing.T) {
				t.Parallel()
				one := setup(t, store.Options{})
				two := open(t, one.path, store.Options{})
				one.add(t, many(100)...)
				two.add(t, made{at: noon, n: 1000})
				if where == "in the file" {
					_, err := one.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
					must(t, err)
				}
				must(t, harm(one.path))
				ids := map[instrument.ID]bool{}
				for i, f := range []*fixture{one, two, one, two} {
					ids[f.add(t, made{at: noon.Add(time.Hour), n: i})[0]] = true
				}
				for _, f := range []*fixture{one, two} {
					f.checkIntegrity(t)
					page, err := f.Records(context.Background(), query.Records{})
					must(t, err)
					n := 0
					for _, r := range page.Records {
						if ids[r.ID] {
							n++
						}
					}
					if n != 4 {
						t.Errorf("%d of 4 Records are there", n)
					}
				}
			})
		}
	}
}

// A checkpoint that is cut off, by kill -9 or a full disk, leaves a file that is shorter than
// its own header says; the rest is in the -wal.
func TestF12_F14_ACheckpointThatWasCutOffIsNoDamage(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.add(t, many(300)...)
	wal, err := os.ReadFile(f.path + "-wal")
	must(t, err)
	_, err = f.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	file, err := os.ReadFile(f.path)
	must(t, err)
	for _, pages := range []int{1, 2, 5} {
		path := filepath.Join(t.TempDir(), "toolbar.db")
		must(t, errors.Join(os.WriteFile(path, file[:pages*16384], 0o600), os.WriteFile(path+"-wal", wal, 0o600)))
		again := open(t, path, store.Options{})
		again.checkIntegrity(t)
		if n := again.left(t); n != 300 || len(sqlitefile.AsideOf(path)) > 0 {
			t.Errorf("%d pages of the file: %d of 300 Records are there, put aside: %v", pages, n, sqlitefile.AsideOf(path))
		}
	}
}

// overwrite puts other bytes into the same file, as cp does.
func overwrite(path string, text []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_TRUNC, 0)
	if err != nil {
		return err
	}
	_, err = f.Write(text)
	return errors.Join(err, f.Close())
}

func TestF13_AForeignFileInItsPlaceIsLeftAlone(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	must(t, os.Rename(f.path, f.path+".old"))
	must(t, os.WriteFile(f.path, []byte(strings.Repeat("somebody's file ", 10)), 0o600))
	before := fingerprint(t, f.path)
	b := &instrument.Batch{Items: []instrument.Item{made{at: noon}.item()}}
	for range 2 {
		err := f.Append(context.Background(), b)
		if !errors.Is(err, store.ErrFileGone) || !errors.Is(err, store.ErrForeign) {
			t.Errorf("got %v, expected ErrFileGone and ErrForeign", err)
		}
	}
	if fingerprint(t, f.path) != before {
		t.Error("it was changed")
	}
	must(t, os.Remove(f.path))
	must(t, f.Append(context.Background(), b))
}
