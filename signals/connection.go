package signals

import (
	"context"
	"fmt"
	"reflect"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Connection is one receiver connected to one signal.
type Connection struct {
	signal     *core
	call       func(context.Context, anyEvent) error
	fn         any // what call calls
	handler    *instrument.Handler
	name       string
	uid        string
	sender     any // nil: every sender
	function   instrument.Source
	site       instrument.Source
	conditions []condition
	policies   []Policy
	first      bool
	once       bool
	alone      bool            // in concurrent sends
	queued     bool            // called by a queue
	queue      Queue           // nil: the program's
	until      context.Context // nil: no end
	unbind     func() bool     // forgets until
	called     atomic.Bool     // at least once
}

// Disconnect takes the receiver off its signal; false when it was off already. A
// send that runs meanwhile still calls it: a send calls those who were connected
// when it began.
func (c *Connection) Disconnect() bool {
	return c.signal.remove(func(other *Connection) bool { return other == c }) > 0
}

// Name is how statistics and pages call the receiver: its [Name], else its uid, else
// its function.
func (c *Connection) Name() string { return c.name }

// String is the receiver's name.
func (c *Connection) String() string { return c.name }

// UID is the receiver's uid; "" when it has none.
func (c *Connection) UID() string { return c.uid }

// Sender is the one sender that the receiver hears; nil when it hears all.
func (c *Connection) Sender() any { return c.sender }

// Signal is the name of the signal.
func (c *Connection) Signal() string { return c.signal.name }

// Source is the receiver's function. For a method value, whose code the compiler
// makes, file and line are those of Connect.
func (c *Connection) Source() instrument.Source { return c.function }

// ConnectedAt is the place of the call to Connect.
func (c *Connection) ConnectedAt() instrument.Source { return c.site }

// Conditions are the names of the receiver's conditions, in the order asked: a
// function given to [When] under its own name, others as they are written.
func (c *Connection) Conditions() []string {
	names := make([]string, len(c.conditions))
	for i, cond := range c.conditions {
		names[i] = cond.name
	}
	return names
}

// Policies are the receiver's policies for errors, as they are written.
func (c *Connection) Policies() []string {
	names := make([]string, len(c.policies))
	for i, p := range c.policies {
		names[i] = p.String()
	}
	return names
}

// Called reports whether the receiver was ever called.
func (c *Connection) Called() bool { return c.called.Load() }

// Handler is the key of the receiver's statistics.
func (c *Connection) Handler() *instrument.Handler { return c.handler }

// hears says whether a send of this sender reaches the receiver. The sender has
// been found comparable.
func (c *Connection) hears(sender any) bool {
	return (c.sender == nil || c.sender == sender) && (c.until == nil || c.until.Err() == nil)
}

// bind ties the connection to the life of its context; false when that is over. The
// lock of the signal is held, so that an end in between finds it connected.
func (c *Connection) bind() bool {
	if c.until == nil {
		return true
	}
	if c.until.Err() != nil {
		return false
	}
	c.unbind = context.AfterFunc(c.until, func() { c.Disconnect() })
	return true
}

// admits says why the receiver is not to be called; "" when it is.
func (c *Connection) admits(ctx context.Context, e anyEvent) (skipped string) {
	for i := range c.conditions {
		if !c.conditions[i].holds(ctx, e) {
			return c.conditions[i].name
		}
	}
	if c.once {
		if !c.called.CompareAndSwap(false, true) {
			return "called once already"
		}
		c.Disconnect()
	}
	if !c.called.Load() {
		c.called.Store(true)
	}
	return ""
}

// refuse ends a Connect that cannot be meant.
func (c *Connection) refuse(why string) {
	panic(fmt.Sprintf("signals: Connect to %q: %s", c.signal.name, why))
}

// checkPayload refuses a function for the event of another signal.
func (c *Connection) checkPayload(what string, t reflect.Type) {
	if t != c.signal.payload {
		c.refuse(fmt.Sprintf("the %s takes an Event[%v], the signal sends Event[%v]", what, t, c.signal.payload))
	}
}
