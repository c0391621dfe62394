package mask

// kind is what a byte is in a name.
type kind uint8

const (
	noKind kind = iota
	lower
	upper
	digit
)

// Classes of bytes. A table is read in a nanosecond, whatever the question.
const (
	keyByte  = 1 << iota // may stand in an unquoted name
	hostEnd              // ends the authority of a URL
	authByte             // may stand in a credential after Bearer
	gapByte              // may stand between a name and its separator
)

var (
	kinds   = kindTable()
	classes = classTable()
)

func kindTable() (t [256]kind) {
	for c := range 26 {
		t['a'+c], t['A'+c] = lower, upper
	}
	for c := range 10 {
		t['0'+c] = digit
	}
	return t
}

func classTable() (t [256]uint8) {
	set := func(class uint8, chars string) {
		for _, c := range []byte(chars) {
			t[c] |= class
		}
	}
	set(keyByte, "_-.$[]%")
	set(hostEnd, "/?#\"'`<>\\")
	set(authByte, "_-.~/=+")
	set(gapByte, " \t:!=")
	for c := range t {
		switch {
		case kinds[c] != noKind:
			t[c] |= keyByte | authByte
		case c >= 0x80:
			t[c] |= keyByte
		case c <= ' ':
			t[c] |= hostEnd
		}
	}
	return t
}

func kindOf(c byte) kind { return kinds[c] }

func isKeyChar(c byte) bool { return classes[c]&keyByte != 0 }

func isQuote(c byte) bool { return c == '"' || c == '\'' || c == '`' }

func isToken(c byte) bool { return kinds[c] != noKind || c == '_' || c == '-' }

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f'
}

func unhex(c byte) byte {
	if c <= '9' {
		return c - '0'
	}
	return c&0x0f + 9
}
