package middlewaretest

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// Case is a handler and the request that it is asked with.
type Case struct {
	// Name says what the handler is up to. It names the subtest in Run.
	Name string

	// Serve is the handler. What it tells x is compared as well.
	Serve func(x *Exchange, w http.ResponseWriter, r *http.Request)

	Method string      // empty means GET
	Target string      // path and query; empty means "/"
	Header http.Header // beside Host
	Body   string

	// Inside and Outside, if set, put another middleware between the handler
	// and the one being tested, or around the latter.
	Inside, Outside func(http.Handler) http.Handler

	// OnlyHTTP1 is for what HTTP/2 does not have.
	OnlyHTTP1 bool

	// Last asks the server to close the connection after this request.
	// Otherwise a second request follows on the same HTTP/1.1 connection, and
	// its answer shows that the connection is still usable.
	Last bool

	outlives bool // Serve goes on when the answer is sent, and says so when it has ended
}

// Run compares every case of Cases as a subtest.
func Run(t *testing.T, wrap func(http.Handler) http.Handler) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			Compare(t, c, wrap)
		})
	}
}

// RunAgainst is Run for what cannot be compared with a bare handler: a router
// with what is put into it is compared with the router alone.
func RunAgainst(t *testing.T, control, wrap func(http.Handler) http.Handler) {
	t.Helper()
	for _, c := range Cases() {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			CompareAgainst(t, c, control, wrap)
		})
	}
}

// Compare serves c with and without wrap and reports every difference. The
// Date header and ports are not compared.
func Compare(t testing.TB, c Case, wrap func(http.Handler) http.Handler) {
	t.Helper()
	bare := func(next http.Handler) http.Handler { return next }
	compare(t, c, bare, wrap, func(o outcome) outcome { return o })
}

// CompareAgainst is Compare, but with control instead of the bare handler. The
// pattern on the outermost request is not compared: routers hide theirs.
func CompareAgainst(t testing.TB, c Case, control, wrap func(http.Handler) http.Handler) {
	t.Helper()
	compare(t, c, control, wrap, func(o outcome) outcome {
		for i, saw := range o.saw {
			if rest, ok := strings.CutPrefix(saw, "outermost: pattern "); ok {
				_, o.saw[i], _ = strings.Cut(rest, ", ")
			}
		}
		return o
	})
}

func compare(t testing.TB, c Case, control, wrap func(http.Handler) http.Handler, without func(outcome) outcome) {
	t.Helper()
	diff(t, "HTTP/1.1", without(serveHTTP1(t, c, control)), without(serveHTTP1(t, c, wrap)))
	if !c.OnlyHTTP1 {
		diff(t, "HTTP/2", without(serveHTTP2(t, c, control)), without(serveHTTP2(t, c, wrap)))
	}
}

// outcome is all that is known about one exchange.
type outcome struct {
	wire string   // what the client received
	saw  []string // what the handler noted
	log  []string // first line of each entry in the server's log
}

func diff(t testing.TB, proto string, bare, wrapped outcome) {
	t.Helper()
	if bare.wire != wrapped.wire {
		t.Errorf("%s: the client received other bytes\nbare:    %s\nwrapped: %s", proto, excerpt(bare.wire, wrapped.wire), excerpt(wrapped.wire, bare.wire))
	}
	if !slices.Equal(bare.saw, wrapped.saw) {
		t.Errorf("%s: the handler saw something else\nbare:\n  %s\nwrapped:\n  %s", proto, strings.Join(bare.saw, "\n  "), strings.Join(wrapped.saw, "\n  "))
	}
	if !slices.Equal(bare.log, wrapped.log) {
		t.Errorf("%s: the server logged something else\nbare:    %q\nwrapped: %q", proto, bare.log, wrapped.log)
	}
}

// excerpt is the part of s around its first difference from other.
func excerpt(s, other string) string {
	i := 0
	for i < len(s) && i < len(other) && s[i] == other[i] {
		i++
	}
	from, to := max(0, i-200), min(len(s), i+200)
	return fmt.Sprintf("%d bytes, differs at %d: ...%q", len(s), i, s[from:to])
}
