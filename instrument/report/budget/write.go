package budget

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// Verdict is the result in a sentence.
func (r *Result) Verdict() string {
	broken := len(r.Broken())
	switch {
	case len(r.Checks) == 0:
		return "There is nothing to check."
	case broken == 0:
		return fmt.Sprintf("All %d limits are kept.", len(r.Checks))
	}
	return fmt.Sprintf("%d of %d limits are broken.", broken, len(r.Checks))
}

// Sentence says what came out, without the handler's name.
func (c *Check) Sentence() string {
	switch c.State {
	case Broken:
		s := fmt.Sprintf("%s: %s, where %s is allowed (line %d of the budgets, %d calls).", c.Limit, c.Got, c.Allowed, c.Budget.Line, c.Calls)
		if c.Sample != 0 {
			s += " See record " + c.Sample.String() + "."
		}
		return s
	case Missing:
		return fmt.Sprintf("It has no calls, and line %d of the budgets requires some.", c.Budget.Line)
	case Unused:
		return fmt.Sprintf("Nothing matched: is the name in line %d of the budgets right?", c.Budget.Line)
	case TooFew:
		return fmt.Sprintf("%s: %s, not judged: it had %d calls, %d are the least.", c.Limit, c.Got, c.Calls, c.Budget.MinCalls)
	}
	return fmt.Sprintf("%s: %s, where %s is allowed.", c.Limit, c.Got, c.Allowed)
}

// Findings are the broken limits as errors, and budgets that match nothing as
// warnings.
func (r *Result) Findings() []report.Finding {
	var list []report.Finding
	for i := range r.Checks {
		c := &r.Checks[i]
		f := report.Finding{Rule: report.RuleBudget, Level: report.LevelError, Handler: c.Handler, Message: c.Sentence()}
		if c.Limit == "n_plus_one" {
			f.Rule = report.RuleNPlusOne
		}
		if c.State == Unused {
			f.Level = report.LevelWarning
		}
		if c.Failed() || c.State == Unused {
			list = append(list, f)
		}
	}
	return list
}

// Write writes the result in a format of package report.
func (r *Result) Write(w io.Writer, format report.Format, o report.TextOptions) error {
	switch format {
	case report.FormatText:
		return r.text(w, o)
	case report.FormatMarkdown:
		return r.markdown(w)
	case report.FormatJSON:
		return r.json(w)
	case report.FormatJUnit:
		return report.WriteJUnit(w, "budgets", r.cases(), r.Findings())
	case report.FormatSARIF:
		return report.WriteSARIF(w, o.Root, r.Findings())
	}
	return fmt.Errorf("budgets cannot be written as %s: use text, md, json, junit or sarif", format)
}

func (r *Result) cases() []report.Case {
	var cases []report.Case
	seen := map[instrument.HandlerInfo]bool{}
	for _, c := range r.Checks {
		h := instrument.HandlerInfo{Kind: c.Handler.Kind, Name: c.Handler.Name}
		if !seen[h] {
			seen[h] = true
			cases = append(cases, report.Case{Handler: c.Handler, Time: c.P95})
		}
	}
	return cases
}

func name(h instrument.HandlerInfo) string {
	s := h.Kind.String() + " " + h.Label()
	if h.Source.File != "" {
		s += " (" + h.Source.String() + ")"
	}
	return term.Line(s)
}

func (r *Result) text(w io.Writer, o report.TextOptions) error {
	width := o.Width
	if width <= 0 {
		width = 80
	}
	out := bufio.NewWriter(w)
	fmt.Fprintln(out, r.Verdict())
	for i := range r.Checks {
		c := &r.Checks[i]
		if c.State == Kept {
			continue
		}
		head := "       "
		if c.Failed() {
			head = "BROKEN "
		}
		head = term.Fit(head+name(c.Handler), width)
		if c.Failed() && o.Color {
			head = "\x1b[31m" + head + "\x1b[0m"
		}
		fmt.Fprintf(out, "\n%s\n", head)
		for _, line := range term.Wrap(term.Line(c.Sentence()), width-7) {
			fmt.Fprintln(out, "       "+line)
		}
	}
	return out.Flush()
}

func (r *Result) markdown(w io.Writer) error {
	out := bufio.NewWriter(w)
	fmt.Fprintf(out, "## Budgets\n\n%s\n\n| handler | limit | allowed | got | |\n| --- | --- | ---: | ---: | --- |\n", r.Verdict())
	for i := range r.Checks {
		c := &r.Checks[i]
		fmt.Fprintf(out, "| %s | %s | %s | %s | %s |\n", term.Cell(name(c.Handler)), c.Limit, c.Allowed, term.Cell(c.Got), c.State)
	}
	return out.Flush()
}

type jsonCheck struct {
	Kind    string `json:"kind"`
	Handler string `json:"handler"`
	Limit   string `json:"limit"`
	Allowed string `json:"allowed"`
	Got     string `json:"got"`
	State   State  `json:"state"`
	Line    int    `json:"line"`
	Calls   uint64 `json:"calls"`
	Sample  string `json:"sample,omitempty"`
}

func (r *Result) json(w io.Writer) error {
	out := struct {
		Verdict string      `json:"verdict"`
		Broken  int         `json:"broken"`
		Checks  []jsonCheck `json:"checks"`
	}{r.Verdict(), len(r.Broken()), []jsonCheck{}}
	for i := range r.Checks {
		c := &r.Checks[i]
		j := jsonCheck{Kind: c.Handler.Kind.String(), Handler: term.Line(c.Handler.Name), Limit: c.Limit, Allowed: c.Allowed, Got: term.Line(c.Got), State: c.State, Line: c.Budget.Line, Calls: c.Calls}
		if c.Sample != 0 {
			j.Sample = c.Sample.String()
		}
		out.Checks = append(out.Checks, j)
	}
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(out); err != nil {
		return fmt.Errorf("encode budgets: %w", err)
	}
	_, err := io.WriteString(w, b.String())
	return err
}
