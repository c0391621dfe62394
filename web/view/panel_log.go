package view

import "strconv"

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

// raised says when and in what an error came up.
func (v recordView) raised(i int) string {
	text := "at " + v.scale.with(v.Spans[i].Start)
	if p := v.t.parent(i); p >= 0 {
		text += " in " + string(v.Spans[p].Kind) + " " + v.Spans[p].Name
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
		{"Path values", r.PathValues}, {"Query", r.Query}, {"Form", r.Form}, {"Cookies", r.Cookies},
		{"Session", r.Session}, {"Attributes", r.Attrs},
	} {
		if len(g.attrs) > 0 {
			out = append(out, g)
		}
	}
	return out
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

// size says how long a body is and how much of it was kept.
func (b Body) size() string {
	text := Bytes(b.Bytes)
	if b.Kept < b.Bytes {
		text = Bytes(b.Kept) + " of " + Bytes(b.Bytes) + " kept"
	}
	if b.Type != "" {
		text += ", " + b.Type
	}
	return text
}
