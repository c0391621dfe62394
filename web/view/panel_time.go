package view

import "time"

// PageTiming is what a browser measured of a page.
type PageTiming struct {
	Type   string             // of the navigation: navigate, reload, back_forward
	Bytes  int64              // over the network; 0 from a cache
	Shift  float64            // cumulative layout shift
	Millis map[string]float64 // ms by name
}

// AttrGroup is attributes under a title.
type AttrGroup struct {
	Title string
	Attrs []Attr
}

// timingStep is a line of the table of a page's timing.
type timingStep struct {
	label, value string
	share        float64 // of the load; negative for none
	status       Status
	word         string
}

// pageSteps are the measures in their order. Limits are those of web vitals: good up to the first, poor over the
// second, in ms.
var pageSteps = []struct {
	name, label string
	good, poor  float64
}{
	{"redirect", "Redirects", 0, 0}, {"dns", "Name lookup", 0, 0}, {"connect", "Connection", 0, 0},
	{"ttfb", "Waiting for the first byte", 800, 1800}, {"response", "Receiving the page", 0, 0},
	{"fcp", "First content painted (FCP)", 1800, 3000}, {"interactive", "Document read", 0, 0},
	{"content_loaded", "DOMContentLoaded", 0, 0}, {"lcp", "Largest content painted (LCP)", 2500, 4000},
	{"load", "Load", 0, 0}, {"inp", "Slowest interaction (INP)", 200, 500},
}

func (p *PageTiming) steps() []timingStep {
	load := p.Millis["load"]
	var out []timingStep
	for _, s := range pageSteps {
		ms, ok := p.Millis[s.name]
		if !ok || ms == 0 && s.name != "ttfb" {
			continue
		}
		step := timingStep{label: s.label, value: Ms(time.Duration(ms * 1e6)), share: -1}
		if load > 0 && s.name != "inp" {
			step.share = min(1, ms/load)
		}
		step.status, step.word = rate(ms, s.good, s.poor)
		out = append(out, step)
	}
	shift := timingStep{label: "Layout shift (CLS), no unit", value: digits(p.Shift, 3), share: -1}
	shift.status, shift.word = rate(p.Shift, 0.1, 0.25)
	out = append(out, shift)
	if p.Bytes > 0 {
		out = append(out, timingStep{label: "Page over the network", value: Bytes(p.Bytes), share: -1})
	}
	return out
}

// rate puts a measure among good, middling and poor; limits of 0 rate nothing.
func rate(v, good, poor float64) (Status, string) {
	switch {
	case good == 0:
		return "", ""
	case v <= good:
		return StatusOK, "good"
	case v <= poor:
		return StatusSlow, "needs work"
	}
	return StatusBad, "poor"
}

// timeTiles are the totals of the panel Time.
func (v recordView) timeTiles() []tile {
	n, unit := durParts(v.t.total)
	out := []tile{{label: "Wall clock", value: n, unit: unit, note: v.base()}}
	if len(v.t.roots) > 0 {
		root := v.t.roots[0]
		inside := v.t.total - v.t.own[root]
		n, unit = durParts(inside)
		out = append(out, tile{label: "Explained", value: n, unit: unit, note: Percent(Share(inside, v.t.total)) + " is in recorded steps"})
	}
	if v.OwnCost > 0 {
		n, unit = durParts(v.OwnCost)
		out = append(out, tile{label: "The toolbar itself", value: n, unit: unit, note: Percent(Share(v.OwnCost, v.t.total)) + " of the record"})
	}
	if v.Page != nil && v.Page.Millis["load"] > 0 {
		n, unit = durParts(time.Duration(v.Page.Millis["load"] * 1e6))
		out = append(out, tile{label: "Page load", value: n, unit: unit, note: "in the browser"})
	}
	return out
}
