package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// kelindar/event tells its consumers to end by a clock that its Close stops.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreAnyFunction("github.com/kelindar/event.(*consumer[...]).Listen"))
}

// runBench gives what the command prints and its exit code.
func runBench(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = run(args, &out, &errs)
	return out.String(), errs.String(), code
}

// shortest are rounds that show that a case works, and nothing about its cost.
var shortest = []string{"-rounds", "1", "-round", "100us"}

func TestRun_PrintsEachCaseAsJSON(t *testing.T) {
	t.Parallel()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := runBench(append(shortest, "-json", "-only", c.name)...)
			if code != 0 {
				t.Fatalf("exit code %d: %s", code, stderr)
			}
			lines := strings.Split(strings.TrimSpace(stdout), "\n")
			want := len(c.peers)
			if c.allocs != anyAllocs {
				want *= 2
			}
			if len(lines) != want {
				t.Errorf("%d lines for %d peers, want %d:\n%s", len(lines), len(c.peers), want, stdout)
			}
			for _, l := range lines {
				checkLine(t, c, l)
			}
		})
	}
}

func checkLine(t *testing.T, c *benchCase, text string) {
	t.Helper()
	var fields map[string]any
	if err := json.Unmarshal([]byte(text), &fields); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	for _, name := range []string{"case", "ours", "peer", "peer_value", "unit", "ratio", "floor", "scaled"} {
		if _, ok := fields[name]; !ok {
			t.Errorf("field %q is missing: %s", name, text)
		}
	}
	if fields["case"] != c.name || fields["unit"] != c.unit && fields["unit"] != unitAllocs {
		t.Errorf("wrong case or unit: %s", text)
	}
	if fields["unit"] == unitBytes && fields["ours"].(float64) <= 0 {
		t.Errorf("nothing was stored: %s", text)
	}
}

func TestRun_PrintsATableWithTargets(t *testing.T) {
	t.Parallel()
	stdout, stderr, code := runBench(append(shortest, "-only", "send_none,off_span")...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	lines := strings.Split(stdout, "\n")
	if !strings.HasPrefix(lines[0], "case") || !strings.Contains(lines[0], "target") {
		t.Errorf("the first line is no heading: %q", lines[0])
	}
	if !strings.HasPrefix(lines[1], "off_span") || !strings.Contains(lines[1], "<= 5") {
		t.Errorf("the first case is not off_span with its target, as in the design: %q", lines[1])
	}
}

func TestRun_RefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		args []string
		code int
		says string
	}{
		"case":          {[]string{"-only", "span0,span9"}, 2, `no case "span9"`},
		"flag":          {[]string{"-loud"}, 2, "not defined: -loud"},
		"argument":      {[]string{"span0"}, 2, `"span0"`},
		"profile":       {[]string{"-cpuprofile", "span0"}, 1, "case=file"},
		"profiled case": {[]string{"-cpuprofile", "span9=x"}, 1, `no case "span9"`},
		"help":          {[]string{"-h"}, 0, "-cpuprofile case=file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			stdout, stderr, code := runBench(tc.args...)
			if code != tc.code || !strings.Contains(stderr, tc.says) || stdout != "" {
				t.Errorf("exit code %d, want %d; stdout %q; stderr %q, want %q in it", code, tc.code, stdout, stderr, tc.says)
			}
		})
	}
}

func TestProfile_WritesAProfile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "cpu.out")
	_, stderr, code := runBench(append(shortest, "-cpuprofile", "send_none="+path)...)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Errorf("no profile in %s: %v", path, err)
	}
}

// Limits on allocations are exact, so that these cases do not depend on how busy the machine is.
func TestRun_QuickConvictsOnlyWhatIsBrokenInLongRoundsToo(t *testing.T) {
	begun := 0
	once := &benchCase{name: "once", unit: unitNS, ours: func(e *env) (op, error) {
		begun++
		return spending(100*time.Microsecond, 2*max(0, 2-begun))(e)
	}}
	always := &benchCase{name: "always", unit: unitNS, ours: spending(100*time.Microsecond, 2)}
	for _, c := range []struct {
		of   *benchCase
		want string
	}{{once, ""}, {always, "always: ours made 2 allocations"}} {
		var out bytes.Buffer
		err := measureAll(&flags{quick: true, rounds: 1, round: time.Millisecond, cases: []*benchCase{c.of}}, &out)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v, want %q", c.of.name, err, c.want)
		}
	}
	if begun != 2 {
		t.Errorf("the case that was broken once was measured %d times, want 2", begun)
	}
}
