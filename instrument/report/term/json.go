package term

import (
	"bytes"
	"fmt"
	"unicode/utf8"
)

// JSON writes as \u escapes what encoding/json leaves as it is and a terminal acts on.
// In JSON such characters stand only inside strings; the line feeds between the fields
// stay.
func JSON(b []byte) []byte {
	var out bytes.Buffer
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		switch {
		case r == '\n' || !Unsafe(r):
			out.Write(b[i : i+n])
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&out, `\u%04x\u%04x`, 0xd800+(r>>10), 0xdc00+(r&0x3ff))
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		i += n
	}
	return out.Bytes()
}
