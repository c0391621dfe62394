package signals

import (
	"context"
	"log/slog"

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

// Doc says in a line what the signal means; the catalogue shows it.
func Doc(line string) Option { return func(c *core) { c.doc = line } }

// DeclaredAt says where a signal is declared, for helpers that call New on behalf of
// others. Without it that is the place of the call.
func DeclaredAt(s instrument.Source) Option { return func(c *core) { c.source = s } }

// ConnectOption sets up one receiver in [Signal.Connect]: [From], [UID], [Name],
// [Once], [First], [Until], [Alone], [Queued], [OnError], and the conditions [When],
// [OnlyFrom], [InEnvironment] and [WhenChanged].
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

// Until ends a connection with a context: from the moment at which ctx is done no
// send calls the receiver, and it is disconnected soon after. No goroutine waits for
// that. With a ctx that is done already Connect connects nothing.
func Until(ctx context.Context) ConnectOption {
	return connectFunc(func(c *Connection) { c.until = ctx })
}

// Alone keeps a receiver out of the concurrency of [Signal.SendConcurrent]: it runs
// before the others, on the goroutine of the sender. Receivers that use the sender's
// transaction, which bears one user at a time, are connected so.
func Alone() ConnectOption { return connectFunc(func(c *Connection) { c.alone = true }) }
