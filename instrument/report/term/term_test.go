package term_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

func ExampleLine() {
	fmt.Println(term.Line("GET /\x1b]0;owned\x07\nuser\u202egnp.exe"))
	// Output: GET /\x1b]0;owned\x07 user\u202egnp.exe
}

func ExampleFit() {
	fmt.Println(term.Fit("customers.(*Service).UpdateStatistics", 20))
	// Output: customers.(*Service…
}

// hostile is what T-21 names, one kind of attack each.
var hostile = []string{
	"\x1b[2J", "\x1b]0;title\x07", "\x1b]52;c;cm0gLXJm\x1b\\", "\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\",
	"\x1bP$qm\x1b\\", "ok\roverwritten", "a\x08\x08b", "\x7f", "\u009b31m", "\x9b31m", "\u202etxt.exe",
	"\u2066x\u2069", "a\u200bb", "a\ufeffb", "\u2028", "\xff\xfe", "a\x00b", "\U000e0041", "\ue000", "\u061c", "a\ufe0fb",
}

func TestT21_NothingThatATerminalActsOnIsLeft(t *testing.T) {
	t.Parallel()
	for _, s := range hostile {
		t.Run(fmt.Sprintf("%q", s), func(t *testing.T) {
			t.Parallel()
			requireHarmless(t, term.Line(s))
			requireHarmless(t, term.Line("before "+s+" after"))
			if got := term.Line(s); !strings.Contains(got, `\`) {
				t.Errorf("Line(%q) = %q hides that something was there", s, got)
			}
		})
	}
}

func requireHarmless(t *testing.T, s string) {
	t.Helper()
	if !utf8.ValidString(s) {
		t.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if term.Unsafe(r) {
			t.Errorf("%q holds %U", s, r)
		}
	}
}

func TestLine_KeepsTextAndMakesOneLine(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                   "",
		"GET /orders/{id}":   "GET /orders/{id}",
		"Straße 東京 ñ é 🛒":    "Straße 東京 ñ é 🛒",
		"SELECT 1\n\tFROM t": "SELECT 1  FROM t",
	} {
		if got := term.Line(in); got != want {
			t.Errorf("Line(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestBlock_KeepsLinesAndTabs(t *testing.T) {
	t.Parallel()
	if got, want := term.Block("a\n\tb\rc\x1b"), "a\n\tb\\x0dc\\x1b"; got != want {
		t.Errorf("Block = %q, want %q", got, want)
	}
}

func TestFit_NeverExceedsTheWidth(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "a", "abcdef", "東京都庁", "e\u0301e\u0301e\u0301", "🛒🛒🛒"} {
		for width := -1; width < 10; width++ {
			got := term.Fit(s, width)
			if term.Width(got) > max(width, 0) {
				t.Errorf("Fit(%q, %d) = %q is %d wide", s, width, got, term.Width(got))
			}
			if term.Width(s) <= width && got != s {
				t.Errorf("Fit(%q, %d) = %q cut what fits", s, width, got)
			}
		}
	}
}

func TestPad_FillsOnTheSideAskedFor(t *testing.T) {
	t.Parallel()
	if got := term.Pad("東", 4, true); got != "  東" {
		t.Errorf("right: %q", got)
	}
	if got := term.Pad("ab", 4, false); got != "ab  " {
		t.Errorf("left: %q", got)
	}
	if got := term.Pad("abcdef", 4, false); got != "abcdef" {
		t.Errorf("longer: %q", got)
	}
}

func TestWrap_LinesFitAndNothingIsLost(t *testing.T) {
	t.Parallel()
	s := "one three averyveryverylongword 東京都庁東京都庁 end"
	for width := 1; width < 40; width++ {
		lines := term.Wrap(s, width)
		for _, line := range lines {
			if term.Width(line) > max(width, 2) { // one wide character is two columns
				t.Errorf("width %d: %q", width, line)
			}
		}
		if strip(strings.Join(lines, "")) != strip(s) {
			t.Errorf("width %d lost text: %q", width, lines)
		}
	}
}

func strip(s string) string { return strings.ReplaceAll(s, " ", "") }

func FuzzLine(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		requireHarmless(t, term.Line(s))
		if got := term.Line(s); term.Line(got) != got {
			t.Errorf("cleaning twice changes %q", got)
		}
	})
}
