package web

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// auditLog remembers the newest actions; every one is also written to the app's log,
// which is where they are kept.
type auditLog struct {
	mu  sync.Mutex // guards all
	all []view.Audit
}

const maxAudit = 200

// audit notes an action, done or refused.
func (d *Dashboard) audit(r *http.Request, a Action, did string) {
	who := d.who(r)
	d.config.Logger.InfoContext(r.Context(), "debug toolbar: action", "action", string(a), "who", who, "did", did)
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	d.log.all = append(d.log.all, view.Audit{At: time.Now(), Who: who, Action: string(a), Did: did})
	if len(d.log.all) > maxAudit {
		d.log.all = d.log.all[1:]
	}
}

// who is the viewer, as the app knows it or by its address.
func (d *Dashboard) who(r *http.Request) string {
	if d.config.Who != nil {
		if name := d.config.Who(r); name != "" {
			return name
		}
	}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil {
		return host
	}
	return r.RemoteAddr
}

// audits are the newest actions first.
func (d *Dashboard) audits() []view.Audit {
	d.log.mu.Lock()
	defer d.log.mu.Unlock()
	all := slices.Clone(d.log.all)
	slices.Reverse(all)
	return all
}
