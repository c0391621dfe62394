package collect

import "github.com/go-debug-toolbar/debugtoolbar/instrument"

// Ignore says what is not recorded at all: no Record is started and nothing is
// counted. A signal that is sent inside of a Record is not shown in it, nor are its
// receivers; what these do stands below what sent the signal, and statistics count them.
// Each pattern is compared with the whole name; a * in it stands for any
// run of characters, also none and also with slashes, a ? for one byte. The zero
// Ignore ignores nothing.
type Ignore struct {
	Paths    []string // URL paths or route patterns: "/healthz", "/static/*"
	Commands []string // names of commands: "shell", "debug:*"
	Signals  []string // names of signals: "cache_*"; inside a Record only the signal and its receivers are left out
	Tasks    []string // kinds of jobs
}

// Match reports whether a Record of this kind, name and path is to be ignored.
// name may be "" while the route is not known; path is used for requests only.
// Kinds that cannot be ignored never match. A nil Ignore matches nothing.
func (i *Ignore) Match(kind instrument.Kind, name, path string) bool {
	if i == nil {
		return false
	}
	switch kind {
	case instrument.KindRequest:
		return matchAny(i.Paths, path) || name != path && matchAny(i.Paths, name)
	case instrument.KindCommand:
		return matchAny(i.Commands, name)
	case instrument.KindSignal:
		return matchAny(i.Signals, name)
	case instrument.KindTask:
		return matchAny(i.Tasks, name)
	}
	return false
}

func matchAny(patterns []string, name string) bool {
	if name == "" {
		return false
	}
	for _, p := range patterns {
		if glob(p, name) {
			return true
		}
	}
	return false
}

// glob compares without recursion: on a mismatch the last * takes one byte more,
// and earlier ones need not be tried again. So a hostile path costs at most
// len(pattern) * len(name) steps.
func glob(pattern, name string) bool {
	p, n := 0, 0
	star, resume := -1, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, resume = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			resume++
			p, n = star+1, resume
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
