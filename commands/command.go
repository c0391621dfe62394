package commands

import (
	"context"
	"fmt"
	"io"
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
// one of Run and Setup are required.
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
	// Cobra may change the cobra.Command that was made for a run: options that exclude
	// each other, aliases, examples, completion. Nil: nothing.
	Cobra func(*cobra.Command)
}

// Run is one run of a command, as the command sees it.
type Run struct {
	// Name is the command's name.
	Name string
	// Args are the positional arguments.
	Args []string
	// In, Out and Err are the streams of this run. Commands write here and not to
	// os.Stdout, so that callers and tests can have the output.
	In       io.Reader
	Out, Err io.Writer
	// Verbosity is 0 (silent) to 3 (very verbose); 1 unless -v says otherwise. What
	// it means is the command's business.
	Verbosity int
	// Color says whether Out takes colours: it is a terminal and neither NO_COLOR nor
	// --no-color says otherwise, or --force-color asks for them.
	Color bool
}

// registered is a Command that was added.
type registered struct {
	Command
	args    argSpec
	source  instrument.Source
	handler *instrument.Handler // set when nothing is wrong with the command
}

func (c Command) register() (*registered, error) {
	if c.Name == "" || strings.ContainsAny(c.Name, " \t\n") || c.Name[0] == '-' {
		return nil, fmt.Errorf("the name %q is not one word", c.Name)
	}
	if (c.Run == nil) == (c.Setup == nil) {
		return nil, fmt.Errorf("one of Run and Setup is required, and only one")
	}
	args, err := parseArgSpec(c.Args)
	if err != nil {
		return nil, err
	}
	src := instrument.FuncSource(c.Run)
	if c.Run == nil {
		src = instrument.FuncSource(c.Setup)
	}
	return &registered{Command: c, args: args, source: src}, nil
}

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
		Args:    func(_ *cobra.Command, args []string) error { return c.args.check(args) },
	}
	run := c.Run
	if c.Setup != nil {
		run = c.Setup(cmd.Flags())
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return start(c, cmd, run, args)
	}
	if c.Cobra != nil {
		c.Cobra(cmd)
	}
	return cmd
}
