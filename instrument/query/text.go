package query

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
)

// TextFinder is a comparison with FieldText, made ready for very many texts.
type TextFinder struct {
	where  *Where
	want   string // in lower case
	number int64
	digits bool // the text is number as it is written
}

// NewTextFinder makes a TextFinder of a comparison.
func NewTextFinder(w *Where) *TextFinder {
	want := []byte(w.Text)
	for i, c := range want {
		want[i] = lowerByte(c)
	}
	f := &TextFinder{where: w, want: string(want)}
	n, err := strconv.ParseInt(w.Text, 10, 64)
	if err == nil && strconv.FormatInt(n, 10) == w.Text && (w.Op == Equal || w.Op == Contains) {
		f.number, f.digits = n, true
	}
	return f
}

// Row looks in what a list shows: path, handler, error, user and tags.
func (f *TextFinder) Row(r *Row) bool {
	has := func(text string) bool { return text != "" && f.Text([]byte(text)) }
	return has(r.Path) || has(r.Handler.Name) || has(r.Error) || has(r.User) || slices.ContainsFunc(r.Tags, has)
}

// Text looks in a text of a span.
func (f *TextFinder) Text(text []byte) bool {
	switch f.where.Op {
	case Equal:
		return len(text) == len(f.want) && hasPrefixFold(text, f.want)
	case Contains:
		return containsFold(text, f.want)
	}
	return f.where.MatchText(string(text))
}

// Int tells whether a number, as it is written, is the whole text that is looked for. A
// part of a number is not found.
func (f *TextFinder) Int(n int64) bool { return f.digits && n == f.number }

// Part is a text in lower case that stands in whatever is found; "" when there is none.
func (f *TextFinder) Part() (part string) {
	if f.where.Op != Like {
		return f.want
	}
	for p := range strings.SplitSeq(f.want, "*") {
		if len(p) > len(part) {
			part = p
		}
	}
	return part
}

// containsFold looks for what is in lower case, whatever the case of ASCII letters.
func containsFold(text []byte, lower string) bool {
	if lower == "" {
		return true
	}
	for len(text) >= len(lower) {
		i := indexFold(text[:len(text)-len(lower)+1], lower[0])
		if i < 0 {
			return false
		}
		if text = text[i:]; hasPrefixFold(text, lower) {
			return true
		}
		text = text[1:]
	}
	return false
}

// indexFold is where a byte stands first, in lower or upper case.
func indexFold(text []byte, lower byte) int {
	i := bytes.IndexByte(text, lower)
	if lower < 'a' || lower > 'z' {
		return i
	}
	if i >= 0 {
		text = text[:i]
	}
	if j := bytes.IndexByte(text, lower-'a'+'A'); j >= 0 {
		return j
	}
	return i
}

// hasPrefixFold is asked for a text that is as long as the prefix, or longer.
func hasPrefixFold(text []byte, lower string) bool {
	for i := range len(lower) {
		if lowerByte(text[i]) != lower[i] {
			return false
		}
	}
	return true
}

func lowerByte(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
