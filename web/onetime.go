package web

import (
	"crypto/rand"
	"net/http"
	"sync"
)

// OneTime lets in the one browser that follows its address first, for as long as the
// process runs: for a machine without a screen, whose log is read over ssh. Its methods
// are safe for concurrent use, and those of a nil OneTime let nobody in.
type OneTime struct {
	session string // what the cookie holds

	mu   sync.Mutex // guards code
	code string     // "" once it was used
}

// NewOneTime makes a OneTime with a code of its own.
func NewOneTime() *OneTime { return &OneTime{code: rand.Text(), session: rand.Text()} }

// Path is the address that lets in, below a prefix; "" once it was used.
func (o *OneTime) Path(prefix string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.code == "" {
		return ""
	}
	return prefix + "?token=" + o.code
}

// brings tells whether a request has the code that was not used yet.
func (o *OneTime) brings(r *http.Request) bool {
	if o == nil || r.Method != http.MethodGet {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.code != "" && same(r.URL.Query().Get("token"), o.code)
}

// admitted tells whether a request comes from the browser that was let in.
func (o *OneTime) admitted(r *http.Request) bool {
	if o == nil {
		return false
	}
	c, err := r.Cookie(onceCookie)
	return err == nil && same(c.Value, o.session)
}

// onceCookie is beside that of a token, so that both can be used.
const onceCookie = "debug_toolbar_once"

// take uses the code up: false when somebody else was quicker.
func (o *OneTime) take(r *http.Request) bool {
	if !o.brings(r) {
		return false
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.code != ""
	o.code = ""
	return taken
}
