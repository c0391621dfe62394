package web

import (
	"crypto/rand"
	"net/http"
	"net/url"
	"strings"
)

// Action is something that a viewer may do beside looking.
type Action string

// The actions. Config.May is asked for each.
const (
	ActPin    Action = "pin"    // keep a Record, or let it go
	ActTag    Action = "tag"    // set a Record's tags
	ActDelete Action = "delete" // remove Records
	ActTasks  Action = "tasks"  // retry, cancel, pause
	ActRun    Action = "run"    // EXPLAIN, tests of receivers: what makes the app do something
)

// sameOrigin reports whether a request comes from a page of this origin, or proves
// itself by a token that no browser sends on its own.
func (d *Dashboard) sameOrigin(r *http.Request) bool {
	if sent, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok && d.config.Gate.Token != "" && same(sent, d.config.Gate.Token) {
		return true
	}
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	u, err := url.Parse(r.Header.Get("Origin"))
	return err == nil && u.Host != "" && u.Host == r.Host
}

// newProof is what every form of this process carries: pages of other origins cannot
// read it.
func newProof() string { return rand.Text() }
