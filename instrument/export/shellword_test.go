package export_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/export"
)

func TestShellWord_IsOneWordForAShell(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"shop-mail": "shop-mail", "a b": "'a b'", "it's": `'it'\''s'`, "$(x)": "'$(x)'", "": "''"} {
		if got := export.ShellWord(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
