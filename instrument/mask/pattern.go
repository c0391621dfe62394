package mask

import (
	"regexp"
	"strings"
)

// replacePattern hides what p matches, but never looks into what is hidden
// already: a pattern that matches "redacted" would otherwise grow the text at
// every turn.
func replacePattern(s string, p *regexp.Regexp) (masked string, hidden int) {
	defer func() {
		if recover() != nil {
			masked, hidden = Failed, 1
		}
	}()
	if !p.MatchString(s) {
		return s, 0
	}
	var b strings.Builder
	for {
		clear, rest, more := strings.Cut(s, Redacted)
		hidden += writeMasked(&b, clear, p)
		if !more {
			break
		}
		b.WriteString(Redacted)
		s = rest
	}
	return b.String(), hidden
}

func writeMasked(b *strings.Builder, s string, p *regexp.Regexp) (hidden int) {
	at := 0
	for _, m := range p.FindAllStringIndex(s, -1) {
		if m[0] == m[1] || s[m[0]:m[1]] == Failed {
			continue
		}
		b.WriteString(s[at:m[0]])
		b.WriteString(Redacted)
		at = m[1]
		hidden++
	}
	b.WriteString(s[at:])
	return hidden
}
