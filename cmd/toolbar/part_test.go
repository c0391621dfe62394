package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// mailBeside is another service that writes to the app's file: two runs of a task.
func mailBeside(t *testing.T, path string) *app {
	t.Helper()
	a := startService(t, path, "mail")
	for range 2 {
		a.rec.Observe(letters, 5*time.Millisecond, nil)
	}
	a.flush()
	return a
}

func TestReport_OfOneServiceOrProcess(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	mailBeside(t, a.path)
	list, err := a.store.Processes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	number := func(service string) string {
		for _, p := range list {
			if p.Service == service {
				return strconv.FormatInt(p.ID, 10)
			}
		}
		t.Fatalf("no process of %s in %+v", service, list)
		return ""
	}
	for _, command := range [][]string{{"report"}, {"top", "--count", "1", "--window", "1h"}} {
		for args, want := range map[string]struct{ shop, mail bool }{
			"":                                      {true, true},
			"--service shop":                        {true, false},
			"--service mail":                        {false, true},
			"--process " + number("mail"):           {false, true},
			"--process " + number("shop"):           {true, false},
			"--service mail --kind request":         {false, false},
			"--service mail --sort p95 --kind task": {false, true},
		} {
			out := mustRun(t, append(append(command, "--db", a.path), strings.Fields(args)...)...)
			if strings.Contains(out, "checkout.Create") != want.shop && !strings.Contains(args, "--kind") || strings.Contains(out, "send letters") != want.mail {
				t.Errorf("%s %s: want %+v of\n%s", command[0], args, want, out)
			}
		}
	}
	for args, says := range map[string]string{
		"--service post": `no process of a service "post" has written to this store, or all are forgotten; there is "mail" (process `,
		"--process 99":   "no process 99 has written",
		"--process -1":   "--process: -1 is no number",
		"--service shop --process " + number("mail"): `of the service "shop"`,
	} {
		r := toolbar(t, append([]string{"report", "--db", a.path}, strings.Fields(args)...)...)
		if r.code != exitUsage || !strings.Contains(r.stderr, says) {
			t.Errorf("%s: exit code %d, %q, want %q", args, r.code, r.stderr, says)
		}
	}
}

// A budget is checked against what is chosen alone.
func TestReport_ABudgetOfOneService(t *testing.T) {
	t.Parallel()
	a, _ := shop(t)
	mailBeside(t, a.path)
	file := filepath.Join(t.TempDir(), "budget.yaml")
	if err := os.WriteFile(file, []byte("budgets:\n  - handler: checkout.Create\n    kind: view\n    p95: 1ms\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if r := toolbar(t, "report", "--db", a.path, "--budget", file); r.code != exitFound {
		t.Errorf("of all: %+v", r)
	}
	if r := toolbar(t, "report", "--db", a.path, "--budget", file, "--service", "mail"); r.code != exitFine {
		t.Errorf("of the mail: %+v", r)
	}
}

func TestKnownParts_NamesAFewServices(t *testing.T) {
	t.Parallel()
	var list []query.Process
	for i := range 8 {
		list = append(list, query.Process{ID: int64(i + 1), Service: "s" + strconv.Itoa(i/2*2%12)}, query.Process{ID: int64(i + 20), Service: "x" + strconv.Itoa(i)})
	}
	if text := knownParts(list); !strings.HasPrefix(text, `there is "s0" (process 1), "x0" (process 20)`) || !strings.HasSuffix(text, "and 7 more") {
		t.Error(text)
	}
	if text := knownParts(nil); text != "nothing has written to this store" {
		t.Error(text)
	}
}
