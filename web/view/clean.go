package view

import (
	"fmt"
	"io"
	"strings"
)

// cleaner makes characters visible that would change how the text after them is read: captured text may turn
// the direction of a line round and so show another file name or another host than there is.
var cleaner = newCleaner()

func newCleaner() *strings.Replacer {
	var pairs []string
	add := func(from, to rune, format string) {
		for r := from; r <= to; r++ {
			pairs = append(pairs, string(r), fmt.Sprintf(format, r))
		}
	}
	add(0x202a, 0x202e, `\u%04x`) // embeddings and overrides
	add(0x2066, 0x2069, `\u%04x`) // isolates
	add(0x200e, 0x200f, `\u%04x`) // marks
	add(0x061c, 0x061c, `\u%04x`)
	add(0x2028, 0x2029, `\u%04x`) // separators that end a line in some readers
	add(0x00, 0x08, `\x%02x`)
	add(0x0b, 0x0c, `\x%02x`)
	add(0x0e, 0x1f, `\x%02x`)
	add(0x7f, 0x9f, `\x%02x`)
	return strings.NewReplacer(pairs...)
}

// clean makes a text safe to read; that it is safe to parse is the templates' work.
func clean(s string) string { return cleaner.Replace(s) }

// writeClean writes drawn markup. None of these characters is part of the templates, so that one pass over all
// of it misses neither a text nor an attribute.
func writeClean(w io.Writer, markup []byte) error {
	_, err := cleaner.WriteString(w, string(markup))
	return err
}
