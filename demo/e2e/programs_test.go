package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// Variables by which this test program is one that goes wrong: in what, how, and the file
// of the toolbar; "" is without one.
const (
	programVar  = "E2E_PROGRAM"
	wrongVar    = "E2E_WRONG"
	recorderVar = "E2E_RECORDER"
)

var errPlain = errors.New("it went wrong")

// goesAway is the way in which no code goes on, and nothing is said.
const goesAway = "the goroutine's end"

// rude is an error whose text cannot be asked for.
type rude struct{}

func (rude) Error() string { panic("no text") }

// wrongs are the ways in which code goes wrong.
var wrongs = map[string]func() error{
	"not at all":               func() error { return nil },
	"error":                    func() error { return errPlain },
	"error that wraps":         func() error { return fmt.Errorf("order 7: %w", errPlain) },
	"error without a text":     func() error { return rude{} },
	"panic with a text":        func() error { panic("it went wrong") },
	"panic with an error":      func() error { panic(errPlain) },
	"panic with nil":           func() error { panic(nil) },
	"panic with a struct":      func() error { panic(struct{ Order int }{7}) },
	"panic with a rude error":  func() error { panic(rude{}) },
	"panic with several lines": func() error { panic("it went\nwrong\n\tvery") },
	"abort":                    func() error { panic(http.ErrAbortHandler) },
	"abort that is wrapped":    func() error { panic(fmt.Errorf("gone: %w", http.ErrAbortHandler)) },
	"nil pointer":              func() error { var p *rudeCount; p.n++; return nil },
	"nil map":                  func() error { none()[len(os.Args)] = 1; return nil },
	"index":                    func() error { s := os.Args[:0]; fmt.Print(s[len(os.Args)]); return nil },
	"conversion":               func() error { var v any = 1; fmt.Print(v.(string)); return nil },
	"division":                 func() error { n := len(os.Getenv("E2E_NOTHING")); fmt.Print(1 / n); return nil },
	"closed channel":           func() error { c := make(chan int); close(c); close(c); return nil },
	"panic in a deferred call": func() error { defer func() { panic("second") }(); panic("first") },
	"panic that is passed on":  func() error { defer func() { panic(recover()) }(); panic("first") },
	"panic that is recovered":  func() (err error) { defer func() { err = fmt.Errorf("was %v", recover()) }(); panic("first") },
	goesAway:                   func() error { runtime.Goexit(); return nil },
	"panic of another goroutine": func() error {
		done := make(chan int)
		go func() { defer close(done); panic("elsewhere") }()
		<-done
		select {}
	},
	"exit 0":         func() error { os.Exit(0); return nil },
	"exit 3":         func() error { os.Exit(3); return nil },
	"log.Fatal":      func() error { log.SetFlags(0); log.Fatal("that is all"); return nil },
	"stack overflow": func() error { debug.SetMaxStack(1 << 20); return endless(1) },
	"unlock":         func() error { new(sync.Mutex).Unlock(); return nil },
	"killed":         func() error { return errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), forever()) },
	"hung up":        func() error { return errors.Join(syscall.Kill(os.Getpid(), syscall.SIGHUP), forever()) },
}

type rudeCount struct{ n int }

func endless(n int) error {
	if n == 0 {
		return nil
	}
	if err := endless(n + 1); err != nil {
		return fmt.Errorf("%d: %w", n, err)
	}
	return nil
}

func none() map[int]int { return nil }

func forever() error { select {} }

// programs are what code can go wrong in: each says what it sees of it.
var programs = map[string]func(wrong func() error, tb *toolbar.Toolbar){
	"receiver":         func(wrong func() error, _ *toolbar.Toolbar) { receivers(wrong, (*signals.Signal[int]).Send) },
	"receiver, robust": func(wrong func() error, _ *toolbar.Toolbar) { receivers(wrong, (*signals.Signal[int]).SendRobust) },
	"layer":            layers,
	"view":             func(wrong func() error, tb *toolbar.Toolbar) { serve(passing(view(wrong)), tb) },
	"command":          command1,
	"job":              job,
}

// receivers sends to three receivers, of which the second goes wrong.
func receivers(wrong func() error, send func(*signals.Signal[int], context.Context, any, int) (signals.Results, error)) {
	s := signals.New[int]("placed", signals.Unlisted())
	s.On(func(context.Context, int) error { fmt.Println("first"); return nil }, signals.UID("first"))
	s.On(func(context.Context, int) error { return wrong() }, signals.UID("second"))
	s.On(func(context.Context, int) error { fmt.Println("third"); return nil }, signals.UID("third"))
	defer func() {
		if v := recover(); v != nil {
			fmt.Printf("panicked: %T\n", v)
			panic(v)
		}
	}()
	results, err := send(s, context.Background(), "shop", 7)
	for _, r := range results.All() {
		fmt.Printf("%s: %T %v\n", r.Receiver.UID(), r.Err, r.Err != nil)
	}
	fmt.Printf("sent: %T %v\n", err, errors.Is(err, errPlain))
}

func view(wrong func() error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/after" { // the first part is on its way
			io.WriteString(w, "begun ")
			_ = http.NewResponseController(w).Flush() // it can
		}
		if r.URL.Path != "/fine" {
			if err := wrong(); err != nil {
				fmt.Printf("view: %T\n", err)
			}
		}
		io.WriteString(w, "done")
	})
}

func passing(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer fmt.Println("left the outer layer")
		next.ServeHTTP(w, r)
	})
}

// layers has a layer between two others go wrong; without the toolbar they are plain functions.
func layers(wrong func() error, tb *toolbar.Toolbar) {
	failing := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			view(wrong).ServeHTTP(w, r)
			next.ServeHTTP(w, r)
		})
	}
	inner := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, " and the view") })
	if tb == nil {
		serve(passing(failing(passing(inner))), nil)
		return
	}
	serve(middleware.NewStack(middleware.Named("outer", passing), failing, middleware.Named("inner", passing)).Then(inner), tb)
}

// serve asks a server three times, and says what a client sees.
func serve(h http.Handler, tb *toolbar.Toolbar) {
	if tb != nil {
		h = tb.Wrap(h)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := &http.Server{Handler: h}
	ended := make(chan error)
	go func() { ended <- srv.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, path := range []string{"/before", "/after", "/fine"} {
		req, err := http.NewRequest(http.MethodGet, "http://"+l.Addr().String()+path, nil)
		if err != nil {
			panic(err)
		}
		req.Header.Set("X-Forwarded-For", "192.0.2.7") // nobody who may see a toolbar
		res, err := client.Do(req)
		if err != nil {
			fmt.Println(path, errors.Unwrap(err))
			continue
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		fmt.Println(path, res.Status, res.Header["Content-Type"], res.ContentLength, string(body), err)
	}
	fmt.Println(srv.Shutdown(context.Background()), <-ended)
}

// command1 runs a command.
func command1(wrong func() error, _ *toolbar.Toolbar) {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "cleanup", Help: "Clean up.", Run: func(_ context.Context, run *commands.Run) error {
		fmt.Fprintln(run.Out, "begun")
		defer fmt.Fprintln(run.Out, "left")
		return wrong()
	}})
	os.Args = []string{"manage", "cleanup"}
	code := root.Main(context.Background())
	fmt.Println("exit code", code)
	os.Exit(code)
}

// job works two jobs, of which the first goes wrong, and says what the queue has of it.
func job(wrong func() error, _ *toolbar.Toolbar) {
	first := tasks.New("first", func(context.Context, int) error { return wrong() }, tasks.Options{Retry: tasks.Retry{Max: -1}, Timeout: time.Minute})
	second := tasks.New("second", func(context.Context, int) error { fmt.Println("second"); return nil })
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "job-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	c, err := tasks.Open(ctx, tasks.Config{
		DSN: filepath.Join(dir, "jobs.db"), Tasks: []tasks.Definition{first, second}, Logger: slog.New(slog.DiscardHandler),
		Queues: map[string]tasks.Queue{"default": {Workers: 2}},
	})
	if err != nil {
		panic(err)
	}
	events, stop := c.Subscribe(river.EventKindJobCompleted, river.EventKindJobFailed, river.EventKindJobCancelled)
	defer stop()
	if err := c.Start(ctx); err != nil {
		panic(err)
	}
	for _, t := range []tasks.Task[int]{first, second} {
		if _, err := t.Enqueue(tasks.WithClient(ctx, c), 1); err != nil {
			panic(err)
		}
		e := <-events
		fmt.Println(e.Kind, e.Job.Kind, e.Job.State, e.Job.Attempt)
		for _, failed := range e.Job.Errors {
			fmt.Printf("%d %q %v\n", failed.Attempt, failed.Error, failed.Trace != "")
		}
	}
	fmt.Println(c.Close(ctx))
}

// goWrong is the program that the environment asks for.
func goWrong() {
	wrong := wrongs[os.Getenv(wrongVar)]
	var tb *toolbar.Toolbar
	if path := os.Getenv(recorderVar); path != "" {
		var err error
		if tb, err = toolbar.New(toolbar.Config{Path: path, Logger: slog.New(slog.DiscardHandler)}); err != nil {
			panic(err)
		}
	}
	program := programs[os.Getenv(programVar)]
	if os.Getenv(wrongVar) == goesAway {
		// That of main ends the process only where there is no other.
		done := make(chan int)
		go func() { defer close(done); program(wrong, tb) }()
		<-done
	} else {
		program(wrong, tb)
	}
	if tb != nil {
		if err := tb.Close(context.Background()); err != nil {
			panic(err)
		}
	}
}

// TestF02_F03_ProgramsGoWrongAsWithoutTheToolbar runs each program with each way to go wrong, in a process of its own, once
// without the toolbar and once with it: what it prints, what it says of its end and how it ends is the same.
// It starts some 350 programs, and so is not in parallel with tests that wait for something.
func TestF02_F03_ProgramsGoWrongAsWithoutTheToolbar(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// What this process ignores, as under nohup, its programs would ignore too; what it handles they do not.
	for _, s := range []os.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGTERM} {
		if signal.Ignored(s) {
			handled := make(chan os.Signal, 1)
			signal.Notify(handled, s)
			defer signal.Stop(handled)
		}
	}
	var (
		slots = make(chan struct{}, 4)
		wg    sync.WaitGroup
		mu    sync.Mutex
		codes = map[string]int{}
	)
	dir := t.TempDir()
	for program := range programs {
		for wrong := range wrongs {
			if program == "job" && wrong == goesAway {
				continue // River does not notice, and waits for ever
			}
			wg.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				bare := outcome(exe, program, wrong, "")
				file := filepath.Join(dir, regexp.MustCompile(`\W`).ReplaceAllString(program+"-"+wrong, "-"), "toolbar.db")
				with := outcome(exe, program, wrong, file)
				mu.Lock()
				defer mu.Unlock()
				codes[bare[strings.LastIndex(bare, "\n")+1:]]++
				if bare != with {
					t.Errorf("%s, %s: with the toolbar\n%s\n\nand without\n%s", program, wrong, with, bare)
				}
				if _, err := os.Stat(file); err != nil {
					t.Errorf("%s, %s: there was no toolbar: %v", program, wrong, err)
				}
			})
		}
	}
	wg.Wait()
	t.Logf("%d programs, %d ways: %v", len(programs), len(wrongs), codes)
	if len(codes) < 5 {
		t.Errorf("they end in %d ways only: %v", len(codes), codes)
	}
}

// outcome runs a program and gives all that can be seen of it from outside.
func outcome(exe, program, wrong, file string) string {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, exe)
	// Under the race detector a program sleeps for a second before it ends, unless it is told not to.
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "GORACE") }), "GORACE=atexit_sleep_ms=0",
		programVar+"="+program, wrongVar+"="+wrong, recorderVar+"="+file, "GOTRACEBACK=single", "NO_COLOR=1")
	var out, errs strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &errs
	_ = cmd.Run() // its state tells
	return fmt.Sprintf("%s--\n%s--\n%v", normal(out.String()), said(errs.String()), cmd.ProcessState)
}

var changing = regexp.MustCompile(`0x[0-9a-f]+|\d{4}/\d\d/\d\d \d\d:\d\d:\d\d|127\.0\.0\.1:\d+|goroutine \d+|run [0-9a-z]{13}|\bpc=\S+|sigcode=\S+`)

func normal(text string) string { return changing.ReplaceAllString(text, "?") }

// said keeps of what a program wrote to its standard error all lines but those of stacks, and of these the program's own:
// frames of the toolbar, the queue and the runtime stand between them.
func said(text string) string {
	var b strings.Builder
	stack := false
	for line := range strings.Lines(normal(text)) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "? [") || strings.HasPrefix(line, "? gp="):
			stack = true
			continue
		case line == "":
			continue
		case stack && (strings.HasPrefix(line, "\t") || strings.HasSuffix(line, ")") || strings.HasPrefix(line, "created by ") || strings.HasPrefix(line, "...")):
			if fn, _, ok := strings.Cut(line, "("); ok && strings.Contains(fn, "e2e_test.init") {
				fmt.Fprintln(&b, fn)
			}
			continue
		}
		stack = false
		// Recovered where it is noted, and thrown on: the runtime says so of what nobody catches.
		fmt.Fprintln(&b, strings.NewReplacer(" [recovered, repanicked]", "", " [recovered]", "").Replace(line))
	}
	return b.String()
}
