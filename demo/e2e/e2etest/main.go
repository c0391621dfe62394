package e2etest

import (
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"
)

const module = "github.com/go-debug-toolbar/debugtoolbar"

// built is the folder of the programs, made when the first is built.
var built = sync.OnceValues(func() (string, error) { return os.MkdirTemp("", "e2e-programs-") })

var (
	demo = sync.OnceValues(func() (string, error) { return build(module + "/demo") })
	cli  = sync.OnceValues(func() (string, error) { return build(module + "/cmd/toolbar") })
)

// Main runs a package's tests, looks for goroutines that they left behind and removes the programs that were built.
//
// What the deliberate bugs of the shop log is not shown.
func Main(m *testing.M) {
	slog.SetDefault(slog.New(slog.DiscardHandler))
	goleak.VerifyTestMain(m,
		// scs.New starts a store of its own, whose clean-up cannot be stopped; the shop puts another in its place.
		goleak.IgnoreTopFunction("github.com/alexedwards/scs/v2/memstore.(*MemStore).startCleanup"),
		goleak.Cleanup(func(code int) {
			if dir, err := built(); err == nil {
				os.RemoveAll(dir)
			}
			os.Exit(code)
		}))
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
	mod := module
	if strings.HasPrefix(pkg, module+"/demo") {
		mod = module + "/demo"
	}
	where, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", mod).Output()
	if err != nil {
		return "", fmt.Errorf("find %s: %w", mod, err)
	}
	file := filepath.Join(dir, path.Base(pkg))
	cmd := exec.Command("go", "build", "-o", file, pkg)
	cmd.Dir = strings.TrimSpace(string(where))
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w\n%s", pkg, err, out)
	}
	return file, nil
}
