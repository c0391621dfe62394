package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/budget"
)

// TestDocs_TheCIExampleFailsABuildOnABrokenBudget runs docs/ci/check as a build would.
func TestDocs_TheCIExampleFailsABuildOnABrokenBudget(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("bash is needed")
		}
		t.Skip("bash is not installed")
	}
	script, err := filepath.Abs("../../docs/ci/check")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(t.TempDir(), "toolbar")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	build := func(took time.Duration, baseline string) (code int, out, dir string) {
		t.Helper()
		a := startApp(t)
		for range 200 {
			a.rec.Observe(orders, took, nil)
		}
		_, rec := a.rec.Begin(t.Context(), beginOrders) // of which a record is kept
		rec.End()
		a.flush()
		dir = t.TempDir()
		cmd := exec.Command(bash, script, a.path, baseline)
		cmd.Dir, cmd.Env = dir, append(os.Environ(), "TOOLBAR="+bin)
		b, err := cmd.CombinedOutput()
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return exit.ExitCode(), string(b), dir
		}
		if err != nil {
			t.Fatalf("%v\n%s", err, b)
		}
		return 0, string(b), dir
	}
	code, out, dir := build(20*time.Millisecond, "")
	if code != 0 || !strings.Contains(out, "limits are kept") {
		t.Errorf("a build that keeps its budgets ends with %d:\n%s", code, out)
	}
	for _, name := range []string{"report.html", "budget.xml", "budget.sarif"} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 100 {
			t.Errorf("%s: %v", name, err)
		}
	}
	code, out, dir = build(800*time.Millisecond, "")
	if code != exitFound || !strings.Contains(out, "BROKEN request POST /orders") || !strings.Contains(out, "where 300 ms is allowed") {
		t.Errorf("a build that breaks them ends with %d:\n%s", code, out)
	}
	if junit, err := os.ReadFile(filepath.Join(dir, "budget.xml")); err != nil || !strings.Contains(string(junit), "<failure") {
		t.Errorf("%s, %v", junit, err)
	}
	before, _ := twoStores(t)
	if code, out, _ = build(200*time.Millisecond, before); code != exitFound || !strings.Contains(out, "SLOWER request POST /orders") {
		t.Errorf("a build that became slower ends with %d:\n%s", code, out)
	}
}

func TestDocs_TheBudgetsAreRead(t *testing.T) {
	t.Parallel()
	f, err := budget.Open("../../docs/ci/toolbar.budget.yaml")
	if err != nil || len(f.Budgets) != 3 {
		t.Errorf("%+v, %v", f, err)
	}
}

func TestDocs_EveryCommandIsInTheList(t *testing.T) {
	t.Parallel()
	b, err := os.ReadFile("../../docs/cli.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range newRoot().Commands() {
		if c.Name() != "help" && c.Name() != "completion" && !strings.Contains(string(b), "`"+c.Name()) {
			t.Errorf("docs/cli.md does not name %s", c.Name())
		}
	}
}
