package commands

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
)

// Call runs a command from within the program and gives its error; nothing is
// printed about it. Options are written and checked as on the command line:
// Call(ctx, "cleanup", "--days", 30). Arguments that are no strings are formatted as
// fmt.Sprint does, a slice gives several. A panic of the command comes back as a
// [*PanicError].
//
// The program is set up already: neither [Configure] nor checks are run, unless
// "--config=FILE" or "--skip-checks=false" asks for them.
//
// Called in a Record, that of a request or another command, the run is a Record
// below it.
func (r *Root) Call(ctx context.Context, name string, args ...any) error {
	return r.CallIO(ctx, IO{}, name, args...)
}

// CallIO is Call with streams.
func (r *Root) CallIO(ctx context.Context, io IO, name string, args ...any) error {
	line, err := commandLine(name, args)
	if err != nil {
		return &UsageError{Command: r.name + " " + name, Err: err}
	}
	return r.invoke(ctx, io, line, false).err
}

// Output is Call, and gives what the command printed on Out.
func (r *Root) Output(ctx context.Context, name string, args ...any) ([]byte, error) {
	var out bytes.Buffer
	err := r.CallIO(ctx, IO{Out: &out}, name, args...)
	return out.Bytes(), err
}

// commandLine writes arguments as a shell would hand them over.
func commandLine(name string, args []any) ([]string, error) {
	line := []string{name}
	for i, a := range args {
		v := reflect.ValueOf(a)
		switch {
		case !v.IsValid():
			return nil, fmt.Errorf("argument %d is nil", i+1)
		case v.Kind() != reflect.Slice || isText(a):
			line = append(line, text(a))
		default:
			for j := range v.Len() {
				line = append(line, text(v.Index(j).Interface()))
			}
		}
	}
	if name == "" {
		return nil, errors.New("no command is named")
	}
	return line, nil
}

// isText tells slices that are one argument: bytes, an address, a JSON value.
func isText(a any) bool {
	_, stringer := a.(fmt.Stringer)
	_, raw := a.([]byte)
	return stringer || raw
}

func text(a any) string {
	if b, ok := a.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(a)
}
