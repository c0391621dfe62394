package commands

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Root holds a program's commands. Its methods may be called from any goroutine.
type Root struct {
	name       string
	version    string
	onExit     []func(context.Context) error
	configure  func(ctx context.Context, file string) error
	locks      Locker
	logHandler func(slog.Handler) slog.Handler
	keepOutput int

	mu       sync.RWMutex // guards what follows
	commands []*registered
	checks   []Check
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

// KeepOutput sets how many bytes of the end of what a run prints are kept with its
// Record, of each stream. Without it 4096 are; 0 keeps nothing. Whole lines are
// kept, and masked like any other text.
func KeepOutput(bytes int) Option { return func(r *Root) { r.keepOutput = bytes } }

// New makes a Root. name is the program's in help and errors: "manage".
func New(name string, opts ...Option) *Root {
	r := &Root{name: name, keepOutput: defaultKeep}
	for _, o := range opts {
		o(r)
	}
	return r
}

// Add adds commands. It panics when a command cannot be one: its name is taken, it
// does nothing, or one of its options is an option that every command has.
func (r *Root) Add(cs ...Command) {
	for _, c := range cs {
		if err := r.add(c, false); err != nil {
			panic(fmt.Sprintf("commands: Add %q: %v", c.Name, err))
		}
	}
}

// Override adds commands that take the place of those that were added, or will be,
// under their names: an app's own in place of a library's. It panics like Add, and
// when a name was overridden already.
func (r *Root) Override(cs ...Command) {
	for _, c := range cs {
		if err := r.add(c, true); err != nil {
			panic(fmt.Sprintf("commands: Override %q: %v", c.Name, err))
		}
	}
}

func (r *Root) add(c Command, override bool) error {
	reg, err := c.register("")
	if err != nil {
		return err
	}
	reg.override = override
	if err := r.checkTree(reg); err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	taken := func(o *registered) bool { return o.Name == c.Name && o.override == override }
	if i := slices.IndexFunc(r.commands, taken); i >= 0 {
		return fmt.Errorf("the name is taken by the command at %v", r.commands[i].source)
	}
	reg.each(func(c *registered) {
		if c.runs() {
			c.handler = instrument.NewHandler(instrument.KindCommand, c.path, c.source)
		}
	})
	r.commands = append(r.commands, reg)
	return nil
}

// checkTree tells at the start what would go wrong when the command is run.
func (r *Root) checkTree(reg *registered) (err error) {
	if slices.Contains([]string{"help", "completion"}, reg.Name) {
		return errors.New("the name is taken by a built-in command")
	}
	reg.each(func(c *registered) {
		if c.Exclusive && r.locks == nil && err == nil {
			err = errors.New("a command that is Exclusive needs the option Locks, which says where the locks are")
		}
		if c.runs() && err == nil {
			err = checkFlags(c)
		}
	})
	return err
}

// checkFlags tells what cobra would hide: an option of the command in place of one
// that all have, or declared twice.
func checkFlags(c *registered) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("declare its flags: %v", v)
		}
	}()
	base := pflag.NewFlagSet("", pflag.ContinueOnError)
	new(baseFlags).declare(base)
	base.Bool(skipChecks, false, "")
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

// Names lists the commands, sorted; those below others with the names above them:
// "queue purge".
func (r *Root) Names() []string {
	var names []string
	for _, c := range r.list() {
		c.each(func(c *registered) {
			if c.runs() {
				names = append(names, c.path)
			}
		})
	}
	slices.Sort(names)
	return names
}

// list is what there is to run: what was overridden is not in it.
func (r *Root) list() []*registered {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(r.commands), func(c *registered) bool {
		return !c.override && slices.ContainsFunc(r.commands, func(o *registered) bool { return o.override && o.Name == c.Name })
	})
}

// Cobra makes a cobra.Command that has all commands: to print documentation from,
// or to hang below a cobra program of another kind. Every call makes a new one.
func (r *Root) Cobra() *cobra.Command {
	inv := &invocation{root: r, ctx: context.Background(), cli: true}
	inv.io.inherit(nil)
	return r.tree(inv, func(c *registered, cmd *cobra.Command, fn RunFunc, args []string) error {
		inv.start(c, cmd, fn, args)
		return inv.err
	})
}

// Exec runs a command line, without the program's name, as [Root.Main] does: a
// failure is printed on Err. It neither looks at the process's arguments and signals
// nor ends it.
func (r *Root) Exec(ctx context.Context, io IO, args ...string) error {
	inv := r.invoke(ctx, io, args, true)
	inv.report()
	return inv.err
}
