package sqltap_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// values fill the holes of a shape, each time others.
var values = []*strings.Replacer{
	strings.NewReplacer("{n}", "1", "{s}", "'a'", "{in}", "1", "{w}", " ", "{nl}", "\n"),
	strings.NewReplacer("{n}", "42.5e-3", "{s}", "'it''s; -- not a comment'", "{in}", "'x', 'y', 'z'", "{w}", "\n\t /* why */ ", "{nl}", "\n\n"),
	strings.NewReplacer("{n}", "0x1F", "{s}", "''", "{in}", "1,2 ,3,  4, 5", "{w}", " -- why\n", "{nl}", "  "),
}

// corpus is the statements of testdata by their shape.
func corpus(t testing.TB) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("testdata/shapes.txt")
	if err != nil {
		t.Fatal(err)
	}
	byShape := map[string][]string{}
	n := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSuffix(line, "\n"); line[0] == '#' {
			continue
		}
		for _, v := range values {
			byShape[line] = append(byShape[line], v.Replace(line))
			n++
		}
	}
	if n < 500 {
		t.Fatalf("only %d statements", n)
	}
	return byShape
}

func TestFingerprint_MergesWhatDiffersInValuesOnly(t *testing.T) {
	t.Parallel()
	for shape, list := range corpus(t) {
		for _, s := range list[1:] {
			if a, b := sqltap.Fingerprint(list[0]), sqltap.Fingerprint(s); a != b {
				t.Errorf("%s: %q and %q", shape, a, b)
			}
		}
	}
}

func TestFingerprint_NeverMergesDifferentStatements(t *testing.T) {
	t.Parallel()
	seen := map[string]string{}
	for shape, list := range corpus(t) {
		f := sqltap.Fingerprint(list[0])
		if other, taken := seen[f]; taken {
			t.Errorf("%q and %q are both %q", shape, other, f)
		}
		seen[f] = shape
	}
}

// FuzzFingerprint: the shape of a shape is itself, and what is added to a statement of
// the corpus, but for values, space and comments, is not lost.
func FuzzFingerprint(f *testing.F) {
	byFingerprint := map[string]string{}
	for shape, list := range corpus(f) {
		for _, s := range list {
			f.Add(s)
			byFingerprint[sqltap.Fingerprint(s)] = shape
		}
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := sqltap.Fingerprint(s)
		if again := sqltap.Fingerprint(got); again != got {
			t.Errorf("%q becomes %q and then %q", s, got, again)
		}
		// A word is never invented: a statement of the corpus has the words of its shape.
		if shape, known := byFingerprint[got]; known && !hasWords(s, got) {
			t.Errorf("%q is taken for %q", s, shape)
		}
	})
}

func hasWords(s, fingerprint string) bool {
	for _, w := range strings.FieldsFunc(fingerprint, func(c rune) bool {
		return !(c == '_' || c >= 0x80 || '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z')
	}) {
		if !strings.Contains(s, w) {
			return false
		}
	}
	return true
}
