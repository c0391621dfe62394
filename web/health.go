package web

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func healthPage(d *Dashboard, r *http.Request) (templ.Component, error) {
	m, err := d.health(r)
	if err != nil {
		return nil, err
	}
	if m.Collectors, err = d.collectors(r); err != nil {
		return nil, err
	}
	m.Exposure, m.Recording = d.exposure(r), d.recordingForm(r)
	for _, l := range d.config.Limits {
		m.Limits = append(m.Limits, view.Attr{Key: l.Name, Value: l.Value, Type: l.Note})
	}
	for _, l := range d.config.Masking {
		m.Masking = append(m.Masking, view.Attr{Key: l.Name, Value: l.Value})
	}
	return view.HealthPage(d.shell(r, "Health", "health"), m), nil
}

// health is the toolbar about itself: store, queue, what was lost.
func (d *Dashboard) health(r *http.Request) (view.Health, error) {
	h, err := d.store.Health(r.Context())
	if err != nil {
		return view.Health{}, err
	}
	m := view.Health{
		Status: view.StatusOK, OwnCPU: -1, StorePath: h.Path, StoreBytes: h.FileBytes + h.WALBytes, StoreLimit: h.MaxBytes,
		StoreRecords: h.Records, OldestRecord: h.Oldest, KeepFor: d.config.Retention.Age,
		KeepProblemsFor: d.config.Retention.ProblemsAge, KeepRecords: d.config.Retention.Records,
	}
	g := &d.config.Gate
	m.LoopbackOnly = g.Allow == nil && g.Token == "" && g.OneTime == nil
	if !m.LoopbackOnly {
		m.Access = access(g)
	}
	if h.Gone {
		m.Status, m.LastError = view.StatusBad, "the store's file was removed or replaced while the app runs: what is recorded next goes to the one that has its name then"
	}
	d.recordingHealth(&m)
	if d.config.Host != nil {
		m.Machine = machine(d.config.Host())
	}
	m.Audits, m.ReadOnly = d.audits(r), d.config.ReadOnly || d.editor == nil
	m.Processes, err = d.processes(r)
	if p, ok := d.current(r.Context()); ok {
		m.Settings = d.settings(r.Context(), p.ID)
	}
	return m, err
}

func access(g *Gate) string {
	who := []string{"this machine"}
	if g.Token != "" {
		who = append(who, "who has the token")
	}
	if g.OneTime != nil {
		who = append(who, "the browser that followed the one-time address")
	}
	if g.Allow != nil {
		who = append(who, "who the app lets in")
	}
	return strings.Join(who, ", ")
}

// recordingHealth adds what this process's recording says of itself.
func (d *Dashboard) recordingHealth(m *view.Health) {
	if d.config.Status == nil {
		return
	}
	st := d.config.Status()
	m.QueueLen, m.QueueCap = int64(st.QueueRecords), int64(st.QueueRecordsCap)
	m.QueueBytes, m.QueueLimit = int64(st.QueueBytes), int64(st.QueueCap)
	m.LastWrite, m.LastErrorAt = st.LastFlush, st.LastErrorAt
	if m.LastError == "" {
		m.LastError = st.LastError
	}
	for reason, n := range st.Dropped {
		if n > 0 {
			m.DroppedBy = append(m.DroppedBy, view.Reason{Name: strings.ReplaceAll(reason, "_", " "), Count: int64(n)})
		}
	}
	slices.SortFunc(m.DroppedBy, func(a, b view.Reason) int { return strings.Compare(a.Name, b.Name) })
	m.Dropped, m.SpansOverCap = d.lost(), int64(st.LeftOut)
	if st.Uptime > 0 {
		m.OwnCPU = st.CPU.Seconds() / st.Uptime.Seconds()
	}
	if st.Stored > 0 {
		m.PerRecord = st.CPU / time.Duration(st.Stored)
	}
	if m.Dropped > 0 && m.Status == view.StatusOK {
		m.Status = view.StatusSlow
	}
	for part, why := range st.Disabled {
		m.Status = view.StatusBad
		m.Checks = append(m.Checks, view.Check{Status: view.StatusBad, Name: part + " has switched itself off", Detail: why})
	}
	for _, n := range st.Notes {
		m.Checks = append(m.Checks, view.Check{Status: view.StatusSlow, Name: n.Name, Detail: n.Detail})
	}
	m.Notifier = notifierModel(st.Notifier)
	slices.SortStableFunc(m.Checks, func(a, b view.Check) int { return strings.Compare(a.Name, b.Name) })
}

func notifierModel(s *NotifierStatus) *view.Notifier {
	if s == nil {
		return nil
	}
	return &view.Notifier{
		Sent: int64(s.Sent), Failed: int64(s.Failed), Dropped: int64(s.Dropped), Quieted: int64(s.Quieted), Waiting: int64(s.Waiting),
		LastSent: s.LastSent, LastLook: s.LastLook, LastError: s.LastError, LastErrorAt: s.LastErrorAt,
	}
}

func (d *Dashboard) processes(r *http.Request) (out []view.Process, err error) {
	ps, err := d.store.Processes(r.Context())
	for _, p := range ps {
		if !p.Alive {
			continue
		}
		out = append(out, view.Process{
			Name: p.Service, PID: p.PID, Host: p.Host, Build: short(p.Build.Revision), Started: p.Started, Current: d.isSelf(p),
		})
	}
	return out, err
}

var pid = os.Getpid()

// isSelf tells whether a process is the one that draws this page. In containers that share a
// file all may have one pid: where the store knows, its number tells, which no two living
// ones share.
func (d *Dashboard) isSelf(p query.Process) bool {
	if !p.Alive || p.PID != pid {
		return false
	}
	store, knows := d.config.Store.(interface{ Self() query.Process })
	return !knows || store.Self().Number == p.Number
}

// current is the process that draws this page, if it writes to the store.
func (d *Dashboard) current(ctx context.Context) (query.Process, bool) {
	ps, err := d.store.Processes(ctx)
	i := slices.IndexFunc(ps, d.isSelf)
	if err != nil || i < 0 {
		return query.Process{}, false
	}
	return ps[i], true
}
