package view

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// phaseNames are the phases of a call as people know them, in their order.
var phaseNames = []struct{ name, label string }{
	{"queue", "Waiting for a connection"}, {"dns", "Looking the name up"}, {"connect", "Connecting"}, {"tls", "TLS handshake"},
	{"send", "Sending"}, {"wait", "Waiting for the answer"}, {"transfer", "Reading the answer"},
}

func phaseLabel(name string) string {
	for _, p := range phaseNames {
		if p.name == name {
			return p.label
		}
	}
	return name
}

// callSet is the outgoing calls of one Record.
type callSet struct {
	kindSet
	steps  steps
	again  map[int]int // how often the same was asked before
	chosen int         // span in detail
	legend []Phase     // what all calls spent in each phase
}

func newCallSet(v recordView) callSet {
	set := callSet{kindSet: newKindSet(v, KindCall), again: map[int]int{}, chosen: -1}
	set.steps = steps{v: v}
	same, worst := map[string]int{}, time.Duration(-1)
	for _, i := range set.spans {
		s := v.Spans[i]
		set.steps.rows = append(set.steps.rows, stepRow{i: i, status: callStatus(s)})
		key := s.Name
		if s.Call != nil {
			key = s.Call.Method + " " + s.Call.URL
		}
		set.again[i] = same[key]
		same[key]++
		if s.Duration > worst {
			worst, set.chosen = s.Duration, i
		}
		for _, p := range set.phases(s) {
			set.add(p)
		}
	}
	set.steps = set.steps.fit()
	if i, err := strconv.Atoi(v.here.Get("call")); err == nil && i >= 0 && i < len(v.Spans) && v.Spans[i].Kind == KindCall {
		set.chosen = i
	}
	return set
}

func (set *callSet) add(p Phase) {
	for j := range set.legend {
		if set.legend[j].Name == p.Name {
			set.legend[j].Time += p.Time
			return
		}
	}
	set.legend = append(set.legend, p)
}

// phases are those of a call; one that tells none waited for all of its time.
func (set callSet) phases(s Span) []Phase {
	if s.Call == nil || len(s.Call.Phases) == 0 {
		return []Phase{{"wait", s.Duration}}
	}
	return s.Call.Phases
}

// phaseBar is a phase on the axis.
type phaseBar struct {
	Phase
	x, width string
}

// bars place the phases of a call one after the other.
func (set callSet) bars(s Span) (out []phaseBar) {
	at := s.Start
	for _, p := range set.phases(s) {
		out = append(out, phaseBar{p, set.steps.x(at), set.steps.wide(p.Time)})
		at += p.Time
	}
	return out
}

// bar says a lane in words.
func (set callSet) label(v recordView, s Span) string {
	parts := []string{"starts at " + v.scale.with(s.Start)}
	for _, p := range set.phases(s) {
		parts = append(parts, phaseLabel(p.Name)+" "+Dur(p.Time))
	}
	return strings.Join(parts, ", ")
}

// callStatus tells a refusal from a failure.
func callStatus(s Span) Status {
	if st := spanStatus(s); st != StatusOK {
		return st
	}
	switch {
	case s.Running:
		return StatusSlow
	case s.Call != nil && s.Call.Code >= 400:
		return StatusSlow
	}
	return StatusOK
}

// callTitle is a call as its row says it.
func callTitle(s Span) string {
	if s.Call == nil || s.Call.URL == "" {
		return s.Name
	}
	_, rest, ok := strings.Cut(s.Call.URL, "://")
	if !ok {
		rest = s.Call.URL
	}
	return s.Call.Method + " " + rest
}

// callNotes are what is remarkable about a call, in a few words each.
func (set callSet) notes(i int, s Span) (out []string) {
	if n := set.again[i]; n > 0 {
		out = append(out, ordinal(n+1)+" time")
	}
	c := s.Call
	if c == nil {
		return out
	}
	if c.Redirects > 0 {
		out = append(out, "after "+plural(int64(c.Redirects), "redirect"))
	}
	if c.Resent > 0 {
		out = append(out, fmt.Sprintf("sent %s more", plural(int64(c.Resent), "time")))
	}
	if c.Early {
		out = append(out, "closed before its end")
	}
	if s.Running {
		out = append(out, "its body was never closed")
	}
	if c.FailedIn != "" {
		out = append(out, "failed while "+strings.ToLower(phaseLabel(c.FailedIn)))
	}
	return out
}

// codeText is an answer's status; "" while there is none.
func (c *Call) codeText() string {
	if c == nil || c.Code == 0 {
		return ""
	}
	return strconv.Itoa(c.Code)
}

func (c *Call) received() string {
	if c == nil || c.Received < 0 {
		return ""
	}
	return Bytes(c.Received)
}

// facts are the single values of a call.
func (c *Call) facts() []Attr {
	connection := c.Connection
	if c.Idle > 0 {
		connection += ", idle for " + Dur(c.Idle)
	}
	out := []Attr{{Key: "Address", Value: c.URL, Masked: c.URL == ""}, {Key: "Status", Value: c.codeText()}, {Key: "HTTP", Value: c.Proto}, {Key: "Connection", Value: connection}, {Key: "Peer", Value: c.Peer}}
	if c.Sent >= 0 {
		out = append(out, Attr{Key: "Sent", Value: Bytes(c.Sent)})
	}
	if c.Received >= 0 {
		a := Attr{Key: "Received", Value: Bytes(c.Received)}
		if c.Unzipped {
			a.Type = "after it was decompressed"
		}
		out = append(out, a)
	}
	return filled(out)
}

// texts are the headers and bodies that were kept.
func (c *Call) texts() (out []Attr) {
	body := func(text string, cut bool) string {
		if cut {
			return text + "\n…"
		}
		return text
	}
	return filled(append(out,
		Attr{Key: "Headers sent", Value: c.Header}, Attr{Key: "Body sent", Value: body(c.Body, c.BodyCut && c.Body != "")},
		Attr{Key: "Headers received", Value: c.ResponseHeader}, Attr{Key: "Body received", Value: body(c.ResponseBody, c.ResponseCut && c.ResponseBody != "")},
	))
}
