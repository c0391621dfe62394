package monitor

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Stats is what a receiver did.
type Stats struct {
	Receiver   string        `json:"receiver"` // its name; with its place if another has that too
	Executions int64         `json:"executions"`
	Errors     int64         `json:"errors"` // of these, panics included
	Average    time.Duration `json:"average"`
	Max        time.Duration `json:"max"`
}

// Slow is what a receiver did that was slow.
type Slow struct {
	Receiver string        `json:"receiver"`
	Count    int           `json:"count"` // executions longer than the threshold
	Of       int           `json:"of"`    // executions that were looked at: those that are kept
	Average  time.Duration `json:"average"`
	Max      time.Duration `json:"max"` // these two of the slow ones
}

// Report is all that a Monitor has to say. It may go through JSON: the process that
// prints it need not be the one that measured.
type Report struct {
	Receivers []Stats       `json:"receivers"` // by name
	Threshold time.Duration `json:"threshold"`
	Slow      []Slow        `json:"slow"` // by name
}

// Stats tells of the receivers of the given names, or of all when none are given, by
// name.
func (m *Monitor) Stats(names ...string) []Stats {
	var all []Stats
	m.each(func(name, shown string, r *receiver) {
		if len(names) > 0 && !slices.Contains(names, name) {
			return
		}
		all = append(all, Stats{shown, r.count, r.errors, r.sum / time.Duration(r.count), r.max})
	})
	slices.SortFunc(all, func(a, b Stats) int { return cmp.Compare(a.Receiver, b.Receiver) })
	return all
}

// Slow tells of the receivers with executions that took longer than the threshold, by
// name; 0 stands for Options.Threshold. An execution of exactly the threshold is not
// slow.
func (m *Monitor) Slow(threshold time.Duration) []Slow {
	threshold = cmp.Or(threshold, m.options.Threshold)
	var all []Slow
	m.each(func(_, shown string, r *receiver) {
		s := Slow{Receiver: shown, Of: len(r.kept)}
		var sum time.Duration
		for _, e := range r.kept {
			if e.Duration > threshold {
				s.Count++
				sum += e.Duration
				s.Max = max(s.Max, e.Duration)
			}
		}
		if s.Count > 0 {
			s.Average = sum / time.Duration(s.Count)
			all = append(all, s)
		}
	})
	slices.SortFunc(all, func(a, b Slow) int { return cmp.Compare(a.Receiver, b.Receiver) })
	return all
}

// each gives every receiver with its name, and the name that tells it apart.
func (m *Monitor) each(f func(name, shown string, r *receiver)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	of := map[string]int{}
	for k := range m.receivers {
		of[k.name]++
	}
	for k, r := range m.receivers {
		shown := k.name
		if of[k.name] > 1 {
			shown += " (" + instrument.Source{File: k.file, Line: r.line}.String() + ")"
		}
		f(k.name, shown, r)
	}
}

// Report tells of all receivers, and which were slower than the threshold; 0 stands
// for Options.Threshold.
func (m *Monitor) Report(threshold time.Duration) Report {
	threshold = cmp.Or(threshold, m.options.Threshold)
	return Report{Receivers: m.Stats(), Threshold: threshold, Slow: m.Slow(threshold)}
}

// WriteTo prints the report.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for _, s := range r.Receivers {
		fmt.Fprintf(&b, "\nHandler: %s\n Executions: %d\n Average duration: %.4fs\n Max duration: %.4fs\n Errors: %d\n",
			s.Receiver, s.Executions, s.Average.Seconds(), s.Max.Seconds(), s.Errors)
	}
	if len(r.Slow) > 0 {
		fmt.Fprintf(&b, "\nSlow handlers (>%v):\n", r.Threshold)
	}
	for _, s := range r.Slow {
		fmt.Fprintf(&b, " %s: %d/%d slow executions\n", s.Receiver, s.Count, s.Of)
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}
