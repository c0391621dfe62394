package commands

import (
	"errors"
	"fmt"
	"strings"
)

// argSpec is Command.Args, read.
type argSpec struct {
	names []string
	min   int
	many  bool // the last may repeat

	missing string // what is said of too few; "" for which one is missing
}

func parseArgSpec(spec string) (argSpec, error) {
	var a argSpec
	for word := range strings.FieldsSeq(spec) {
		if a.many {
			return a, fmt.Errorf("args %q: only the last may end in \"...\"", spec)
		}
		name, many := strings.CutSuffix(word, "...")
		a.many = many
		inner, optional := strings.CutPrefix(name, "[")
		if optional {
			inner = strings.TrimSuffix(inner, "]")
		}
		if optional != strings.HasSuffix(name, "]") || inner == "" || strings.ContainsAny(inner, "[]") {
			return a, fmt.Errorf("args %q: %q is neither NAME nor [NAME]", spec, word)
		}
		if !optional && a.min < len(a.names) {
			return a, fmt.Errorf("args %q: %q is required after one that is not", spec, word)
		}
		a.names = append(a.names, inner)
		if !optional {
			a.min++
		}
	}
	return a, nil
}

// check refuses too few and too many arguments.
func (a argSpec) check(args []string) error {
	if len(args) < a.min {
		if a.missing != "" {
			return errors.New(a.missing)
		}
		return fmt.Errorf("missing argument %s", a.names[len(args)])
	}
	if len(args) > len(a.names) && !a.many {
		return &valueError{
			text:     fmt.Sprintf("unexpected argument %q", args[len(a.names)]),
			recorded: fmt.Sprintf("unexpected argument, number %d", len(a.names)+1),
		}
	}
	return nil
}

// name is what argument i is called in the spec.
func (a argSpec) name(i int) string {
	if len(a.names) == 0 {
		return ""
	}
	return a.names[min(i, len(a.names)-1)]
}
