package view

import (
	"fmt"
	"time"
)

// Alerts is everything that is wrong.
type Alerts struct {
	Window    time.Duration
	Problems  []Problem // handlers that fail or are slow, worst first
	Worse     []Problem // since the build before
	WorseThan string    // that build; "" when there is no other
	Findings  []FoundAlert
	Records   int     // in how many of the newest Records was looked
	Own       []Alert // of recording itself
}

// FoundAlert is a finding in Records of one handler.
type FoundAlert struct {
	Alert
	Kind  Kind
	Name  string
	Count int // of Records
}

func (m Alerts) verdict() string {
	if len(m.Problems)+len(m.Worse)+len(m.Findings)+len(m.Own) == 0 {
		return "Nothing is wrong that the toolbar can see."
	}
	text := fmt.Sprintf("%s with handlers, %s in records.", plural(int64(len(m.Problems)), "problem"), plural(int64(len(m.Findings)), "finding"))
	if len(m.Worse) > 0 {
		text = fmt.Sprintf("%s worse than in %s. ", plural(int64(len(m.Worse)), "handler"), m.WorseThan) + text
	}
	return text
}

// RecordAlerts are the findings of a Record: what its panel of alerts shows.
func RecordAlerts(m Record) []Alert { return newRecordView(Shell{}, m).alerts() }
