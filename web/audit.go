package web

import (
	"net"
	"net/http"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// audit notes an action, done or refused, in the store and in the app's log.
func (d *Dashboard) audit(r *http.Request, a Action, target string, err error) {
	entry := query.Audit{At: time.Now(), Who: d.who(r), Action: string(a), Target: target, Outcome: outcome(err)}
	d.config.Logger.InfoContext(r.Context(), "debug toolbar: action", "action", entry.Action, "who", entry.Who, "target", target, "outcome", entry.Outcome)
	if d.editor == nil {
		return
	}
	if err := d.editor.AddAudit(r.Context(), entry); err != nil {
		d.config.Logger.ErrorContext(r.Context(), "debug toolbar: write the audit log", "error", err)
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
func (d *Dashboard) audits(r *http.Request) (out []view.Audit) {
	if d.editor == nil {
		return nil
	}
	all, err := d.editor.Audits(r.Context(), 0, listLimit)
	if err != nil {
		d.config.Logger.ErrorContext(r.Context(), "debug toolbar: read the audit log", "error", err)
		return nil
	}
	for _, a := range all {
		out = append(out, view.Audit{At: a.At, Who: a.Who, Action: a.Action, Target: a.Target, Outcome: a.Outcome})
	}
	return out
}
