package middleware

import (
	"fmt"
	"net/http"
	"path"
	"reflect"
	"regexp"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// inner is what the compiler appends to the name of a function for literals
// inside it, and for calls and loops that it turns into functions.
var inner = regexp.MustCompile(`(\.func\d+|\.gowrap\d+|\.deferwrap\d+|-range\d+|-fm|\.\d+)+$`)

// isLiteral reports whether a name is that of a function literal.
func isLiteral(name string) bool { return inner.MatchString(name) }

// declaredName is the name of a function that was declared, and for a function
// literal that of the function in which it was written.
//
// The compiler calls a literal after the function that it ends up in: with
// throttle inlined into main, the literal that throttle returns is
// "main.main.throttle.func1", also if throttle belongs to another package. A
// name must not depend on that, so in between is left out, and the package is
// then the folder of the file.
func declaredName(src instrument.Source) string {
	if !isLiteral(src.Func) {
		return src.Func
	}
	pkg, rest, ok := strings.Cut(inner.ReplaceAllString(src.Func, ""), ".")
	if !ok {
		return pkg
	}
	parts := strings.Split(rest, ".")
	name := parts[len(parts)-1]
	parts = parts[:len(parts)-1]
	if n := len(parts); n > 0 && strings.HasPrefix(parts[n-1], "(*") {
		name = parts[n-1] + "." + name
		parts = parts[:n-1]
	}
	if dir := folder(src.File); len(parts) > 0 && pkg != dir+"_test" {
		pkg = dir
	}
	return pkg + "." + name
}

// folder is the last folder of a file that is not a version: "chi" of
// ".../chi/v5@v5.2.0/mux.go".
func folder(file string) string {
	dir := path.Dir(file)
	for {
		base, _, _ := strings.Cut(path.Base(dir), "@")
		if !version.MatchString(base) {
			return base
		}
		dir = path.Dir(dir)
	}
}

var version = regexp.MustCompile(`^v\d+$`)

// sourceOf finds the code behind a handler: the function, or the method
// ServeHTTP of its type.
func sourceOf(h http.Handler) (name string, src instrument.Source) {
	if m, ok := h.(*measured); ok && m.ends != nil { // a stack of its own, in which the view has its span
		name = m.ends.Handler
		if isLiteral(name) {
			name = declaredName(m.ends.Source)
		}
		return name + " behind " + m.probe.Name(), m.ends.Source
	}
	t := reflect.TypeOf(h)
	if t.Kind() == reflect.Func { // http.HandlerFunc, HandlerFunc and their like
		src = instrument.FuncSource(h)
		return src.Func, src
	}
	if m, ok := t.MethodByName("ServeHTTP"); ok {
		src = instrument.FuncSource(m.Func.Interface())
	}
	return fmt.Sprintf("%v", t), src
}
