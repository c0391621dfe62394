package filter

import (
	"slices"
	"strings"
)

// Completion is a way to go on with a filter that is being typed.
type Completion struct {
	// From and To are the bytes of the text that Text replaces.
	From, To int
	Text     string // it ends with the operator when a value must follow
	Doc      string // what it is; "" for values
}

// maxCompletions bounds what is proposed at once.
const maxCompletions = 20

// Complete proposes how a filter can go on at a byte of its text: fields, their values
// and the words that join conditions. values gives an app's own values that begin with
// a prefix, by the field's name (routes, users, tags); nil when nobody knows them.
func Complete(text string, at int, values func(field, prefix string) []string) []Completion {
	at = min(max(at, 0), len(text))
	from, open := wordStart(text[:at])
	if open {
		return nil
	}
	for from < at && text[from] == '-' {
		from++
	}
	word := text[from:at]
	to := at + wordEnd(text[at:])
	name, op, isTerm := cutField(word)
	if !isTerm {
		return names(word, from, to)
	}
	f := fieldOf(name)
	if f == nil {
		return nil
	}
	from += len(name) + len(op)
	return f.values(text[from:at], from, to, values)
}

// wordStart is where the last word of a text begins; open when it is inside quotes that
// began before it had a field, where nothing can be proposed.
func wordStart(text string) (start int, open bool) {
	quoted, escaped := false, false
	for i, r := range text {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		case !quoted && (isSpace(r) || r == '('):
			start = i + len(string(r))
		}
	}
	return start, quoted
}

func wordEnd(rest string) int {
	end := strings.IndexFunc(rest, func(r rune) bool { return isSpace(r) || r == ')' })
	if end < 0 {
		return len(rest)
	}
	return end
}

func names(word string, from, to int) []Completion {
	var list []Completion
	for i := range fields {
		f := &fields[i]
		isAlias := slices.ContainsFunc(f.Aliases, func(a string) bool { return word != "" && strings.HasPrefix(a, strings.ToLower(word)) })
		if strings.HasPrefix(f.Name, strings.ToLower(word)) || isAlias {
			list = append(list, Completion{From: from, To: to, Text: f.Name + f.operator(), Doc: f.Doc})
		}
	}
	for _, k := range []string{"AND", "OR", "NOT"} {
		if word != "" && strings.HasPrefix(k, word) {
			list = append(list, Completion{From: from, To: to, Text: k + " ", Doc: "joins conditions"})
		}
	}
	return list[:min(len(list), maxCompletions)]
}

// operator is what usually follows the field's name.
func (f *Field) operator() string {
	_, op, _ := cutField(f.Example)
	return string(op)
}

func (f *Field) values(prefix string, from, to int, values func(field, prefix string) []string) []Completion {
	if i := strings.LastIndexByte(prefix, ','); i >= 0 {
		prefix, from = prefix[i+1:], from+i+1
	}
	known := f.Values
	if known == nil && values != nil {
		known = values(f.Name, prefix)
	}
	var list []Completion
	for _, v := range known {
		if len(list) < maxCompletions && len(v) >= len(prefix) && strings.EqualFold(v[:len(prefix)], prefix) {
			list = append(list, Completion{From: from, To: to, Text: inQuotes(v, true, true)})
		}
	}
	return list
}
