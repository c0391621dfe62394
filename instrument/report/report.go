package report

import (
	"context"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Report is which handlers took the time of a window, most important first.
type Report struct {
	// Options are those asked for, defaults filled in and the window widened to
	// whole minutes.
	Options Options
	// Rows are the handlers listed, in the order of Options.Sort.
	Rows []Row
	// Matched is how many handlers the options let through; the first len(Rows) of
	// them are listed. Handlers is how many had calls in the window at all.
	Matched, Handlers int
	// Recorded is the own time of all handlers in the window: what shares are of.
	Recorded time.Duration
}

// Row is one handler in the window.
type Row struct {
	instrument.HandlerInfo
	// Errors are calls that ended with an error or a panic, Panics those of them
	// that panicked.
	Count, Errors, Panics uint64
	// Slow is how many calls took longer than the limit; SlowAbout says that it was
	// read from the histogram.
	Slow      uint64
	SlowAbout bool
	// Share is the handler's part of Report.Recorded, 0 to 1.
	Share float64
	// Total is all time in the handler, Self the part outside of the spans below.
	Total, Self time.Duration
	// Percentiles are within 2 % and never above Max.
	Avg, P50, P95, P99, Max time.Duration
	// Samples are Records in which it was slow, slowest first. They may be gone.
	Samples []instrument.SlowRecord
	// Hist is the distribution of its durations.
	Hist instrument.Histogram
	// Trend is how it went over the window, in equal steps; nil when the source keeps
	// no trends.
	Trend []query.TrendPoint
	// Why is nil for rows beyond Options.Explain and without readable samples.
	Why *Why
}

// Build makes a report. It fails when the options make no sense or the source
// cannot be read; a sample Record that is gone is no failure.
func Build(ctx context.Context, src Source, o Options) (*Report, error) {
	if err := o.validate(); err != nil {
		return nil, err
	}
	r := &Report{Options: o.withDefaults()}
	if err := r.read(ctx, src); err != nil {
		return nil, fmt.Errorf("read handlers: %w", err)
	}
	r.Matched = len(r.Rows)
	sortRows(r.Rows, r.Options.Sort)
	if limit := r.Options.Limit; limit >= 0 && len(r.Rows) > limit {
		r.Rows = r.Rows[:limit]
	}
	for i := range min(len(r.Rows), max(r.Options.Explain, 0)) {
		if err := r.Rows[i].explain(ctx, src); err != nil {
			return nil, fmt.Errorf("read samples: %w", err)
		}
	}
	return r, nil
}

func (r *Report) read(ctx context.Context, src Source) error {
	err := each(ctx, src, &r.Options, func(h instrument.HandlerInfo, s instrument.RollRow, trend []query.TrendPoint) error {
		if s.Count == 0 {
			return nil
		}
		r.Handlers++
		r.Recorded += s.Self
		if r.Options.lists(h) {
			row := newRow(h, &s, r.Options.Slow)
			row.Trend = trend
			r.Rows = append(r.Rows, row)
		}
		return nil
	})
	if err != nil || r.Recorded <= 0 {
		return err
	}
	for i := range r.Rows {
		r.Rows[i].Share = float64(r.Rows[i].Self) / float64(r.Recorded)
	}
	return nil
}

// trendSteps is how many steps a trend has: a sparkline's width.
const trendSteps = 12

// each walks the handlers, with their trends where the source knows them.
func each(ctx context.Context, src Source, o *Options, fn func(instrument.HandlerInfo, instrument.RollRow, []query.TrendPoint) error) error {
	if t, ok := src.(TrendSource); ok {
		return t.EachTrend(ctx, o.Since, o.Until, trendSteps, fn)
	}
	return src.EachHandler(ctx, o.Since, o.Until, func(h instrument.HandlerInfo, s instrument.RollRow) error { return fn(h, s, nil) })
}

func newRow(h instrument.HandlerInfo, s *instrument.RollRow, slow time.Duration) Row {
	row := Row{
		HandlerInfo: h,
		Count:       s.Count, Errors: s.Errors, Panics: s.Panics,
		Slow:  s.Slow,
		Total: s.Sum, Self: s.Self, Max: s.Max,
		Avg:     s.Sum / time.Duration(s.Count),
		P50:     min(s.Hist.Quantile(0.50), s.Max),
		P95:     min(s.Hist.Quantile(0.95), s.Max),
		P99:     min(s.Hist.Quantile(0.99), s.Max),
		Samples: s.Slowest,
		Hist:    s.Hist,
	}
	if slow > 0 {
		row.Slow, row.SlowAbout = countAbove(&s.Stats, slow)
	}
	return row
}

// countAbove is how many calls took longer than limit, and whether that is only
// about so: the histogram cannot tell where in a bucket its calls lie.
func countAbove(s *instrument.Stats, limit time.Duration) (n uint64, about bool) {
	if limit >= s.Max {
		return 0, false
	}
	for i, count := range s.Hist.Buckets() {
		lower, upper := instrument.BucketUpper(i-1), instrument.BucketUpper(i)
		about = about || count > 0 && lower < limit.Seconds() && limit.Seconds() < upper
	}
	total := s.Hist.Count()
	return total - min(s.Hist.CountBelow(limit), total), about
}
