package view

import (
	"context"
	"net/url"
	"strconv"
	"strings"
)

// Editor makes links that open a place in the code. The zero Editor makes none.
type Editor struct {
	// Template is the address with {file}, {line} and {path}, of which path is escaped
	// for a query: "vscode://file/{file}:{line}".
	Template string
	// Map translates the beginning of paths, as they were when the app was built, into
	// what they are on the viewer's machine.
	Map map[string]string
	// Find gives the whole path of a place as it is shown, "shop/cart.go"; "" when it is
	// not known. Nil: places are whole paths.
	Find func(file string) string
}

// href is the address that opens a place "file:line"; "" when it cannot be opened.
func (e Editor) href(place string) string {
	i := strings.LastIndexByte(place, ':')
	if e.Template == "" || i < 0 {
		return ""
	}
	if _, err := strconv.Atoi(place[i+1:]); err != nil {
		return ""
	}
	file := place[:i]
	if e.Find != nil {
		if file = e.Find(file); file == "" {
			return ""
		}
	}
	longest := ""
	for from := range e.Map {
		if strings.HasPrefix(file, from) && len(from) > len(longest) {
			longest = from
		}
	}
	if longest != "" {
		file = e.Map[longest] + file[len(longest):]
	}
	// The file's name is captured text: it must not end the address early.
	escaped := (&url.URL{Path: file}).EscapedPath()
	return strings.NewReplacer("{file}", escaped, "{path}", url.QueryEscape(file), "{line}", place[i+1:]).Replace(e.Template)
}

// quiet is the shell for a list inside another page: it does not update by itself.
func (s Shell) quiet() Shell {
	s.Live = nil
	return s
}

type editorKey struct{}

// WithEditor has places in the code link to an editor, in everything that is drawn with the context.
func WithEditor(ctx context.Context, e Editor) context.Context {
	return context.WithValue(ctx, editorKey{}, e)
}

func editorHref(ctx context.Context, place string) string {
	e, _ := ctx.Value(editorKey{}).(Editor)
	return e.href(place)
}
