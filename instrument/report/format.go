package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Format is a form in which a report is written.
type Format string

// The formats.
const (
	FormatText     Format = "text"  // a table for a terminal
	FormatJSON     Format = "json"  // for programs; durations in nanoseconds
	FormatCSV      Format = "csv"   // for spreadsheets; durations in nanoseconds
	FormatMarkdown Format = "md"    // for an issue or a pull request
	FormatHTML     Format = "html"  // a page of its own, with charts
	FormatJUnit    Format = "junit" // results of tests, for a build server
	FormatSARIF    Format = "sarif" // findings beside the lines of the code, for a code host
)

type writer func(r *Report, w io.Writer, o TextOptions) error

// writers is the one list of formats. Each is a file of its own.
var writers = []struct {
	format Format
	write  writer
}{
	{FormatText, func(r *Report, w io.Writer, o TextOptions) error { return r.Text(w, o) }},
	{FormatJSON, func(r *Report, w io.Writer, _ TextOptions) error { return r.JSON(w) }},
	{FormatCSV, func(r *Report, w io.Writer, _ TextOptions) error { return r.CSV(w) }},
	{FormatMarkdown, func(r *Report, w io.Writer, _ TextOptions) error { return r.Markdown(w) }},
	{FormatHTML, func(r *Report, w io.Writer, _ TextOptions) error { return r.HTML(w) }},
	{FormatJUnit, func(r *Report, w io.Writer, _ TextOptions) error { return r.JUnit(w) }},
	{FormatSARIF, func(r *Report, w io.Writer, o TextOptions) error { return r.SARIF(w, o.Root) }},
}

// Formats lists the formats, the default first.
func Formats() []Format {
	all := make([]Format, len(writers))
	for i, f := range writers {
		all[i] = f.format
	}
	return all
}

// ParseFormat gives the format of a name; the error lists those there are.
func ParseFormat(name string) (Format, error) {
	if slices.Contains(Formats(), Format(name)) {
		return Format(name), nil
	}
	return "", fmt.Errorf("unknown format %q, use one of %s", name, joined(Formats()))
}

// joined lists names in a sentence.
func joined[T ~string](names []T) string {
	all := make([]string, len(names))
	for i, n := range names {
		all[i] = string(n)
	}
	return strings.Join(all, ", ")
}

// Write writes the report in a format; the options are those of FormatText, but for Root.
func (r *Report) Write(w io.Writer, f Format, o TextOptions) error {
	for _, known := range writers {
		if known.format == f {
			return known.write(r, w, o)
		}
	}
	_, err := ParseFormat(string(f))
	return err
}
