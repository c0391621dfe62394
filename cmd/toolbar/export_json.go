package main

import (
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// jsonRecord is a whole Record. Durations are nanoseconds.
type jsonRecord struct {
	jsonRow
	Tree []jsonSpan `json:"tree"` // in the order in which they began
}

type jsonSpan struct {
	Kind     string         `json:"kind"`
	Name     string         `json:"name"`
	File     string         `json:"file,omitempty"`
	Line     int            `json:"line,omitempty"`
	Parent   int            `json:"parent"` // index in tree; -1 for the first
	Start    int64          `json:"start_ns"`
	Duration int64          `json:"duration_ns"`
	Self     int64          `json:"self_ns"`
	Flags    []string       `json:"flags"`
	Error    string         `json:"error,omitempty"`
	Attrs    map[string]any `json:"attributes,omitempty"`
	Stack    []jsonFrame    `json:"stack,omitempty"`
}

type jsonFrame struct {
	Func string `json:"func"`
	File string `json:"file"`
	Line int    `json:"line"`
}

func exportJSON(rows []query.Row, records []*instrument.Record, out io.Writer) error {
	processes := map[instrument.ID]int64{}
	for i := range rows {
		processes[rows[i].ID] = rows[i].Process
	}
	list := make([]jsonRecord, len(records))
	for i, rec := range records {
		list[i].jsonRow = jsonRowOf(&query.Row{Summary: rec.Summary, Handler: rec.Handler, Process: processes[rec.ID]})
		for j := range rec.Spans {
			list[i].Tree = append(list[i].Tree, jsonSpanOf(&rec.Spans[j]))
		}
	}
	b, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		return fmt.Errorf("encode records: %w", err)
	}
	_, err = fmt.Fprintln(out, report.EscapeJSON(string(b)))
	return err
}

func jsonSpanOf(s *instrument.RecordSpan) jsonSpan {
	j := jsonSpan{
		Kind: s.Handler.Kind.String(), Name: s.Handler.Name, File: s.Handler.Source.File, Line: s.Handler.Source.Line, Parent: s.Parent,
		Start: int64(s.Start), Duration: int64(s.Duration), Self: int64(s.Self), Flags: flagsOf(s.Flags), Error: s.Error,
	}
	for _, a := range s.Attrs {
		if j.Attrs == nil {
			j.Attrs = map[string]any{}
		}
		j.Attrs[a.Key] = a.Value
		if d, ok := a.Value.(time.Duration); ok {
			j.Attrs[a.Key] = int64(d)
		}
	}
	for _, f := range s.Stack {
		j.Stack = append(j.Stack, jsonFrame(f))
	}
	return j
}
