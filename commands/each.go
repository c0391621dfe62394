package commands

import (
	"context"
	"errors"
	"fmt"
)

// Each says how [Run.ForEachArg] goes about the arguments.
type Each struct {
	// Do does the work for one argument. What it returns is printed on a line of its
	// own, unless it is empty.
	Do func(ctx context.Context, arg string) (string, error)
	// Check, if not nil, tells what is wrong with an argument. All are checked before
	// the first is worked on, and one that is wrong stops the run.
	Check func(ctx context.Context, arg string) error
	// KeepGoing goes on after an argument that failed.
	KeepGoing bool
	// Checkpoint is a file in which it is kept what is done: run again with the same
	// arguments, a run that failed or was stopped goes on where it was. "": none.
	Checkpoint string
}

// ForEachArg does something for every argument of the run, in their order. The error
// names the argument that failed; several are joined.
func (run *Run) ForEachArg(ctx context.Context, e Each) error {
	if err := run.checkArgs(ctx, e); err != nil {
		return err
	}
	if e.Checkpoint == "" {
		return run.forEach(ctx, e, nil)
	}
	cp, err := OpenCheckpoint(e.Checkpoint)
	if err != nil {
		return err
	}
	defer cp.Close()
	if err := run.forEach(ctx, e, cp); err != nil {
		return err
	}
	return cp.Finish()
}

func (run *Run) checkArgs(ctx context.Context, e Each) error {
	if e.Check == nil {
		return nil
	}
	var errs []error
	for _, arg := range run.Args {
		if err := e.Check(ctx, arg); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", arg, err))
		}
	}
	return errors.Join(errs...)
}

func (run *Run) forEach(ctx context.Context, e Each, cp *Checkpoint) error {
	var errs []error
	for _, arg := range run.Args {
		if ctx.Err() != nil {
			errs = append(errs, ctx.Err())
			break
		}
		if cp != nil && cp.Done(arg) {
			_ = run.Out.V(2).Printf("%s: done before\n", arg)
			continue
		}
		if err := run.one(ctx, e, cp, arg); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", arg, err))
			if !e.KeepGoing {
				break
			}
		}
	}
	return errors.Join(errs...)
}

// one works on one argument.
func (run *Run) one(ctx context.Context, e Each, cp *Checkpoint, arg string) error {
	text, err := e.Do(ctx, arg)
	if err != nil {
		return err
	}
	if text != "" {
		if err := run.Out.Line(text); err != nil {
			return err
		}
	}
	if cp == nil {
		return nil
	}
	return cp.Mark(arg)
}
