package middlewaretest_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware/middlewaretest"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// verdict takes the reports of a comparison that is meant to fail.
type verdict struct {
	testing.TB
	mu      sync.Mutex
	reports []string
}

func (v *verdict) Errorf(format string, args ...any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.reports = append(v.reports, fmt.Sprintf(format, args...))
}

// naive is the wrapper that everybody writes first.
type naive struct {
	http.ResponseWriter
	status int
}

func (n *naive) WriteHeader(code int) {
	n.status = code
	n.ResponseWriter.WriteHeader(code)
}

// eager writes the header before it has a byte.
type eager struct{ naive }

func (e *eager) ReadFrom(src io.Reader) (int64, error) {
	e.WriteHeader(200)
	return io.Copy(e.ResponseWriter, src)
}

func wrapping(wrap func(http.ResponseWriter) http.ResponseWriter) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(wrap(w), r) })
	}
}

func find(t *testing.T, name string) middlewaretest.Case {
	t.Helper()
	for _, c := range middlewaretest.Cases() {
		if c.Name == name {
			return c
		}
	}
	t.Fatalf("there is no case %q", name)
	return middlewaretest.Case{}
}

func TestCompare_FindsWhatIsLost(t *testing.T) {
	t.Parallel()
	hides := wrapping(func(w http.ResponseWriter) http.ResponseWriter { return &naive{ResponseWriter: w} })
	copies := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(w, r.WithContext(r.Context())) })
	}
	swallows := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() { _ = recover() }()
			next.ServeHTTP(w, r)
		})
	}
	for name, c := range map[string]struct {
		broken func(http.Handler) http.Handler
		found  string
	}{
		"1 interfaces of the server":         {hides, "saw something else"},
		"8 flush before anything":            {hides, "received other bytes"},
		"9 hijack by assertion":              {hides, "saw something else"},
		"17 full duplex":                     {hides, "saw something else"},
		"2 first status wins":                {hides, "logged something else"},
		"7 source failing at once, then 502": {wrapping(func(w http.ResponseWriter) http.ResponseWriter { return &eager{naive{w, 0}} }), "received other bytes"},
		"13 multipart form":                  {copies, "saw something else"},
		"13 pattern of a mux":                {copies, "saw something else"},
		"14 panic with a string":             {swallows, "received other bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := &verdict{TB: t}
			middlewaretest.Compare(v, find(t, name), c.broken)
			if got := strings.Join(v.reports, "\n"); !strings.Contains(got, c.found) {
				t.Errorf("reported %q, want something with %q", got, c.found)
			}
		})
	}
}

func TestRun_FindsNothingWhereNothingIsDone(t *testing.T) {
	t.Parallel()
	middlewaretest.Run(t, func(next http.Handler) http.Handler { return next })
}

func TestCases_HaveNamesOfTheirOwn(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, c := range middlewaretest.Cases() {
		if seen[c.Name] || c.Serve == nil {
			t.Errorf("case %q is there twice, or has no handler", c.Name)
		}
		seen[c.Name] = true
	}
}
