package instrument

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
)

// Kind says what a span or a Record is: a request, a signal, a query. The zero
// Kind is no kind and prints as "".
type Kind uint8

// The built-in kinds. More are added with [RegisterKind].
const (
	KindRequest   Kind = iota + 1 // an HTTP request served
	KindLayer                     // one middleware layer
	KindView                      // the handler that a route ends in
	KindSignal                    // one dispatch of a signal
	KindReceiver                  // one receiver of a signal
	KindCommand                   // one run of a management command
	KindTask                      // one attempt of a queued job
	KindQuery                     // a database statement
	KindCache                     // a cache call
	KindCall                      // an outgoing HTTP call
	KindRender                    // a template rendered
	KindLog                       // a log line
	KindException                 // a reported error or panic
	KindCustom                    // anything else that an app measures

	numBuiltinKinds = int(KindCustom)
)

// MaxKinds is how many kinds a process may have, the built-in ones included.
const MaxKinds = 64

var builtinKinds = [...]string{
	"", "request", "layer", "view", "signal", "receiver", "command", "task",
	"query", "cache", "call", "render", "log", "exception", "custom",
}

// kindNames is replaced as a whole, so that String needs no lock.
var (
	kindNames atomic.Pointer[[]string]
	kindMu    sync.Mutex // serialises RegisterKind
)

func init() {
	names := slices.Clone(builtinKinds[:])
	kindNames.Store(&names)
}

// RegisterKind adds a kind of span and returns it; a name that is known already
// gives the Kind that it has. Integrations call it once, in a package variable.
// It panics when the name is empty or when there are [MaxKinds] kinds: both are
// mistakes of wiring.
func RegisterKind(name string) Kind {
	if name == "" {
		panic("instrument: RegisterKind: the name is empty")
	}
	kindMu.Lock()
	defer kindMu.Unlock()
	names := *kindNames.Load()
	if i := slices.Index(names, name); i > 0 {
		return Kind(i)
	}
	if len(names) > MaxKinds {
		panic(fmt.Sprintf("instrument: RegisterKind(%q): there are %d kinds already", name, MaxKinds))
	}
	names = append(slices.Clone(names), name)
	kindNames.Store(&names)
	return Kind(len(names) - 1)
}

// String is the kind's name as it stands in URLs, labels and files: "request".
func (k Kind) String() string {
	names := *kindNames.Load()
	if int(k) >= len(names) {
		return fmt.Sprintf("kind%d", uint8(k))
	}
	return names[k]
}

// ParseKind gives the Kind of a name; false when nobody registered it.
func ParseKind(name string) (Kind, bool) {
	i := slices.Index(*kindNames.Load(), name)
	return Kind(max(i, 0)), i > 0
}

// Kinds lists every kind of the process, the built-in ones first.
func Kinds() []Kind {
	ks := make([]Kind, len(*kindNames.Load())-1)
	for i := range ks {
		ks[i] = Kind(i + 1)
	}
	return ks
}
