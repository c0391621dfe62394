package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// Exit codes. exitFound is for commands that are asked to fail on what they find.
const (
	exitFine   = 0
	exitFound  = 1
	exitUsage  = 2
	exitFailed = 3
)

// failure is an error with the exit code that it leads to.
type failure struct {
	code int
	err  error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

// failed marks an error that is not the caller's: nothing was wrong with how the
// command was called.
func failed(err error) error { return &failure{exitFailed, err} }

// found is for a command that was asked to fail on what it has found. What that is
// stands in its output already; the text is for the end of a log.
func found(format string, args ...any) error {
	return &failure{exitFound, fmt.Errorf(format, args...)}
}

// run is the program: main without the process around it.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	cmd, err := root.ExecuteContextC(ctx)
	if err == nil {
		return exitFine
	}
	// The text may hold what somebody else put into the store or into its name.
	fmt.Fprintf(stderr, "toolbar: %s\n", term.Line(err.Error()))
	var mistake *filterError
	if errors.As(err, &mistake) {
		for line := range strings.SplitSeq(mistake.mistake.Pointer(), "\n") {
			fmt.Fprintf(stderr, "  %s\n", line)
		}
	}
	var f *failure
	if errors.As(err, &f) {
		return f.code
	}
	fmt.Fprintf(stderr, "Try '%s --help'.\n", cmd.CommandPath())
	return exitUsage
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "toolbar",
		Short:         "Read what a debug toolbar has recorded",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newReport(), newCompare(), newRequests(), newShow(), newTail(), newTop(), newQueries(), newTasks(), newExceptions(),
		newExport(), newServe(), newRun(), newPrune(), newDoctor())
	root.AddCommand(newSignals())
	root.AddCommand(newRoutes())
	for _, c := range root.Commands() {
		if !strings.Contains(c.Long, "Exit codes:") { // those that fail on what they find say so themselves
			c.Long += exitCodesHelp
		}
	}
	return root
}

// exitCodesHelp ends the help of each command that has nothing of its own to say.
const exitCodesHelp = `

Exit codes: 0 fine, 2 the command line is wrong, 3 the store cannot be read or the output
not written.`

// version is the module's, or "(devel)".
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
