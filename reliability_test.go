package debugtoolbar

import (
	"bytes"
	"cmp"
	"encoding/json"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/internal/soak"
)

var update = flag.Bool("update", false, "write docs/reliability.md anew")

// promises are what the toolbar promises to its host, by the number that tests of them
// carry in their names: T for threats, F for faults.
var promises = []struct{ id, what string }{
	{"T01", "The dashboard is shut to everybody but this machine, unless the app opens it"},
	{"T02", "Forwarding headers never open it"},
	{"T03", "A foreign Host, as DNS rebinding sends it, is refused"},
	{"T04", "Nothing changes but by a form of the dashboard itself"},
	{"T05", "No other site can read it"},
	{"T06", "Captured text stays text in every page"},
	{"T07", "Pages run under a strict policy of their own"},
	{"T08", "The policy of the host's page is neither changed nor broken"},
	{"T09", "Explaining a statement cannot change data"},
	{"T10", "Nothing is asked for in the place of a viewer"},
	{"T11", "Secrets are hidden before they are kept"},
	{"T12", "Files are the owner's alone"},
	{"T13", "No path of a request names a file"},
	{"T14", "Large bodies cost no memory"},
	{"T15", "What is unpacked is bounded"},
	{"T16", "Labels of metrics are bounded"},
	{"T17", "No text makes matching slow"},
	{"T18", "No redirect leads away"},
	{"T19", "No request sees another's data"},
	{"T20", "No text forges a log line"},
	{"T21", "No text reaches a terminal as a command"},
	{"T22", "No text becomes a formula or markup in a report"},
	{"T23", "Trace headers from outside decide nothing"},
	{"T24", "The dashboard cannot be used to slow the app down"},
	{"T25", "Cookies decide nothing but who may look"},
	{"T26", "Nothing is fetched from elsewhere"},
	{"F01", "A panic of ours changes nothing for the host"},
	{"F02", "A panic of the host passes through as it was"},
	{"F03", "Panics of receivers, layers, commands and jobs keep their meaning"},
	{"F04", "A command that exits or is killed keeps its exit code, and leaves a record"},
	{"F05", "No state of the process is touched"},
	{"F06", "A driver behaves as without us"},
	{"F07", "A log handler behaves as without us"},
	{"F08", "A full disk loses Records, counted, and nothing else"},
	{"F09", "The file stays within its bounds"},
	{"F10", "A locked file holds no request up"},
	{"F11", "Several processes write to one file"},
	{"F12", "kill -9 loses nothing that was acknowledged"},
	{"F13", "A file that is deleted or replaced is noticed"},
	{"F14", "A damaged file is put aside"},
	{"F15", "A file that cannot be written is read"},
	{"F16", "Newer and foreign files are left alone, older ones migrated"},
	{"F17", "A slow disk holds no request up"},
	{"F18", "Everything that is dropped is counted"},
	{"F19", "Closing ends in time and stores what it can"},
	{"F20", "Nothing leaks"},
	{"F21", "No data race"},
	{"F22", "Ten thousand requests at once"},
	{"F23", "A client that goes away is no error"},
	{"F24", "A hundred thousand statements in a request"},
	{"F25", "Deep nesting is bounded"},
	{"F26", "Any bytes can be kept and shown"},
	{"F27", "Long texts are cut"},
	{"F28", "A clock that jumps harms nothing"},
	{"F29", "Without file descriptors the open connection goes on"},
	{"F30", "A long read does not let the -wal grow"},
	{"F31", "Network file systems are noticed"},
	{"F32", "Every question to the store has an end"},
	{"F33", "An exporter that fails is left alone"},
	{"F34", "A bad configuration is an error of New, and leaves nothing"},
}

// TestReliability_TheTableIsThatOfTheTests holds docs/reliability.md to the names of the
// tests in all modules: go test . -run Reliability -update writes it anew.
func TestReliability_TheTableIsThatOfTheTests(t *testing.T) {
	t.Parallel()
	tests := testsByPromise(t)
	var b bytes.Buffer
	b.WriteString(`# Reliability

What the toolbar promises to the app that it is in, and the tests that hold it to that. This table is
made from the tests' names: ` + "`go test . -run Reliability -update`" + `. A promise without a test is a
plan. What a threat or a fault is, and where its figures come from, stands in the tests.

| promise | what | tests |
|---|---|---|
`)
	for _, p := range promises {
		list := tests[p.id]
		text := "*none yet*"
		if len(list) > 0 {
			text = strings.Join(list, "<br>")
		}
		fmt.Fprintf(&b, "| %s-%s | %s | %s |\n", p.id[:1], p.id[1:], p.what, text)
		delete(tests, p.id)
	}
	b.WriteString(figures(t))
	for id := range tests {
		t.Errorf("tests of %s are not in the list of promises", id)
	}
	const path = "docs/reliability.md"
	if *update {
		if err := os.WriteFile(path, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Errorf("%s does not name the tests that there are: run go test . -run Reliability -update", path)
	}
}

// figures is what the long forms of tests have found: make soak adds it to docs/soak.jsonl,
// one object a line. The last line of a test holds.
func figures(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("docs/soak.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]soak.Figure{}
	for line := range strings.Lines(string(text)) {
		var f soak.Figure
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatalf("docs/soak.jsonl: %v: %s", err, line)
		}
		found[f.Test] = f
	}
	var b strings.Builder
	b.WriteString(`
## At length

What takes too long for every change is run by ` + "`make soak`" + `: the same tests with more of everything. What they
found when they were last run:

| promise | test | what it found |
|---|---|---|
`)
	list := slices.SortedFunc(maps.Values(found), func(a, b soak.Figure) int {
		return cmp.Or(cmp.Compare(a.Promise, b.Promise), cmp.Compare(a.Test, b.Test))
	})
	for _, f := range list {
		fmt.Fprintf(&b, "| %s-%s | %s | %s |\n", f.Promise[:1], f.Promise[1:], f.Test, f.Text)
	}
	return b.String()
}

var promised = regexp.MustCompile(`^(?:Test|Fuzz)?([TF]\d\d)$`)

// testsByPromise finds tests by the numbers in their names, parsed in-process.
func testsByPromise(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		for _, decl := range file.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if !ok || fn.Recv != nil {
				continue
			}
			where := fmt.Sprintf("`%s` %s", filepath.ToSlash(filepath.Dir(path)), fn.Name.Name)
			for part := range strings.SplitSeq(fn.Name.Name, "_") {
				if m := promised.FindStringSubmatch(part); m != nil {
					found[m[1]] = append(found[m[1]], where)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, list := range found {
		slices.Sort(list)
	}
	return found
}
