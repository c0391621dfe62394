package mask

import (
	"bytes"
	"encoding/json"
	"slices"
)

// JSONPrefix masks the beginning of a JSON document: one that was cut off, or that turns
// out not to be JSON further on. It keeps what is complete up to there, closes the
// brackets that are open, and masks that as JSON does. n is how much of body it
// understood: len(body) says that nothing is missing.
func (r *Rules) JSONPrefix(body []byte) (masked []byte, n int) {
	if len(bytes.TrimSpace(body)) == 0 || json.Valid(body) {
		return r.JSON(body), len(body)
	}
	whole, n := closedPrefix(body)
	if len(whole) == 0 {
		return nil, 0
	}
	return r.JSON(whole), n
}

// maxPrefixDepth is how deep a beginning is read; JSON hides what is deeper than a part of
// that.
const maxPrefixDepth = 4 * maxDepth

// closedPrefix is as much of b as is complete, with its brackets closed, and how many
// bytes of b that is.
func closedPrefix(b []byte) (whole []byte, n int) {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var open []byte    // the closing brackets of what is open, outermost first
	var closing []byte // as open was where all was complete
	key := false       // the next text in the innermost object is a name
	for {
		token, err := d.Token()
		at := int(d.InputOffset())
		_, number := token.(json.Number)
		if err != nil || number && at == len(b) {
			break // a number at the end may have gone on
		}
		inObject := len(open) > 0 && open[len(open)-1] == '}'
		switch token {
		case json.Delim('{'):
			open, key = append(open, '}'), true
		case json.Delim('['):
			open, key = append(open, ']'), false
		case json.Delim('}'), json.Delim(']'):
			open = open[:len(open)-1]
			key = len(open) > 0 && open[len(open)-1] == '}'
		default:
			if inObject && key {
				key = false
				continue // its value is still to come
			}
			key = inObject
		}
		n, closing = at, append(closing[:0], open...)
		if len(open) == 0 || len(open) > maxPrefixDepth {
			break // what follows is not part of it, or nobody would read it
		}
	}
	slices.Reverse(closing)
	return append(bytes.Clone(b[:n]), closing...), n
}
