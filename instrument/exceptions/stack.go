package exceptions

import (
	"path"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// stackOf is the stack of a span that tells where its error came from. That of a panic
// begins with the function that recovered: it is left out up to the panic.
func stackOf(s *instrument.RecordSpan) []Frame {
	frames := s.Stack
	for i, f := range frames {
		if f.Func == "runtime.gopanic" {
			frames = frames[i+1:]
			for len(frames) > 1 && strings.HasPrefix(frames[0].Func, "runtime.") {
				frames = frames[1:]
			}
			break
		}
	}
	var out []Frame
	for _, f := range frames {
		out = append(out, Frame{f, Own(f.File)})
	}
	return out
}

// Own tells the app's code from that of modules, of the toolbar and of Go, by the name of
// the file.
func Own(file string) bool {
	if !instrument.IsOwnFile(file) {
		return false
	}
	rest, ours := strings.CutPrefix(file, moduleDir+"/")
	if !ours || strings.HasSuffix(rest, "_test.go") {
		return true
	}
	part, _, _ := strings.Cut(rest, "/")
	return part == "demo"
}

// moduleDir is where this module was built from: one that is replaced by a folder does
// not look like a module.
var moduleDir = path.Dir(path.Dir(path.Dir(instrument.CallerSource(0).File)))
