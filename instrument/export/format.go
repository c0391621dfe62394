package export

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNoRequest says that a Record is not that of an HTTP request: only Markdown can say
// something about it.
var ErrNoRequest = errors.New("not an HTTP request")

// Format is one way to write Records.
type Format struct {
	Name      string // "curl", as Write has it
	Label     string // "cURL", for people
	Ext       string // ".sh", of a file
	MediaType string
	Many      bool // several Records go into one file

	write func(recs []*instrument.Record) (string, error)
}

var formats = []Format{
	{"curl", "cURL", ".sh", "text/x-shellscript; charset=utf-8", false, single(Curl)},
	{"go", "Go client", ".go", "text/x-go; charset=utf-8", false, single(GoClient)},
	{"test", "Go test", "_test.go", "text/x-go; charset=utf-8", false, single(GoTest)},
	{"har", "HAR", ".har", "application/json", true, func(recs []*instrument.Record) (string, error) {
		b, err := HAR(recs...)
		return string(b), err
	}},
	{"markdown", "Markdown", ".md", "text/markdown; charset=utf-8", true, func(recs []*instrument.Record) (string, error) {
		return Markdown(recs...), nil
	}},
}

func single(f func(*instrument.Record) (string, error)) func([]*instrument.Record) (string, error) {
	return func(recs []*instrument.Record) (string, error) { return f(recs[0]) }
}

// Formats lists the formats.
func Formats() []Format { return slices.Clone(formats) }

// FormatError says that there is no format of a name.
type FormatError struct{ Name string }

// Error lists the names that there are.
func (e *FormatError) Error() string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.Name
	}
	return fmt.Sprintf("no format %q: use one of %s", e.Name, strings.Join(names, ", "))
}

// Write writes Records in the format of a name. It is an error to give several where the
// format takes one, or none; the error is ErrNoRequest for a Record of another kind that
// the format cannot express, a *FormatError for an unknown name.
func Write(w io.Writer, format string, recs ...*instrument.Record) error {
	i := slices.IndexFunc(formats, func(f Format) bool { return f.Name == format })
	switch {
	case i < 0:
		return &FormatError{format}
	case len(recs) == 0:
		return errors.New("export: there is no Record to write")
	case len(recs) > 1 && !formats[i].Many:
		return fmt.Errorf("export: %s holds one Record and %d were given: write a file for each", formats[i].Label, len(recs))
	}
	text, err := formats[i].write(recs)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}
