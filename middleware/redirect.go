package middleware

import (
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// A browser follows a redirect with a request of its own, and nothing in that says why
// it was made. Marking the answer, as with a cookie, would change it; so what a client
// was sent away to is remembered for a moment, until a request for it comes from there.

var (
	keyRedirectFrom  = instrument.NewKey("redirect.from")  // the Record that sent the client here
	keyRedirectCount = instrument.NewKey("redirect.count") // how often it was sent on
)

const (
	maxRedirects = 256              // remembered at a time
	redirectTime = 15 * time.Second // for which one is remembered, unless RecordOptions say else
)

// redirects remembers who was sent where.
type redirects struct {
	time    time.Duration // for which one is remembered
	waiting atomic.Int32  // entries in to

	mu sync.Mutex // guards to
	to map[visit]redirect
}

// visit is a request by what can be known of it beforehand.
type visit struct{ client, agent, host, target string }

func visitOf(r *http.Request, host, target string) visit {
	client, _ := splitPort(r.RemoteAddr)
	return visit{client, r.Header.Get("User-Agent"), host, target}
}

// redirect is an answer that sent a client on.
type redirect struct {
	record instrument.ID // 0: there was none
	count  int           // of redirects in a row, this one included
	method string        // that the client will use; "" is GET or HEAD
	at     int64
}

// find gives the redirect that r follows, if it does, and forgets it.
func (d *redirects) find(r *http.Request) (from redirect) {
	if d.waiting.Load() == 0 {
		return from
	}
	key := visitOf(r, r.Host, r.URL.RequestURI())
	now := instrument.Now()
	d.mu.Lock()
	defer d.mu.Unlock()
	e, ok := d.to[key]
	if !ok || !e.allows(r.Method) {
		return from
	}
	d.forget(key)
	if now-e.at > int64(d.time) {
		return from
	}
	return e
}

func (e *redirect) allows(method string) bool {
	if e.method != "" {
		return method == e.method
	}
	return method == http.MethodGet || method == http.MethodHead
}

// forget is called with mu held.
func (d *redirects) forget(key visit) {
	delete(d.to, key)
	d.waiting.Store(int32(len(d.to)))
}

// add remembers that r's client was sent on by res. count is how often it had been
// before.
func (d *redirects) add(r *http.Request, res *Response, id instrument.ID, count int) {
	host, target := r.Host, ""
	if to, err := url.Parse(*res.location.Load()); err == nil {
		to = r.URL.ResolveReference(to)
		target = to.RequestURI()
		if to.Host != "" {
			host = to.Host
		}
	}
	if target == "" {
		return
	}
	e := redirect{record: id, count: count + 1, at: instrument.Now()}
	if s := res.Status(); s == http.StatusTemporaryRedirect || s == http.StatusPermanentRedirect {
		e.method = r.Method
	}
	key := visitOf(r, host, target)
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.to == nil {
		d.to = map[visit]redirect{}
	}
	if len(d.to) >= maxRedirects {
		d.clean(e.at)
	}
	if len(d.to) < maxRedirects {
		d.to[key] = e
		d.waiting.Store(int32(len(d.to)))
	}
}

// clean forgets what nobody came for. The caller holds mu.
func (d *redirects) clean(now int64) {
	for key, e := range d.to {
		if now-e.at > int64(d.time) {
			d.forget(key)
		}
	}
}

// describe links the Record to the one that it follows.
func (e *redirect) describe(rec *instrument.Recording) {
	if e.record != 0 {
		rec.Set(keyRedirectFrom.String(e.record.String()), keyRedirectCount.Int(e.count))
	}
}

// redirecting reports whether the response sends the client on.
func (r *Response) redirecting() bool {
	return r.location.Load() != nil && r.Status() >= 300 && r.Status() < 400
}
