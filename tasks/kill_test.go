package tasks_test

import (
	"bufio"
	"context"
	"database/sql"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// killEffect has an effect that happens once however often it is run: the row is its key.
var killEffect = tasks.New("kill.effect", func(ctx context.Context, o order) error {
	if hold, ok := ctx.Value(holdKey{}).(func(id int)); ok {
		hold(o.ID)
	}
	db := ctx.Value(dbKey{}).(*sql.DB)
	_, err := db.ExecContext(ctx, "INSERT INTO effects VALUES ('effect', $1) ON CONFLICT (n) DO NOTHING", o.ID)
	return err
}, tasks.Options{Retry: tasks.Retry{Max: 5, Delay: -1}})

// holdKey is where a worker process that is to be killed has what it holds jobs with.
type holdKey struct{}

const lostAfter = 3 * time.Second

func init() {
	if dsn := os.Getenv("TASKS_KILL_DSN"); dsn != "" {
		err := killChild(os.Getenv("TASKS_KILL_DRIVER"), dsn)
		fmt.Fprintln(os.Stderr, "the worker process has ended:", err)
		os.Exit(1)
	}
}

// killChild is a worker process: it says on its output which jobs are done, and which
// Records are of a job whose worker was lost. It works until it is killed, or its input
// is closed. One that is to be killed does not come to the end of jobs from a number on, so
// that it has some whenever that is.
func killChild(driver, dsn string) error {
	out := &lineWriter{w: os.Stdout}
	recorder := instrument.New(instrument.Config{Sink: &rescues{out: out}})
	e := &env{driver: driver, dsn: dsn}
	db, err := sql.Open(driver, e.appDSN())
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(4)
	c, err := tasks.Open(context.Background(), tasks.Config{
		DSN: dsn, Tasks: []tasks.Definition{killEffect}, Recorder: recorder, LostAfter: lostAfter,
		Queues: map[string]tasks.Queue{"default": {Workers: 50}}, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
		River: func(rc *river.Config) { rc.TestOnly = true },
	})
	if err != nil {
		return err
	}
	done, _ := c.SubscribeConfig(&river.SubscribeConfig{ChanSize: 20_000, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	ctx := context.WithValue(context.Background(), dbKey{}, db)
	if from, err := strconv.Atoi(os.Getenv("TASKS_KILL_HOLD")); err == nil {
		ctx = context.WithValue(ctx, holdKey{}, func(id int) {
			if id >= from {
				out.line("held", id)
				select {} // until it is killed
			}
		})
	}
	if err := c.Start(ctx); err != nil {
		return err
	}
	go func() {
		for ev := range done {
			out.line("done", ev.Job.ID)
			if len(done) > 0 {
				continue
			}
			left := 0
			if err := db.QueryRow("SELECT count(*) FROM river_job WHERE state <> 'completed'").Scan(&left); err != nil {
				fmt.Fprintln(os.Stderr, "count the jobs that are left:", err)
				os.Exit(1)
			}
			out.line("left", left)
		}
	}()
	io.Copy(io.Discard, os.Stdin)
	return c.Close(context.Background())
}

// lineWriter writes whole lines from several goroutines.
type lineWriter struct {
	mu sync.Mutex
	w  io.Writer
}

func (l *lineWriter) line(args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintln(l.w, args...)
}

// rescues tells of Records of jobs that another worker was lost with.
type rescues struct{ out *lineWriter }

func (*rescues) Want(s *instrument.Summary) bool { return len(s.Tags) > 0 }

func (r *rescues) Put(s *instrument.Summary, _ []byte) { r.out.line(s.Tags[0], s.ID) }

// workerProcess is a killChild.
type workerProcess struct {
	cmd   *exec.Cmd
	in    io.WriteCloser
	lines chan string
}

func startWorker(t *testing.T, e *env, vars ...string) *workerProcess {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "TASKS_KILL_DSN="+e.dsn, "TASKS_KILL_DRIVER="+e.driver), vars...)
	cmd.Stderr = os.Stderr
	w := &workerProcess{cmd: cmd, in: must(cmd.StdinPipe())(t), lines: make(chan string, 100_000)}
	out := must(cmd.StdoutPipe())(t)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(w.lines)
		for scan := bufio.NewScanner(out); scan.Scan(); {
			w.lines <- scan.Text()
		}
	}()
	return w
}

// kill ends the process at once, as kill -9 does. It may be called again.
func (w *workerProcess) kill() {
	w.cmd.Process.Kill()
	for range w.lines {
	}
	w.cmd.Wait()
}

// TestTK22_AKilledWorkersJobsAreDoneByAnother has two worker processes, one of which is
// killed while it works. River is late to acknowledge: a job that was running is run again
// (TK-21), here as soon as its worker is known to be lost.
func TestTK22_AKilledWorkersJobsAreDoneByAnother(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		jobs := map[string]int{"sqlite": 1_000, "postgres": 10_000}[e.name]
		e.exec("CREATE UNIQUE INDEX effects_once ON effects (n)")
		c := e.open(tasks.Config{Tasks: []tasks.Definition{killEffect}, InsertOnly: true})
		args := make([]order, jobs)
		for i := range args {
			args[i].ID = i
		}
		must(killEffect.EnqueueMany(e.ctx(c), args))(t)

		first := startWorker(t, e, fmt.Sprint("TASKS_KILL_HOLD=", jobs/5))
		defer first.kill()
		for line := ""; !strings.HasPrefix(line, "held"); {
			var ok bool
			if line, ok = <-first.lines; !ok {
				t.Fatal("the first worker has ended")
			}
		}
		second := startWorker(t, e)
		defer second.kill()
		// The end is what the second one sees in the database.
		done, rescued, left := map[string]bool{}, 0, jobs
		note := func(line string) {
			what, id, _ := strings.Cut(line, " ")
			switch what {
			case "done":
				done[id] = true
			case "left":
				left = must(strconv.Atoi(id))(t)
			case "rescued":
				rescued++
			}
		}
		killed := false
		patience := time.After(4 * time.Minute)
		for left > 0 || rescued == 0 {
			select {
			case line, ok := <-second.lines:
				if !ok {
					t.Fatal("the second worker has ended")
				}
				note(line)
			case <-patience:
				t.Fatalf("after four minutes %d of %d jobs are done, %d rescued", len(done), jobs, rescued)
			}
			if !killed && len(done) > 0 { // both work
				killed = true
				first.kill()
			}
		}
		for want, query := range map[int]string{
			jobs: "SELECT count(*) FROM river_job WHERE state = 'completed'",
			0:    "SELECT count(*) FROM river_job WHERE state <> 'completed'",
		} {
			if got := e.count(query); got != want {
				t.Errorf("%s: %d, expected %d", query, got, want)
			}
		}
		if got := e.count("SELECT count(*) FROM effects"); got != jobs {
			t.Errorf("%d effects, expected each of %d once", got, jobs)
		}
		again := e.count("SELECT count(*) FROM river_job WHERE attempt > 1")
		if again == 0 {
			t.Error("no job was run again: none was running when the worker was killed")
		}
		t.Logf("%d jobs, %d run again, %d Records of rescued jobs", jobs, again, rescued)
		e.namesLostWorker(t)
	})
}

// namesLostWorker checks that a job that was run again says why.
func (e *env) namesLostWorker(t *testing.T) {
	t.Helper()
	c := e.open(tasks.Config{Tasks: []tasks.Definition{killEffect}, InsertOnly: true})
	for job := range e.allJobs(t, c) {
		if job.Attempt > 1 {
			if len(job.Errors) == 0 || !strings.HasPrefix(job.Errors[0].Error, "lost with worker") {
				t.Errorf("job %d was run again: %+v", job.ID, job.Errors)
			}
			return
		}
	}
}
