package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
)

// runManage runs one of the shop's commands and returns its exit code. The toolbar records it beside the requests of a shop
// that may be open meanwhile: both write to the same file.
func runManage(ctx context.Context, o app.Options, args []string, stdout, stderr io.Writer) int {
	o.Unstocked = true // or there would be nothing left for the command seed
	a, err := app.New(ctx, o)
	if err != nil {
		fmt.Fprintln(stderr, "demo:", err)
		return commands.ExitError
	}
	err = manage.New(a.Store, nil).Exec(ctx, commands.IO{In: os.Stdin, Out: stdout, Err: stderr}, args...)
	code := commands.ExitCode(err)
	if err := a.Close(); err != nil {
		fmt.Fprintln(stderr, "demo: close:", err)
	}
	return code
}
