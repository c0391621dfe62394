// Bench measures what recording costs, beside what others ask for the same work,
// in one run on one machine: figures of two runs or two machines do not compare,
// ratios do. The cases are those of the design's table of the hot path.
//
//	go run ./bench                    a table, with the design's targets
//	go run ./bench -json              one JSON line per case and peer
//	go run ./bench -only span0,off    some cases
//	go run ./bench -quick             short rounds; fails when a ratio is broken, in long ones too
//	go run ./bench -cpuprofile request20=cpu.out
//
// Times are CPU time, not wall time, so that a busy machine does not spoil them: of
// the measuring thread where one goroutine does the work, of the process where
// several do. Ours and the peers take turns within each round, and the medians of
// all rounds are printed. "floor" is one reading of the clock in the same run, most of
// what a span costs; "scaled" is what ours would be where that takes 23.5 ns, as it
// did for the design's targets. What misses its target has a "!".
//
// It exits with 0, with 1 when -quick finds a broken limit or a case fails, and with
// 2 when it is called wrongly.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// flags are what the command line asks for.
type flags struct {
	json, quick bool
	cases       []*benchCase
	profile     string // case=file
	rounds      int
	round       time.Duration
}

func run(args []string, stdout, stderr io.Writer) int {
	f, err := parse(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 2
	}
	if f.profile != "" {
		err = profile(f, stderr)
	} else {
		err = measureAll(f, stdout)
	}
	if err != nil {
		fmt.Fprintln(stderr, "bench:", err)
		return 1
	}
	return 0
}

func parse(args []string, stderr io.Writer) (*flags, error) {
	f := &flags{}
	set := flag.NewFlagSet("bench", flag.ContinueOnError)
	set.SetOutput(stderr)
	set.BoolVar(&f.json, "json", false, "print one JSON line per case and peer")
	set.BoolVar(&f.quick, "quick", false, "short rounds, and exit 1 when a ratio that holds on any machine is broken")
	only := set.String("only", "", "measure only these `cases`, separated by commas: "+strings.Join(names(), ", "))
	set.StringVar(&f.profile, "cpuprofile", "", "instead of measuring write a CPU profile of our side: `case=file`")
	set.IntVar(&f.rounds, "rounds", 0, "number of rounds, at least 5 for a median that holds (default 9, with -quick 5)")
	set.DurationVar(&f.round, "round", 0, "CPU time of one side in one round (default 40ms, with -quick 8ms)")
	if err := set.Parse(args); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return nil, err
		}
		return nil, errors.New("see bench -h")
	}
	if set.NArg() > 0 {
		return nil, fmt.Errorf("there are no arguments but flags: %q", set.Args())
	}
	f.setDefaults()
	var err error
	f.cases, err = pick(*only)
	return f, err
}

// defaultRound is long enough for a clock of microseconds.
const (
	defaultRounds = 9
	defaultRound  = 40 * time.Millisecond
)

func (f *flags) setDefaults() {
	rounds, round := defaultRounds, defaultRound
	if f.quick {
		rounds, round = 5, defaultRound/5
	}
	if f.rounds <= 0 {
		f.rounds = rounds
	}
	if f.round <= 0 {
		f.round = round
	}
}

// pick gives the named cases in the order of the table; all for "".
func pick(only string) ([]*benchCase, error) {
	if only == "" {
		return cases, nil
	}
	wanted := strings.Split(only, ",")
	for _, name := range wanted {
		if !slices.Contains(names(), name) {
			return nil, fmt.Errorf("there is no case %q: use %s", name, strings.Join(names(), ", "))
		}
	}
	return slices.DeleteFunc(slices.Clone(cases), func(c *benchCase) bool { return !slices.Contains(wanted, c.name) }), nil
}

// measureAll prints each case as soon as it is measured. Short rounds alone convict
// nobody: a limit that is broken in them must be broken in rounds of full length, too.
func measureAll(f *flags, stdout io.Writer) error {
	var broken []error
	out := newPrinter(stdout, f.json)
	for _, c := range f.cases {
		found, err := c.measureAndPrint(f.rounds, f.round, out)
		if f.quick && err == nil && len(found) > 0 {
			found, err = c.measureAndPrint(max(f.rounds, defaultRounds), max(f.round, defaultRound), out)
		}
		if err != nil {
			return err
		}
		if f.quick {
			broken = append(broken, found...)
		}
	}
	return errors.Join(broken...)
}

// measureAndPrint gives the limits that the case broke.
func (c *benchCase) measureAndPrint(rounds int, round time.Duration, out *printer) (broken []error, err error) {
	res, err := c.measure(rounds, round)
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", c.name, err)
	}
	if err := out.print(c.lines(res)); err != nil {
		return nil, fmt.Errorf("print %s: %w", c.name, err)
	}
	return c.check(res), nil
}
