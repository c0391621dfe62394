package commands

import (
	"context"
	"io"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var keyConfirm = instrument.NewKey("command.confirm") // question and answer

// maxAnswer is how much is read of an answer.
const maxAnswer = 100

// Confirm asks a question on Err, and reports whether the next line of In is "y" or
// "yes". An end of In, as cron has it, is a no. The answer is kept with the Record.
// When ctx ends, so does waiting for the answer, with its error.
//
//	ok, err := run.Confirm(ctx, "Delete 30 orders?")
func (run *Run) Confirm(ctx context.Context, question string) (bool, error) {
	if err := run.Err.LineEnd(question+" [y/N] ", ""); err != nil {
		return false, err
	}
	read := make(chan answer, 1)
	go func() { read <- readAnswer(run.In) }()
	select {
	case <-ctx.Done():
		return false, ctx.Err()
	case a := <-read:
		if a.err != nil {
			return false, a.err
		}
		text := strings.ToLower(strings.TrimSpace(a.text))
		yes := text == "y" || text == "yes"
		if !a.ended {
			_ = run.Err.Line("")
		}
		run.rec.Set(keyConfirm.String(question + " " + map[bool]string{false: "no", true: "yes"}[yes]))
		return yes, nil
	}
}

type answer struct {
	text  string
	ended bool // by a newline, which whoever typed it sees
	err   error
}

// readAnswer reads a line and not more: what follows is for the command.
func readAnswer(in io.Reader) (a answer) {
	var b [1]byte
	for {
		n, err := in.Read(b[:])
		if n > 0 && b[0] == '\n' {
			a.ended = true
			return a
		}
		if n > 0 && len(a.text) < maxAnswer {
			a.text += string(b[:n])
		}
		if err == io.EOF {
			return a
		}
		if err != nil {
			a.err = err
			return a
		}
	}
}
