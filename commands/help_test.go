package commands_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
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
