package commands_test

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

// runLine runs a command line and prints everything where examples print.
func runLine(root *commands.Root, line ...string) {
	err := root.Exec(context.Background(), commands.IO{Out: os.Stdout, Err: os.Stdout}, line...)
	fmt.Println("exit code", commands.ExitCode(err))
}

func ExampleParallel() {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "resize", Args: "IMAGE...", Run: func(ctx context.Context, run *commands.Run) error {
		pool := commands.Pool{Limit: 4, KeepGoing: true, Progress: run.Progress("images", len(run.Args))}
		sizes, err := commands.Parallel(ctx, pool, run.Args, func(_ context.Context, image string) (int, error) {
			if !strings.HasSuffix(image, ".png") {
				return 0, fmt.Errorf("%s is no image", image)
			}
			return len(image), nil
		})
		for i, s := range sizes {
			if s.Err == nil {
				fmt.Fprintln(run.Out, run.Args[i], s.Value)
			}
		}
		return err
	}})
	runLine(root, "resize", "a.png", "notes.txt", "dog.png", "-v0")
	// Output:
	// a.png 5
	// dog.png 7
	// Error: 1 of 3 failed, the first is number 2: notes.txt is no image
	// exit code 1
}

func ExampleRun_Progress() {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "import", Run: func(_ context.Context, run *commands.Run) error {
		rows := []string{"tea", "coffee", "12", "milk"}
		p := run.Progress("rows", len(rows))
		for _, row := range rows {
			if row == "12" {
				return commands.Errorf("%q is no name", row)
			}
			p.Add(1)
		}
		return nil
	}})
	runLine(root, "import")
	// Output:
	// rows: failed at 50 % (2 of 4): "12" is no name
	// Error: "12" is no name
	// exit code 1
}

func ExampleRun_ForEachArg() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	full := true
	root := commands.New("manage")
	root.Add(commands.Command{Name: "publish", Args: "PAGE...", Run: func(ctx context.Context, run *commands.Run) error {
		return run.ForEachArg(ctx, commands.Each{
			Checkpoint: filepath.Join(dir, "publish"),
			Do: func(_ context.Context, page string) (string, error) {
				if page == "contact" && full {
					return "", commands.Errorf("the disk is full")
				}
				return "published " + page, nil
			},
		})
	}})
	runLine(root, "publish", "home", "contact", "about")
	full = false // somebody made room
	runLine(root, "publish", "home", "contact", "about")
	// Output:
	// published home
	// Error: contact: the disk is full
	// exit code 1
	// published contact
	// published about
	// exit code 0
}

func ExampleRoot_AddCheck() {
	root := commands.New("manage")
	root.AddCheck(
		commands.Check{Name: "schema", Tags: []string{"db"}, Run: func(context.Context) error {
			return commands.Warningf("2 migrations are not applied")
		}},
		commands.Check{Name: "mail", Tags: []string{"mail"}, Run: func(context.Context) error {
			return commands.Errorf("no server is set: give SMTP_HOST")
		}},
	)
	done := func(_ context.Context, run *commands.Run) error { return run.Out.Line("done") }
	root.Add(
		commands.Command{Name: "cleanup", Checks: []string{"db"}, Run: done},
		commands.Command{Name: "newsletter", Run: done},
	)
	runLine(root, "cleanup")
	runLine(root, "newsletter")
	runLine(root, "newsletter", "--skip-checks")
	// Output:
	// Warning: schema: 2 migrations are not applied
	// done
	// exit code 0
	// Warning: schema: 2 migrations are not applied
	// Error: the checks found what must be put right first:
	//   mail: no server is set: give SMTP_HOST
	// exit code 1
	// done
	// exit code 0
}

func ExampleLocks() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	root := commands.New("manage", commands.Locks(commands.FileLocks(filepath.Join(dir, "shop.db"))))
	root.Add(commands.Command{Name: "nightly", Exclusive: true, Run: func(ctx context.Context, _ *commands.Run) error {
		err := root.Call(ctx, "nightly") // as cron would, were the last night's still at work
		fmt.Println(commands.ExitCode(err) == commands.ExitLocked)
		return nil
	}})
	runLine(root, "nightly")
	// Output:
	// true
	// exit code 0
}

func ExampleOutput_V() {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "sync", Run: func(_ context.Context, run *commands.Run) error {
		_ = run.Out.V(1).Line("12 orders")
		_ = run.Out.V(2).Printf("%d of them new\n", 3)
		return nil
	}})
	runLine(root, "sync")
	runLine(root, "sync", "-v2")
	runLine(root, "sync", "-v0")
	// Output:
	// 12 orders
	// exit code 0
	// 12 orders
	// 3 of them new
	// exit code 0
	// exit code 0
}

func ExampleOutput_Paint() {
	root := commands.New("manage")
	root.Add(commands.Command{Name: "send", Run: func(_ context.Context, run *commands.Run) error {
		return run.Out.Line(run.Out.Paint(commands.StyleSuccess, "All sent."))
	}})
	plain, _ := root.Output(context.Background(), "send")
	colored, _ := root.Output(context.Background(), "send", "--force-color")
	fmt.Printf("%q\n%q\n", plain, colored)
	// Output:
	// "All sent.\n"
	// "\x1b[32;1mAll sent.\x1b[0m\n"
}

func ExampleWriteFile() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "report.csv")
	for _, full := range []bool{false, true} {
		err := commands.WriteFile(file, func(w io.Writer) error {
			fmt.Fprintln(w, "tea,3")
			if full {
				return commands.Errorf("the disk is full")
			}
			return nil
		})
		report, _ := os.ReadFile(file)
		fmt.Printf("%q %v\n", report, err != nil)
	}
	// Output:
	// "tea,3\n" false
	// "tea,3\n" true
}

// On a fleet, the database that all hosts use keeps their runs apart: whichever host's
// cron comes first runs the command, the others end with [commands.ExitLocked].
func ExamplePostgresLocks() {
	db, err := sql.Open("pgx", os.Getenv("DATABASE_URL")) // any driver of PostgreSQL
	if err != nil {
		fmt.Println(err) // here: none is linked
		return
	}
	root := commands.New("manage", commands.Locks(commands.PostgresLocks(db)))
	root.Add(commands.Command{Name: "cleanup", Exclusive: true, Run: func(ctx context.Context, run *commands.Run) error {
		_, err := db.ExecContext(ctx, "DELETE FROM carts WHERE touched < now() - interval '30 days'")
		return err
	}})
	os.Exit(root.Main(context.Background()))
}
