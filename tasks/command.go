package tasks

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Commander runs management commands by name, as *commands.Root does.
type Commander interface {
	Call(ctx context.Context, name string, args ...any) error
}

// commandLine is a command as a job.
type commandLine struct {
	Name string   `json:"name"`
	Args []string `json:"args,omitempty"`
}

// commandTask runs a command in a worker. The command's run is a Record of its own, below
// that of the attempt.
var commandTask = &definition{
	kind: "command.run",
	args: reflect.TypeFor[commandLine](),
	work: func(ctx context.Context, encoded []byte) error {
		line, err := DecodeArgs[commandLine](encoded)
		if err != nil {
			return err
		}
		c := FromContext(ctx)
		if c == nil || c.config.Commands == nil {
			return Permanent(errors.New("tasks: this process has no commands: set Config.Commands"))
		}
		args := make([]any, len(line.Args))
		for i, a := range line.Args {
			args[i] = a
		}
		return c.config.Commands.Call(ctx, line.Name, args...)
	},
	// A command that has failed half way through is run again by people, or at its next tick.
	options: Options{Retry: Retry{Max: -1}, Timeout: -1},
}

func init() {
	commandTask.source = instrument.FuncSource(Command)
	builtin = append(builtin, commandTask)
}

// Command is the call of a management command with its arguments, for a [Schedule], or to
// be queued with [Chain]. Config.Commands runs it. It is not retried, and has no time
// limit.
func Command(name string, args ...any) Call {
	line := commandLine{Name: name}
	for _, a := range args {
		line.Args = append(line.Args, fmt.Sprint(a))
	}
	encoded, err := encode(line)
	if name == "" {
		err = errors.New("the command has no name")
	}
	return Call{def: commandTask, options: commandTask.options, encoded: encoded, err: err}
}
