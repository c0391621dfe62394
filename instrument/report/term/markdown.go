package term

import "strings"

// Code puts s into a code span of Markdown, in which nothing is a link, a mention, an
// image or HTML. Its fence is longer than any row of backticks in it, and a space keeps
// one at an end apart. It is made safe as by Line.
func Code(s string) string {
	s = Line(s)
	if strings.TrimSpace(s) == "" {
		return ""
	}
	fence := "`"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	if strings.HasPrefix(s, "`") || strings.HasSuffix(s, "`") {
		s = " " + s + " "
	}
	return fence + s + fence
}

// Cell is Code inside of a table, where a bar ends the cell even in code.
func Cell(s string) string { return strings.ReplaceAll(Code(s), "|", `\|`) }

// Fence puts s into a code block of Markdown. language may be empty. It is made safe as
// by Block.
func Fence(language, s string) string {
	s = strings.TrimSuffix(Block(s), "\n")
	fence := "```"
	for strings.Contains(s, fence) {
		fence += "`"
	}
	return fence + language + "\n" + s + "\n" + fence + "\n"
}
