package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync/atomic"

	"github.com/spf13/cobra"
)

// invocation is one command line while it is run. It has a tree of cobra.Commands
// of its own, because these and their flags keep what they parsed.
type invocation struct {
	root *Root
	ctx  context.Context
	io   IO
	base baseFlags
	err  error
	ran  bool // a command was begun; else err is one of usage
}

type runKey struct{}

func (r *Root) invoke(ctx context.Context, streams IO, args []string) *invocation {
	inv := &invocation{root: r, ctx: ctx, io: streams}
	outer, _ := ctx.Value(runKey{}).(*Run)
	inv.io.inherit(outer)
	tree := r.tree(inv, func(c *registered, cmd *cobra.Command, fn RunFunc, args []string) error {
		inv.start(c, cmd, fn, args)
		return nil // not inv.err: cobra would print help for an error that wraps pflag.ErrHelp
	})
	tree.SetArgs(append([]string{}, args...)) // not nil, for which cobra takes the process's
	cmd, err := tree.ExecuteContextC(ctx)
	if err != nil && !inv.ran {
		inv.refuse(tree, cmd, err)
	}
	return inv
}

// inherit fills in the streams of the calling command or, when outer is nil, of the
// process.
func (s *IO) inherit(outer *Run) {
	if outer == nil {
		outer = &Run{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	}
	if s.In == nil {
		s.In = outer.In
	}
	if s.Out == nil {
		s.Out = outer.Out
	}
	if s.Err == nil {
		s.Err = outer.Err
	}
}

// tree makes the cobra.Commands of one invocation.
func (r *Root) tree(inv *invocation, start startFunc) *cobra.Command {
	tree := &cobra.Command{
		Use:                        r.name,
		Version:                    r.version,
		SilenceErrors:              true,
		SilenceUsage:               true,
		DisableSuggestions:         true,
		SuggestionsMinimumDistance: 2,
		CompletionOptions:          cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	tree.SetIn(inv.io.In)
	tree.SetOut(inv.io.Out)
	tree.SetErr(inv.io.Err)
	inv.base.declare(tree.PersistentFlags())
	for _, c := range r.list() {
		if c.Group != "" && !tree.ContainsGroup(c.Group) {
			tree.AddGroup(&cobra.Group{ID: c.Group, Title: c.Group + ":"})
		}
		tree.AddCommand(c.cobraCommand(start))
	}
	tree.SetHelpCommand(helpCommand(tree))
	return tree
}

// helpCommand is cobra's, but a command that does not exist is an error.
func helpCommand(tree *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [command]",
		Short: "Show what a command does and its options",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, _, err := tree.Find(args)
			if err != nil {
				return err
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
}

// refuse turns what cobra says before a command began into an error of ours.
func (inv *invocation) refuse(tree, cmd *cobra.Command, err error) {
	var name string
	if n, _ := fmt.Sscanf(err.Error(), "unknown command %q for", &name); n == 1 {
		unknown := &UnknownCommandError{Name: name}
		if close := tree.SuggestionsFor(name); len(close) > 0 {
			unknown.Suggestion = close[0]
		}
		inv.err = unknown
		return
	}
	usage := &UsageError{Command: cmd.CommandPath(), Usage: cmd.UsageString(), Err: err}
	inv.err = usage
	if c := inv.root.find(cmd.Name()); c != nil {
		inv.recordRefusal(c, usage)
	}
}

func (r *Root) find(name string) *registered {
	for _, c := range r.list() {
		if c.Name == name {
			return c
		}
	}
	return nil
}

var errColors = errors.New("the --no-color and --force-color options can't be used together")

// start is called by cobra when the command line is in order.
func (inv *invocation) start(c *registered, cmd *cobra.Command, fn RunFunc, args []string) {
	inv.ran = true
	if inv.base.noColor && inv.base.forceColor {
		inv.err = &Error{Err: errColors, Code: ExitError}
		return
	}
	out, errs := &counter{w: inv.io.Out}, &counter{w: inv.io.Err}
	run := &Run{
		Name: c.Name, Args: args, In: inv.io.In, Out: out, Err: errs,
		Verbosity: inv.base.level(), Color: inv.color(),
	}
	ctx, rec := beginRecord(cmd.Context(), c)
	rec.Set(argAttrs(c, cmd, args)...)
	done := false
	defer func() {
		var v any
		if !done {
			if v = recover(); v != nil {
				rec.Panic(v)
				inv.err = &PanicError{Value: v, Stack: debug.Stack()}
			} else { // the deferred calls go on, and so does Goexit
				inv.err = errGoexit
			}
		}
		endRecord(rec, inv.err, out.n.Load(), errs.n.Load())
	}()
	inv.err = fn(context.WithValue(ctx, runKey{}, run), run)
	if i, ok := errors.AsType[*InterruptError](context.Cause(ctx)); ok {
		inv.err = &InterruptError{Signal: i.Signal, Err: inv.err}
	}
	if _, ok := errors.AsType[*UsageError](inv.err); ok { // of a Call inside: not this command line's
		inv.err = &Error{Err: inv.err, Code: ExitError}
	}
	done = true
}

var errGoexit = errors.New("the command called runtime.Goexit")

// color says whether the run's output takes colours.
func (inv *invocation) color() bool {
	if inv.base.forceColor {
		return true
	}
	if inv.base.noColor || os.Getenv("NO_COLOR") != "" {
		return false
	}
	f, ok := inv.io.Out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// counter counts what a command prints. It may be written to by several goroutines
// if what it wraps may.
type counter struct {
	w io.Writer
	n atomic.Int64
}

func (c *counter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	c.n.Add(int64(n))
	return n, err
}
