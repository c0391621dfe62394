package signals

import (
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
)

// maxDepth is how many sends may run inside each other.
const maxDepth = 100

// CycleError ends a recursion: a receiver that, by way of others or not, sends the
// signal that called it.
type CycleError struct {
	Signal string
	Depth  int      // sends inside each other
	Path   []string // the receivers of the last round, the outermost first
}

// Error names the receivers that call each other in a circle.
func (e *CycleError) Error() string {
	return fmt.Sprintf("signals: send %q: %d sends inside each other, in the circle %s",
		e.Signal, e.Depth, strings.Join(e.Path, " -> "))
}

// checkDepth is called when more sends of a signal run than may be nested. That may
// be many goroutines as well, so the stack decides: it needs no context, which the
// code in between may not have passed on. Where concurrent sends have cut the stack
// into goroutines, the context has to tell.
func (c *core) checkDepth(ctx context.Context) error {
	if l, _ := ctx.Value(lineageKey).(*lineage); l.depth(c) > maxDepth {
		return &CycleError{Signal: c.name, Depth: l.depth(c), Path: lastRound(l.path())}
	}
	var deep [1]uintptr
	if runtime.Callers(2*maxDepth, deep[:]) == 0 {
		return nil
	}
	depth, path := receiversOnStack(stack())
	if depth <= maxDepth {
		return nil
	}
	return &CycleError{Signal: c.name, Depth: depth, Path: lastRound(path)}
}

// lineage is one receiver of a concurrent send, below those that it runs in.
type lineage struct {
	outer    *lineage
	receiver *Connection
}

// depth counts how often the signal is in the lineage.
func (l *lineage) depth(c *core) (n int) {
	for ; l != nil; l = l.outer {
		if l.receiver.signal == c {
			n++
		}
	}
	return n
}

// path names the receivers, the innermost first.
func (l *lineage) path() (names []string) {
	for ; l != nil; l = l.outer {
		names = append(names, l.receiver.name)
	}
	return names
}

func stack() []uintptr {
	for size := 2048; ; size *= 2 {
		pcs := make([]uintptr, size)
		if n := runtime.Callers(3, pcs); n < size {
			return pcs[:n]
		}
	}
}

var (
	packagePrefix = reflect.TypeFor[core]().PkgPath() + "."
	sendFunction  = packagePrefix + "(*core).send"
)

// isQuickSend says whether a function of this package calls receivers by itself.
func isQuickSend(function string) bool {
	return strings.HasPrefix(function, packagePrefix+"(*Signal[...]).") &&
		slices.Contains([]string{"Send", "sendQuick", "sendTraced"}, function[strings.LastIndexByte(function, '.')+1:])
}

// receiversOnStack counts the sends on a stack and names the functions that they
// called, the innermost first.
func receiversOnStack(pcs []uintptr) (sends int, path []string) {
	frames := runtime.CallersFrames(pcs)
	outside := "" // the frame outside this package that was seen last
	for {
		f, more := frames.Next()
		switch {
		case f.Function == sendFunction, outside != "" && isQuickSend(f.Function):
			sends++
			if outside != "" {
				path = append(path, outside)
			}
			outside = ""
		case !strings.HasPrefix(f.Function, packagePrefix):
			outside = f.Function[strings.LastIndexByte(f.Function, '/')+1:]
		}
		if !more {
			return sends, path
		}
	}
}

// lastRound cuts the path after it has come round once and turns it around.
func lastRound(path []string) []string {
	for i := 1; i < len(path); i++ {
		if path[i] == path[0] {
			path = path[:i+1]
			break
		}
	}
	path = slices.Clone(path[:min(len(path), 10)])
	slices.Reverse(path)
	return path
}
