package view

import (
	"strconv"
	"strings"
)

// levelBadge colours a log level: only what asks for attention.
func levelBadge(level string) Badge {
	switch level {
	case "ERROR":
		return Badge{StatusBad, level}
	case "WARN":
		return Badge{StatusSlow, level}
	default:
		return Badge{"", or(level, "LOG")}
	}
}

// exceptions are what went wrong, each where it began: exceptions that were recorded, and spans that failed
// without one. An error that is passed up through signal, view and layers is one, not five.
func (v recordView) exceptions() []int {
	var out []int
	for i, s := range v.Spans {
		switch {
		case s.Kind == KindException:
			out = append(out, i)
		case (s.Err != "" || s.Panicked) && !v.passedUp(i):
			out = append(out, i)
		}
	}
	return out
}

// passedUp tells whether a child of span i says already what span i says.
func (v recordView) passedUp(i int) bool {
	for _, c := range v.t.children[i] {
		s := v.Spans[c]
		switch {
		case s.Kind == KindException:
			return true
		case (s.Err != "" || s.Panicked) && strings.Contains(v.Spans[i].Err, s.Err):
			return true
		}
	}
	return false
}

// errorText is the message of something that went wrong.
func errorText(s Span) string {
	if s.Kind == KindException {
		return or(s.Text, s.Name)
	}
	return or(s.Err, "panic")
}

// raised says when and in what an error came up.
func (v recordView) raised(i int) string {
	s := v.Spans[i]
	in := i
	if s.Kind == KindException {
		in = v.t.parent(i)
	}
	text := "at " + v.scale.with(s.Start)
	if in >= 0 {
		text += " in " + string(v.Spans[in].Kind) + " " + cut(v.Spans[in].Name, 60)
	}
	return text
}

// attrGroup is a titled set of values.
type attrGroup struct {
	name  string
	attrs []Attr
}

// groups are the parts of a request that hold something.
func (r Request) groups() []attrGroup {
	var out []attrGroup
	for _, g := range []attrGroup{
		{"Path values", r.PathValues}, {"Query", r.Query}, {"Form", r.Form}, {"Uploads", r.Files}, {"Cookies", r.Cookies},
		{"Cookies set", r.SetCookies}, {"Session", r.session()}, {"Attributes", r.Attrs},
	} {
		if len(g.attrs) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// session is what it held at the end, and what the request changed in it.
func (r Request) session() []Attr {
	if r.SessionChanged == "" {
		return r.Session
	}
	return append([]Attr{{Key: "changed here", Value: r.SessionChanged}}, r.Session...)
}

// facts are the single values of a request.
func (r Request) facts() []Attr {
	return filled([]Attr{
		{Key: "URL", Value: r.URL}, {Key: "Route", Value: r.Pattern}, {Key: "View", Value: r.View},
		{Key: "Host", Value: r.Host}, {Key: "Scheme", Value: r.Scheme}, {Key: "Protocol", Value: r.Proto},
		{Key: "From", Value: r.Remote},
	})
}

// answer is what went out.
func (v recordView) answer() []Attr {
	code := ""
	if v.Code > 0 {
		code = strconv.Itoa(v.Code) + " " + v.CodeText
	}
	out := []Attr{{Key: "Status", Value: code}, {Key: "Trace", Value: v.TraceID}}
	if v.BytesOut >= 0 {
		out = append(out, Attr{Key: "Body", Value: Bytes(v.BytesOut)})
	}
	return filled(append(out, Attr{Key: "Duration", Value: v.scale.with(v.Duration)}, Attr{Key: "Client", Value: v.ClientErr}))
}

// filled leaves out what is not known.
func filled(as []Attr) []Attr {
	var out []Attr
	for _, a := range as {
		if a.Value != "" {
			out = append(out, a)
		}
	}
	return out
}

// size says what a body is, how long, and how much of it was read and kept.
func (b Body) size() string {
	var parts []string
	if b.Kind != "" {
		parts = append(parts, b.Kind)
	}
	if b.Bytes >= 0 {
		parts = append(parts, Bytes(b.Bytes))
	}
	if b.Read >= 0 && b.Bytes >= 0 && b.Read < b.Bytes {
		parts = append(parts, "the handler read "+Bytes(b.Read)+" of it")
	}
	if b.Cut {
		parts = append(parts, "the first "+Bytes(int64(len(b.Text)))+" are kept")
	}
	if b.Flaw != "" {
		parts = append(parts, b.Flaw)
	}
	return strings.Join(parts, ", ")
}
