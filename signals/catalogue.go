package signals

import (
	"cmp"
	"fmt"
	"slices"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Info describes a signal of the catalogue.
type Info struct {
	Name      string
	Payload   string              // the payload's type: "shop.Payment"
	Source    instrument.Source   // where New was called
	Handler   *instrument.Handler // its statistics' key
	Receivers []*Connection       // in the order in which they run
}

// catalogue holds the signals of the process by name.
var catalogue = struct {
	mu     sync.Mutex // guards byName
	byName map[string]*core
}{byName: map[string]*core{}}

// enlist panics when the name is taken: two signals of one name could not be told
// apart in statistics, nor by a queue that replays a send by name.
func (c *core) enlist() {
	catalogue.mu.Lock()
	defer catalogue.mu.Unlock()
	if other, taken := catalogue.byName[c.name]; taken {
		panic(fmt.Sprintf("signals: New(%q) at %v: the name is taken by the signal declared at %v; "+
			"give one of them another name, or make it with signals.Unlisted() if it lives in a function or test",
			c.name, c.source, other.source))
	}
	catalogue.byName[c.name] = c
}

// All lists the signals that the program declared, by name, each with the receivers
// that are connected now. Signals made with [Unlisted] are not in it.
func All() []Info {
	catalogue.mu.Lock()
	list := make([]Info, 0, len(catalogue.byName))
	for _, c := range catalogue.byName {
		list = append(list, c.info())
	}
	catalogue.mu.Unlock()
	slices.SortFunc(list, func(a, b Info) int { return cmp.Compare(a.Name, b.Name) })
	return list
}

func (c *core) info() Info {
	return Info{
		Name:      c.name,
		Payload:   c.payload.String(),
		Source:    c.source,
		Handler:   c.handler,
		Receivers: slices.Clone(c.list()),
	}
}
