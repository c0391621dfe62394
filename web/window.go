package web

import (
	"net/url"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// window is the stretch of time that a page is about.
type window struct {
	value, label string // of the parameter "range", and as people read it
	since, until time.Time
	step         time.Duration // of charts: some sixty steps
}

var ranges = []struct {
	value, label string
	length, step time.Duration
}{
	{"15m", "15 m", 15 * time.Minute, time.Minute},
	{"1h", "1 h", time.Hour, time.Minute},
	{"24h", "24 h", 24 * time.Hour, 30 * time.Minute},
	{"7d", "7 d", 7 * 24 * time.Hour, 3 * time.Hour},
}

// windowOf reads the parameter "range"; what is not a known range is the default.
func windowOf(q url.Values, now time.Time) window {
	chosen := ranges[1]
	for _, r := range ranges {
		if r.value == q.Get("range") {
			chosen = r
		}
	}
	// A step begins on its boundary, so that columns do not shift with each reload;
	// the last one is the present step.
	until := now.Truncate(chosen.step).Add(chosen.step)
	return window{chosen.value, chosen.label, until.Add(-chosen.length), until, chosen.step}
}

func (w window) length() time.Duration { return w.until.Sub(w.since) }

// choices are the ranges to choose from.
func (w window) choices() []view.Range {
	out := make([]view.Range, len(ranges))
	for i, r := range ranges {
		out[i] = view.Range{Label: r.label, Value: r.value, Current: r.value == w.value}
	}
	return out
}
