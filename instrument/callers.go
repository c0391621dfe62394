package instrument

import (
	"runtime"
	"strings"
	"sync/atomic"
)

// KeyCaller is where the app's own code asked for what a span did.
var KeyCaller = NewKey("code.caller")

// How many calls are looked at: first a few, and where none of them is in the
// app's own code, because it goes through a deep library, more.
const (
	callersNear = 20
	callersFar  = 64
)

// Callers is the stack of the call that is being reported, as an attribute under
// KeyCaller that reads back as RecordSpan.Stack. It begins at the first function of
// the app's own code: the standard library, modules that the app depends on and the
// package that calls Callers come before it and are left out. At most max calls are
// kept, from there outwards, the libraries between them included. Where no call is
// in the app's own code it begins at the first beyond the calling package. skip
// leaves out so many calls more of the calling package: 0 when it is called where
// the report is made.
//
// Only program counters are taken on the way, and what was found for a stack is
// remembered, so that it costs about as much as runtime.Callers.
func Callers(skip, max int) Attr {
	var pcs [callersNear]uintptr
	n := runtime.Callers(skip+2, pcs[:])
	e := callerCache.get(pcs[:n], max)
	if !e.own && n == callersNear {
		return callersDeep(skip+1, max)
	}
	return e.attr
}

// CallerAt is Callers for a place that is known already, as the one in a slog.Record: a
// program counter as runtime.Callers gives it. 0 is the zero Attr.
func CallerAt(pc uintptr) Attr {
	if pc == 0 {
		return Attr{}
	}
	return Attr{key: KeyCaller, typ: attrStack, str: packPCs([]uintptr{pc})}
}

// callersDeep is apart, so that the usual way has a small frame.
func callersDeep(skip, max int) Attr {
	var pcs [callersFar]uintptr
	n := runtime.Callers(skip+2, pcs[:])
	return callerCache.get(pcs[:n], max).attr
}

// callerEntry is what was found for a stack.
type callerEntry struct {
	pcs  []uintptr
	max  int
	attr Attr
	own  bool // a call in the app's own code was found
}

// callerTable remembers stacks by their hash. An entry that is in the way is
// replaced, so it never grows.
type callerTable [4096]atomic.Pointer[callerEntry]

var callerCache callerTable

func (t *callerTable) get(pcs []uintptr, max int) *callerEntry {
	place := &t[hashPCs(pcs)%uint64(len(t))]
	if e := place.Load(); e != nil && e.max == max && equalPCs(e.pcs, pcs) {
		return e
	}
	e := newCallerEntry(append([]uintptr(nil), pcs...), max)
	place.Store(e)
	return e
}

func hashPCs(pcs []uintptr) uint64 {
	h := uint64(14695981039346656037)
	for _, pc := range pcs {
		h = (h ^ uint64(pc)) * 1099511628211
	}
	return h ^ h>>32
}

func equalPCs(a, b []uintptr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func newCallerEntry(pcs []uintptr, max int) *callerEntry {
	first, own := ownCaller(pcs)
	kept := pcs[first:]
	kept = kept[:min(len(kept), max)]
	return &callerEntry{pcs: pcs, max: max, own: own, attr: Attr{key: KeyCaller, typ: attrStack, str: packPCs(kept)}}
}

// ownCaller finds the first call in the app's own code.
func ownCaller(pcs []uintptr) (first int, own bool) {
	reporter, outside := "", -1
	for i, pc := range pcs {
		f, _ := runtime.CallersFrames([]uintptr{pc}).Next()
		pkg := packageOf(f.Function)
		if i == 0 {
			reporter = pkg
		}
		if pkg == reporter {
			continue
		}
		if outside < 0 {
			outside = i
		}
		if IsOwnFile(f.File) {
			return i, true
		}
	}
	return max(outside, 0), false
}

// packageOf is the import path in a function's full name.
func packageOf(function string) string {
	path := function
	if i := strings.IndexByte(path, '['); i >= 0 { // a type argument has slashes too
		path = path[:i]
	}
	slash := strings.LastIndexByte(path, '/') + 1
	if dot := strings.IndexByte(path[slash:], '.'); dot >= 0 {
		return path[:slash+dot]
	}
	return path
}

// IsOwnFile reports whether a source file belongs to the app itself: not to the
// standard library, not to a module that it depends on, not to a vendored one. It
// goes by the file's name alone, so it also serves Records of other processes, and
// takes both full names and those that -trimpath leaves.
func IsOwnFile(file string) bool {
	if file == "" || strings.HasPrefix(file, "<") {
		return false
	}
	file = strings.ReplaceAll(file, `\`, "/")
	if strings.Contains(file, "/vendor/") || strings.Contains(file, "/pkg/mod/") {
		return false
	}
	// With -trimpath a dependency is host/path@version/file.go.
	if at := strings.IndexByte(file, '@'); at > 0 && file[0] != '/' {
		return false
	}
	return !isStdFile(file)
}

// isStdFile knows the standard library by its folders: behind GOROOT's src, or at
// the beginning with -trimpath, where files of modules begin with a host.
func isStdFile(file string) bool {
	if file[0] != '/' && !strings.Contains(file, ":/") {
		top, _, _ := strings.Cut(file, "/")
		return stdFolders[top]
	}
	for rest := file; ; {
		i := strings.Index(rest, "/src/")
		if i < 0 {
			return false
		}
		root := rest[:i]
		rest = rest[i+len("/src/")-1:]
		top, _, nested := strings.Cut(rest[1:], "/")
		if nested && stdFolders[top] && isGoRoot(root) {
			return true
		}
	}
}

// isGoRoot reports whether a folder may be a toolchain's: go, go1.26.1, golang.
func isGoRoot(folder string) bool {
	name := folder[strings.LastIndexByte(folder, '/')+1:]
	return strings.HasPrefix(strings.ToLower(name), "go") || runtimeRoot != "" && folder == runtimeRoot
}

// runtimeRoot is where this process's toolchain was; "" with -trimpath.
var runtimeRoot = func() string {
	var pcs [1]uintptr
	runtime.Callers(0, pcs[:])
	f, _ := runtime.CallersFrames(pcs[:]).Next()
	root, _, ok := strings.Cut(f.File, "/src/runtime/")
	if !ok {
		return ""
	}
	return root
}()

// stdFolders are the first folders of the standard library's import paths.
var stdFolders = func() map[string]bool {
	m := map[string]bool{}
	for f := range strings.FieldsSeq(`archive bufio builtin bytes cmp compress container context crypto database debug embed
		encoding errors expvar flag fmt go hash html image index internal io iter log maps math mime net os path plugin
		reflect regexp runtime slices sort strconv strings structs sync syscall testing text time unicode unique unsafe
		weak vendor`) {
		m[f] = true
	}
	return m
}()
