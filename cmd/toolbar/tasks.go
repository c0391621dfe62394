package main

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// newTasks is the report of queued jobs: by total time, each attempt a call, so that one
// that is tried again and again stands out by its errors.
func newTasks() *cobra.Command {
	f := reportFlags{kinds: []string{instrument.KindTask.String()}}
	cmd := &cobra.Command{
		Use:   "tasks",
		Short: "Show which tasks take the time, which fail, and why",
		Long: `Show which tasks take the time, which fail, and why. A task is a queued job, and each
attempt counts as a call of it: one that is tried again and again has many errors.

It is 'toolbar report --kind task'; 'toolbar requests kind:task' lists the attempts.`,
		Example: `  toolbar tasks --since 1d
  toolbar tasks --sort errors --handler 'mail.*' --format csv`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return f.run(cmd.Context(), cmd.OutOrStdout(), time.Now())
		},
	}
	f.addTo(cmd, "task", report.SortTotal)
	return cmd
}
