package e2etest

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// Bounds of what a program may take, on a machine that is busy with other tests.
const (
	startTime = time.Minute
	endTime   = time.Minute
	runTime   = time.Minute
)

// Process is the demo as a program that serves.
type Process struct {
	Shop, Dashboard, Metrics string        // the addresses that it printed
	StartedIn                time.Duration // until they were printed

	tb     testing.TB
	cmd    *exec.Cmd
	out    output
	closed chan struct{} // its output has ended
}

// Start runs the demo in dir, on a free port, and waits until it has printed its addresses. It is killed when the test ends.
func Start(tb testing.TB, dir string, args ...string) *Process {
	tb.Helper()
	p := &Process{tb: tb, closed: make(chan struct{}), cmd: exec.Command(Demo(tb), append([]string{"-addr", "127.0.0.1:0"}, args...)...)}
	p.cmd.Dir = dir
	pipe, err := p.cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	p.cmd.Stderr = &p.out
	greeted := make(chan struct{})
	begun := time.Now()
	if err := p.cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	go p.read(pipe, greeted)
	tb.Cleanup(p.kill)
	select {
	case <-greeted:
	case <-p.closed:
		tb.Fatalf("the demo ended:\n%s", p.Output())
	case <-time.After(startTime):
		tb.Fatalf("no addresses after %v:\n%s", startTime, p.Output())
	}
	p.StartedIn = time.Since(begun)
	return p
}

var address = regexp.MustCompile(`^ +(Shop|Dashboard|Metrics) +(http://\S+)$`)

// read keeps what the program prints, and closes greeted with the last address.
func (p *Process) read(pipe io.Reader, greeted chan<- struct{}) {
	defer close(p.closed)
	lines := bufio.NewScanner(pipe)
	for lines.Scan() {
		p.out.Write(append(lines.Bytes(), '\n'))
		m := address.FindStringSubmatch(lines.Text())
		switch {
		case m == nil:
		case m[1] == "Shop":
			p.Shop = strings.TrimSuffix(m[2], "/")
		case m[1] == "Dashboard":
			p.Dashboard = m[2]
		case p.Metrics == "":
			p.Metrics = m[2]
			close(greeted)
		}
	}
}

// Output is what the program has printed so far.
func (p *Process) Output() string { return p.out.String() }

// PID is the system's number of the process.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// API is the address of a path below api/v1/.
func (p *Process) API(path string) string { return p.Dashboard + "api/v1/" + path }

// Interrupt is Ctrl-C: it returns the exit code once the program has ended.
func (p *Process) Interrupt() int {
	p.tb.Helper()
	if err := p.cmd.Process.Signal(os.Interrupt); err != nil {
		p.tb.Fatal(err)
	}
	late := time.AfterFunc(endTime, func() { p.cmd.Process.Kill() })
	defer late.Stop()
	<-p.closed
	if err := p.cmd.Wait(); err != nil && !isExit(err) {
		p.tb.Fatal(err)
	}
	return p.cmd.ProcessState.ExitCode()
}

func (p *Process) kill() {
	if p.cmd.ProcessState != nil {
		return
	}
	p.cmd.Process.Kill()
	<-p.closed
	p.cmd.Wait()
}

// Result is what a program that ran to its end has left.
type Result struct {
	Code     int
	Out, Err string
}

// Run runs a program in dir to its end.
func Run(tb testing.TB, dir, program string, args ...string) Result {
	tb.Helper()
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	late := time.AfterFunc(runTime, func() { cmd.Process.Kill() })
	defer late.Stop()
	if err := cmd.Wait(); err != nil && !isExit(err) {
		tb.Fatal(err)
	}
	return Result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
}

// Tool runs the command line tool on a store and fails the test when it fails.
func Tool(tb testing.TB, file string, args ...string) string {
	tb.Helper()
	r := Run(tb, "", CLI(tb), append(args, "--db", file)...)
	if r.Code != 0 {
		tb.Fatalf("toolbar %q: exit code %d\n%s%s", args, r.Code, r.Out, r.Err)
	}
	return r.Out
}

func isExit(err error) bool {
	_, ok := errors.AsType[*exec.ExitError](err)
	return ok
}

// output collects what is printed.
type output struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}
