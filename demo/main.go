// Command demo is Fernhill, a small shop for pottery, with the debug toolbar around it:
//
//	go run ./demo                              # the shop, the dashboard, nothing else needed
//	go run ./demo -traffic 2m                  # and visitors who look, order and write
//	go run ./demo manage                       # the shop's commands
//	go run ./demo manage cleanup-old-records --days 30 --dry-run
//
// How the toolbar gets in is in internal/app; the shop itself is in internal/shop.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}

// run is the program; it returns the exit code: 0 fine, 1 an error, 2 wrong usage.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	s, rest, err := parse(args, stderr)
	switch {
	case errors.Is(err, flag.ErrHelp):
		return 0
	case err != nil:
		return 2
	case len(rest) > 0 && rest[0] == "manage":
		return runManage(ctx, s.options, rest[1:], stdout, stderr)
	case len(rest) > 0:
		fmt.Fprintf(stderr, "demo: unknown argument %q; the shop's commands come after the word manage\n", rest[0])
		return 2
	}
	if err := s.run(ctx, stdout, stderr); err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return 1
	}
	return 0
}

// parse reads the flags. What follows them is a command of the shop, if anything.
func parse(args []string, stderr io.Writer) (s *serve, rest []string, err error) {
	s = &serve{}
	flags := flag.NewFlagSet("demo", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, "Usage: demo [flags]                   open the shop\n       demo [flags] manage COMMAND    run one of its commands\n\n")
		flags.PrintDefaults()
	}
	flags.StringVar(&s.addr, "addr", "127.0.0.1:8080", "`address` to listen on; the next free port if it is taken")
	flags.StringVar(&s.options.ToolbarFile, "db", app.DefaultToolbarFile, "`file` of the toolbar")
	flags.StringVar(&s.options.ShopFile, "data", app.DefaultShopFile, "`file` of the shop, made and filled when it is missing")
	flags.DurationVar(&s.traffic, "traffic", 0, "how long visitors come by themselves, such as 2m")
	flags.IntVar(&s.concurrency, "concurrency", 4, "how many visitors -traffic lets in at a time")
	flags.StringVar(&s.chat, "chat", "", "`address` of a chat's incoming webhook that is told of alerts; without one -v prints them")
	flags.BoolVar(&s.verbose, "v", false, "print the log lines too; the toolbar shows them in any case")
	err = flags.Parse(args)
	return s, flags.Args(), err
}
