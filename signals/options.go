package signals

import (
	"context"
	"fmt"
	"log/slog"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Option sets up a signal in [New].
type Option func(*core)

// Unlisted keeps a signal out of the catalogue ([All]), so that its name need not be
// the only one of its kind: for signals that functions and tests make and drop.
func Unlisted() Option { return func(c *core) { c.unlisted = true } }

// Logger sets where failures of robust sends are logged. Without it, or with nil,
// that is slog.Default at the time of the failure.
func Logger(l *slog.Logger) Option { return func(c *core) { c.logger = l } }

// ConnectOption sets up one receiver in [Signal.Connect]: [From], [UID], [Name],
// [When], [Once], [First].
type ConnectOption interface{ apply(*Connection) }

type connectFunc func(*Connection)

func (f connectFunc) apply(c *Connection) { f(c) }

// SenderOption is the option that [From] gives; [Signal.DisconnectAll] takes it too.
type SenderOption struct{ sender any }

func (o SenderOption) apply(c *Connection) { c.sender = o.sender }

// From makes a receiver hear one sender alone. The sender may be any comparable
// value; Connect panics when it is not comparable. From(nil) is every sender, as
// without From.
func From(sender any) SenderOption { return SenderOption{sender} }

// UID gives a receiver an identity among those of the same signal and sender: while
// one with that uid is connected, connecting another does nothing. "" is no uid.
// Statistics and pages show the receiver under its uid unless it has a [Name].
func UID(uid string) ConnectOption { return connectFunc(func(c *Connection) { c.uid = uid }) }

// Name sets the name under which statistics and pages show a receiver. Without it
// that is the uid, and without one the function's name. Receivers of one name share
// their statistics.
func Name(name string) ConnectOption { return connectFunc(func(c *Connection) { c.name = name }) }

// Once disconnects a receiver when it is called for the first time; also when
// several goroutines send at once, it is called once.
func Once() ConnectOption { return connectFunc(func(c *Connection) { c.once = true }) }

// First puts a receiver before those that are connected already. Among several the
// one connected last runs first.
func First() ConnectOption { return connectFunc(func(c *Connection) { c.first = true }) }

// When makes a receiver run only if cond is true. Several conditions are asked in
// the order given, until one is false: its function's name is then in
// [Result].Skipped and in the trace. Connect panics when cond is nil or takes the
// event of another payload.
func When[T any](cond func(context.Context, *Event[T]) bool) ConnectOption {
	return connectFunc(func(c *Connection) {
		if cond == nil {
			panic(fmt.Sprintf("signals: Connect to %q: the condition is nil", c.signal.name))
		}
		if t := reflect.TypeFor[T](); t != c.signal.payload {
			panic(fmt.Sprintf("signals: Connect to %q: the condition takes an Event[%v], the signal sends Event[%v]",
				c.signal.name, t, c.signal.payload))
		}
		c.conditions = append(c.conditions, condition{
			name: instrument.FuncSource(cond).Func,
			holds: func(ctx context.Context, e anyEvent) bool {
				return cond(ctx, e.(*Event[T]))
			},
		})
	})
}

// condition is one When of a receiver.
type condition struct {
	name  string
	holds func(context.Context, anyEvent) bool
}
