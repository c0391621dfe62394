package exceptions

import (
	"strings"
	"unicode"
)

// Shape is an error's text without what differs from time to time: numbers,
// hexadecimal ids and quoted texts. Errors of one shape from one handler are alike.
func Shape(text string) string {
	var b strings.Builder
	for text != "" {
		switch c := text[0]; {
		case c == '"' || c == '\'' || c == '`':
			if end := strings.IndexByte(text[1:], c); end >= 0 {
				b.WriteString("…")
				text = text[end+2:]
				continue
			}
			b.WriteByte(c)
			text = text[1:]
		case isWordByte(c):
			end := strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 || !isWordByte(byte(r)) })
			if end < 0 {
				end = len(text)
			}
			if strings.ContainsFunc(text[:end], unicode.IsDigit) {
				b.WriteByte('0')
			} else {
				b.WriteString(text[:end])
			}
			text = text[end:]
		default:
			b.WriteByte(c)
			text = text[1:]
		}
	}
	return b.String()
}

func isWordByte(c byte) bool {
	return c == '_' || c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
