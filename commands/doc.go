// Package commands gives a program its management commands: what cron, an operator
// or another part of the program runs by name. Each run is recorded like a request,
// with its arguments, result, output sizes, queries and time, so that the nightly
// job that got slow is found on the same page as the slow route.
//
//	var cleanup = commands.Command{
//		Name: "cleanup",
//		Help: "Delete old records.",
//		Setup: func(f *commands.Flags) commands.RunFunc {
//			days := f.Int("days", 30, "delete what is older, in `days`")
//			return func(ctx context.Context, run *commands.Run) error {
//				n, err := db.DeleteOlder(ctx, *days)
//				fmt.Fprintln(run.Out, "Deleted", n)
//				return err
//			}
//		},
//	}
//
//	func main() {
//		root := commands.New("manage")
//		root.Add(cleanup)
//		os.Exit(root.Main(context.Background()))
//	}
//
// A command without flags needs no Setup, only Run.
//
// # One way in
//
// The command line ([Root.Main], [Root.Exec]) and the program ([Root.Call]) run a
// command in the same way: the same options are checked by the same rules. Nothing
// here ends the process, not even --help or a panic; Main gives the exit code.
//
// Setup is called anew for every run, so a command keeps no state from one run to
// the next, and runs of one command may overlap.
//
//	Main ─► Exec ─► parse ─► Record of kind command ─► Run ─► exit code
//	         │        │            ▲                    │
//	         │        └ usage: 2   └ a Call inside is ◄─┘
//	         └ prints the failure     a Record below
//
// # Exit codes
//
// 0 is success, 2 wrong usage, 130 and 143 an interrupt (SIGINT, SIGTERM), 1 any
// other error or a panic, and [WithExitCode] says another.
//
// # What is recorded
//
// Arguments become attributes one by one: "arg.days" for a flag that was given,
// "default.days" for one that was not, "arg.1.file" for a positional argument. A
// masker thus judges each by its name, and --password x is never kept as a text in
// which somebody has to find the secret again. Errors of usage are recorded without
// the values that were wrong.
//
// The command line is cobra's; [Command].Cobra reaches what the fields do not say.
// Options may stand before or after the arguments, "--" ends them, and there are no
// abbreviations.
package commands
