package signals

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Connections are one receiver's connections to several signals.
type Connections []*Connection

// Disconnect takes the receiver off all of the signals; false when it was off all of
// them already.
func (cs Connections) Disconnect() bool {
	did := false
	for _, c := range cs {
		did = c.Disconnect() || did
	}
	return did
}

// ConnectAll connects one receiver to several signals, in that order, all with the
// same options. When one of them panics, as Connect does, those that were made
// before are taken back.
func ConnectAll[T any](fn func(context.Context, Event[T]) error, to []*Signal[T], opts ...ConnectOption) Connections {
	site := instrument.CallerSource(1)
	var made Connections
	done := false
	defer func() {
		if !done {
			made.Disconnect()
		}
	}()
	all := make(Connections, len(to))
	for i, s := range to {
		c, isNew := s.connect(fn, site, opts)
		if all[i] = c; isNew {
			made = append(made, c)
		}
	}
	done = true
	return all
}
