package view

import (
	"strings"
	"time"
)

// stepRow is a line of the signals and middleware panels: a span with its time on an axis of its own.
type stepRow struct {
	i      int
	inner  bool // under the line before it
	result string
	status Status
}

// steps are lines that share an axis from the first to the last of them.
type steps struct {
	v        recordView
	rows     []stepRow
	from, to time.Duration
}

// signalSteps lists each send with its receivers in order.
func signalSteps(v recordView) steps {
	st := steps{v: v}
	for _, i := range v.t.ofKind(KindSignal) {
		st.rows = append(st.rows, stepRow{i: i, status: v.sendStatus(i), result: v.sender(i)})
		for _, c := range v.t.children[i] {
			if v.Spans[c].Kind == KindReceiver {
				status, result := v.received(c)
				st.rows = append(st.rows, stepRow{i: c, inner: true, status: status, result: result})
			}
		}
	}
	return st.fit()
}

// layerSteps lists the layers, outermost first.
func layerSteps(v recordView) steps {
	st := steps{v: v}
	for _, i := range v.t.ofKind(KindLayer) {
		status, result := v.received(i)
		if status == StatusOK && !v.reached(i) {
			status, result = StatusNew, "answered here: nothing inside ran"
		}
		st.rows = append(st.rows, stepRow{i: i, status: status, result: result})
	}
	return st.fit()
}

// fit takes the axis from the rows.
func (st steps) fit() steps {
	for n, r := range st.rows {
		s := st.v.Spans[r.i]
		if n == 0 {
			st.from = s.Start
		}
		st.from, st.to = min(st.from, s.Start), max(st.to, s.Start+s.Duration)
	}
	return st
}

// x and wide place a span on the axis of these rows.
func (st steps) x(d time.Duration) string { return pct(0.96 * Share(d-st.from, st.to-st.from)) }

func (st steps) wide(d time.Duration) string {
	return pct(max(0.003, 0.96*Share(d, st.to-st.from)))
}

// sender says where a signal was sent from.
func (v recordView) sender(i int) string {
	if a := v.t.ancestor(i); a >= 0 {
		return "from " + v.Spans[a].Name
	}
	return ""
}

// sendStatus is the worst of a send and its receivers.
func (v recordView) sendStatus(i int) Status {
	worst := StatusOK
	for _, j := range append([]int{i}, v.t.children[i]...) {
		s := v.Spans[j]
		if s.Err != "" || s.Panicked {
			return StatusBad
		}
		if s.Slow {
			worst = StatusSlow
		}
	}
	return worst
}

// received says how one receiver or layer ended.
func (v recordView) received(i int) (Status, string) {
	s := v.Spans[i]
	switch {
	case s.Skipped != "":
		return StatusOff, "not called: " + s.Skipped
	case s.Panicked:
		return StatusBad, "panic: " + s.Err
	case s.Err != "":
		return StatusBad, s.Err
	case s.Slow:
		return StatusSlow, v.why(i)
	case s.Queued:
		return StatusOK, or(s.Note, "queued")
	}
	for _, c := range v.t.children[i] {
		if v.Spans[c].Kind == KindSignal {
			return StatusOK, "sends " + v.Spans[c].Name
		}
	}
	return StatusOK, s.Note
}

// reached tells whether anything ran inside a layer.
func (v recordView) reached(i int) bool {
	for _, c := range v.t.children[i] {
		switch v.Spans[c].Kind {
		case KindLayer, KindView, KindCustom, KindRequest:
			return true
		}
	}
	// With no layer and no view inside there may still be a plain handler: only a failing answer tells.
	return v.Code < 400
}

// ownOf is the own time of all spans of a kind.
func (v recordView) ownOf(k Kind) (sum time.Duration) {
	for _, i := range v.t.ofKind(k) {
		sum += v.t.own[i]
	}
	return sum
}

// signalDid is what was sent, by whom, and what a receiver gave back, as it was recorded: masked.
func signalDid(sp Span) (out []Attr) {
	if sp.Kind != KindSignal && sp.Kind != KindReceiver {
		return nil
	}
	for _, a := range sp.Attrs {
		if label, ok := signalAttrs[a.Key]; ok {
			out = append(out, Attr{Key: label, Value: a.Value})
		}
	}
	return out
}

var signalAttrs = map[string]string{
	"signal.sender": "sender", "signal.payload": "payload", "signal.value": "returned", "signal.attempt": "attempts",
}

// long tells whether a value is folded: it would push the rows apart.
func (a Attr) long() bool { return len(a.Value) > 96 || strings.Contains(a.Value, "\n") }

// jobsQueued are the jobs that a receiver's call became, or that it queued, as they are now. Receivers further inside
// have a row of their own.
func (v recordView) jobsQueued(i int) (out []JobRow) {
	if v.Spans[i].Kind != KindReceiver {
		return nil
	}
	var walk func(int)
	walk = func(i int) {
		for _, c := range v.t.children[i] {
			if v.Spans[c].Kind == KindReceiver {
				continue
			}
			if id := attrOf(v.Spans[c], "task.id"); id != "" {
				for _, j := range v.Jobs {
					if j.ID == id {
						out = append(out, j)
					}
				}
			}
			walk(c)
		}
	}
	walk(i)
	return out
}

func stepLabel(v recordView, i int) string {
	s := v.Spans[i]
	if s.Skipped != "" {
		return "not called"
	}
	return "starts at " + v.scale.with(s.Start) + ", lasts " + v.scale.with(s.Duration)
}
