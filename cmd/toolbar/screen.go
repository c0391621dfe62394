package main

import (
	"io"
	"os"

	xterm "golang.org/x/term"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// screenOf says how wide w is and whether it takes colours: only a terminal does, and
// not one whose user set NO_COLOR or that calls itself dumb.
func screenOf(w io.Writer) report.TextOptions {
	f, ok := w.(*os.File)
	if !ok || !xterm.IsTerminal(int(f.Fd())) {
		return report.TextOptions{}
	}
	o := report.TextOptions{Color: os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"}
	if width, _, err := xterm.GetSize(int(f.Fd())); err == nil {
		o.Width = width
	}
	return o
}
