package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Locker keeps runs of one command apart. [FileLocks] does it on one host,
// [PostgresLocks] on many.
type Locker interface {
	// Lock takes the lock of a name, or gives a [*LockedError] at once when it is
	// taken. A lock whose process has ended is free.
	Lock(ctx context.Context, name string) (unlock func() error, err error)
}

// LockedError says that a run that must be the only one found another.
type LockedError struct {
	Name   string // the command's name
	Holder string // who runs it, as far as the Locker knows: "process 123 since ..."
}

// Error names the command and who runs it.
func (e *LockedError) Error() string {
	if e.Holder == "" {
		return e.Name + " is running already"
	}
	return fmt.Sprintf("%s is running already: %s", e.Name, e.Holder)
}

// Locks sets what keeps runs of commands apart that are Exclusive.
func Locks(l Locker) Option { return func(r *Root) { r.locks = l } }

// locked has the command run alone if it is exclusive.
func (inv *invocation) locked(c *registered, fn RunFunc) RunFunc {
	if !c.Exclusive {
		return fn
	}
	return func(ctx context.Context, run *Run) (err error) {
		unlock, err := inv.root.locks.Lock(ctx, c.path)
		if locked, ok := errors.AsType[*LockedError](err); ok {
			run.rec.Flag(instrument.FlagSkipped)
			return locked
		}
		if err != nil {
			return fmt.Errorf("lock %s: %w", c.path, err)
		}
		defer func() {
			if e := unlock(); e != nil && err == nil {
				err = fmt.Errorf("unlock %s: %w", c.path, e)
			}
		}()
		return fn(ctx, run)
	}
}

// printable leaves the letters of a text that can be shown: what a lock says of its
// holder, others may have written.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return -1
		}
		return r
	}, s)
}
