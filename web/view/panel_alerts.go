package view

import (
	"fmt"
	"slices"
	"time"
)

// alerts are the findings of a Record: those that were recorded with it, and those that its spans show. The worst
// come first.
func (v recordView) alerts() []Alert {
	var bad, slow []Alert
	for _, a := range v.Findings {
		if a.HasSpan && a.Span >= 0 && a.Span < len(v.Spans) {
			a.Href, a.Action = v.panelSpanHref(a.Span), "In the waterfall"
		}
		if a.Status == StatusBad {
			bad = append(bad, a)
		} else {
			slow = append(slow, a)
		}
	}
	if v.DerivesFindings {
		slow = append(slow, v.slowAlerts()...)
		slow = append(slow, v.togetherAlerts()...)
		slow = append(slow, v.contextAlerts()...)
	}
	return slices.DeleteFunc(append(bad, slow...), func(a Alert) bool { return v.AlertsOff[a.Rule] })
}

// queryAlerts are the findings about statements.
func (v recordView) queryAlerts(q querySet) (out []Alert) {
	if !v.DerivesFindings {
		return q.alerts(v)
	}
	for _, a := range v.alerts() {
		if a.HasSpan && a.Span >= 0 && a.Span < len(v.Spans) && v.Spans[a.Span].Kind == KindQuery {
			out = append(out, a)
		}
	}
	return out
}

// loops are the statements that run once for each row of another, by the text that groups them; nil when nobody
// has looked: then repetition alone tells.
func (m Record) loops() map[string]bool {
	if !m.DerivesFindings {
		return nil
	}
	out := map[string]bool{}
	for _, a := range m.Findings {
		if a.Loop && a.Span >= 0 && a.Span < len(m.Spans) {
			out[m.Spans[a.Span].Group] = true
		}
	}
	return out
}

// slowAlerts are the steps over their limit that no step inside them explains.
func (v recordView) slowAlerts() (out []Alert) {
	for i, s := range v.Spans {
		if i == 0 || !s.Slow || Share(v.t.own[i], s.Duration) < 0.5 {
			continue
		}
		out = append(out, Alert{
			Status: StatusSlow, Rule: "slow", Title: fmt.Sprintf("Slow %s: %s", s.Kind, cut(s.Name, 80)),
			Text: fmt.Sprintf("%s, of which %s are its own time. %s", Dur(s.Duration), Dur(v.t.own[i]), s.Source),
			Fix:  "look at what it does between its steps, at its profile, and at the handler's page for when it became so.",
			Href: v.panelSpanHref(i), Action: "In the waterfall",
		})
	}
	return out
}

// togetherAlerts are outgoing calls of one parent that wait for each other and need not.
func (v recordView) togetherAlerts() (out []Alert) {
	for p := range v.Spans {
		var calls []int
		var sum, longest time.Duration
		for _, c := range v.t.children[p] {
			if s := v.Spans[c]; s.Kind == KindCall && (len(calls) == 0 || s.Start >= v.t.end(calls[len(calls)-1])) {
				calls = append(calls, c)
				sum += s.Duration
				longest = max(longest, s.Duration)
			}
		}
		if len(calls) < 2 || Share(sum-longest, v.t.total) < 0.1 {
			continue
		}
		out = append(out, Alert{
			Status: StatusSlow, Rule: "calls-together", Title: fmt.Sprintf("%d calls one after the other in %s", len(calls), cut(v.Spans[p].Name, 60)),
			Text: fmt.Sprintf("Together %s; at the same time they would take %s.", Dur(sum), Dur(longest)),
			Fix:  "start them together, for instance with errgroup, where none needs the answer of another.",
			Href: v.panelHref("calls"), Action: "Its calls",
		})
	}
	return out
}

// contextAlerts name the places that passed no context.
func (v recordView) contextAlerts() []Alert {
	if v.Inferred == 0 {
		return nil
	}
	text, places := "", map[string]bool{}
	for _, s := range v.Spans {
		if s.Inferred && s.Source != "" && !places[s.Source] && len(places) < 5 {
			places[s.Source] = true
			if text != "" {
				text += ", "
			}
			text += s.Source
		}
	}
	return []Alert{{
		Status: StatusNew, Rule: "no-context", Title: "Work came without a context",
		Text: plural(int64(v.Inferred), "span") + " attributed by its goroutine alone, which fails where the work is handed to another one. " + text,
		Fix:  "pass the request's context: QueryContext(r.Context(), …) instead of Query(…).",
	}}
}

// worstAlert is the status of the tab.
func worstAlert(as []Alert) (worst Status) {
	for _, a := range as {
		switch a.Status {
		case StatusBad:
			return StatusBad
		case StatusSlow:
			worst = StatusSlow
		}
	}
	return worst
}

// panelHref links to another panel of this Record.
func (v recordView) panelHref(panel string) string {
	u := URL{Path: v.panelBase()}
	u.Path += "/" + panel
	var kept []string
	for _, a := range v.here.chosen() {
		kept = append(kept, a.Key, a.Value)
	}
	return u.With(kept...)
}

// panelBase is the address of the Record without its panel.
func (v recordView) panelBase() string {
	path := v.here.Path
	if n := len(v.Panel); n > 0 && len(path) > n && path[len(path)-n:] == v.Panel {
		path = path[:len(path)-n-1]
	}
	return path
}
