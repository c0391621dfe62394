package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// invocation is one command line while it is run. It has a tree of cobra.Commands
// of its own, because these and their flags keep what they parsed.
type invocation struct {
	root *Root
	ctx  context.Context
	io   IO
	args []string
	cli  bool // a command line, and not a Call
	base baseFlags
	run  *Run // nil until a command is begun
	err  error
	ran  bool // the command line was in order; else err is one of usage

	ownJSON bool // the refused command has a --json of its own
}

func (r *Root) invoke(ctx context.Context, streams IO, args []string, cli bool) *invocation {
	inv := &invocation{root: r, ctx: ctx, io: streams, args: args, cli: cli}
	inv.io.inherit(FromContext(ctx))
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

// IO is where a run reads and writes. What is nil is taken from the command that
// calls, or else from the process.
type IO struct {
	In       io.Reader
	Out, Err io.Writer
}

// inherit fills in the streams of the calling command or, when outer is nil, of the
// process.
func (s *IO) inherit(outer *Run) {
	from := IO{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}
	if outer != nil {
		from = IO{In: outer.In, Out: outer.Out, Err: outer.Err}
	}
	if s.In == nil {
		s.In = from.In
	}
	if s.Out == nil {
		s.Out = from.Out
	}
	if s.Err == nil {
		s.Err = from.Err
	}
}

// tree makes the cobra.Commands of one invocation.
func (r *Root) tree(inv *invocation, start startFunc) *cobra.Command {
	tree := &cobra.Command{
		Use:                r.name,
		Version:            r.version,
		SilenceErrors:      true,
		SilenceUsage:       true,
		DisableSuggestions: true,
		CompletionOptions:  cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	tree.SetIn(inv.io.In)
	tree.SetOut(inv.io.Out)
	tree.SetErr(inv.io.Err)
	tree.SetVersionTemplate("{{.Root.Name}} version {{.Root.Version}}\n")
	inv.base.declare(tree.PersistentFlags())
	inv.base.declareYielding(tree.PersistentFlags(), r.configure != nil)
	for _, c := range r.list() {
		if c.Group != "" && !tree.ContainsGroup(c.Group) {
			tree.AddGroup(&cobra.Group{ID: c.Group, Title: c.Group + ":"})
		}
		tree.AddCommand(inv.branch(c, start))
	}
	tree.SetHelpCommand(r.helpCommand(tree))
	inv.completeChoices(tree)
	return tree
}

// branch makes the cobra.Command of a command, with those below it.
func (inv *invocation) branch(c *registered, start startFunc) *cobra.Command {
	cmd := c.cobraCommand(start)
	if len(inv.root.checksFor(c)) > 0 && c.runs() {
		cmd.Flags().Bool(skipChecks, !inv.cli, "run without the checks")
	}
	if cmd.Flags().Lookup("version") == nil {
		cmd.Version = inv.root.version
	}
	hideBase(cmd, c.HideBase)
	for _, s := range c.subs {
		if s.Group != "" && !cmd.ContainsGroup(s.Group) {
			cmd.AddGroup(&cobra.Group{ID: s.Group, Title: s.Group + ":"})
		}
		cmd.AddCommand(inv.branch(s, start))
	}
	return cmd
}

// refuse turns what cobra says before a command began into an error of ours.
func (inv *invocation) refuse(tree, cmd *cobra.Command, err error) {
	json := cmd.Flags().Lookup("json")
	inv.ownJSON = json != nil && json != tree.PersistentFlags().Lookup("json")
	var name string
	if n, _ := fmt.Sscanf(err.Error(), "unknown command %q for", &name); n == 1 && cmd.Parent() == nil {
		inv.err = &UnknownCommandError{Name: name, Suggestion: closest(name, inv.root.top())}
		return
	}
	if unknown, ok := errors.AsType[*UnknownCommandError](err); ok { // of help
		inv.err = unknown
		return
	}
	usage := &UsageError{Command: cmd.CommandPath(), Usage: cmd.UsageString(), Err: err}
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		usage.Options = options(cmd)
		if name := "--" + unknown.GetSpecifiedName(); unknown.GetSpecifiedShortnames() == "" {
			usage.Suggestion = closest(name, usage.Options)
		}
	}
	inv.err = usage
	path := strings.TrimPrefix(cmd.CommandPath(), tree.Name()+" ")
	if c := inv.root.find(path); c != nil && c.handler != nil {
		inv.recordRefusal(c, usage)
	}
}

// options lists the options of a command as they are typed, sorted.
func options(cmd *cobra.Command) []string {
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, "--"+f.Name)
		}
	})
	slices.Sort(names)
	return names
}

// top lists the commands that stand below no other.
func (r *Root) top() []string {
	names := []string{"help"}
	for _, c := range r.list() {
		names = append(names, c.Name)
	}
	slices.Sort(names)
	return names
}

func (r *Root) find(path string) (found *registered) {
	for _, top := range r.list() {
		top.each(func(c *registered) {
			if c.path == path {
				found = c
			}
		})
	}
	return found
}
