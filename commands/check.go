package commands

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// Check tells before a command runs that something is wrong: the database does not
// answer, a setting is missing.
type Check struct {
	// Name says what is checked: "database".
	Name string
	// Tags are the groups that the check belongs to; see [Command].Checks.
	Tags []string
	// Run gives nil when nothing is wrong, else an error; errors.Join gives several.
	// What [Warningf] made is printed and does not stop the command.
	Run func(ctx context.Context) error
}

// AddCheck adds checks. The command line runs them before a command, Call only when
// it is given "--skip-checks=false". It panics when a check has no name or no Run.
func (r *Root) AddCheck(cs ...Check) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range cs {
		if c.Name == "" || c.Run == nil {
			panic(fmt.Sprintf("commands: AddCheck %q: Name and Run are required", c.Name))
		}
		r.checks = append(r.checks, c)
	}
}

// Warning is what a check has found that does not stop a command.
type Warning struct{ Err error }

// Warningf makes a Warning. It formats as fmt.Errorf does.
func Warningf(format string, args ...any) error {
	return &Warning{Err: fmt.Errorf(format, args...)}
}

// Error is the text of Err.
func (w *Warning) Error() string { return w.Err.Error() }

// Unwrap is Err.
func (w *Warning) Unwrap() error { return w.Err }

// CheckError says that checks failed and the command was not run.
type CheckError struct {
	Failed []Failure
}

// Failure is one thing that a check has found.
type Failure struct {
	Check string
	Err   error
}

// Error lists what was found, each on its own line.
func (e *CheckError) Error() string {
	var b strings.Builder
	b.WriteString("the checks found what must be put right first:")
	for _, f := range e.Failed {
		fmt.Fprintf(&b, "\n  %s: %v", f.Check, f.Err)
	}
	return b.String()
}

// Unwrap is the errors that were found.
func (e *CheckError) Unwrap() []error {
	errs := make([]error, len(e.Failed))
	for i, f := range e.Failed {
		errs[i] = f.Err
	}
	return errs
}

const skipChecks = "skip-checks"

// checksFor lists the checks that a command must pass.
func (r *Root) checksFor(c *registered) []Check {
	if c.NoChecks {
		return nil
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.DeleteFunc(slices.Clone(r.checks), func(k Check) bool {
		return c.Checks != nil && !slices.ContainsFunc(k.Tags, func(t string) bool { return slices.Contains(c.Checks, t) })
	})
}

// checked has the checks run first.
func (inv *invocation) checked(c *registered, cmd *cobra.Command, fn RunFunc) RunFunc {
	checks := inv.root.checksFor(c)
	if skip, err := cmd.Flags().GetBool(skipChecks); err != nil || skip {
		return fn
	}
	return func(ctx context.Context, run *Run) error {
		if err := runChecks(ctx, run, checks); err != nil {
			return err
		}
		return fn(ctx, run)
	}
}

// runChecks runs all checks, prints warnings, and gives what must stop the command.
func runChecks(ctx context.Context, run *Run, checks []Check) error {
	var failed []Failure
	for _, c := range checks {
		for _, err := range parts(c.Run(ctx)) {
			if w, ok := errors.AsType[*Warning](err); ok {
				run.warn(c.Name, w)
				continue
			}
			failed = append(failed, Failure{c.Name, err})
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return &CheckError{failed}
}

// warn prints a warning of a check.
func (run *Run) warn(check string, w *Warning) {
	if run.json {
		run.Log.Warn(w.Error(), "check", check)
		return
	}
	_ = run.Err.Line(run.Err.Paint(StyleWarning, fmt.Sprintf("Warning: %s: %v", check, w)))
}

// parts takes apart what errors.Join put together.
func parts(err error) []error {
	if err == nil {
		return nil
	}
	joined, ok := err.(interface{ Unwrap() []error })
	if !ok {
		return []error{err}
	}
	var all []error
	for _, e := range joined.Unwrap() {
		all = append(all, parts(e)...)
	}
	return all
}
