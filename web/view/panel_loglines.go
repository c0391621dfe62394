package view

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// logSet is the log lines of one Record: repeats folded, as far as a filter lets them through.
type logSet struct {
	rows             []logRow
	levels, loggers  []logChoice
	level, logger, q string // the filter
	total, shown     int
}

// logRow is a line, or the same line several times.
type logRow struct {
	first   int // span
	members []int
	last    time.Duration // when it came for the last time
}

// logChoice is a level or a logger to filter by.
type logChoice struct {
	name  string
	count int
}

// levelDeprecated is the choice of lines that say so, whatever their level.
const levelDeprecated = "deprecated"

func newLogSet(v recordView) logSet {
	set := logSet{level: v.here.Get("level"), logger: v.here.Get("logger"), q: strings.TrimSpace(v.here.Get("text"))}
	at := map[[3]string]int{}
	for _, i := range v.t.ofKind(KindLog) {
		s := v.Spans[i]
		set.total++
		set.count(s)
		if !set.takes(s) {
			continue
		}
		set.shown++
		key := [3]string{s.Level, s.Logger, or(s.Text, s.Name)}
		j, ok := at[key]
		if !ok {
			j = len(set.rows)
			at[key] = j
			set.rows = append(set.rows, logRow{first: i})
		}
		set.rows[j].members = append(set.rows[j].members, i)
		set.rows[j].last = s.Start
	}
	slices.SortStableFunc(set.levels, func(a, b logChoice) int { return cmp.Compare(severity(a.name), severity(b.name)) })
	slices.SortStableFunc(set.loggers, func(a, b logChoice) int { return cmp.Compare(b.count, a.count) })
	return set
}

func (set *logSet) count(s Span) {
	countChoice(&set.levels, s.Level)
	countChoice(&set.loggers, s.Logger)
	if deprecated(s) {
		countChoice(&set.levels, levelDeprecated)
	}
}

func countChoice(list *[]logChoice, name string) {
	if name == "" {
		return
	}
	for i := range *list {
		if (*list)[i].name == name {
			(*list)[i].count++
			return
		}
	}
	*list = append(*list, logChoice{name, 1})
}

func (set logSet) takes(s Span) bool {
	switch {
	case set.level == levelDeprecated && !deprecated(s),
		set.level != "" && set.level != levelDeprecated && s.Level != set.level,
		set.logger != "" && s.Logger != set.logger,
		set.q != "" && !lineHas(s, strings.ToLower(set.q)):
		return false
	}
	return true
}

// lineHas looks for a text in a line and in its attributes.
func lineHas(s Span, q string) bool {
	if strings.Contains(strings.ToLower(or(s.Text, s.Name)), q) {
		return true
	}
	return slices.ContainsFunc(s.Attrs, func(a Attr) bool { return strings.Contains(strings.ToLower(a.Key+"="+a.Value), q) })
}

// deprecated reports whether a line says that something should not be used any more.
func deprecated(s Span) bool {
	if attrOf(s, "deprecated") == "true" {
		return true
	}
	text := or(s.Text, s.Name)
	return len(text) >= 10 && strings.EqualFold(text[:10], "deprecated")
}

// severity orders levels: DEBUG-2, DEBUG, INFO, INFO+2, WARN, ERROR.
func severity(level string) int {
	base := map[string]int{"DEBUG": 0, "INFO": 100, "WARN": 200, "ERROR": 300}
	name, plus, _ := strings.Cut(level, "+")
	if n, ok := base[name]; ok {
		return n + len(plus)*10
	}
	name, _, _ = strings.Cut(level, "-")
	if n, ok := base[name]; ok {
		return n - 10
	}
	return 1000
}

// maxFolded is how many times of a repeated line are listed.
const maxFolded = 50

// fields are the attributes of a line that are not its logger.
func (r logRow) fields(s Span) []Attr {
	return slices.DeleteFunc(slices.Clone(s.Attrs), func(a Attr) bool {
		return a.Value == s.Logger && (a.Key == "logger" || a.Key == "component" || a.Key == "module")
	})
}

// ansiPart is a piece of text with the colour that a terminal would give it.
type ansiPart struct{ class, text string }

// ansi takes the escape sequences out of a line that was written for a terminal, and keeps what they say of
// colours. Other control characters stay, to be shown as what they are.
func ansi(text string) (parts []ansiPart) {
	if !strings.Contains(text, "\x1b[") {
		return []ansiPart{{"", text}}
	}
	class, bold := "", false
	add := func(s string) {
		if s == "" {
			return
		}
		c := class
		if bold {
			c = strings.TrimSpace(c + " ansi-bold")
		}
		parts = append(parts, ansiPart{c, s})
	}
	for {
		before, rest, ok := strings.Cut(text, "\x1b[")
		add(before)
		if !ok {
			return parts
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
		if end < 0 || end > 24 {
			text = rest
			continue
		}
		if rest[end] == 'm' {
			for code := range strings.SplitSeq(rest[:end], ";") {
				class, bold = ansiCode(code, class, bold)
			}
		}
		text = rest[end+1:]
	}
}

// ansiColours are the classes of the eight colours of terminals.
var ansiColours = [...]string{"", "st-bad", "st-ok", "st-slow", "st-new", "k-receiver", "k-cache", ""}

func ansiCode(code, class string, bold bool) (string, bool) {
	switch {
	case code == "" || code == "0":
		return "", false
	case code == "1":
		return class, true
	case code == "2":
		return "dim", bold
	case code == "22":
		return class, false
	case code == "39":
		return "", bold
	case len(code) == 2 && (code[0] == '3' || code[0] == '9') && code[1] >= '0' && code[1] <= '7':
		return ansiColours[code[1]-'0'], bold
	}
	return class, bold
}
