package middleware_test

import (
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// memory is a Sink that keeps Records, decoded.
type memory struct {
	mu      sync.Mutex
	records []*instrument.Record
	errs    []error
	arrived chan struct{}
}

func newMemory() *memory { return &memory{arrived: make(chan struct{}, 100)} }

func (m *memory) Want(*instrument.Summary) bool { return true }

func (m *memory) Put(s *instrument.Summary, blob []byte) {
	r, err := instrument.Decode(*s, blob, instrument.LiveNames())
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.records = append(m.records, r); err != nil {
		m.errs = append(m.errs, err)
	}
	m.arrived <- struct{}{}
}

// one waits for the only Record.
func (m *memory) one(t *testing.T) *instrument.Record {
	t.Helper()
	<-m.arrived
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.records) != 1 || len(m.errs) > 0 {
		t.Fatalf("%d records, errors %v", len(m.records), m.errs)
	}
	return m.records[0]
}

// tree draws the spans: "view main.hello" with two blanks per level.
func tree(r *instrument.Record) string {
	var b strings.Builder
	depth := make([]int, len(r.Spans))
	for i, s := range r.Spans {
		if s.Parent >= 0 {
			depth[i] = depth[s.Parent] + 1
		}
		flags := ""
		if s.Flags != 0 {
			flags = " [" + s.Flags.String() + "]"
		}
		fmt.Fprintf(&b, "%s%s %s%s\n", strings.Repeat("  ", depth[i]), s.Handler.Kind, s.Handler.Name, flags)
	}
	return b.String()
}

func attr(attrs []instrument.KV, key string) any {
	for _, a := range attrs {
		if a.Key == key {
			return a.Value
		}
	}
	return nil
}

// request serves r and gives back what a client sees and what net/http would
// do with a panic.
func request(h http.Handler, r *http.Request) (rec *httptest.ResponseRecorder, panicked any) {
	rec = httptest.NewRecorder()
	defer func() { panicked = recover() }()
	h.ServeHTTP(rec, r)
	return rec, nil
}

// newLog is a server's error log that ends up in a book.
func newLog(b *logBook) *log.Logger { return log.New(b, "", 0) }
