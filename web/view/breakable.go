package view

import (
	"context"
	"io"
	"strings"
	"unicode"

	"github.com/a-h/templ"
)

// breakable sets a name that may be broken between its parts and not inside of them. It is no template, because those
// put a space after each element, which would be read as one of the name.
func breakable(name, joints string) templ.Component {
	return templ.ComponentFunc(func(_ context.Context, w io.Writer) error {
		parts := nameParts(name, joints)
		for i := range parts {
			parts[i] = templ.EscapeString(parts[i])
		}
		_, err := io.WriteString(w, strings.Join(parts, "<wbr>"))
		return err
	})
}

// nameParts are the parts of a name: they end with what joins words, or before a capital in the middle of one.
func nameParts(name, joints string) (parts []string) {
	from := 0
	var before rune
	for i, r := range name {
		joined := strings.ContainsRune(joints, before) && !strings.ContainsRune(joints, r)
		if i > from && (joined || len(joints) > 1 && unicode.IsUpper(r) && unicode.IsLower(before)) {
			parts = append(parts, name[from:i])
			from = i
		}
		before = r
	}
	return append(parts, name[from:])
}
