package toolbar_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
	"github.com/go-debug-toolbar/debugtoolbar/internal/tmpfs"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// sound opens a store that nobody has open any more and looks through all of it.
func sound(t *testing.T, path string) (records uint64) {
	t.Helper()
	db, err := sqlitefile.Open(path, sqlitefile.Options{OnAside: func(a sqlitefile.Aside) { t.Errorf("put aside: %v", a.Why) }})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var result string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&result); err != nil || result != "ok" {
		t.Errorf("integrity: %s, %v", result, err)
	}
	if err := db.QueryRow("SELECT count(*) FROM record").Scan(&records); err != nil {
		t.Error(err)
	}
	return records
}

// TestF08_AFullDiskLosesRecordsAndNothingElse fills the file system that the store is on.
func TestF08_AFullDiskLosesRecordsAndNothingElse(t *testing.T) {
	t.Parallel()
	dir := tmpfs.New(t, 4<<20)
	path := dir.Join("toolbar.db")
	var out logs
	tb := newToolbar(t, path, &out)
	sameAsBare(t, tb, 200)
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	free := dir.Fill(t)
	began := time.Now()
	for deadline := began.Add(2 * time.Minute); tb.Stats().Dropped["store_error"] == 0; {
		sameAsBare(t, tb, 200)
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = tb.Flush(ctx) // it cannot
		cancel()
		balanced(t, tb.Stats())
		if time.Now().After(deadline) {
			t.Fatalf("nothing was dropped: %+v", tb.Stats())
		}
	}
	// Which they are depends on how many of a round were stored before the disk was full.
	if page := ask(tb.Handler(), "/_toolbar/requests", local); strings.Count(page, `href="/_toolbar/requests/`) < 20 {
		t.Error("what is there cannot be read")
	}
	if page := ask(tb.Handler(), "/_toolbar/health", local); !strings.Contains(page, "store_error") && !strings.Contains(page, "full") {
		t.Error("the health page does not say so")
	}
	full := tb.Stats()
	free()
	back := time.Now()
	for deadline := back.Add(time.Minute); tb.Stats().Stored == full.Stored; {
		sameAsBare(t, tb, 1)
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		_ = tb.Flush(ctx)
		cancel()
		if time.Now().After(deadline) {
			t.Fatalf("nothing is stored again: %+v", tb.Stats())
		}
		runtime.Gosched()
	}
	resumed := time.Since(back)
	if err := tb.Close(context.Background()); err != nil {
		t.Error(err)
	}
	s := tb.Stats()
	balanced(t, s)
	if n := sound(t, path); n != s.Stored {
		t.Errorf("%d Records are there, %d are counted", n, s.Stored)
	}
	if n := strings.Count(out.String(), "\n"); n == 0 || n > 3+int(time.Since(began)/time.Minute) {
		t.Errorf("%d lines are logged:\n%s", n, &out)
	}

	// A store that is there is opened on the full disk.
	dir.Fill(t)
	again := newToolbar(t, path, &out)
	sameAsBare(t, again, 20)
	if page := ask(again.Handler(), "/_toolbar/requests", local); strings.Count(page, `href="/_toolbar/requests/`) < 20 {
		t.Error("on a full disk, what is there cannot be read")
	}
	soak.Report(t, "F08", "on a full disk of 4 MiB %d Records were dropped and counted, all %d answers were as without the toolbar; storing went on %v after there was room, the file is sound",
		s.Dropped["store_error"], s.Produced, resumed.Round(time.Millisecond))
}

// TestF10_AWriterThatIsStoppedHoldsNoRequestUp stops another process in the midst of its
// transaction, with the lock in its hand.
func TestF10_AWriterThatIsStoppedHoldsNoRequestUp(t *testing.T) {
	path := os.Getenv("TOOLBAR_TEST_PATH")
	if isChild(t) { // until it is killed
		tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true})
		if err != nil {
			t.Fatal(err)
		}
		wrapped := tb.Wrap(hello)
		fmt.Println("writes")
		for i := 0; ; i++ {
			for j := range 200 {
				ask(wrapped, fmt.Sprintf("/other/%d/%d", i, j), stranger)
			}
			if err := tb.Flush(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	path = filepath.Join(t.TempDir(), "toolbar.db")
	tb := newToolbar(t, path, io.Discard)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(exe, "-test.run", "^"+t.Name()+"$")
	cmd.Env = append(os.Environ(), childEnv+"="+t.Name(), "TOOLBAR_TEST_PATH="+path)
	pipe, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := false
	end := func() {
		if !ended {
			ended = true
			cmd.Process.Kill()
			cmd.Wait()
		}
	}
	defer end()
	if line, err := bufio.NewReader(pipe).ReadString('\n'); line != "writes\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}
	stops := stopHolding(t, cmd.Process, path)

	requests := soak.N(2000, 30_000) // 1,000 a second
	wrapped := tb.Wrap(hello)
	before := tb.Stats()
	var took, bare []time.Duration
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for i := range requests {
		if soak.On() {
			<-tick.C
		}
		p := fmt.Sprint("/mine/", i)
		began := time.Now()
		got := ask(wrapped, p, stranger)
		mid := time.Now()
		want := ask(hello, p, stranger)
		took, bare = append(took, mid.Sub(began)), append(bare, time.Since(mid))
		if got != want {
			t.Fatalf("%s is answered %s, without the toolbar %s", p, got, want)
		}
	}
	held := tb.Stats()
	balanced(t, held)
	if n := held.Produced - before.Produced; n != uint64(requests) {
		t.Errorf("%d of %d requests are counted", n, requests)
	}
	if err := cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	end() // killed with the lock in its hand, it gives that back
	if err := tb.Flush(context.Background()); err != nil {
		t.Errorf("flush: %v", err)
	}
	if err := tb.Close(context.Background()); err != nil {
		t.Error(err)
	}
	s := tb.Stats()
	balanced(t, s)
	if s.QueuedRecords != 0 {
		t.Errorf("%d are queued still", s.QueuedRecords)
	}
	if n := sound(t, path); n < s.Stored {
		t.Errorf("%d Records are there, %d of these are counted", n, s.Stored)
	}
	slices.Sort(took)
	slices.Sort(bare)
	soak.Report(t, "F10", "a writer stopped with the lock (after %d tries): %d requests, none failed; p99 %v, without the toolbar %v; stored %d + dropped %d = produced %d",
		stops, requests, took[len(took)*99/100], bare[len(bare)*99/100], s.Stored, s.Produced-s.Stored, s.Produced)
}

// stopHolding stops a process until it is one that holds the lock of a store.
func stopHolding(t *testing.T, p *os.Process, path string) (tries int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(0)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for tries = 1; tries <= 2000; tries++ {
		for range rand.IntN(50_000) { // anywhere
			runtime.Gosched()
		}
		if err := p.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		// The lock may be this process's own for a moment, so it is asked for more than once.
		held := true
		for range 50 {
			tx, err := db.Begin()
			if err == nil {
				held = false
				if err := tx.Rollback(); err != nil {
					t.Fatal(err)
				}
				break
			}
			runtime.Gosched()
		}
		if held {
			return tries
		}
		if err := p.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
	}
	t.Fatal("it was never stopped with the lock in its hand")
	return 0
}
