package toolbar

import (
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/reporter"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// ReportStats is the account of what Config.Report was given; zero without one.
func (t *Toolbar) ReportStats() reporter.Stats { return t.reporter.Stats() }

// reports makes the reporter; nil without Config.Report.
func (t *Toolbar) reports() (*reporter.Reporter, error) {
	if t.config.Report == nil {
		return nil, nil
	}
	self := t.store.Self()
	return reporter.New(reporter.Config{
		Report: t.config.Report, QueueBytes: t.config.QueueBytes,
		Process: reporter.Process{Service: self.Service, Host: self.Host, Build: self.Build.Name()},
	})
}

// reportNotes are what went wrong with telling others of what went wrong.
func (t *Toolbar) reportNotes() (list []web.Note) {
	s := t.reporter.Stats()
	if s.Panics > 0 {
		list = append(list, web.Note{
			Name:   fmt.Sprintf("Config.Report panicked %d times", s.Panics),
			Detail: "its last words: " + t.config.Mask.Text(s.LastPanic),
		})
	}
	if s.Dropped > 0 {
		list = append(list, web.Note{
			Name:   fmt.Sprintf("the errors of %d records were not given to Config.Report", s.Dropped),
			Detail: "it is slower than they come; the exceptions page has them all",
		})
	}
	return list
}
