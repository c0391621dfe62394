package commands_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestCM44_CM45_Help(t *testing.T) {
	t.Parallel()
	for name, lines := range map[string][][]string{
		"list":   {{}, {"help"}, {"--help"}, {"-h"}},
		"import": {{"help", "import_data"}, {"import_data", "--help"}},
	} {
		for _, args := range lines {
			res := call(t, args...)
			if res.Code != 0 || res.Stderr != "" {
				t.Errorf("%v: got %+v", args, res)
			}
			golden(t, name, res.Stdout)
		}
	}
	if got := newRoot().Names(); !slices.Equal(got, []string{"cleanup", "fail", "import_data"}) {
		t.Errorf("names %v", got)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s: got\n%s\nwant\n%s", file, got, want)
	}
}

// Cobra takes the process's arguments when it is given nil: a call without any must not.
func TestExec_NoArgumentsIsHelp(t *testing.T) {
	t.Parallel()
	root := newRoot()
	var out, errs bytes.Buffer
	err := root.Exec(context.Background(), commands.IO{Out: &out, Err: &errs})
	if err != nil || !strings.Contains(out.String(), "import_data") || errs.Len() > 0 {
		t.Errorf("error %v, stdout %q, stderr %q", err, out.String(), errs.String())
	}
}
