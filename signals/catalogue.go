package signals

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Info describes a signal of the catalogue.
type Info struct {
	Name      string
	Doc       string              // as given to [Doc]
	Payload   string              // the payload's type: "shop.Payment"
	Source    instrument.Source   // where New was called
	Handler   *instrument.Handler // its statistics' key
	Receivers []*Connection       // in the order in which they run

	Fired     bool      // it was sent at least once, heard or not
	Sends     int64     // sends that reached receivers or interceptors
	Suspended int64     // sends that [Suspend] or Pause kept from them
	Paused    bool      // it is paused now
	LastSend  time.Time // of the last of Sends; zero when nothing recorded it

	texts func(n int) []RecentText
}

// Recent gives the last n events of a signal with [KeepRecent], the oldest first; 0
// stands for 10.
func (i Info) Recent(n int) []RecentText {
	if i.texts == nil {
		return nil
	}
	return i.texts(n)
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

// NeverFired are those of the signals that were never sent.
func NeverFired(all []Info) []Info {
	return where(all, func(i Info) bool { return !i.Fired })
}

// Unheard are those of the signals that nobody listens to.
func Unheard(all []Info) []Info {
	return where(all, func(i Info) bool { return len(i.Receivers) == 0 })
}

// NeverCalled are the receivers of the signals that were never called.
func NeverCalled(all []Info) (idle []*Connection) {
	for _, i := range all {
		for _, r := range i.Receivers {
			if !r.Called() {
				idle = append(idle, r)
			}
		}
	}
	return idle
}

func where(all []Info, holds func(Info) bool) []Info {
	return slices.DeleteFunc(slices.Clone(all), func(i Info) bool { return !holds(i) })
}

// typeName is a type as a program of its package's users writes it: without the paths
// of the packages that a generic one is made of.
func typeName(t reflect.Type) string {
	name := t.String()
	var b strings.Builder
	start := 0 // of the word
	for i := range len(name) {
		switch name[i] {
		case '/':
			start = i + 1
		case '[', ']', ',', '*', ' ', '(', ')', '{', '}':
			b.WriteString(name[start : i+1])
			start = i + 1
		}
	}
	b.WriteString(name[start:])
	return b.String()
}

func (c *core) info() Info {
	i := Info{
		Name:      c.name,
		Doc:       c.doc,
		Payload:   typeName(c.payload),
		Source:    c.source,
		Handler:   c.handler,
		Receivers: slices.Clone(c.list()),
		Fired:     c.fired.Load(),
		Sends:     c.self.sends(),
		Suspended: c.suspended.Load(),
		Paused:    c.paused.Load() > 0,
		texts:     c.texts,
	}
	if last := c.last.Load(); last != 0 {
		i.LastSend = time.Now().Add(-time.Duration(instrument.Now() - last))
	}
	return i
}
