package commands

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Root holds a program's commands. Its methods may be called from any goroutine.
type Root struct {
	name    string
	version string
	onExit  []func(context.Context) error

	mu       sync.RWMutex // guards commands
	commands []*registered
}

// Option sets up a Root in [New].
type Option func(*Root)

// OnExit adds what [Root.Main] does at its end, also after an error or panic: flush
// the toolbar, close the database. The last one added runs first. Its context is not
// cancelled by an interrupt and ends after ten seconds. An error is printed and does
// not change the exit code.
func OnExit(fn func(context.Context) error) Option {
	return func(r *Root) { r.onExit = append(r.onExit, fn) }
}

// Version sets what --version prints. Without it there is no --version.
func Version(v string) Option { return func(r *Root) { r.version = v } }

// New makes a Root. name is the program's in help and errors: "manage".
func New(name string, opts ...Option) *Root {
	r := &Root{name: name}
	for _, o := range opts {
		o(r)
	}
	return r
}

// Add adds commands. It panics when a command cannot be one: its name is taken, it
// does nothing, or one of its options is an option that every command has.
func (r *Root) Add(cs ...Command) {
	for _, c := range cs {
		if err := r.add(c); err != nil {
			panic(fmt.Sprintf("commands: Add %q: %v", c.Name, err))
		}
	}
}

func (r *Root) add(c Command) error {
	reg, err := c.register()
	if err != nil {
		return err
	}
	if err := checkFlags(reg); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := func(other *registered) bool { return other.Name == c.Name }
	if i := slices.IndexFunc(r.commands, taken); i >= 0 {
		return fmt.Errorf("the name is taken by the command at %v", r.commands[i].source)
	}
	if c.Name == "help" || c.Name == "completion" {
		return fmt.Errorf("the name is taken by a built-in command")
	}
	reg.handler = instrument.NewHandler(instrument.KindCommand, c.Name, reg.source)
	r.commands = append(r.commands, reg)
	return nil
}

// checkFlags tells at the start what cobra would hide: an option of the command in
// place of one that all have.
func checkFlags(c *registered) (err error) {
	base := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(baseFlags).declare(base)
	own := c.cobraCommand(nil).Flags()
	base.VisitAll(func(f *pflag.Flag) {
		if own.Lookup(f.Name) != nil {
			err = fmt.Errorf("flag --%s is one that every command has", f.Name)
		}
		if f.Shorthand != "" && own.ShorthandLookup(f.Shorthand) != nil {
			err = fmt.Errorf("flag -%s is one that every command has (--%s)", f.Shorthand, f.Name)
		}
	})
	return err
}

// Names lists the commands, sorted.
func (r *Root) Names() []string {
	var names []string
	for _, c := range r.list() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func (r *Root) list() []*registered {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Clone(r.commands)
}

// Cobra makes a cobra.Command that has all commands: to print documentation from,
// or to hang below a cobra program of another kind. Every call makes a new one.
func (r *Root) Cobra() *cobra.Command {
	inv := &invocation{root: r, ctx: context.Background()}
	inv.io.inherit(nil)
	return r.tree(inv, func(c *registered, cmd *cobra.Command, fn RunFunc, args []string) error {
		inv.start(c, cmd, fn, args)
		return inv.err
	})
}

// IO is where a run reads and writes. What is nil is taken from the command that
// calls, or else from the process.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// Call runs a command from within the program and gives its error; nothing is
// printed about it. Options are written and checked as on the command line:
// Call(ctx, "cleanup", "--days", 30). Arguments that are no strings are formatted as
// fmt.Sprint does, a []string gives several. A panic of the command comes back as a
// [*PanicError].
//
// Called in a Record, that of a request or another command, the run is a Record
// below it.
func (r *Root) Call(ctx context.Context, name string, args ...any) error {
	return r.CallIO(ctx, IO{}, name, args...)
}

// CallIO is Call with streams.
func (r *Root) CallIO(ctx context.Context, io IO, name string, args ...any) error {
	line := []string{name}
	for _, a := range args {
		switch a := a.(type) {
		case string:
			line = append(line, a)
		case []string:
			line = append(line, a...)
		default:
			line = append(line, fmt.Sprint(a))
		}
	}
	inv := r.invoke(ctx, io, line)
	return inv.err
}

// Exec runs a command line, without the program's name, as [Root.Main] does: a
// failure is printed on Err. It neither looks at the process's arguments and signals
// nor ends it.
func (r *Root) Exec(ctx context.Context, io IO, args ...string) error {
	inv := r.invoke(ctx, io, args)
	inv.report()
	return inv.err
}
