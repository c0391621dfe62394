package commands

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/pflag"
)

// Choice declares an option that takes one of some values.
func Choice(f *Flags, name, value, usage string, choices ...string) *string {
	v := &choiceValue{value: value, choices: choices}
	f.Var(v, name, usage)
	return &v.value
}

type choiceValue struct {
	value   string
	choices []string
}

func (v *choiceValue) String() string { return v.value }

// Type is what help calls the value.
func (v *choiceValue) Type() string { return strings.Join(v.choices, "|") }

func (v *choiceValue) Set(s string) error {
	if !slices.Contains(v.choices, s) {
		return fmt.Errorf("choose from %s", strings.Join(v.choices, ", "))
	}
	v.value = s
	return nil
}

// baseFlags are the options that every command has.
type baseFlags struct {
	verbosity           choiceValue
	traceback           bool
	noColor, forceColor bool
	json                bool
	profile             profileValue
	config              string
}

// declare declares the options that no command can have as its own.
func (b *baseFlags) declare(f *pflag.FlagSet) {
	b.verbosity = choiceValue{"1", []string{"0", "1", "2", "3"}}
	f.VarP(&b.verbosity, "verbosity", "v", "how much is printed: 0 nothing, 1 normal, 2 verbose, 3 very verbose")
	f.BoolVar(&b.traceback, "traceback", false, "print where an error came from")
	f.BoolVar(&b.noColor, "no-color", false, "print without colours")
	f.BoolVar(&b.forceColor, "force-color", false, "print colours although the output is no terminal")
}

// declareYielding declares the options that give way to one of the command's own:
// their names are in wide use.
func (b *baseFlags) declareYielding(f *pflag.FlagSet, config bool) {
	f.BoolVar(&b.json, "json", false, "write log lines, progress and errors as JSON")
	f.Var(&b.profile, "profile", "measure the run, and write what was measured to a file")
	if config {
		f.StringVar(&b.config, "config", "", "read the configuration from `FILE`")
	}
}

func (b *baseFlags) level() int {
	n, _ := strconv.Atoi(b.verbosity.value)
	return n
}
