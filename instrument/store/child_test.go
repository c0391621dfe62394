package store_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

// Tests of several processes run this binary again: STORE_TEST_CHILD says what
// the child does, STORE_TEST_PATH where.

const childBatch = 50

func child(t *testing.T, job, path string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), "STORE_TEST_CHILD="+job, "STORE_TEST_PATH="+path)
	cmd.Stderr = os.Stderr
	return cmd
}

func runChild(job string) int {
	f, err := openFixture(os.Getenv("STORE_TEST_PATH"), store.Options{})
	if err != nil {
		return fail(err)
	}
	switch job {
	case "write":
		defer f.close()
		n, _ := strconv.Atoi(os.Getenv("STORE_TEST_BATCHES")) // 0 writes nothing, which is seen
		err = f.writeBatches(n)
	case "endless": // until it is killed
		err = f.writeBatches(1 << 30)
	case "announce": // and wait to be killed
		announce(f)
		if err = f.Append(context.Background(), f.sink.take()); err == nil {
			fmt.Println("stored")
			_, err = os.Stdin.Read(make([]byte, 1))
		}
	case "nofiles":
		defer f.close()
		err = withoutFiles(f)
	default:
		err = errors.New("unknown job " + job)
	}
	if err != nil {
		return fail(err)
	}
	return 0
}

func fail(err error) int {
	fmt.Fprintln(os.Stderr, "child:", err)
	return 1
}

// writeBatches stores Records whose user is their batch, and tells on stdout when
// a batch is stored.
func (f *fixture) writeBatches(n int) error {
	h := handler(instrument.KindRequest, "GET /child")
	var worst time.Duration
	defer func() { fmt.Println("worst", worst.Milliseconds()) }()
	for i := range n {
		for range childBatch {
			_, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: h})
			rec.SetUser(fmt.Sprintf("%d-%d", os.Getpid(), i))
			rec.End()
		}
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		began := time.Now()
		err := f.Append(ctx, f.sink.take())
		worst = max(worst, time.Since(began))
		cancel()
		if err != nil {
			return err
		}
		fmt.Println(i + 1)
	}
	return nil
}

func TestF29_WithoutDescriptorsTheOpenConnectionsGoOn(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a limit of file descriptors")
	}
	path := filepath.Join(t.TempDir(), "toolbar.db")
	out, err := child(t, "nofiles", path).Output()
	if err != nil || string(out) != "went on\n" {
		t.Fatalf("the child said %q, %v", out, err)
	}
	f := open(t, path, store.Options{})
	f.checkIntegrity(t)
	if n := f.left(t); n != 2 {
		t.Errorf("%d of 2 records are there", n)
	}
}

func TestF11_SeveralProcessesWriteAndNothingIsLost(t *testing.T) {
	t.Parallel()
	processes, batches := soak.N(4, 8), soak.N(20, 200)
	path := filepath.Join(t.TempDir(), ".toolbar", "toolbar.db")
	type started struct {
		cmd *exec.Cmd
		out bytes.Buffer
	}
	var all []*started
	began := time.Now()
	for range processes {
		s := &started{cmd: child(t, "write", path)}
		s.cmd.Env = append(s.cmd.Env, "STORE_TEST_BATCHES="+strconv.Itoa(batches))
		s.cmd.Stdout = &s.out
		must(t, s.cmd.Start())
		all = append(all, s)
	}
	worst := 0
	for _, s := range all {
		if err := s.cmd.Wait(); err != nil {
			t.Errorf("child: %v", err)
		}
		_, last, _ := strings.Cut(s.out.String(), "worst ")
		ms, err := strconv.Atoi(strings.TrimSpace(last))
		must(t, err)
		worst = max(worst, ms)
	}
	took := time.Since(began)
	f := open(t, path, store.Options{})
	f.checkIntegrity(t)
	if n := f.left(t); n != processes*batches*childBatch {
		t.Errorf("%d records are there, expected %d", n, processes*batches*childBatch)
	}
	if n := f.count(t, "SELECT count(DISTINCT (id >> 12) & 1023) FROM record"); n != processes {
		t.Errorf("%d process numbers are in the ids, expected %d", n, processes)
	}
	list, err := f.Processes(context.Background())
	must(t, err)
	if len(list) != processes+1 || !list[0].Alive || list[1].Alive || list[1].Ended.IsZero() || list[1].PID == os.Getpid() {
		t.Errorf("processes are %+v", list)
	}
	soak.Report(t, "F11", "%d processes wrote %d Records in %d transactions, all are there, in %v; the longest wait of one was %d ms",
		processes, processes*batches*childBatch, processes*batches, took.Round(time.Millisecond), worst)
}

func TestF12_AKilledProcessLosesNothingThatWasStored(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	rounds, acknowledged := soak.N(4, 200), 0
	for round := range rounds {
		// Two write, and die in the midst of it.
		var said [2]int
		var wg sync.WaitGroup
		for i := range said {
			cmd := child(t, "endless", path)
			out, err := cmd.StdoutPipe()
			must(t, err)
			must(t, cmd.Start())
			until := 1 + rand.IntN(4+4*min(round, 5))
			wg.Go(func() {
				lines := bufio.NewScanner(out)
				for said[i] < until && lines.Scan() {
					said[i]++
				}
				for range rand.IntN(20_000) { // anywhere between two lines
					runtime.Gosched()
				}
				if err := cmd.Process.Kill(); err != nil {
					t.Error(err)
				}
				for lines.Scan() { // what it had said before it died
					said[i]++
				}
				if _, killed := errors.AsType[*exec.ExitError](cmd.Wait()); !killed {
					t.Error("the child ended by itself")
				}
			})
		}
		wg.Wait()
		acknowledged += said[0] + said[1]
	}
	f := open(t, path, store.Options{})
	f.checkIntegrity(t)
	batches := f.count(t, "SELECT count(DISTINCT user) FROM record")
	if n := f.left(t); n != batches*childBatch {
		t.Errorf("%d records in %d batches: one is torn", n, batches)
	}
	if batches < acknowledged || batches > acknowledged+2*rounds {
		t.Errorf("%d batches are there, %d were acknowledged", batches, acknowledged)
	}
	soak.Report(t, "F12", "%d processes were killed, two at a time: of %d batches that were acknowledged %d are lost, none is torn, the file is sound",
		2*rounds, acknowledged, max(0, acknowledged-batches))
	list, err := f.Processes(context.Background())
	must(t, err)
	for _, p := range list[1:] {
		if p.Alive || !p.Ended.IsZero() {
			t.Errorf("a killed process counts as alive %v, ended %v", p.Alive, p.Ended)
		}
	}
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if rec, err := f.Record(context.Background(), page.Records[0].ID); err != nil || rec.Spans[0].Handler.Name != "GET /child" {
		t.Errorf("a dead process's record reads %+v, %v", rec, err)
	}
}

func TestProcesses_TellTheBuild(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Service: "shop", Host: "machine"})
	_, err := f.db.Exec(`UPDATE build SET modules = 'example.com/a v1.2.3' || char(10) || 'example.com/b ../b' || char(10)`)
	must(t, err)
	list, err := f.Processes(context.Background())
	must(t, err)
	p := list[0]
	if p.Number != f.Process() || p.PID != os.Getpid() || p.Service != "shop" || p.Host != "machine" || !p.Alive {
		t.Errorf("got %+v", p)
	}
	if !strings.HasPrefix(p.Build.Go, "go1") || p.Build.Main == "" || fmt.Sprint(p.Build.Modules) != "[{example.com/a v1.2.3} {example.com/b ../b}]" {
		t.Errorf("build is %+v", p.Build)
	}
}

func TestProcesses_OnAnotherMachineLiveByTheirHeartbeat(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Host: "here", Now: c.now})
	far := open(t, f.path, store.Options{Host: "far", Now: c.now})
	alive := func() bool {
		list, err := f.Processes(context.Background())
		must(t, err)
		return list[0].Alive
	}
	c.advance(4 * time.Minute)
	far.roll(t, c.now())
	c.advance(4 * time.Minute)
	if !alive() {
		t.Error("it counts as dead 4 minutes after its heartbeat")
	}
	c.advance(2 * time.Minute)
	if alive() {
		t.Error("it counts as alive 6 minutes after its heartbeat")
	}
}

func TestProcess_NumbersOfLivingOnesAreNotGivenAgain(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	_, err := f.db.Exec("UPDATE process SET number = 1022")
	must(t, err)
	_, err = f.db.Exec(`INSERT INTO process (number, build, host, service, boot, pid, pid_start, started, seen, ended)
		SELECT 1023, build, host, service, boot, pid, pid_start, started, seen, seen FROM process`)
	must(t, err)
	next := open(t, f.path, store.Options{})
	_, err = f.db.Exec("UPDATE process SET number = 1021 WHERE id = 3") // as if it went round again
	must(t, err)
	after := open(t, f.path, store.Options{})
	if next.Process() != 1 || after.Process() != 1023 {
		t.Errorf("numbers are %d after 1023, %d after 1021 with 1022 alive", next.Process(), after.Process())
	}
}
