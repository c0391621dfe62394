package commands

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// helpCommand is cobra's, but a command that does not exist is an error, and
// --commands lists names for scripts.
func (r *Root) helpCommand(tree *cobra.Command) *cobra.Command {
	var names bool
	help := &cobra.Command{
		Use:   "help [command]",
		Short: "Show what a command does and its options",
		RunE: func(help *cobra.Command, args []string) error {
			if names {
				_, err := fmt.Fprintln(help.OutOrStdout(), strings.Join(r.Names(), "\n"))
				return err
			}
			cmd, rest, err := tree.Find(args)
			if err != nil || len(rest) > 0 && cmd.HasSubCommands() {
				return &UnknownCommandError{Name: strings.Join(args, " "), Suggestion: closest(args[0], r.top())}
			}
			cmd.InitDefaultHelpFlag()
			return cmd.Help()
		},
	}
	help.Flags().BoolVar(&names, "commands", false, "list the names of all commands, one a line")
	return help
}

// hideBase keeps options that every command has out of the help on one.
func hideBase(cmd *cobra.Command, names []string) {
	if len(names) == 0 {
		return
	}
	hide := func() {
		for _, n := range names {
			if f := cmd.InheritedFlags().Lookup(strings.TrimLeft(n, "-")); f != nil {
				f.Hidden = true
			}
		}
	}
	help, usage := cmd.HelpFunc(), cmd.UsageFunc()
	cmd.SetHelpFunc(func(c *cobra.Command, args []string) { hide(); help(c, args) })
	cmd.SetUsageFunc(func(c *cobra.Command) error { hide(); return usage(c) })
}
