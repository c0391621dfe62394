package e2e_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
)

// What no file may hold, wherever it was typed.
const secret = "kiln-4711-firing"

func TestTwoProcesses_CommandsAreSeenBesideRequests(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	demo := e2etest.Start(t, dir)
	order := e2etest.NewVisitor(t, demo.Shop).Order()

	for _, tt := range []struct {
		args []string
		code int
	}{
		{[]string{"cleanup-old-records", "--days", "30", "--dry-run"}, 0},
		{[]string{"cleanup-old-records", "--batch-size", "0"}, 1},
		{[]string{"cleanup-old-records", "--password=" + secret}, 2},
	} {
		r := e2etest.Run(t, dir, e2etest.Demo(t), append([]string{"manage"}, tt.args...)...)
		if r.Code != tt.code {
			t.Errorf("manage %q: exit code %d, want %d\n%s%s", tt.args, r.Code, tt.code, r.Out, r.Err)
		}
	}
	later := e2etest.NewVisitor(t, demo.Shop).Order() // the server writes on after three others did

	// The server shows what the other processes wrote, without being told.
	list := e2etest.Get[e2etest.Records](t, demo.API("requests?kind=command"))
	if len(list.Records) != 3 {
		t.Fatalf("%d Records of commands, want 3: %+v", len(list.Records), list.Records)
	}
	for i, want := range []struct {
		status int
		failed bool
	}{{2, true}, {1, true}, {0, false}} { // newest first
		r := list.Records[i]
		if r.Name != "cleanup-old-records" || r.Status != want.status || r.Flags.Error != want.failed {
			t.Errorf("%s: exit code %d, failed %v (%s); want %d, %v", r.Name, r.Status, r.Flags.Error, r.Error, want.status, want.failed)
		}
	}
	dry := e2etest.Get[e2etest.Record](t, demo.API("requests/"+list.Records[2].ID))
	if dry.Attrs["arg.days"] != "30" || dry.Attrs["arg.dry-run"] != "true" || dry.Attrs["default.batch-size"] != "1000" {
		t.Errorf("arguments: %v", dry.Attrs)
	}
	if dry.Counts.Queries == 0 {
		t.Error("the command's statements are not in its Record")
	}

	code := demo.Interrupt()
	file := filepath.Join(dir, app.DefaultToolbarFile)
	if code != 0 {
		t.Errorf("exit code %d:\n%s", code, demo.Output())
	}
	for _, id := range []string{order, later, list.Records[0].ID} {
		if out := e2etest.Tool(t, file, "show", id); !strings.Contains(out, id) {
			t.Errorf("show %s:\n%s", id, out)
		}
	}
	e2etest.Integrity(t, file)
	if hits := e2etest.Grep(t, file, secret); len(hits) > 0 {
		t.Errorf("the secret is in %q", hits)
	}
}

func TestTwoProcesses_BothAreSeenWhileTheyRun(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, app.DefaultToolbarFile)
	demo := e2etest.Start(t, dir)
	command := begin(t, file, "sync-catalogue", "--api-token", secret, "--code=7", "postgres://shop:"+secret+"@wholesale/db")
	e2etest.NewVisitor(t, demo.Shop).Order() // both write

	health := e2etest.Text(t, demo.Dashboard+"health")
	for _, pid := range []int{demo.PID(), command.cmd.Process.Pid} {
		if !strings.Contains(health, strconv.Itoa(pid)) {
			t.Errorf("process %d is not on the page", pid)
		}
	}
	if !strings.Contains(health, "fernhill") || !strings.Contains(health, "wholesale") {
		t.Error("the page does not say what the processes are")
	}

	if code := command.end(); code != 7 {
		t.Errorf("exit code %d, want 7", code)
	}
	list := e2etest.Get[e2etest.Records](t, demo.API("requests?kind=command"))
	if len(list.Records) != 1 || list.Records[0].Name != "sync-catalogue" || list.Records[0].Status != 7 {
		t.Fatalf("%+v, want sync-catalogue with exit code 7", list.Records)
	}
	r := e2etest.Get[e2etest.Record](t, demo.API("requests/"+list.Records[0].ID))
	for name, want := range map[string]any{
		"arg.api-token": "[redacted]", "arg.code": "7", "arg.1.source": "postgres://[redacted]@wholesale/db",
	} {
		if r.Attrs[name] != want {
			t.Errorf("%s is %q, want %q", name, r.Attrs[name], want)
		}
	}
	if want := "postgres://[redacted]@wholesale/db did not answer"; r.Error != want {
		t.Errorf("error %q, want %q", r.Error, want)
	}
	page := e2etest.Text(t, demo.Dashboard+"requests/"+list.Records[0].ID+"/command")
	for _, want := range []string{
		"sync-catalogue --api-token [redacted] --code=7 'postgres://[redacted]@wholesale/db'</code>", "<dt>--api-token</dt>", "<dt>1 SOURCE</dt>",
		">syncing\n</code>", "8 B printed", "nothing recorded: a shell, cron or another program started it",
	} {
		if !strings.Contains(strings.ReplaceAll(page, "&#39;", "'"), want) {
			t.Errorf("the command's panel has no %q", want)
		}
	}
	if code := demo.Interrupt(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, demo.Output())
	}
	e2etest.Integrity(t, file)
	if hits := e2etest.Grep(t, file, secret); len(hits) > 0 {
		t.Errorf("the secret is in %q", hits)
	}
}
