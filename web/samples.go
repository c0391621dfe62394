package web

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// The statistics of requests, commands and tasks name their slowest Records. Those of
// what runs inside them do not: its samples are looked for here.

// Bounds of the search: that many of the newest requests and of the slowest are read, so
// many of the other Records, and so many samples of a handler are kept.
const (
	searchedRecords = 20
	searchedOthers  = 8
	maxSamples      = 10
)

// spanSamples are, by handler, Records in which it was slow, slowest first.
type spanSamples map[handlerKey][]instrument.SlowRecord

// samples reads the newest and the slowest Records of a stretch of time, and gives them,
// too. What cannot be read is left out.
func (d *Dashboard) samples(ctx context.Context, since, until time.Time) (spanSamples, []*instrument.Record) {
	var ids []instrument.ID
	seen := map[instrument.ID]bool{}
	for _, q := range []query.Records{ // jobs may be the slowest of all
		{Sort: query.Slowest, Limit: searchedRecords, Kinds: listKinds[:1]}, {Sort: query.Newest, Limit: searchedRecords, Kinds: listKinds[:1]},
		{Sort: query.Slowest, Limit: searchedOthers, Kinds: listKinds[1:]}, {Sort: query.Newest, Limit: searchedOthers, Kinds: listKinds[1:]},
	} {
		q.Since, q.Until, q.Budget = since, until, asideBudget
		page, err := d.store.Records(ctx, q)
		if err != nil {
			continue
		}
		for i := range page.Records {
			id := page.Records[i].ID
			if seen[id] {
				continue
			}
			seen[id] = true
			ids = append(ids, id)
		}
	}
	found := spanSamples{}
	records := d.records(ctx, ids)
	for _, rec := range records {
		found.add(rec)
	}
	return found, records
}

// add takes the longest call of each handler in a Record.
func (f spanSamples) add(rec *instrument.Record) {
	longest := map[handlerKey]time.Duration{}
	for i := range rec.Spans {
		if s := &rec.Spans[i]; s.Parent >= 0 {
			key := handlerKey{s.Handler.Kind, s.Handler.Name}
			longest[key] = max(longest[key], s.Duration)
		}
	}
	for key, took := range longest {
		list := f[key]
		at := len(list)
		for at > 0 && list[at-1].Duration < took {
			at--
		}
		if at < maxSamples {
			list = append(list, instrument.SlowRecord{})
			copy(list[at+1:], list[at:])
			list[at] = instrument.SlowRecord{ID: rec.ID, Duration: took}
			f[key] = list[:min(len(list), maxSamples)]
		}
	}
}

// of are the samples of a handler whose statistics name none.
func (f spanSamples) of(h instrument.HandlerInfo, row instrument.RollRow) []instrument.SlowRecord {
	if len(row.Slowest) > 0 {
		return row.Slowest
	}
	return f[handlerKey{h.Kind, h.Name}]
}

// records reads Records with their spans, in the order of ids. What cannot be read is left
// out.
func (d *Dashboard) records(ctx context.Context, ids []instrument.ID) (list []*instrument.Record) {
	if len(ids) == 0 {
		return nil
	}
	// Those that were read before something failed are as good as the others.
	_ = d.store.EachRecord(ctx, ids, func(rec *instrument.Record) error {
		list = append(list, rec)
		return nil
	})
	return list
}

func idsOf(rows []query.Row) []instrument.ID {
	ids := make([]instrument.ID, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
	}
	return ids
}

// remembering is a source of a report that reads no Record twice.
type remembering struct {
	report.Source
	records map[instrument.ID]*instrument.Record
}

func remember(s report.Source, known ...*instrument.Record) remembering {
	m := remembering{s, make(map[instrument.ID]*instrument.Record, len(known))}
	for _, rec := range known {
		m.records[rec.ID] = rec
	}
	return m
}

// Record reads a Record, or gives the one that was read.
func (s remembering) Record(ctx context.Context, id instrument.ID) (*instrument.Record, error) {
	if rec := s.records[id]; rec != nil {
		return rec, nil
	}
	rec, err := s.Source.Record(ctx, id)
	if err == nil {
		s.records[id] = rec
	}
	return rec, err
}

// sampled is a source of a report in which all handlers have samples.
type sampled struct {
	report.Source
	samples spanSamples
}

func (s sampled) EachHandler(ctx context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	return s.Source.EachHandler(ctx, since, until, func(h instrument.HandlerInfo, row instrument.RollRow) error {
		row.Slowest = s.samples.of(h, row)
		return fn(h, row)
	})
}
