package view

import (
	"fmt"
	"time"
)

// ran writes a duration of something that may never have run.
func ran(d time.Duration, runs int64) string {
	if runs == 0 {
		return "none"
	}
	return Dur(d)
}

// more are the facts that only the health page has room for.
func (h Health) more(now time.Time) []Attr {
	out := []Attr{{Key: "Store file", Value: h.StorePath}}
	if h.StoreRecords > 0 {
		out = append(out, Attr{Key: "Records", Value: Count(h.StoreRecords)})
	}
	if !h.OldestRecord.IsZero() {
		out = append(out, Attr{Key: "Oldest", Value: Ago(h.OldestRecord, now)})
	}
	if !h.LastWrite.IsZero() {
		out = append(out, Attr{Key: "Last write", Value: Ago(h.LastWrite, now)})
	}
	if h.QueueLimit > 0 {
		out = append(out, Attr{Key: "Queued", Value: Bytes(h.QueueBytes) + " of " + Bytes(h.QueueLimit)})
	}
	return filled(out)
}

// text says where a process runs.
func (p Process) text() string {
	text := fmt.Sprintf("pid %d", p.PID)
	if p.Host != "" {
		text += " on " + p.Host
	}
	if p.Build != "" {
		text += ", build " + p.Build
	}
	return text
}

func (p Process) since(now time.Time) string {
	if p.Started.IsZero() {
		return ""
	}
	return "started " + Ago(p.Started, now)
}

// alert is the page's text as a finding.
func (m Missing) alert(b Base) Alert {
	a := Alert{Status: StatusNew, Title: or(m.Title, "Not found"), Text: m.Text, Href: or(m.Href, b.Overview()), Action: or(m.Action, "Overview")}
	if m.Expired {
		a.Status = StatusBad
	}
	return a
}
