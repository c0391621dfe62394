package commands

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completeChoices has the shell complete the values of Choice. Cobra keeps such
// functions for ever, so they are made only for a command line that asks for them.
func (inv *invocation) completeChoices(tree *cobra.Command) {
	if len(inv.args) == 0 || !strings.HasPrefix(inv.args[0], cobra.ShellCompRequestCmd) {
		return
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if v, ok := f.Value.(*choiceValue); ok {
				_ = cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(v.choices, cobra.ShellCompDirectiveNoFileComp))
			}
		})
		for _, c := range cmd.Commands() {
			visit(c)
		}
	}
	visit(tree)
}
