package e2etest

import (
	"fmt"
	"iter"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

const module = "github.com/go-debug-toolbar/debugtoolbar"

// built is the folder of the programs, made when the first is built.
var built = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "e2e-programs-") })

var (
	demo = sync.OnceValues(func() (string, error) { return build(module + "/demo") })
	cli  = sync.OnceValues(func() (string, error) { return build(module + "/cmd/toolbar") })
)

// Main runs a package's tests and ends what they share, looks for goroutines that were left behind and removes the programs
// that were built.
//
// What the deliberate bugs of the shop log is not shown.
func Main(m *testing.M, end ...func()) {
	noon()
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(shared{m, end},
		// scs.New starts a store of its own, whose clean-up cannot be stopped; the shop puts another in its place.
		goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"),
		goleak.Cleanup(func(code int) {
			if dir, err := built(); err == nil {
				os.RemoveAll(dir)
			}
			os.Exit(code)
		}))
}

// programsVar names, to a test's own process, the folder in which the programs are already.
const programsVar = "E2E_PROGRAMS"

// Programs builds all programs and returns the variable of the environment by which a process of the same test finds them.
func Programs(tb testing.TB) string {
	tb.Helper()
	CLI(tb)
	return programsVar + "=" + filepath.Dir(Demo(tb))
}

// noon has this process, and those that it starts, be where it is about noon: what the shop does at night and in the
// morning by the clock does not happen in the middle of a test, and no day ends there.
func noon() {
	ahead := 12 - time.Now().UTC().Hour()
	zone := fmt.Sprintf("Etc/GMT%+d", -ahead) // of POSIX: behind is positive
	os.Setenv("TZ", zone)
	time.Local = time.FixedZone(zone, ahead*60*60)
}

// parts are what Share splits work into: one for each core of a small machine.
const parts = 2

// Share does something with each of all, in parts that run at the same time, and returns when all have ended.
func Share[T any](t *testing.T, all []T, do func(t *testing.T, each iter.Seq[T])) {
	t.Helper()
	t.Run("parts", func(t *testing.T) {
		for part := range parts {
			t.Run(strconv.Itoa(part+1), func(t *testing.T) {
				t.Parallel()
				do(t, func(yield func(T) bool) {
					for i := part; i < len(all) && yield(all[i]); i += parts {
					}
				})
			})
		}
	})
}

// shared runs tests, and then ends what they share.
type shared struct {
	*testing.M
	end []func()
}

func (s shared) Run() int {
	defer func() {
		for _, f := range s.end {
			f()
		}
	}()
	return s.M.Run()
}

// Demo builds the demo, once for all tests of a package, and returns the program's path.
func Demo(tb testing.TB) string { return program(tb, demo) }

// CLI builds the command line tool likewise.
func CLI(tb testing.TB) string { return program(tb, cli) }

func program(tb testing.TB, made func() (string, error)) string {
	tb.Helper()
	file, err := made()
	if err != nil {
		tb.Fatal(err)
	}
	return file
}

// build compiles a command of this repository in the module that it is part of: the demo's need not have all that the others
// require.
func build(pkg string) (string, error) {
	dir, err := built()
	if err != nil {
		return "", err
	}
	if others := os.Getenv(programsVar); others != "" {
		return filepath.Join(others, path.Base(pkg)), nil
	}
	mod := module
	if strings.HasPrefix(pkg, module+"/demo") {
		mod = module + "/demo"
	}
	where, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", mod).Output()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", mod, err)
	}
	file := filepath.Join(dir, path.Base(pkg))
	cmd := exec.Command("go", "build", "-ldflags=-w", "-o", file, pkg) // nobody debugs it
	cmd.Dir = strings.TrimSpace(string(where))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return file, nil
}
