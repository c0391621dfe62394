package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// liveRecords is what a dashboard answers under api/v1/requests, as far as a line of a
// list shows it.
type liveRecords struct {
	Records         []liveRecord
	Before          string
	Complete        bool
	Searched, Total int64
}

type liveRecord struct {
	ID, Kind, Name, Method, Path, User, Error, Parent string
	Trace                                             string `json:"trace_id"`
	Status                                            int
	Started                                           time.Time
	Duration                                          int64  `json:"duration_ns"`
	Query                                             int64  `json:"query_ns"`
	Size                                              *int64 `json:"response_bytes"`
	Cost                                              int64  `json:"cost_ns"`
	Tags                                              []string
	Flags                                             struct {
		Slow, Error, Panic, Capped, Unfinished, Exception bool
		ClientGone                                        bool `json:"client_gone"`
	}
	Counts struct {
		Spans, Failed uint32
		Left          uint32 `json:"left_out"`
		Queries       uint32
	}
}

// fromApp asks a running app for the list. Its API lists one kind at a time.
func (f *requestFlags) fromApp(ctx context.Context, filter string, q query.Records) (page query.RecordPage, err error) {
	kind := instrument.KindRequest.String()
	switch {
	case len(f.kinds) > 1 || len(f.kinds) == 0 && q.Where.Uses(query.FieldKind):
		return page, errors.New("a running app lists one kind at a time: with --url, name it by --kind")
	case len(f.kinds) == 1:
		kind = f.kinds[0]
	}
	params := url.Values{"kind": {kind}, "q": f.conditions(filter, q)}
	switch q.Sort {
	case query.Oldest:
		params.Set("dir", "asc")
	case query.Slowest:
		params.Set("sort", "duration")
	case query.ByColumn:
		params.Set("sort", f.sort)
		if q.Asc {
			params.Set("dir", "asc")
		}
	}
	page.Complete = true
	for {
		var answer liveRecords
		if err := f.app.get(ctx, "requests", params, "records", &answer); err != nil {
			return page, err
		}
		for i := range answer.Records {
			if answer.Records[i].Kind != kind { // it takes a kind that it does not know for requests
				return page, fmt.Errorf("--kind: the app has no kind %q", kind)
			}
			row, err := answer.Records[i].row()
			if err != nil {
				return page, failed(fmt.Errorf("%s: %w", f.app.url, err))
			}
			if page.Records = append(page.Records, row); len(page.Records) == f.limit {
				return page, nil
			}
		}
		page.Searched, page.Total = page.Searched+answer.Searched, max(page.Total, answer.Total)
		// A list by time goes on where its search ended; it is given up when that finds nothing.
		if !answer.Complete && (q.Sort == query.Slowest || q.Sort == query.ByColumn || len(answer.Records) == 0) {
			page.Complete = false
		}
		if answer.Before == "" || !page.Complete {
			return page, nil
		}
		params.Set("before", answer.Before)
	}
}

// conditions are the filter and, in its language, the flags beside it: all must hold.
func (f *requestFlags) conditions(filter string, q query.Records) []string {
	list := []string{filter}
	text := func(field, value string) {
		if value != "" {
			list = append(list, field+`:"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(value)+`"`)
		}
	}
	text("route", f.handler)
	text("path", f.path)
	if f.slower > 0 {
		list = append(list, "dur>="+f.slower.String())
	}
	if f.failed {
		list = append(list, "(is:failed OR is:panic)")
	}
	if f.since != "" {
		list = append(list, "since:"+q.Since.UTC().Format(time.RFC3339Nano))
	}
	if f.until != "" {
		list = append(list, "until:"+q.Until.UTC().Format(time.RFC3339Nano))
	}
	return list
}

// row is the Record as a store gives it.
func (r *liveRecord) row() (row query.Row, err error) {
	if row.ID, err = instrument.ParseID(r.ID); err != nil {
		return row, fmt.Errorf("the id of a record: %w", err)
	}
	if r.Parent != "" {
		if row.Parent, err = instrument.ParseID(r.Parent); err != nil {
			return row, fmt.Errorf("the parent of record %s: %w", r.ID, err)
		}
	}
	if n, err := hex.Decode(row.Trace.TraceID[:min(len(r.Trace)/2, 16)], []byte(r.Trace[:min(len(r.Trace), 32)])); err != nil || n*2 != len(r.Trace) {
		return row, fmt.Errorf("the trace of record %s is %q", r.ID, r.Trace)
	}
	kind, ok := instrument.ParseKind(r.Kind)
	if !ok {
		kind = instrument.RegisterKind(r.Kind) // of an integration; the user named it
	}
	row.Handler = instrument.HandlerInfo{Kind: kind, Name: r.Name}
	row.Start, row.Duration, row.QueryTime = r.Started.UnixNano(), time.Duration(r.Duration), time.Duration(r.Query)
	row.Method, row.Path, row.User, row.Tags, row.Error, row.Status = r.Method, r.Path, r.User, r.Tags, r.Error, r.Status
	if row.Size, row.Cost = -1, time.Duration(r.Cost); r.Size != nil {
		row.Size = *r.Size
	}
	row.Spans, row.Left, row.Failed = r.Counts.Spans, r.Counts.Left, r.Counts.Failed
	row.Counts[instrument.KindQuery] = r.Counts.Queries
	for flag, set := range map[instrument.Flags]bool{
		instrument.FlagSlow: r.Flags.Slow, instrument.FlagError: r.Flags.Error, instrument.FlagPanic: r.Flags.Panic,
		instrument.FlagCapped: r.Flags.Capped, instrument.FlagUnfinished: r.Flags.Unfinished, instrument.FlagClientGone: r.Flags.ClientGone,
		instrument.FlagException: r.Flags.Exception,
	} {
		if set {
			row.Flags |= flag
		}
	}
	return row, nil
}
