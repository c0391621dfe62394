package instrument

import (
	"reflect"
	"runtime"
	"strconv"
	"strings"
)

// Source is a place in the code. The zero Source is an unknown place.
type Source struct {
	Func string // qualified name without its import path: "shop.(*Server).Checkout"
	File string // as the compiler knows it; absolute unless built with -trimpath
	Line int
}

// String is "file.go:12" with the last folder of the file; "" when unknown.
func (s Source) String() string {
	if s.File == "" {
		return ""
	}
	return shortFile(s.File) + ":" + strconv.Itoa(s.Line)
}

// FuncSource finds where a function value was written. Anything that is not a
// function, or nil, gives the zero Source: naming never fails.
func FuncSource(fn any) Source {
	v := reflect.ValueOf(fn)
	if !v.IsValid() || v.Kind() != reflect.Func || v.IsNil() {
		return Source{}
	}
	f := runtime.FuncForPC(v.Pointer())
	if f == nil {
		return Source{}
	}
	file, line := f.FileLine(f.Entry())
	return Source{Func: cleanFunc(f.Name()), File: file, Line: line}
}

// CallerSource is the place of a call on the current stack; skip 0 is the caller
// of CallerSource.
func CallerSource(skip int) Source {
	var pcs [1]uintptr
	if runtime.Callers(skip+2, pcs[:]) == 0 {
		return Source{}
	}
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	return Source{Func: cleanFunc(f.Function), File: f.File, Line: f.Line}
}

// cleanFunc turns the linker's name into the one that a reader knows: no import
// path, no "-fm" of method values, "[...]" of generics kept out.
func cleanFunc(name string) string {
	if i := strings.LastIndexByte(name, '/'); i >= 0 && !strings.Contains(name[i:], "]") {
		name = name[i+1:]
	}
	name = strings.TrimSuffix(name, "-fm")
	return strings.ReplaceAll(name, "[...]", "")
}

// shortFile keeps the file and the folder that it is in.
func shortFile(file string) string {
	i := strings.LastIndexByte(file, '/')
	if i < 0 {
		return file
	}
	if j := strings.LastIndexByte(file[:i], '/'); j >= 0 {
		return file[j+1:]
	}
	return file
}
