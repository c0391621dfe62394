package middlewaretest

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Exchange connects the handler of a case with its client.
type Exchange struct {
	mu   sync.Mutex
	saw  []string
	log  []string
	got  strings.Builder
	more chan struct{} // closed and replaced when something here changes

	served   bool // the case's handler was called
	running  int  // handlers that have not ended, or not begun yet
	panicked bool // the server is going to log it
}

// patience is how long a test waits for what has to happen.
const patience = 10 * time.Second

func newExchange() *Exchange { return &Exchange{more: make(chan struct{})} }

// Saw notes something that the handler observed, to be compared.
func (x *Exchange) Saw(format string, args ...any) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.saw = append(x.saw, normal(fmt.Sprintf(format, args...)))
}

// Received waits until the client has received text, and notes whether it
// has. With HTTP/2 the client's view begins with the status, as in "200 OK".
func (x *Exchange) Received(text string) { x.Saw("client received %q: %v", text, x.await(text)) }

func (x *Exchange) await(texts ...string) bool {
	return x.until(func() bool {
		got := x.got.String()
		return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(got, text) })
	})
}

// until waits for ok, which runs while mu is held.
func (x *Exchange) until(ok func() bool) bool {
	timeout := time.After(patience)
	for {
		x.mu.Lock()
		done, more := ok(), x.more
		x.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-more:
		case <-timeout:
			return false
		}
	}
}

// receive takes what the client received.
func (x *Exchange) receive(p []byte) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.got.Write(p)
	x.grown()
}

// grown wakes who waits. The caller holds mu.
func (x *Exchange) grown() {
	close(x.more)
	x.more = make(chan struct{})
}

// logWriter is the server's error log. An entry is one line and may have a
// stack below it, of which only its being the handler's own is compared.
type logWriter struct{ *Exchange }

func (x logWriter) Write(p []byte) (int, error) {
	line, stack, _ := strings.Cut(string(p), "\n")
	if stack != "" && strings.Contains(stack, "middlewaretest.throw") {
		line += " [stack names the handler]"
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.log = append(x.log, normal(line))
	x.grown()
	return len(p), nil
}

var changing = regexp.MustCompile(`127\.0\.0\.1:\d+|0x[0-9a-f]{6,}|Date: [^\r\n]*`)

func normal(s string) string {
	return changing.ReplaceAllStringFunc(s, func(m string) string {
		if strings.HasPrefix(m, "Date: ") {
			return "Date: now"
		}
		return "ADDR"
	})
}

// handler is the whole stack of a case: what runs outermost only looks.
func (x *Exchange) handler(c Case, wrap func(http.Handler) http.Handler) http.Handler {
	var h http.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.mu.Lock()
		x.served = true
		x.mu.Unlock()
		c.Serve(x, w, r)
	})
	if c.Inside != nil {
		h = c.Inside(h)
	}
	h = wrap(h)
	if c.Outside != nil {
		h = c.Outside(h)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host == endHost {
			_, _ = w.Write([]byte("still usable"))
			return
		}
		x.runs(1)
		if c.outlives {
			x.runs(1)
		}
		defer x.runs(-1)
		defer func() {
			x.Saw("outermost: pattern %q, form %v, multipart %v", r.Pattern, r.Form, r.MultipartForm != nil)
			if v := recover(); v != nil {
				x.panicked = v != http.ErrAbortHandler
				panic(v)
			}
		}()
		h.ServeHTTP(w, r)
	})
}

// runs counts handlers that are yet to end.
func (x *Exchange) runs(n int) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.running += n
	x.grown()
}

// outcome waits until all has ended. A case whose handler was not called, because a
// router has no route to it, would be equal to any other such.
func (x *Exchange) outcome(t testing.TB) outcome {
	t.Helper()
	if !x.until(func() bool { return x.running == 0 }) || !x.served {
		t.Fatalf("the handler of the case was not called (%v), or did not end; the client received\n%s", x.served, x.got.String())
	}
	if x.panicked {
		x.until(func() bool { return len(x.log) > 0 })
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	return outcome{normal(x.got.String()), x.saw, x.log}
}
