package commands_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// program is what the test binary is when a test starts it as a program.
func program() int {
	instrument.SetDefault(instrument.New(instrument.Config{}))
	root := newRoot(
		commands.Locks(commands.FileLocks(os.Getenv("COMMANDS_TEST_LOCKS"))),
		commands.OnExit(func(context.Context) error { fmt.Println("database closed"); return nil }),
		commands.OnExit(func(ctx context.Context) error {
			fmt.Println("toolbar flushed, context:", ctx.Err())
			return errors.New("store is locked")
		}),
	)
	root.Add(
		commands.Command{Name: "wait", Run: wait},
		commands.Command{Name: "alone", Exclusive: true, Run: wait},
		commands.Command{Name: "stubborn", Run: func(ctx context.Context, run *commands.Run) error {
			fmt.Fprintln(run.Out, "ready")
			<-ctx.Done()
			fmt.Fprintln(run.Out, "not yet")
			select {}
		}},
		commands.Command{Name: "past", Run: func(ctx context.Context, run *commands.Run) error {
			fmt.Println("past the streams")
			out, err := root.Output(ctx, "through")
			fmt.Fprintf(run.Out, "captured=%q\n", out)
			return err
		}},
		commands.Command{Name: "through", Run: func(_ context.Context, run *commands.Run) error {
			return run.Out.Line("through the stream")
		}},
		commands.Command{Name: "styled", Run: func(_ context.Context, run *commands.Run) error {
			_ = run.Err.Line(run.Err.Paint(commands.StyleError, "warned"))
			return run.Out.Line(run.Out.Paint(commands.StyleSuccess, "sent"))
		}},
		progressCommand(), parallelCommand(), busyCommand(),
		importCommand(), traceCommand(),
		commands.Command{Name: "leave", Args: "CODE", Run: func(_ context.Context, run *commands.Run) error {
			fmt.Fprintln(run.Out, "leaving")
			code, _ := strconv.Atoi(run.Args[0])
			os.Exit(code)
			return nil
		}},
	)
	return root.Main(context.Background())
}

// wait works until it is interrupted.
func wait(ctx context.Context, run *commands.Run) error {
	defer fmt.Fprintln(run.Out, "cleaned up")
	fmt.Fprintln(run.Out, "ready")
	<-ctx.Done()
	return ctx.Err()
}

// progressCommand prints data and shows progress.
func progressCommand() commands.Command {
	return commands.Command{Name: "progress", Args: "ROWS", Setup: func(f *commands.Flags) commands.RunFunc {
		failAt := f.Int("fail-at", 0, "")
		return func(_ context.Context, run *commands.Run) error {
			rows, err := strconv.Atoi(run.Args[0])
			if err != nil {
				return err
			}
			p := run.Progress("import", rows)
			for i := range rows {
				if i+1 == *failAt {
					return errDisk
				}
				fmt.Fprintf(run.Out, "row %d\n", i+1)
				p.Add(1)
			}
			return nil
		}
	}}
}

// parallelCommand does items until it is interrupted, as they come to an end.
func parallelCommand() commands.Command {
	return commands.Command{Name: "parallel", Run: func(ctx context.Context, run *commands.Run) error {
		_, err := commands.Parallel(ctx, commands.Pool{Limit: 8, KeepGoing: true, Grace: time.Minute}, make([]struct{}, 10_000),
			func(item context.Context, _ struct{}) (int, error) {
				fmt.Fprintln(run.Out, "begun")
				<-ctx.Done() // the signal, but not the item's own end
				return 0, item.Err()
			})
		return err
	}}
}

// busyCommand uses the processor and the heap.
func busyCommand() commands.Command {
	return commands.Command{Name: "busy", Run: func(_ context.Context, run *commands.Run) error {
		sum := 0
		for i := range 20_000_000 {
			sum += i ^ sum
		}
		return run.Out.Line(strconv.Itoa(sum & 1))
	}}
}

// traceCommand prints the trace that it is recorded in.
func traceCommand() commands.Command {
	return commands.Command{Name: "trace", Run: func(ctx context.Context, run *commands.Run) error {
		return run.Out.Line(instrument.FromContext(ctx).TraceContext().TraceID.String())
	}}
}
