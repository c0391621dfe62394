package web

import (
	"fmt"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// maxMapped is how many signals the map shows.
const maxMapped = 60

// signalMap draws who hears what. A receiver of several signals is one box.
func (d *Dashboard) signalMap(all []Signal, rows []view.SignalRow) (m view.SignalMap) {
	at := map[string]int{}
	for i := range all {
		s, row := &all[i], &rows[i]
		if i >= maxMapped {
			m.Left = len(all) - i
			break
		}
		ms := view.MapSignal{
			Name: s.Name, Note: sends(row.Sent) + ", " + s.Payload, Href: d.base.Signal(s.Name),
			Unheard: len(s.Receivers) == 0, Idle: row.Sent == 0 && !s.Fired,
		}
		if s.Payload == "" {
			ms.Note = sends(row.Sent)
		}
		for j := range s.Receivers {
			r := &s.Receivers[j]
			key := r.Name + "\n" + r.Source.String()
			k, known := at[key]
			if !known {
				k = len(m.Receivers)
				at[key] = k
				m.Receivers = append(m.Receivers, d.mapReceiver(r))
			}
			ms.Links = append(ms.Links, view.MapLink{
				Receiver: k, Label: strings.Join(r.Options, ", "), Failed: r.Errors > 0, Idle: !r.Called,
			})
		}
		m.Signals = append(m.Signals, ms)
	}
	return m
}

func (d *Dashboard) mapReceiver(r *Receiver) view.MapReceiver {
	m := view.MapReceiver{
		Name: r.Name, Href: d.base.Handler(view.KindReceiver, r.Name), Failed: r.Errors > 0, Idle: !r.Called,
		Note: view.Count(int64(r.Calls)) + " calls",
	}
	switch {
	case !r.Called:
		m.Note = "never called"
	case r.Errors > 0:
		m.Note += ", " + view.Count(int64(r.Errors)) + " failed"
	case r.Mean > 0:
		m.Note += ", " + view.Dur(r.Mean) + " each"
	}
	return m
}

// describe adds what only the running app knows.
func describe(m *view.SignalDetail, s Signal, now time.Time) {
	m.Doc = s.Doc
	var state []string
	if !s.LastSend.IsZero() {
		state = append(state, "last sent "+view.Ago(s.LastSend, now))
	}
	if s.Suspended > 0 {
		state = append(state, fmt.Sprintf("suspended %s times", view.Count(s.Suspended)))
	}
	if s.Paused {
		state = append(state, "paused")
	}
	m.State = strings.Join(state, ", ")
	for i := len(s.Recent) - 1; i >= 0; i-- {
		e := s.Recent[i]
		m.Recent = append(m.Recent, view.RecentEvent{
			Ago: view.Ago(e.Time, now), At: e.Time.Format(time.RFC3339), Sender: e.Sender, Data: e.Data,
		})
	}
}

// idleAlerts tell what is declared and not used since the app started.
func idleAlerts(all []Signal, rows []view.SignalRow) (alerts []view.Alert) {
	var never, uncalled []string
	for i := range all {
		s := &all[i]
		if !s.Fired && rows[i].Sent == 0 {
			never = append(never, s.Name)
			continue
		}
		for j := range s.Receivers {
			if r := &s.Receivers[j]; !r.Called {
				uncalled = append(uncalled, r.Name+" of "+s.Name)
			}
		}
	}
	if len(never) > 0 {
		alerts = append(alerts, view.Alert{
			Status: view.StatusOff, Title: fmt.Sprintf("%d of %d signals were never sent", len(never), len(all)),
			Text: "Since the app started: " + strings.Join(never, ", ") + ".",
		})
	}
	if len(uncalled) > 0 {
		alerts = append(alerts, view.Alert{
			Status: view.StatusOff, Title: fmt.Sprintf("%d receivers were never called although their signals were sent", len(uncalled)),
			Text: strings.Join(uncalled, ", ") + ".",
			Fix:  "look at what they depend on: a condition that never holds, or a sender that never sends.",
		})
	}
	return alerts
}

// sends says how often a signal was sent.
func sends(n int64) string {
	if n == 1 {
		return "1 send"
	}
	return view.Count(n) + " sends"
}
