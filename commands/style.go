package commands

import (
	"io"
	"os"
	"strings"
)

// Style says what a text is, and thereby how it is coloured where there are colours.
type Style uint8

// The styles.
const (
	StylePlain   Style = iota
	StyleSuccess       // it worked: bold green
	StyleNotice        // worth seeing: bold
	StyleWarning       // bold yellow
	StyleError         // bold red
)

var styleCodes = [...]string{StyleSuccess: "32;1", StyleNotice: "1", StyleWarning: "33;1", StyleError: "31;1"}

// Paint gives text in the colours of a style if the stream takes colours, else text
// as it is. A newline at the end stays outside the colours.
//
//	run.Out.Line(run.Out.Paint(commands.StyleSuccess, "All sent."))
func (o *Output) Paint(s Style, text string) string {
	if !o.Color() || s == StylePlain || int(s) >= len(styleCodes) {
		return text
	}
	return paint(s, text)
}

func paint(s Style, text string) string {
	inner := strings.TrimRight(text, "\n")
	if inner == "" {
		return text
	}
	return "\x1b[" + styleCodes[s] + "m" + inner + "\x1b[0m" + text[len(inner):]
}

// color says whether w takes colours.
func (b *baseFlags) color(w io.Writer) bool {
	if b.forceColor && !b.noColor {
		return true
	}
	if b.noColor || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	if outer, ok := w.(*Output); ok { // of the command that calls
		return outer.Color()
	}
	return isTerminal(w)
}
