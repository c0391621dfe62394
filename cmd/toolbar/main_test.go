package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The program as users have it, as a process of its own beside an app that writes.
func TestBinary_ReportsWhileTheAppIsRunning(t *testing.T) {
	t.Parallel()
	bin := filepath.Join(t.TempDir(), "toolbar")
	if runtime.GOOS == "windows" {
		bin += ".exe"
	}
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}
	a, _ := shop(t)
	out, err := exec.Command(bin, "report", "--db", a.path).Output()
	if err != nil {
		t.Fatalf("toolbar report: %v", err)
	}
	requireFirst(t, string(out), "send-confirmation")

	a.order() // the app goes on, and so does the report
	a.flush()
	out, err = exec.Command(bin, "report", "--db", a.path, "--format", "csv", "--handler", "send-confirmation").Output()
	if err != nil {
		t.Fatalf("toolbar report: %v", err)
	}
	if !strings.Contains(string(out), "receiver,send-confirmation,notify.Send,/src/shop/notify/mail.go,41,6,0,0,6,") {
		t.Errorf("six calls, all slow, are not in:\n%s", out)
	}
	for args, want := range map[string]int{"report --db /no/such/file.db": exitFailed, "report --sort speed": exitUsage, "rport": exitUsage} {
		err := exec.Command(bin, strings.Fields(args)...).Run()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != want {
			t.Errorf("toolbar %s: %v, want exit code %d", args, err, want)
		}
	}
	if left, err := os.ReadDir(filepath.Dir(a.path)); err != nil || len(left) > 4 {
		t.Errorf("the program left files beside the store: %v", left)
	}
}

// requireFirst holds a text report's first row to a handler.
func requireFirst(t *testing.T, report, handler string) {
	t.Helper()
	for line := range strings.Lines(report) {
		if strings.HasPrefix(line, "1 ") {
			if !strings.Contains(line, handler) {
				t.Errorf("first is %q, want %s", line, handler)
			}
			return
		}
	}
	t.Errorf("no first row in:\n%s", report)
}
