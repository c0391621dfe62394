package mask

import (
	"bytes"
	"encoding/json"
	"strings"
)

// maxDepth is how deep JSON is read. What is nested deeper is hidden.
const maxDepth = 16

var quotedRedacted = []byte(`"` + Redacted + `"`)

// JSON masks a JSON document: values by their key at every level, strings and
// numbers by Text, names too. The rest, including order, spacing and the
// spelling of numbers, is kept. What does not parse, also because it was cut
// off, becomes the string "[redacted]". Null and booleans are never hidden.
func (r *Rules) JSON(body []byte) (masked []byte) {
	r = r.orDefault()
	if len(bytes.TrimSpace(body)) == 0 {
		return body
	}
	if !json.Valid(body) {
		return bytes.Clone(quotedRedacted)
	}
	defer func() {
		if recover() != nil {
			masked = []byte(`"` + Failed + `"`)
		}
	}()
	w := jsonMasker{r: r, in: body, out: make([]byte, 0, len(body))}
	w.space()
	w.value("", 0)
	w.space()
	return w.out
}

// jsonMasker copies valid JSON from in to out.
type jsonMasker struct {
	r   *Rules
	in  []byte
	at  int
	out []byte
}

func (w *jsonMasker) space() {
	from := w.at
	for w.at < len(w.in) && w.in[w.at] <= ' ' {
		w.at++
	}
	w.out = append(w.out, w.in[from:w.at]...)
}

func (w *jsonMasker) copyByte() byte {
	c := w.in[w.at]
	w.out = append(w.out, c)
	w.at++
	return c
}

// value copies the value that stands under key, which is not secret.
func (w *jsonMasker) value(key string, depth int) {
	switch c := w.in[w.at]; {
	case c == '{' || c == '[':
		if depth == maxDepth {
			w.hide()
			return
		}
		w.group(key, depth+1)
	case c == '"':
		raw := w.token()
		w.scalar(raw, unquote(raw), key)
	case c == '-' || kindOf(c) == digit:
		raw := w.token()
		w.scalar(raw, string(raw), key)
	default:
		w.out = append(w.out, w.token()...) // null, true, false
	}
}

// group copies an object, or an array, whose elements stand under the array's
// own key.
func (w *jsonMasker) group(key string, depth int) {
	object := w.copyByte() == '{'
	for {
		w.space()
		switch c := w.in[w.at]; {
		case c == '}' || c == ']':
			w.copyByte()
			return
		case c == ',':
			w.copyByte()
		case object:
			w.member(depth)
		default:
			w.value(key, depth)
		}
	}
}

func (w *jsonMasker) member(depth int) {
	raw := w.token()
	name := unquote(raw)
	w.write(raw, name, w.r.Text(name))
	w.space()
	w.copyByte() // the colon
	w.space()
	if c := w.in[w.at]; c == 'n' || c == 't' || c == 'f' || !w.r.Key(name) {
		w.value(name, depth)
		return
	}
	w.hide()
}

func (w *jsonMasker) scalar(raw []byte, plain, key string) {
	if plain == "" {
		w.out = append(w.out, raw...)
		return
	}
	w.write(raw, plain, w.r.open(key, plain))
}

// write copies raw if masking changed nothing, else the masked text as a string.
func (w *jsonMasker) write(raw []byte, plain, masked string) {
	if masked == plain {
		w.out = append(w.out, raw...)
		return
	}
	w.out = appendString(w.out, masked)
}

// hide replaces the next value, unless it is an empty string.
func (w *jsonMasker) hide() {
	if bytes.HasPrefix(w.in[w.at:], []byte(`""`)) {
		w.out = append(w.out, w.token()...)
		return
	}
	w.skip()
	w.out = append(w.out, quotedRedacted...)
}

// token takes a string, number or literal from the input.
func (w *jsonMasker) token() []byte {
	from := w.at
	if w.in[from] == '"' {
		for w.at++; w.in[w.at] != '"'; w.at++ {
			if w.in[w.at] == '\\' {
				w.at++
			}
		}
		w.at++
		return w.in[from:w.at]
	}
	for w.at < len(w.in) && w.in[w.at] > ' ' && bytes.IndexByte([]byte(",]}"), w.in[w.at]) < 0 {
		w.at++
	}
	return w.in[from:w.at]
}

// skip passes over a whole value.
func (w *jsonMasker) skip() {
	depth := 0
	for {
		switch c := w.in[w.at]; {
		case c == '{' || c == '[':
			depth++
			w.at++
		case c == '}' || c == ']':
			depth--
			w.at++
		case c <= ' ' || c == ',' || c == ':':
			w.at++
			continue
		default:
			w.token()
		}
		if depth == 0 {
			return
		}
	}
}

func unquote(raw []byte) string {
	if bytes.IndexByte(raw, '\\') < 0 {
		return string(raw[1 : len(raw)-1])
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		return Redacted
	}
	return s
}

func appendString(out []byte, s string) []byte {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(s); err != nil {
		return append(out, quotedRedacted...)
	}
	return append(out, strings.TrimSuffix(b.String(), "\n")...)
}
