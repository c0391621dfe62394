package sqltap

import (
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Runnable is the statement of a query span with its parameters put in, quoted for its
// system: something to paste into a console. Parameters that are masked, cut, binary or
// were not kept (see the option Parameters) stay placeholders, and so do values that stood
// in the text itself.
func Runnable(s instrument.RecordSpan) string {
	system, values := "", ""
	for _, kv := range s.Attrs {
		text, _ := kv.Value.(string)
		switch kv.Key {
		case keySystem.Name():
			system = text
		case keyParameters.Name():
			values = text
		}
	}
	return inline(system, s.Handler.Name, readValues(values))
}

// readValues reads what values wrote: 1=17, name="Ann". A value that cannot be put in is
// left out.
func readValues(text string) map[string]string {
	byName := map[string]string{}
	for text != "" {
		name, rest, ok := strings.Cut(text, "=")
		if !ok {
			break
		}
		value := ""
		if strings.HasPrefix(rest, `"`) {
			quoted, err := strconv.QuotedPrefix(rest)
			if err != nil {
				break
			}
			rest = rest[len(quoted):]
			if value, _ = strconv.Unquote(quoted); !strings.HasPrefix(rest, "…") && !strings.Contains(value, instrument.Redacted) {
				byName[name] = "'" + value
			}
			_, text, _ = strings.Cut(rest, ", ")
			continue
		}
		value, text, _ = strings.Cut(rest, ", ")
		if plainValue(value) {
			byName[name] = value
		}
	}
	return byName
}

// plainValue reports whether a value that is not quoted can be put in: a number, a
// truth value, NULL or a time.
func plainValue(v string) bool {
	if v == "NULL" || v == "true" || v == "false" {
		return true
	}
	for _, c := range v {
		if !strings.ContainsRune("0123456789+-.eETZ:", c) {
			return false
		}
	}
	return v != ""
}

// inline puts values where their placeholders stand. A "?" may be a value of the text
// that was taken out; they are told apart by their number only.
func inline(system, statement string, values map[string]string) string {
	var p []byte
	plain, n := 0, 0
	for _, t := range splitStatement(statement) {
		switch {
		case t == "?":
			plain++
		case isPlaceholder(t):
			plain = len(values) + 1 // those have names, so the others are values of the text
		}
	}
	numbered := plain == len(values)
	for i := 0; i < len(statement); {
		if !isPlaceholder(statement[i:]) || i > 0 && (statement[i-1] == ':' || isNameRune(rune(statement[i-1]))) {
			p = append(p, statement[i])
			i++
			continue
		}
		end := i + 1
		for end < len(statement) && isNameRune(rune(statement[end])) {
			end++
		}
		name := statement[i+1 : end]
		if name == "" && numbered {
			n++
			name = strconv.Itoa(n)
		}
		if v, ok := values[name]; ok {
			p = append(p, quoteValue(system, v)...)
		} else {
			p = append(p, statement[i:end]...)
		}
		i = end
	}
	return string(p)
}

func quoteValue(system, v string) string {
	text, isText := strings.CutPrefix(v, "'")
	switch {
	case !isText && strings.ContainsAny(v, "TZ:"): // a time
		text = v
	case !isText:
		return v
	}
	if system == "mysql" {
		text = strings.ReplaceAll(text, `\`, `\\`)
	}
	if strings.ContainsRune(text, 0) {
		text = strings.ReplaceAll(text, "\x00", "")
	}
	return "'" + strings.ReplaceAll(text, "'", "''") + "'"
}
