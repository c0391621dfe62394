package main

import (
	"context"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/nplusone"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

const (
	// loopHandlers and loopRecords bound how much is read to find new N+1: of the
	// handlers of which Records are, those that take most time, and of each the newest.
	loopHandlers = 50
	loopRecords  = 20
)

// newLoops are the N+1 that handlers have after and had not before. Handlers are looked at
// on the side before only when there is one after.
func newLoops(ctx context.Context, before, after *loopSide, o report.CompareOptions) ([]report.Finding, error) {
	var found []report.Finding
	for _, h := range after.handlers(o) {
		now, err := after.find(ctx, h)
		if err != nil || len(now.Loops) == 0 {
			if err != nil {
				return nil, err
			}
			continue
		}
		was, err := before.find(ctx, h)
		if err != nil {
			return nil, err
		}
		known := map[string]bool{}
		for _, l := range was.Loops {
			known[l.Statement] = true
		}
		for _, l := range now.Loops {
			if !known[l.Statement] {
				found = append(found, report.Finding{
					Rule: report.RuleNPlusOne, Level: report.LevelError, Handler: h,
					Message: fmt.Sprintf("It runs %s for each row of another query, in %d of %d records; see %s.", l, l.Records, now.Records, l.Sample),
				})
			}
		}
	}
	return found, nil
}

// loopSide is a side of a comparison whose Records can be read.
type loopSide struct {
	store *store.Store
	query query.Records // its window and processes
	stats []query.HandlerStats
}

// handlers are those whose calls are Records.
func (s *loopSide) handlers(o report.CompareOptions) []instrument.HandlerInfo {
	var list []instrument.HandlerInfo
	for i := range s.stats {
		h := s.stats[i].Handler
		switch h.Kind {
		case instrument.KindRequest, instrument.KindCommand, instrument.KindTask:
			if len(list) < loopHandlers && report.Matches(h.Name, o.Handler) {
				list = append(list, h)
			}
		}
	}
	return list
}

func (s *loopSide) find(ctx context.Context, h instrument.HandlerInfo) (*nplusone.Loops, error) {
	q := s.query
	q.Kinds, q.Handler, q.Limit = []instrument.Kind{h.Kind}, h.Name, loopRecords
	loops, err := nplusone.Find(ctx, s.store, q)
	if err != nil {
		return nil, failed(err)
	}
	return loops, nil
}
