package view

import (
	"strings"

	"github.com/a-h/templ"
)

// Help is the page of help. What is not in it the page knows itself.
type Help struct {
	Fields []FilterField // of the filter's language
}

// FilterField is a field of the filter's language.
type FilterField struct {
	Name    string
	Aliases []string
	Doc     string
	Example string   // a condition with it
	Href    string   // the list with that condition
	Values  []string // all that it can be, or the usual ones; empty: any
}

// Key is what a key does on a page.
type Key struct {
	Keys []string // as they are printed on a keyboard
	Does string
}

// Keys are the keys of the dashboard's pages. app.js acts on them.
func Keys() []Key {
	return []Key{
		{[]string{"/"}, "to the filter of a list, or the search"},
		{[]string{"J", "K"}, "next, previous row"},
		{[]string{"Enter"}, "opens the row"},
		{[]string{"X"}, "ticks the row"},
		{[]string{"C"}, "compares the two rows that are ticked"},
		{[]string{"P"}, "pauses live rows, and goes on"},
		{[]string{"[", "]"}, "previous, next Record of the same route"},
		{[]string{"+", "-", "0"}, "zooms the waterfall in, out, back to all of it"},
		{[]string{"←", "→"}, "collapses, expands a span"},
		{[]string{"E"}, "explains the statement that is shown: asks the database for its plan"},
		{[]string{"Esc"}, "leaves a field, gives the row up, closes what is open"},
		{[]string{"?"}, "shows these keys"},
	}
}

// words are those that the pages use in a sense of their own.
var words = []Attr{
	{Key: "Record", Value: "One request, one run of a command or of a task, or a signal that was sent outside of all three, with everything that happened in it."},
	{Key: "Span", Value: "One step in a Record: a layer, a query, a receiver. It lies inside the span that called it."},
	{Key: "Own time", Value: "What a span took without the spans inside it."},
	{Key: "Critical path", Value: "The spans of which each made the Record longer: to make others faster changes nothing."},
	{Key: "Handler", Value: "What statistics are kept for: a route, a layer, a receiver, a statement. They count every call, also of Records that are not kept."},
	{Key: "p50, p95, p99", Value: "The duration that half, 95 % or 99 % of the calls stayed within."},
	{Key: "N+1", Value: "A query for each row of another one, where one query for all would do."},
	{Key: "Inferred", Value: "A span whose call passed no context, and which was found by its goroutine."},
	{Key: "Pinned, tagged", Value: "A Record that stays until it is unpinned; one with a word to find it by, which is kept longer."},
	{Key: "~", Value: "A figure that was worked out from a part, because not every Record is kept."},
}

// docsFolder is a command that says where the documents are on a machine that has built the app.
const docsFolder = "go list -m -f '{{.Dir}}' github.com/go-debug-toolbar/debugtoolbar"

// docs are the documents, by their file.
var docs = []struct{ file, says string }{
	{"README.md", "what it is, and how to put it into an app"},
	{"docs/dashboard.md", "the dashboard: keys, live, who may do what"},
	{"docs/cli.md", "the command line, and budgets for builds"},
	{"docs/tasks.md", "queued work"},
	{"docs/opentelemetry.md", "OpenTelemetry, in and out"},
	{"docs/reliability.md", "what happens when something goes wrong"},
	{"docs/performance.md", "what it costs"},
	{"docs/architecture.md", "how it is made"},
}

// text is what it is, with its values where they are words of the language.
func (f FilterField) text() string {
	if f.Name == "is" {
		return f.Doc + ": " + strings.Join(f.Values, ", ")
	}
	return f.Doc
}

// names are a field's name and the others that it has.
func (f FilterField) names() string {
	return strings.Join(append([]string{f.Name}, f.Aliases...), ", ")
}

// HelpPage explains keys, filters, icons and words.
func HelpPage(s Shell, m Help) templ.Component { return page(s, help(s, m)) }
