package commands_test

import (
	"context"
	"fmt"
	"os"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

func Example() {
	root := commands.New("manage")
	root.Add(commands.Command{
		Name: "greet",
		Help: "Greet somebody.",
		Args: "NAME",
		Setup: func(f *commands.Flags) commands.RunFunc {
			times := f.Int("times", 1, "how often")
			return func(_ context.Context, run *commands.Run) error {
				for range *times {
					fmt.Fprintln(run.Out, "Hello,", run.Args[0])
				}
				return nil
			}
		},
	})
	// A program says os.Exit(root.Main(context.Background())).
	err := root.Exec(context.Background(), commands.IO{Err: os.Stdout}, "greet", "Ada", "--times", "2")
	fmt.Println(commands.ExitCode(err))
	err = root.Exec(context.Background(), commands.IO{Err: os.Stdout}, "gret", "Ada")
	fmt.Println(commands.ExitCode(err))
	// Output:
	// Hello, Ada
	// Hello, Ada
	// 0
	// Error: unknown command "gret". Did you mean greet?
	// Type 'manage help' for usage.
	// 1
}

func ExampleWithExitCode() {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "check", Run: func(context.Context, *commands.Run) error {
		return commands.WithExitCode(commands.Errorf("3 orders have no customer"), 4)
	}})
	err := root.Call(context.Background(), "check")
	fmt.Println(err, commands.ExitCode(err))
	// Output: 3 orders have no customer 4
}
