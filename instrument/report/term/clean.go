package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Line makes s safe to print as one line: newlines and tabs become one space, and
// everything else that a terminal acts on or that hides what is written becomes
// visible, as in "\x1b[2J" or "\u202e". That is C0 and C1 controls, DEL, marks of
// direction, characters without width and bytes that are not UTF-8.
func Line(s string) string { return clean(s, false) }

// Block is Line for text of several lines: newlines and tabs stay.
func Block(s string) string { return clean(s, true) }

func clean(s string, block bool) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s) + 16)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n' || r == '\t':
			b.WriteRune(space(r, block))
		case Unsafe(r):
			b.WriteString(visible(r))
		default:
			b.WriteString(s[i : i+n])
		}
		i += n
	}
	return b.String()
}

func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func space(r rune, block bool) rune {
	if block {
		return r
	}
	return ' '
}

func visible(r rune) string {
	switch {
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// Unsafe tells whether a terminal may act on r or not show it: controls, formats
// (direction, zero width, tags), line and paragraph separators, private use,
// fillers that print as nothing.
func Unsafe(r rune) bool {
	if r < 0x7f {
		return r < ' '
	}
	switch r {
	case 0x034f, 0x115f, 0x1160, 0x17b4, 0x17b5, 0x2800, 0x3164, 0xffa0: // look like nothing
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs) ||
		unicode.Is(unicode.Variation_Selector, r)
}
