package store_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

// sound is a store with some hundred Records, part of them in the -wal.
func sound(t *testing.T) (file, wal []byte) {
	t.Helper()
	f := setup(t, store.Options{})
	all := many(120)
	f.add(t, all[:80]...)
	_, err := f.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	must(t, err)
	f.add(t, all[80:]...)
	file, err = os.ReadFile(f.path)
	must(t, err)
	wal, err = os.ReadFile(f.path + "-wal")
	must(t, err)
	return file, wal
}

func many(n int) (list []made) {
	for i := range n {
		list = append(list, made{at: noon.Add(time.Duration(i) * time.Second), n: i, name: fmt.Sprintf("GET /%d", i%40)})
	}
	return list
}

// harm damages a copy of the files in a way of its own for each number.
func harm(n int, file, wal []byte) (_, _ []byte, what string) {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	file, wal = append([]byte(nil), file...), append([]byte(nil), wal...)
	switch n % 8 {
	case 0:
		for range 1 + r.IntN(30) {
			file[r.IntN(len(file))] ^= byte(1 << r.IntN(8))
		}
		return file, wal, "bits turned over"
	case 1:
		for range 1 + r.IntN(4) {
			file[r.IntN(100)] ^= byte(1 + r.IntN(255))
		}
		return file, wal, "header"
	case 2:
		return file[:r.IntN(len(file))], wal, "shortened"
	case 3:
		at := r.IntN(len(file) - 4096)
		for i := range 4096 {
			file[at+i] = byte(r.Uint32())
		}
		return file, nil, "4 KiB of rubbish, no -wal"
	case 4:
		clear(file[16384*r.IntN(len(file)/16384):][:16384])
		return file, nil, "an empty page, no -wal"
	case 5:
		for i := range wal {
			wal[i] = byte(r.Uint32())
		}
		return file, wal, "a -wal of rubbish"
	case 6:
		for range 50 {
			wal[r.IntN(len(wal))] ^= byte(1 << r.IntN(8))
		}
		return file, wal[:r.IntN(len(wal))], "a damaged -wal"
	}
	clear(file[:16]) // not SQLite's mark, but still ours
	return file, wal, "no mark of SQLite's"
}

func TestF14_DamagedFilesHoldNobodyUp(t *testing.T) {
	t.Parallel()
	file, wal := sound(t)
	mutants := soak.N(48, 1000)
	var opened, aside, refused, readOnly atomic.Int64
	numbers := make(chan int)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for n := range numbers {
				f, w, what := harm(n, file, wal)
				asides, err := useDamaged(t.TempDir(), f, w)
				switch {
				case err == nil:
					opened.Add(1)
					aside.Add(int64(asides))
				case errors.Is(err, store.ErrForeign) || errors.Is(err, store.ErrNewer):
					refused.Add(1) // the mark itself is damaged: it may be anybody's file
				case sqlitefile.Unwritable(err):
					readOnly.Add(1) // the header says that only a later SQLite may write it: it is read
				default:
					t.Errorf("mutant %d, %s: %v", n, what, err)
				}
			}
		})
	}
	for n := range mutants {
		numbers <- n
	}
	if !soak.On() {
		for _, n := range []int{553, 576, 753} { // which were met at length
			numbers <- n
		}
	}
	close(numbers)
	wg.Wait()
	if aside.Load() == 0 || refused.Load() > int64(mutants/8) || readOnly.Load() > int64(mutants/20) {
		t.Errorf("%d put aside, %d refused", aside.Load(), refused.Load())
	}
	soak.Report(t, "F14", "%d damaged files: %d usable at once, %d put aside and begun anew, %d refused as foreign, %d read and not written; 0 panics, no file that holds anybody up", opened.Load()+refused.Load()+readOnly.Load(), opened.Load()-aside.Load(), aside.Load(), refused.Load(), readOnly.Load())
}

// useDamaged opens a damaged store, writes to it, reads all that there is and writes
// again: that must work, with the file or with a new one.
func useDamaged(dir string, file, wal []byte) (asides int, err error) {
	path := filepath.Join(dir, "toolbar.db")
	if err := errors.Join(os.WriteFile(path, file, 0o600), os.WriteFile(path+"-wal", wal, 0o600)); err != nil {
		return 0, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	f, err := openFixture(path, store.Options{})
	if err != nil {
		return 0, err
	}
	defer f.close()
	for round := range 2 {
		b := &instrument.Batch{Items: []instrument.Item{made{at: noon.Add(time.Hour), n: 5000 + round}.item()}}
		if err := f.Append(ctx, b); err != nil {
			return 0, fmt.Errorf("append: %w", err)
		}
		if page, err := f.Records(ctx, query.Records{Limit: 1000}); err == nil { // a reader may meet the damage
			for _, r := range page.Records {
				_, _ = f.Record(ctx, r.ID)
			}
		}
		_, _ = f.Handlers(ctx, query.Handlers{})
	}
	return len(sqlitefile.AsideOf(path)), nil
}

func TestF14_DamageThatComesWhileTheAppRuns(t *testing.T) {
	t.Parallel()
	for name, use := range map[string]func(t *testing.T, f *fixture){
		"met by a reader": func(t *testing.T, f *fixture) {
			if _, err := f.Records(context.Background(), query.Records{Limit: 1000}); err == nil {
				t.Error("the reader met no damage")
			}
		},
		"met by the writer": func(*testing.T, *fixture) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "toolbar.db")
			var told []sqlitefile.Aside
			db, err := sqlitefile.Open(path, sqlitefile.Options{OnAside: func(a sqlitefile.Aside) { told = append(told, a); panic("a logger") }})
			must(t, err)
			defer db.Close()
			st, err := store.Open(context.Background(), db, store.Options{})
			must(t, err)
			defer st.Close()
			f := &fixture{Store: st, db: db, path: path}
			other := open(t, path, store.Options{})
			f.add(t, many(200)...)
			// So that the first writer's pages are neither in its cache nor in the -wal.
			other.add(t, made{at: noon, n: 1000})
			_, err = other.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
			must(t, err)
			must(t, spoil(path))
			use(t, f)
			// The batch that meets the damage is stored in the new file.
			ids := append(f.add(t, made{at: noon, n: 2000}), other.add(t, made{at: noon, n: 2001})...)
			for _, id := range ids {
				if rec, err := f.Record(context.Background(), id); err != nil || rec.Handler.Name != "GET /made" {
					t.Errorf("record %v: %+v, %v", id, rec, err)
				}
			}
			f.checkIntegrity(t)
			aside := sqlitefile.AsideOf(path)
			if len(aside) != 1 || len(told) != 1 || told[0].To != aside[0] || told[0].Why == nil || told[0].Path != path {
				t.Fatalf("put aside %v, told %v", aside, told)
			}
			if b, err := os.ReadFile(aside[0]); err != nil || !strings.HasPrefix(string(b), "SQLite format 3") {
				t.Errorf("what was put aside cannot be looked at: %v", err)
			}
		})
	}
}

// spoil overwrites all pages but the first, as a broken disk does.
func spoil(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	rubbish := make([]byte, info.Size()-16384)
	for i := range rubbish {
		rubbish[i] = byte(i*7 + 3)
	}
	_, err = f.WriteAt(rubbish, 16384)
	return errors.Join(err, f.Close())
}
