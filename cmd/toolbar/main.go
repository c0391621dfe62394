// Command toolbar reads what a debug toolbar has recorded, also while the app that
// records is running.
//
//	toolbar report --since 1h     which handlers take the time, and why
//	toolbar compare A B           what changed between two builds, windows or files
//	toolbar requests FILTER       the latest requests
//	toolbar show ID               one of them, as a tree
//	toolbar tail FILTER           new ones, as they come
//	toolbar doctor                whether the store is well
//
// and more: see "toolbar --help" and docs/cli.md. Only prune changes a store. Exit codes:
// 0 fine, 1 found what it was asked to fail on, 2 wrong usage, 3 the store cannot be read.
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
