package signals

import (
	"context"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Connection is one receiver connected to one signal.
type Connection struct {
	signal     *core
	call       func(context.Context, anyEvent) error
	handler    *instrument.Handler
	name       string
	uid        string
	sender     any // nil: every sender
	function   instrument.Source
	site       instrument.Source
	conditions []condition
	first      bool
	once       bool
	called     atomic.Bool // of a receiver with once
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

// Conditions are the names of the functions given to [When], in the order asked.
func (c *Connection) Conditions() []string {
	names := make([]string, len(c.conditions))
	for i, cond := range c.conditions {
		names[i] = cond.name
	}
	return names
}

// Handler is the key of the receiver's statistics.
func (c *Connection) Handler() *instrument.Handler { return c.handler }

// hears says whether a send of this sender reaches the receiver. The sender has
// been found comparable.
func (c *Connection) hears(sender any) bool { return c.sender == nil || c.sender == sender }
