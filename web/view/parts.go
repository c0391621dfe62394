package view

import "github.com/a-h/templ"

// The parts of pages that package widget offers to apps.

// StatusIcon draws what happened; nothing for "".
func StatusIcon(s Status) templ.Component { return statusIcon(s, "") }

// Spark draws a line of values without axes; nothing of fewer than two.
func Spark(values []float64, bad bool, label string) templ.Component {
	return spark(values, sparkClass(bad), label)
}

// Bar draws a share, 0 to 1, as a bar with its number behind it.
func Bar(share float64, bad bool, label, number string) templ.Component {
	class := ""
	if bad {
		class = "st-bad"
	}
	return barNum(share, class, label, number)
}

// AlertBox is a finding with its evidence and a fix.
func AlertBox(a Alert) templ.Component { return alert(a) }

// CodeBlock is code that can be copied.
func CodeBlock(label, text string) templ.Component { return code(label, text) }

// EmptyBox says that nothing is there yet.
func EmptyBox(title, text string) templ.Component { return empty(title, text, "") }
