package term

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is how many columns s takes: two for East Asian wide characters and
// pictures, none for combining marks, one for the rest. s has been cleaned before.
func Width(s string) int {
	w := 0
	for _, r := range s {
		w += runeWidth(r)
	}
	return w
}

// Fit cuts s to at most width columns; what was cut ends in "…". A width below 1
// gives "".
func Fit(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	if width < 1 {
		return ""
	}
	used := 0
	for i, r := range s {
		used += runeWidth(r)
		if used > width-1 {
			return s[:i] + "…"
		}
	}
	return s
}

// Pad fills s with spaces to width columns, on the left when right is set; a
// longer s stays as it is.
func Pad(s string, width int, right bool) string {
	fill := strings.Repeat(" ", max(width-Width(s), 0))
	if right {
		return fill + s
	}
	return s + fill
}

// Wrap breaks s at spaces into lines of at most width columns; a word that is
// longer is broken where the line ends. A number and the short word behind it,
// which may be its unit, stay together. An empty s is one empty line.
func Wrap(s string, width int) []string {
	width = max(width, 1)
	var lines []string
	line := ""
	for _, word := range words(s) {
		if line != "" && Width(line)+1+Width(word) <= width {
			line += " " + word
			continue
		}
		if line != "" {
			lines = append(lines, line)
		}
		for Width(word) > width {
			head := take(word, width)
			lines, word = append(lines, head), word[len(head):]
		}
		line = word
	}
	return append(lines, line)
}

// words splits at spaces, but not between a number and its unit.
func words(s string) []string {
	var out []string
	for _, w := range strings.Fields(s) {
		if n := len(out); n > 0 && endsInDigit(out[n-1]) && len(w) <= 4 && !endsInDigit(w[:1]) {
			out[n-1] += " " + w
			continue
		}
		out = append(out, w)
	}
	return out
}

func endsInDigit(s string) bool { return s[len(s)-1] >= '0' && s[len(s)-1] <= '9' }

// take is the longest beginning of s that fits, at least one character.
func take(s string, width int) string {
	used := 0
	for i, r := range s {
		used += runeWidth(r)
		if used > width && i > 0 {
			return s[:i]
		}
	}
	return s
}

func runeWidth(r rune) int {
	switch {
	case r < utf8.RuneSelf:
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case unicode.Is(wide, r):
		return 2
	}
	return 1
}

// wide holds the blocks whose characters take two columns (Unicode's East Asian
// Width W and F, by block: terminals differ in the details anyway).
var wide = &unicode.RangeTable{
	R16: []unicode.Range16{
		{Lo: 0x1100, Hi: 0x115f, Stride: 1}, // Hangul initials
		{Lo: 0x2e80, Hi: 0x303e, Stride: 1}, // radicals, CJK punctuation
		{Lo: 0x3041, Hi: 0xa4cf, Stride: 1}, // kana to Yi
		{Lo: 0xac00, Hi: 0xd7a3, Stride: 1}, // Hangul syllables
		{Lo: 0xf900, Hi: 0xfaff, Stride: 1}, // compatibility ideographs
		{Lo: 0xfe30, Hi: 0xfe6f, Stride: 1}, // CJK compatibility forms
		{Lo: 0xff01, Hi: 0xff60, Stride: 1}, // full width
		{Lo: 0xffe0, Hi: 0xffe6, Stride: 1}, // full width signs
	},
	R32: []unicode.Range32{
		{Lo: 0x1f300, Hi: 0x1f64f, Stride: 1}, // pictures, faces
		{Lo: 0x1f680, Hi: 0x1f6ff, Stride: 1}, // transport
		{Lo: 0x1f900, Hi: 0x1f9ff, Stride: 1}, // more pictures
		{Lo: 0x20000, Hi: 0x3fffd, Stride: 1}, // rare ideographs
	},
}
