package main

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What docs/custom.md lets apps use is there, and is to be seen.
func TestCustom_ClassesThatAppsMayUseAreThereAndShown(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	_, table, found := strings.Cut(read("../../docs/custom.md"), "| class | for |")
	if !found {
		t.Fatal("docs/custom.md lists no classes")
	}
	var listed []string
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			for _, m := range regexp.MustCompile("`([a-z0-9-]+)`").FindAllStringSubmatch(cells[1], -1) {
				listed = append(listed, m[1])
			}
		}
	}
	css := read("../static/app.css")
	var shown []string
	for _, m := range regexp.MustCompile(`class="([^"]*)"`).FindAllStringSubmatch(classMarkup, -1) {
		shown = append(shown, strings.Fields(m[1])...)
	}
	for _, class := range listed {
		if !regexp.MustCompile(`\.` + class + `\b`).MatchString(css) {
			t.Errorf("the stylesheet has no class %s", class)
		}
		if !slices.Contains(shown, class) {
			t.Errorf("the sample custom-classes does not show %s", class)
		}
	}
	for _, class := range shown {
		if !slices.Contains(listed, class) {
			t.Errorf("docs/custom.md does not name %s", class)
		}
	}
	if len(listed) < 30 {
		t.Errorf("only %d classes are listed: %q", len(listed), listed)
	}
}
