package report

import (
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Verdict is the report in one or two sentences: which handler comes first, what
// it costs, and who calls it where it is not code of the app's own. Names in it are
// as captured: clean them for where they are shown.
func (r *Report) Verdict() string { return r.verdict(plainName) }

// plainName is how Verdict writes a handler.
func plainName(h instrument.HandlerInfo) string {
	if h.Source.File == "" {
		return title(h)
	}
	return title(h) + " (" + h.Source.String() + ")"
}

func (r *Report) verdict(name func(instrument.HandlerInfo) string) string {
	switch {
	case r.Handlers == 0:
		return "Nothing was recorded in this window."
	case len(r.Rows) == 0:
		return fmt.Sprintf("None of the %s with calls in this window is asked for.", plural(uint64(r.Handlers), "handler", "handlers"))
	}
	top := &r.Rows[0]
	s := r.first(top, name(top.HandlerInfo)) + caller(top, name)
	if top.Errors > 0 {
		s += fmt.Sprintf(" %s of its %s failed.", group(top.Errors), plural(top.Count, "call", "calls"))
	}
	return s
}

// first says why the first row is first.
func (r *Report) first(top *Row, name string) string {
	calls := plural(top.Count, "call", "calls")
	switch r.Options.Sort {
	case SortSelf:
		return fmt.Sprintf("Most time is spent in %s: %s of its own in %s, %s of the %s recorded; p95 %s.",
			name, FormatDuration(top.Self), calls, percent(top.Share), FormatDuration(r.Recorded), FormatDuration(top.P95))
	case SortErrors:
		if top.Errors == 0 {
			return "No call failed."
		}
		return fmt.Sprintf("Most failures are in %s.", name)
	case SortSlow:
		if top.Slow == 0 {
			return "No call was slow."
		}
		return fmt.Sprintf("Most slow calls are in %s: %s of %s, p95 %s.",
			name, about(top.Slow, top.SlowAbout), calls, FormatDuration(top.P95))
	case SortCount:
		return fmt.Sprintf("Most calls go to %s: %s, %s altogether.", name, calls, FormatDuration(top.Total))
	}
	return fmt.Sprintf("By %s, %s is first: %s in %s, p95 %s, slowest %s.",
		r.Options.Sort.order().title, name, FormatDuration(top.Total), calls, FormatDuration(top.P95), FormatDuration(top.Max))
}

// outside are kinds whose time passes outside of the app's code: naming the query
// is not enough, the reader wants the code that sends it.
var outside = []instrument.Kind{instrument.KindQuery, instrument.KindCache, instrument.KindCall, instrument.KindRender}

func caller(top *Row, name func(instrument.HandlerInfo) string) string {
	if top.Why == nil || top.Why.Caller == nil || !slices.Contains(outside, top.Kind) {
		return ""
	}
	return fmt.Sprintf(" It is called by %s.", name(*top.Why.Caller))
}

// partText says what a part of an explanation is, per call of the handler.
func partText(p Part, calls int, name func(instrument.HandlerInfo) string) string {
	calls = max(calls, 1)
	each := FormatDuration(p.Time / time.Duration(calls))
	if p.Own {
		return "own time, " + each
	}
	if times := (p.Calls + calls/2) / calls; times > 1 {
		return fmt.Sprintf("%s times %s, %s", group(uint64(times)), name(p.Handler), each)
	}
	return name(p.Handler) + ", " + each
}
