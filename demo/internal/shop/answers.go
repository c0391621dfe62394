package shop

import (
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
)

// answers keeps what a view answered to GET for a while. Of many who ask at once one asks the view. What is private, sets a
// cookie or failed is not kept, and whatever the answer says in Vary is part of the question.
type answers struct {
	keep   time.Duration
	report *cachetap.Cache // nil: nobody wants to know

	mu   sync.Mutex // guards kept, and until of each
	kept map[string]*kept
}

// kept is one answer, or the place where it will be.
type kept struct {
	until  time.Time
	ready  chan struct{} // closed when the rest is there
	status int
	header http.Header
	body   []byte
	open   bool // may be given to others
}

// maxAnswers bounds how many are kept.
const maxAnswers = 1000

func newAnswers(keep time.Duration, report *cachetap.Cache) *answers {
	return &answers{keep: keep, report: report, kept: map[string]*kept{}}
}

// layer is middleware.
func (a *answers) layer(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || strings.Contains(r.Header.Get("Cache-Control"), "no-cache") {
			next.ServeHTTP(w, r)
			return
		}
		asked := a.report.Get(r.Context(), r.URL.RequestURI())
		k, mine := a.find(r)
		if mine {
			asked.Miss()
			a.fill(k, next, r)
			k.write(w)
			return
		}
		select {
		case <-k.ready:
		case <-r.Context().Done():
			asked.End(r.Context().Err())
			return
		}
		if !k.open {
			asked.Miss()
			next.ServeHTTP(w, r)
			return
		}
		asked.Hit(len(k.body))
		k.write(w)
	})
}

// find gives the answer to a question, or the place for it, which the caller then fills.
func (a *answers) find(r *http.Request) (k *kept, mine bool) {
	key := r.URL.String() + "\x00" + r.Header.Get("Origin") + "\x00" + r.Header.Get("Accept-Language")
	now := time.Now()
	a.mu.Lock()
	defer a.mu.Unlock()
	if k = a.kept[key]; k != nil && now.Before(k.until) {
		return k, false
	}
	if len(a.kept) >= maxAnswers {
		clear(a.kept)
	}
	k = &kept{until: now.Add(a.keep), ready: make(chan struct{})}
	a.kept[key] = k
	return k, true
}

// fill asks the view. If it panics, nobody is kept waiting.
func (a *answers) fill(k *kept, next http.Handler, r *http.Request) {
	defer close(k.ready)
	k.header = http.Header{}
	next.ServeHTTP(k, r)
	k.open = k.status == http.StatusOK && k.header.Get("Set-Cookie") == "" && !strings.Contains(k.header.Get("Cache-Control"), "private")
	if !k.open {
		a.mu.Lock() // others may be asking how long it is kept
		k.until = time.Time{}
		a.mu.Unlock()
	}
}

// Header, WriteHeader and Write make a kept answer the writer of the view.
func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(p []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	k.body = append(k.body, p...)
	return len(p), nil
}

func (k *kept) write(w http.ResponseWriter) {
	maps.Copy(w.Header(), k.header)
	w.WriteHeader(max(k.status, http.StatusOK))
	_, _ = w.Write(k.body) // a client that went away is nobody's fault
}
