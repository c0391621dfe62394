package main

import (
	"bytes"
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

// scs.New starts a store of its own, whose clean-up cannot be stopped; the shop puts another in its place.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"))
}

// console collects what the program prints and tells when a text has appeared.
type console struct {
	mu      sync.Mutex // guards the rest
	text    bytes.Buffer
	waiting map[string]chan struct{}
}

func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	n, err := c.text.Write(p)
	for text, seen := range c.waiting {
		if strings.Contains(c.text.String(), text) {
			close(seen)
			delete(c.waiting, text)
		}
	}
	return n, err
}

// shows returns a channel that is closed once text was printed.
func (c *console) shows(text string) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := make(chan struct{})
	if strings.Contains(c.text.String(), text) {
		close(seen)
		return seen
	}
	if c.waiting == nil {
		c.waiting = map[string]chan struct{}{}
	}
	c.waiting[text] = seen
	return seen
}

func (c *console) String() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.text.String()
}

// start runs the program until the test ends and returns its exit code on a channel.
func start(t *testing.T, ctx context.Context, out *console, args ...string) <-chan int {
	t.Helper()
	dir := t.TempDir()
	args = append([]string{"-db", filepath.Join(dir, "toolbar.db"), "-data", filepath.Join(dir, "shop.db")}, args...)
	code := make(chan int, 1)
	go func() { code <- run(ctx, args, out, out) }()
	return code
}

// await waits for text, or fails the test when the program ends before.
func await(t *testing.T, out *console, code <-chan int, text string) {
	t.Helper()
	select {
	case <-out.shows(text):
	case c := <-code:
		t.Fatalf("ended with %d before %q:\n%s", c, text, out)
	}
}

func TestServe(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out console
	code := start(t, ctx, &out, "-addr", "127.0.0.1:0", "-traffic", "300ms", "-concurrency", "2")
	await(t, &out, code, "Visitors have left")

	url := regexp.MustCompile(`Shop +(http://\S+)`).FindStringSubmatch(out.String())
	if url == nil {
		t.Fatalf("no address:\n%s", &out)
	}
	for path, want := range map[string]string{"": "From the last kiln", "_toolbar/": "<html", "_toolbar/metrics": "toolbar_handler"} {
		res, err := http.Get(url[1] + path)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || res.StatusCode != http.StatusOK || !strings.Contains(string(body), want) {
			t.Errorf("/%s: %s, %v, want 200 with %q:\n%.400s", path, res.Status, err, want, body)
		}
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d:\n%s", c, &out)
	}
}

func TestServeTakesTheNextPort(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var out console
	code := start(t, ctx, &out, "-addr", taken.Addr().String())
	await(t, &out, code, "Fernhill is open")
	if want := taken.Addr().String() + " is taken, so the shop is on "; !strings.Contains(out.String(), want) {
		t.Errorf("%q was not said:\n%s", want, &out)
	}
	cancel()
	if c := <-code; c != 0 {
		t.Errorf("exit code %d:\n%s", c, &out)
	}
}

func TestManage(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		command string
		code    int
		text    string
	}{
		{"seed --orders 3 --visits 5 --customers 2", 0, "Stocked the shop with 40 products"},
		{"seed", 0, "nothing to do"},
		{"cleanup-old-records --days 0 --dry-run", 0, "Would delete 5 records"},
		{"feedback-report --days 90", 0, "8 letters"},
		{"feedback-report --days never", 2, "--days"},
		{"no-such-command", 1, "unknown command"},
	} {
		t.Run(tt.command, func(t *testing.T) {
			var out console
			args := append([]string{"-db", filepath.Join(dir, "toolbar.db"), "-data", filepath.Join(dir, "shop.db"), "manage"}, strings.Fields(tt.command)...)
			if code := run(t.Context(), args, &out, &out); code != tt.code || !strings.Contains(out.String(), tt.text) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, tt.code, tt.text, &out)
			}
		})
	}
}

func TestUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		code int
		text string
	}{
		{[]string{"-h"}, 0, "Usage: demo"},
		{[]string{"-no-such-flag"}, 2, "Usage: demo"},
		{[]string{"seed"}, 2, "after the word manage"},
		{[]string{"-chat", "nonsense"}, 1, "the whole address of the webhook"},
		{[]string{"-addr", "nonsense", "-db", filepath.Join(t.TempDir(), "t.db"), "-data", filepath.Join(t.TempDir(), "s.db")}, 1, "read -addr"},
	} {
		t.Run(tt.args[0], func(t *testing.T) {
			var out console
			if code := run(t.Context(), tt.args, &out, &out); code != tt.code || !strings.Contains(out.String(), tt.text) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, tt.code, tt.text, &out)
			}
		})
	}
}
