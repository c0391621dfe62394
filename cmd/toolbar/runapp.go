package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	xterm "golang.org/x/term"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/budget"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// envDB is the variable that tells an app where to keep its store, unless its Config
// does.
const envDB = "TOOLBAR_DB"

// childrenTime is how long the output of what the app has started is read when it has
// ended itself: with a pipe somebody has to, and with a service that stays not for ever.
const childrenTime = 10 * time.Second

// runFlags are the flags of "toolbar run" as they were given.
type runFlags struct {
	reportFlags
	quiet, logs bool
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG...]",
		Short: "Run an app, and report at its end what was slow in that run",
		Long: `Run an app, and report at its end what was slow in that run.

The app gets ` + envDB + ` in its environment: a toolbar whose Config names no path keeps its
store there. Its input, output and signals are its own, and its exit code becomes that of
'toolbar run'; with --budget a broken budget makes a 0 a 1. The report goes to standard
error.

With --logs what the app writes to its standard output and error is kept in the store, too,
also what it prints while it crashes: records of kind "output", with the lines of a second
each. Secrets in them are masked. The app writes into a pipe then and not to a terminal, so
that some programs leave their colours out, or write in larger portions. It never waits for
the store: what comes too fast is left out and counted. What children of the app write is
passed on for ten seconds after its end.`,
		Example: `  toolbar run -- go run ./demo
  toolbar run --logs -- go run ./demo
  toolbar run --budget toolbar.budget.yaml -- go test ./...`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return f.run(cmd, args)
		},
	}
	cmd.Flags().SetInterspersed(false) // what follows the command's name is the command's
	addDB(cmd, &f.db)
	flags := cmd.Flags()
	flags.StringVar(&f.budget, "budget", "", "check the limits in a `file` of budgets at the end")
	flags.StringVar(&f.sort, "sort", string(report.SortSelf), "`order` of the report: "+joined(report.Sorts()))
	flags.IntVar(&f.limit, "limit", 10, "`number` of handlers in the report, 0 for all")
	flags.BoolVarP(&f.quiet, "quiet", "q", false, "no report, unless a budget is broken")
	flags.BoolVar(&f.logs, "logs", false, "keep the app's standard output and error; they are no terminal then")
	return cmd
}

func (f *runFlags) run(cmd *cobra.Command, args []string) error {
	f.format = string(report.FormatText)
	if _, _, err := f.options(time.Now()); err != nil {
		return err
	}
	if err := onlyFile("run", f.db); err != nil {
		return err
	}
	path, err := filepath.Abs(f.db)
	if err != nil {
		return failed(err)
	}
	start := time.Now()
	code, err := f.runApp(cmd, args, path)
	if err != nil {
		return failed(err)
	}
	f.since = start.Add(-time.Second).Format(time.RFC3339)
	reported := f.report(cmd.ErrOrStderr())
	if code != 0 {
		return &failure{code, fmt.Errorf("%s ended with exit code %d", args[0], code)}
	}
	return reported
}

// runApp runs the app, and keeps its output if that was asked for.
func (f *runFlags) runApp(cmd *cobra.Command, args []string, path string) (code int, err error) {
	in, out, errs := cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()
	if !f.logs {
		return runApp(args, path, in, out, errs)
	}
	l, err := keepOutput(cmd.Context(), path, args)
	if err != nil {
		return 0, fmt.Errorf("--logs: %w", err)
	}
	code, err = runApp(args, path, in, l.stream("stdout", out), l.stream("stderr", errs))
	for _, note := range l.close(code) {
		fmt.Fprintf(errs, "toolbar: %s\n", term.Line(note))
	}
	return code, err
}

// report writes what was slow. The app may have recorded nothing: that is said, and no
// failure.
func (f *runFlags) report(out io.Writer) error {
	// The app has ended by now, maybe by a signal that came here, too.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if _, err := os.Stat(f.db); errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(out, "toolbar: the app has kept no store at %s: leave toolbar.Config.Path empty, or name its file with --db\n", term.Line(f.db))
		return nil
	}
	if f.quiet && f.budget == "" {
		return nil
	}
	o, format, err := f.options(time.Now())
	if err != nil {
		return err
	}
	return withStore(ctx, f.db, func(s *store.Store) error {
		if !f.quiet {
			r, err := report.Build(ctx, s, o)
			if err != nil {
				return failed(fmt.Errorf("%s: %w", f.db, err))
			}
			if err := written(r.Write(out, format, screenOf(out))); err != nil {
				return err
			}
		}
		if f.budget == "" {
			return nil
		}
		return f.checkBudget(ctx, s, o, func(r *budget.Result) error { return r.Write(out, format, screenOf(out)) })
	})
}

// runApp runs a command with the variable set, passes signals on to it, and gives its
// exit code: 128 and the signal's number when one ended it, as shells have it.
func runApp(args []string, db string, in io.Reader, out, errs io.Writer) (code int, err error) {
	app := exec.Command(args[0], args[1:]...) // not bound to a context: signals are passed on, the app decides
	app.Env = append(os.Environ(), envDB+"="+db)
	app.Stdin, app.Stdout, app.Stderr = in, out, errs
	if _, ok := out.(*stream); ok {
		app.WaitDelay = childrenTime
	}
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer signal.Stop(signals)
	if err := app.Start(); err != nil {
		return 0, fmt.Errorf("start %s: %w", args[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- app.Wait() }()
	for {
		select {
		case s := <-signals:
			// A terminal sends Ctrl-C to the app itself, too: twice means something else.
			if s != os.Interrupt || !isTerminal(in) {
				_ = app.Process.Signal(s) // it may have ended just now
			}
		case err := <-ended:
			return exitCodeOf(app, err)
		}
	}
}

func exitCodeOf(app *exec.Cmd, err error) (int, error) {
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // only that a child of the app still had its output open
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return 0, err
	}
	if status, ok := app.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal()), nil
	}
	return app.ProcessState.ExitCode(), nil
}

func isTerminal(in io.Reader) bool {
	f, ok := in.(*os.File)
	return ok && xterm.IsTerminal(int(f.Fd()))
}
