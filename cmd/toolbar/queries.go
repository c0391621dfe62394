package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// newQueries is the report of statements: by total time, because a statement has nothing
// below it, each with what called it.
func newQueries() *cobra.Command {
	f := reportFlags{kinds: []string{instrument.KindQuery.String()}}
	cmd := &cobra.Command{
		Use:   "queries",
		Short: "Show which database statements take the time, and what calls them",
		Long: `Show which database statements take the time, and what calls them. A statement is counted
by its fingerprint: whatever the values in it, it is the same.

It is 'toolbar report --kind query' with an explanation for more rows.`,
		Example: `  toolbar queries --since 1h
  toolbar queries --sort count --handler '*FROM orders*' --format csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	f.addTo(cmd, "statement", report.SortTotal)
	return cmd
}
