package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// The form that build servers read as results of tests: a suite of one case for each
// handler. What fails a build is a failure, what is worth a look stands in system-out.
type (
	junitSuites struct {
		XMLName xml.Name     `xml:"testsuites"`
		Suites  []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Time     string      `xml:"time,attr"` // seconds
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		File    string        `xml:"file,attr,omitempty"`
		Line    int           `xml:"line,attr,omitempty"`
		Failure *junitFailure `xml:"failure,omitempty"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitFailure struct {
		Type    string `xml:"type,attr"`
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	}
)

// Case is a handler as a case of a suite: it fails when one of the findings that
// concern it is an error.
type Case struct {
	Handler instrument.HandlerInfo
	Time    time.Duration // shown beside it
}

// JUnit writes the report as results of tests; see WriteJUnit.
func (r *Report) JUnit(w io.Writer) error {
	cases := make([]Case, len(r.Rows))
	for i := range r.Rows {
		cases[i] = Case{r.Rows[i].HandlerInfo, r.Rows[i].P95}
	}
	return WriteJUnit(w, "slow handlers", cases, r.Findings())
}

// WriteJUnit writes handlers as cases of a suite, in the form of JUnit's reports.
// Findings about handlers that are no case become cases too, so that none is lost.
func WriteJUnit(w io.Writer, suite string, cases []Case, findings []Finding) error {
	known := map[instrument.HandlerInfo]bool{}
	for _, c := range cases {
		known[bare(c.Handler)] = true
	}
	of := map[instrument.HandlerInfo][]Finding{}
	for _, f := range findings {
		h := bare(f.Handler)
		if !known[h] {
			known[h] = true
			cases = append(cases, Case{Handler: f.Handler})
		}
		of[h] = append(of[h], f)
	}
	s := junitSuite{Name: suite, Tests: len(cases)}
	var all time.Duration
	for _, c := range cases {
		j := c.junit(of[bare(c.Handler)])
		if j.Failure != nil {
			s.Failures++
		}
		s.Cases = append(s.Cases, j)
		all += c.Time
	}
	s.Time = seconds(all)
	b, err := xml.MarshalIndent(junitSuites{Suites: []junitSuite{s}}, "", "  ")
	if err != nil {
		return fmt.Errorf("encode report: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, b)
	return err
}

func (c Case) junit(findings []Finding) junitCase {
	j := junitCase{
		Class: kindName(c.Handler.Kind), Name: term.Line(c.Handler.Label()), Time: seconds(c.Time),
		File: term.Line(c.Handler.Source.File), Line: c.Handler.Source.Line,
	}
	var broken, notes []string
	for _, f := range findings {
		if f.Level != LevelError {
			notes = append(notes, term.Line(f.Message))
			continue
		}
		if j.Failure == nil {
			j.Failure = &junitFailure{Type: string(f.Rule), Message: term.Line(f.Message)}
		}
		broken = append(broken, term.Line(f.Message))
	}
	if j.Failure != nil {
		j.Failure.Text = strings.Join(broken, "\n")
	}
	j.Out = strings.Join(notes, "\n")
	return j
}

func seconds(d time.Duration) string { return fmt.Sprintf("%.6f", d.Seconds()) }
