package report

import (
	"fmt"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Finding is something about a handler that somebody should look at: what programs
// that read reports of tests or of code are told.
type Finding struct {
	Rule    Rule
	Level   Level
	Handler instrument.HandlerInfo
	Message string // a sentence, without the handler's name
}

// Level is how bad a finding is.
type Level string

// The levels.
const (
	LevelError   Level = "error"   // fails a build
	LevelWarning Level = "warning" // worth a look
)

// Rule names what was looked at.
type Rule string

// The rules.
const (
	RulePanics     Rule = "panics"
	RuleErrors     Rule = "errors"
	RuleSlow       Rule = "slow-calls"
	RuleBudget     Rule = "budget"
	RuleRegression Rule = "regression"
	RuleNPlusOne   Rule = "n-plus-one"
)

// ruleTexts explain the rules to those who see them in another tool.
var ruleTexts = map[Rule]string{
	RulePanics:     "Calls of a handler ended with a panic.",
	RuleErrors:     "Calls of a handler ended with an error.",
	RuleSlow:       "Calls of a handler took longer than its limit.",
	RuleBudget:     "A handler broke its budget.",
	RuleRegression: "A handler became slower, or failed more often, than it did before.",
	RuleNPlusOne:   "A statement is run for each row of another one.",
}

// Findings are what the rows say that somebody should look at: panics, errors and slow
// calls.
func (r *Report) Findings() []Finding {
	var list []Finding
	for i := range r.Rows {
		row := &r.Rows[i]
		add := func(rule Rule, level Level, format string, args ...any) {
			list = append(list, Finding{rule, level, row.HandlerInfo, fmt.Sprintf(format, args...)})
		}
		calls := plural(row.Count, "call", "calls")
		if row.Panics > 0 {
			add(RulePanics, LevelError, "%s of %s panicked.", group(row.Panics), calls)
		}
		if failed := row.Errors - min(row.Panics, row.Errors); failed > 0 {
			add(RuleErrors, LevelWarning, "%s of %s failed.", group(failed), calls)
		}
		if row.Slow > 0 {
			add(RuleSlow, LevelWarning, "%s of %s were slow; p95 %s, the slowest %s.", about(row.Slow, row.SlowAbout), calls, FormatDuration(row.P95), FormatDuration(row.Max))
		}
	}
	return list
}

// Findings are the changes to the worse, and new N+1.
func (c *Comparison) Findings() []Finding {
	list := slices.Clone(c.Loops)
	for _, r := range c.Worse() {
		list = append(list, Finding{RuleRegression, LevelError, r.HandlerInfo, r.Sentence()})
	}
	return list
}
