package term_test

import (
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

func TestT22_MarkdownStaysInItsPlace(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":        "`plain`",
		"":             "",
		"a`b":          "``a`b``",
		"`":            "`` ` ``",
		"a|b":          "`a\\|b`",
		"<img>\n# one": "`<img> # one`",
		"\x1b[2J":      "`\\x1b[2J`",
	} {
		if got := term.Cell(in); got != want {
			t.Errorf("%q gives %q, want %q", in, got, want)
		}
	}
	for _, in := range []string{"a\n```\nb", "````", "plain\n", "\x1b]0;x\x07"} {
		got := term.Fence("sh", in)
		fence, rest, _ := strings.Cut(got, "sh\n")
		body, ok := strings.CutSuffix(rest, "\n"+fence+"\n")
		if !ok || strings.Contains(body, fence) || strings.ContainsAny(got, "\x1b\x07") {
			t.Errorf("%q gives %q", in, got)
		}
	}
}
