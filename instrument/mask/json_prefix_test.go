package mask_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestJSONPrefix_KeepsWhatIsComplete(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in, want string
		n              int
	}{
		{"whole", `{"a":1}`, `{"a":1}`, 7},
		{"cut within a text", `{"a":1,"b":"hel`, `{"a":1}`, 6},
		{"cut within a name", `{"a":1,"na`, `{"a":1}`, 6},
		{"cut behind a name", `{"a":1,"b":`, `{"a":1}`, 6},
		{"cut within a number, which may go on", `[1,23`, `[1]`, 2},
		{"cut within a literal", `[true,fal`, `[true]`, 5},
		{"nested", `{"a":{"b":[1,{"c":null},`, `{"a":{"b":[1,{"c":null}]}}`, 23},
		{"opened and cut", `{"a":[`, `{"a":[]}`, 6},
		{"a secret name", `{"password":"hunter2","rest":"cu`, `{"password":"[redacted]"}`, 21},
		{"a secret object that is cut", `{"credentials":{"user":"hunter2","x`, `{"credentials":"[redacted]"}`, 32},
		{"a mistake in the middle", `{"a":1,"b":oops,"c":2}`, `{"a":1}`, 6},
		{"no JSON at all", `hello`, ``, 0},
		{"text after the end", `{"a":1} and more`, `{"a":1}`, 7},
		{"only blanks", "  ", "  ", 2},
	} {
		got, n := mask.Default().JSONPrefix([]byte(c.in))
		if string(got) != c.want || n != c.n {
			t.Errorf("%s: %q gives %q, %d; want %q, %d", c.name, c.in, got, n, c.want, c.n)
		}
	}
}

// FuzzJSONPrefix: what is kept of a document that is cut anywhere is JSON, and never has
// a value that stands under a secret name.
func FuzzJSONPrefix(f *testing.F) {
	const doc = `{"user":"ann","token":"s3cr3t-one","list":[1,2.5e3,{"password":["s3cr3t-two"],"ok":true}],"auth":{"x":"s3cr3t-three"},"n":null}`
	for i := range len(doc) {
		f.Add(doc, i)
	}
	f.Fuzz(func(t *testing.T, text string, at int) {
		if at < 0 || at > len(text) {
			return
		}
		got, n := mask.Default().JSONPrefix([]byte(text[:at]))
		if n < 0 || n > at {
			t.Fatalf("understood %d of %d bytes", n, at)
		}
		if strings.TrimSpace(string(got)) != "" && !json.Valid(got) {
			t.Errorf("%q gives %q, which is not JSON", text[:at], got)
		}
		if strings.Contains(string(got), "s3cr3t") && text == doc {
			t.Errorf("%q gives %q", text[:at], got)
		}
	})
}
