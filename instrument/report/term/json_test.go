package term_test

import (
	"encoding/json"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

func TestT21_JSONHasNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"\u009b31m", "\u202etxt.exe", "\u2066a\u2069", "\x1b[2J", "\u200b", "\U000e0041tag", "fine ü 木", "a\nb", "\x7f"} {
		b, err := json.MarshalIndent(map[string]string{"a": text, text: "b"}, "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		safe := term.JSON(b)
		for _, r := range string(safe) {
			if r != '\n' && term.Unsafe(r) {
				t.Errorf("%q: %q is left in %q", text, r, safe)
			}
		}
		var back map[string]string
		if err := json.Unmarshal(safe, &back); err != nil || back["a"] != text || back[text] != "b" {
			t.Errorf("%q comes back as %q, %v", text, back, err)
		}
	}
}
