// Command toolbar reads what a debug toolbar has recorded, also while the app that
// records is running.
//
//	toolbar report --since 1h     which handlers take the time, and why
//	toolbar requests              the latest requests
//	toolbar show ID               one of them, as a tree
//
// It changes nothing in the store. Exit codes: 0 fine, 1 found what it was asked to
// fail on, 2 wrong usage, 3 the store cannot be read.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
