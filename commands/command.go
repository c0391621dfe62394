package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// RunFunc does a command's work. ctx ends when the process is interrupted.
type RunFunc func(ctx context.Context, run *Run) error

// Flags are the options of a command.
type Flags = pflag.FlagSet

// Command is one command. It is a description and holds no state of a run. Name and
// one of Run, Setup and Sub are required.
type Command struct {
	// Name is what the command is called by: "import_data".
	Name string
	// Help says what the command does. Its first line stands in the list of all
	// commands.
	Help string
	// Group is the title in the list under which the command stands. "": after the
	// groups.
	Group string
	// Args names the positional arguments, as help shows them: "FILE", "FILE [LIMIT]",
	// "LABEL..." for one or more, "[LABEL]..." for any number. "": none are taken.
	Args string
	// Run does the work of a command without options of its own.
	Run RunFunc
	// Setup declares the options and returns what does the work. It is called for
	// every run, and when help is printed, so it does nothing else.
	Setup func(f *Flags) RunFunc
	// Sub are commands below this one: "manage queue purge". A command that has some
	// takes no arguments, and may do without Run and Setup.
	Sub []Command
	// MissingArgs is what is said when there are too few arguments. "": which one is
	// missing.
	MissingArgs string
	// HideBase are options that every command has ("--verbosity") and that help on
	// this one does not show. They work all the same.
	HideBase []string
	// Checks are the tags of the checks that must pass before the command runs. Nil:
	// all checks. See [Root.AddCheck].
	Checks []string
	// NoChecks says that no check must pass: the command repairs what they find.
	NoChecks bool
	// Exclusive says that runs of the command must not overlap: a second one ends with
	// a [*LockedError]. It needs [Locks].
	Exclusive bool
	// Cobra may change the cobra.Command that was made for a run: options that exclude
	// each other, aliases, examples, completion. Nil: nothing.
	Cobra func(*cobra.Command)
}

// registered is a Command that was added.
type registered struct {
	Command
	path     string // the name after those of the commands above it: "queue purge"
	args     argSpec
	subs     []*registered
	override bool
	source   instrument.Source
	handler  *instrument.Handler // set when nothing is wrong with the command
}

func (c Command) register(above string) (*registered, error) {
	if c.Name == "" || strings.ContainsAny(c.Name, " \t\n") || c.Name[0] == '-' {
		return nil, fmt.Errorf("the name %q is not one word", c.Name)
	}
	if c.Run != nil && c.Setup != nil || c.Run == nil && c.Setup == nil && len(c.Sub) == 0 {
		return nil, errors.New("one of Run and Setup is required, and only one")
	}
	if c.Args != "" && len(c.Sub) > 0 {
		return nil, errors.New("a command with commands below it takes no arguments")
	}
	args, err := parseArgSpec(c.Args)
	if err != nil {
		return nil, err
	}
	args.missing = c.MissingArgs
	src := instrument.FuncSource(c.Run)
	if c.Run == nil {
		src = instrument.FuncSource(c.Setup)
	}
	reg := &registered{Command: c, path: strings.TrimSpace(above + " " + c.Name), args: args, source: src}
	reg.subs, err = registerAll(c.Sub, reg.path)
	return reg, err
}

// registerAll registers the commands below one.
func registerAll(cs []Command, above string) ([]*registered, error) {
	var regs []*registered
	for _, c := range cs {
		reg, err := c.register(above)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Name, err)
		}
		if slices.ContainsFunc(regs, func(r *registered) bool { return r.Name == c.Name }) {
			return nil, fmt.Errorf("two commands below it are called %q", c.Name)
		}
		regs = append(regs, reg)
	}
	return regs, nil
}

// each calls fn with the command and all below it.
func (c *registered) each(fn func(*registered)) {
	fn(c)
	for _, s := range c.subs {
		s.each(fn)
	}
}

// runs reports whether the command does something itself.
func (c *registered) runs() bool { return c.Run != nil || c.Setup != nil }

// startFunc begins a run when cobra has found the command line in order.
type startFunc func(*registered, *cobra.Command, RunFunc, []string) error

// cobraCommand makes the cobra.Command of one run, which ends in start.
func (c *registered) cobraCommand(start startFunc) *cobra.Command {
	short, _, _ := strings.Cut(c.Help, "\n")
	cmd := &cobra.Command{
		Use:     strings.TrimSpace(c.Name + " " + c.Args),
		Short:   short,
		Long:    c.Help,
		GroupID: c.Group,
		Args:    func(_ *cobra.Command, args []string) error { return c.checkArgs(args) },
	}
	run := c.Run
	if c.Setup != nil {
		run = c.Setup(cmd.Flags())
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if !c.runs() {
			return fmt.Errorf("missing command: choose from %s", strings.Join(c.subNames(), ", "))
		}
		return start(c, cmd, run, args)
	}
	if c.Cobra != nil {
		c.Cobra(cmd)
	}
	return cmd
}

func (c *registered) checkArgs(args []string) error {
	if len(c.subs) == 0 || len(args) == 0 {
		return c.args.check(args)
	}
	names := c.subNames()
	hint := ""
	if name := closest(args[0], names); name != "" {
		hint = ". Did you mean " + name + "?"
	}
	return &valueError{
		text:     fmt.Sprintf("unknown command %q (choose from %s)%s", args[0], strings.Join(names, ", "), hint),
		recorded: "unknown command below " + c.path,
	}
}

func (c *registered) subNames() []string {
	names := make([]string, len(c.subs))
	for i, s := range c.subs {
		names[i] = s.Name
	}
	slices.Sort(names)
	return names
}
