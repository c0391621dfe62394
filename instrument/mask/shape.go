package mask

import "strings"

// Placeholder stands in a Shape for what differs from one name to the next.
const Placeholder = "{id}"

// Shape names a path or a key by what it has in common with its like: parts that are
// numbers, dates, UUIDs, hashes, tokens or e-mail addresses become {id}.
//
//	/v1/charges/ch_3Px9/items/42    /v1/charges/ch_{id}/items/{id}
//	session:8f3a9c04                session:{id}
//	cart-8812:lines                 cart-{id}:lines
//
// It goes by looks: words stay, so a key made of people's names keeps them.
func Shape(name string) string {
	if !shapeless(name) {
		return name
	}
	var b strings.Builder
	b.Grow(len(name))
	for name != "" {
		end := strings.IndexAny(name, partEnds)
		if end < 0 {
			end = len(name)
		}
		writePart(&b, name[:end])
		if end < len(name) {
			b.WriteByte(name[end])
			end++
		}
		name = name[end:]
	}
	return b.String()
}

// partEnds are between the parts of paths and keys; wordEnds within a part.
const (
	partEnds = "/:|,;?&=# \t\n"
	wordEnds = "-_."
)

// tokenLength is from how many letters on a word that no person writes is a token.
const tokenLength = 16

// shapeless reports whether there is anything to replace, so that most names cost
// one look.
func shapeless(name string) bool {
	run := 0
	for i := range len(name) {
		switch c := name[i]; {
		case c >= '0' && c <= '9', c == '@', c == '%', c >= 0x80, c < ' ':
			return true
		case strings.IndexByte(partEnds, c) >= 0:
			run = 0
		default:
			if run++; run >= tokenLength {
				return true
			}
		}
	}
	return false
}

func writePart(b *strings.Builder, part string) {
	switch {
	case part == "":
	case isWhole(part):
		b.WriteString(Placeholder)
	default:
		writeWords(b, part)
	}
}

// isWhole reports whether a part is one id with its dashes: a UUID, a date, an address.
func isWhole(part string) bool {
	digits, other := 0, 0
	for i := range len(part) {
		switch c := part[i]; {
		case c == '@' || c == '%' || c >= 0x80 || c < ' ':
			return true
		case c >= '0' && c <= '9':
			digits++
		case strings.IndexByte(wordEnds, c) >= 0:
		case c >= 'a' && c <= 'f' || c >= 'A' && c <= 'F':
		default:
			other++
		}
	}
	return digits > 0 && other == 0 && !strings.Contains(part, "_") && (strings.ContainsAny(part[:1], "0123456789") || digits >= 4)
}

func writeWords(b *strings.Builder, part string) {
	for part != "" {
		end := strings.IndexAny(part, wordEnds)
		if end < 0 {
			end = len(part)
		}
		if word := part[:end]; isID(word) {
			b.WriteString(Placeholder)
		} else {
			b.WriteString(word)
		}
		if end < len(part) {
			b.WriteByte(part[end])
			end++
		}
		part = part[end:]
	}
}

// isID tells ids from words. Words may end in a digit, as oauth2 does, and versions of
// interfaces are words.
func isID(word string) bool {
	digits, upper := 0, 0
	for i := range len(word) {
		switch c := word[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'A' && c <= 'Z':
			upper++
		}
	}
	switch {
	case digits == 0: // of the letters of a random text half are capitals, of a Go name's a quarter
		return len(word) >= tokenLength && upper*5 >= len(word)*2 || len(word) >= 2*tokenLength
	case digits == len(word):
		return true
	case digits == 1 && len(word) <= 8:
		return word[0] >= '0' && word[0] <= '9' || word[len(word)-1] > '9'
	case (word[0] == 'v' || word[0] == 'V') && digits == len(word)-1 && digits <= 3:
		return false
	}
	return true
}

// KeyPath masks a key or path whose parts name each other, such as a cache's: what
// follows a sensitive part is hidden, and what Text finds elsewhere.
//
//	session:8f3a9c04    session:[redacted]
//	user:42:cart        user:42:cart
//
// In a Shape nothing but its placeholders may follow.
func (r *Rules) KeyPath(name string) string {
	r = r.orDefault()
	for from := 0; from < len(name); {
		end := strings.IndexAny(name[from:], partEnds)
		if end < 0 {
			end = len(name)
		} else {
			end += from
		}
		if part := name[from:end]; part != "" && r.Key(part) {
			return r.Text(name[:from]) + Shape(part) + hiddenAfter(name[end:])
		}
		from = end + 1
	}
	return r.Text(name)
}

// hiddenAfter is what is left of the parts after a sensitive one.
func hiddenAfter(rest string) string {
	if strings.Trim(strings.ReplaceAll(rest, Placeholder, ""), partEnds+wordEnds) == "" {
		return rest
	}
	return rest[:1] + Redacted
}
