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
// here ends the process, not even --help or a panic; Main gives the exit code. A
// program that calls a command is set up already, so Call runs neither [Configure] nor
// checks unless it is told to.
//
//	Main ─► Exec ─► parse ─► Record of kind command ─► Run ─► exit code
//	         │        │            ▲                    │
//	         │        └ usage: 2   └ a Call inside is ◄─┘
//	         └ prints the failure     a Record below
//
//	Main ─► Exec ─► parse ─► Record ─► configure ─► checks ─► lock ─► profile ─► Run
//	         │        │        ▲                                                 │
//	         │        └ usage  └──────────── a Call inside is a Record below ◄───┘
//	         └ prints the failure, gives the exit code
//
// Setup is called anew for every run, so a command keeps no state from one run to
// the next, and runs of one command may overlap, unless it is Exclusive.
//
// # Exit codes
//
// 0 is success, 2 wrong usage, 75 that another run goes on ([ExitLocked]), 130 and
// 143 an interrupt (SIGINT, SIGTERM), 1 any other error or a panic, and
// [WithExitCode] says another. A second interrupt ends the process at once.
//
// # What every command line has
//
// --verbosity, --traceback, --no-color and --force-color; --json, which makes one JSON
// object of each log line, progress line and error; --profile cpu, heap or trace,
// which measures the run and says where the file is; --skip-checks where there are
// checks ([Root.AddCheck]) and --config where there is [Configure]. A command's own
// option called --json, --profile or --config takes the place of ours.
//
// Options may stand before or after the arguments, "--" ends them, and there are no
// abbreviations. "completion bash" (zsh, fish, powershell) prints what makes the shell
// complete. The command line is cobra's; [Command].Cobra reaches what the fields do
// not say, such as options of which one must be given.
//
// # Work that takes long
//
// [Run.Progress] shows how far it has come, [Parallel] does several things at once,
// [Run.ForEachArg] and [Checkpoint] go on where a run was stopped, [WriteFile] leaves no
// half a file, and [Locks] keeps two runs apart. All end when the run's context does,
// which is at the first interrupt.
//
// # What is recorded
//
// Arguments become attributes one by one: "arg.days" for a flag that was given,
// "default.days" for one that was not, "arg.1.file" for a positional argument. A
// masker thus judges each by its name, and --password x is never kept as a text in
// which somebody has to find the secret again. Errors of usage are recorded without
// the values that were wrong.
//
// When the run has ended, its Record gets the exit code, the signal if one came, the
// size of what it printed and the last whole lines of it ("command.stdout",
// "command.stderr", see [KeepOutput]), how far its progress had come, where its profile is,
// and what the process used of processor and memory meanwhile. The last two figures
// are the process's: for a Call in a server, all that it did at the time.
//
// A process that is killed, or calls os.Exit, leaves no Record.
package commands
