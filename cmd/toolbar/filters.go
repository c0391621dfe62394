package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// filterHelp is the part of a command's help about its FILTER.
func filterHelp() string {
	var b strings.Builder
	b.WriteString(`FILTER chooses records: conditions side by side must all hold; AND, OR, NOT (or a "-"
before a condition) and parentheses join them, quotes keep spaces:

  status:5xx dur>200ms route:/orders/* (sql>20 OR is:slow) -user:admin since:1h

Put it in quotes as a whole, because of the shell. Fields:
`)
	for _, f := range filter.Fields() {
		fmt.Fprintf(&b, "  %-11s %-24s %s\n", f.Name, f.Example, f.Doc)
	}
	return strings.TrimRight(b.String(), "\n")
}

// parseFilter reads the arguments of a command as a filter. Its mistakes are shown
// below the filter.
func parseFilter(args []string, now time.Time) (*filter.Filter, error) {
	f, err := filter.Parse(strings.Join(args, " "), filter.Options{Now: now})
	var mistake *filter.Error
	if errors.As(err, &mistake) {
		return nil, &filterError{mistake}
	}
	return f, err
}

// filterError is a mistake in a filter; run writes its pointer below it.
type filterError struct{ mistake *filter.Error }

func (e *filterError) Error() string { return "the filter is wrong at " + e.mistake.Error() }

func (e *filterError) Unwrap() error { return e.mistake }

// completeFilter proposes how a filter goes on. Routes, users and tags come from the
// store that --db names.
func completeFilter(db *string) func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return func(cmd *cobra.Command, _ []string, word string) ([]string, cobra.ShellCompDirective) {
		known := func(field, prefix string) (values []string) {
			_ = withStore(cmd.Context(), *db, func(s *store.Store) error {
				values = valuesOf(cmd.Context(), s, field)
				return nil
			})
			return values
		}
		var list []string
		for _, c := range filter.Complete(word, len(word), known) {
			text := word[:c.From] + c.Text
			if c.Doc != "" {
				text += "\t" + c.Doc
			}
			list = append(list, text)
		}
		return list, cobra.ShellCompDirectiveNoSpace | cobra.ShellCompDirectiveNoFileComp
	}
}

// valuesOf are what a field can be, as the newest Records have it.
func valuesOf(ctx context.Context, s *store.Store, field string) []string {
	var values []string
	switch field {
	case "route":
		list, err := s.Handlers(ctx, query.Handlers{})
		if err != nil {
			return nil
		}
		for i := range list {
			if slices.Contains([]string{"request", "command", "task"}, list[i].Handler.Kind.String()) {
				values = append(values, list[i].Handler.Name)
			}
		}
	case "user", "tag":
		page, err := s.Records(ctx, query.Records{Limit: 1000})
		if err != nil {
			return nil
		}
		for i := range page.Records {
			if field == "tag" {
				values = append(values, page.Records[i].Tags...)
			} else if u := page.Records[i].User; u != "" {
				values = append(values, u)
			}
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}
