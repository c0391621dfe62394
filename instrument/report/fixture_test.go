package report_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// source is a store in memory.
type source struct {
	rows         []*sourceRow
	records      map[instrument.ID]*instrument.Record
	since, until time.Time // of the last EachHandler
	err          error
}

type sourceRow struct {
	handler instrument.HandlerInfo
	roll    instrument.RollRow
}

var errGone = errors.New("no such record")

func (s *source) EachHandler(_ context.Context, since, until time.Time, fn func(instrument.HandlerInfo, instrument.RollRow) error) error {
	s.since, s.until = since, until
	if s.err != nil {
		return s.err
	}
	for _, r := range s.rows {
		if err := fn(r.handler, r.roll); err != nil {
			return err
		}
	}
	return nil
}

func (s *source) Record(_ context.Context, id instrument.ID) (*instrument.Record, error) {
	if rec := s.records[id]; rec != nil {
		return rec, nil
	}
	return nil, fmt.Errorf("read record %s: %w", id, errGone)
}

// add puts a handler with the given calls into the source; own is the part of each
// that is its own.
func (s *source) add(h instrument.HandlerInfo, own float64, calls ...time.Duration) *instrument.RollRow {
	var roll instrument.RollRow
	for _, d := range calls {
		roll.Count++
		roll.Sum += d
		roll.Self += time.Duration(float64(d) * own)
		roll.Max = max(roll.Max, d)
		roll.Hist.Add(d)
	}
	s.rows = append(s.rows, &sourceRow{h, roll})
	return &s.rows[len(s.rows)-1].roll
}

func handler(kind instrument.Kind, name, file string, line int) instrument.HandlerInfo {
	h := instrument.HandlerInfo{Kind: kind, Name: name}
	if file != "" {
		h.Source = instrument.Source{Func: "shop.f", File: "/src/shop/" + file, Line: line}
	}
	return h
}

// calls gives n durations around d, the slowest a quarter above it.
func calls(n int, d time.Duration) []time.Duration {
	ds := make([]time.Duration, n)
	for i := range ds {
		ds[i] = d*3/4 + d/2*time.Duration(i)/time.Duration(n)
	}
	return ds
}

var (
	postOrders = handler(instrument.KindRequest, "POST /orders", "", 0)
	checkout   = handler(instrument.KindView, "checkout.(*Service).Create", "checkout/create.go", 58)
	changed    = handler(instrument.KindSignal, "order_status_changed", "orders/signals.go", 12)
	sendMail   = handler(instrument.KindReceiver, "send-confirmation", "notify/mail.go", 41)
	stats      = handler(instrument.KindReceiver, "update-customer-statistics-after-the-order-has-changed", "crm/stats.go", 27)
	products   = handler(instrument.KindQuery, "SELECT id, name, price\nFROM products WHERE id = ?", "", 0)
	charge     = handler(instrument.KindCall, "POST payments.test/charges", "checkout/pay.go", 30)
	logLine    = handler(instrument.KindLog, "order created", "", 0)
)

// shop is an app whose confirmation mail is slow: the request, the view and the
// signal around it are as slow, but not for reasons of their own.
func shop() *source {
	s := &source{records: map[instrument.ID]*instrument.Record{}}
	s.add(logLine, 0, calls(318, 0)...)
	s.add(postOrders, .01, calls(318, 610*time.Millisecond)...)
	s.add(checkout, .05, calls(318, 600*time.Millisecond)...).Slow = 301
	s.add(changed, .01, calls(318, 420*time.Millisecond)...)
	mail := s.add(sendMail, .97, calls(318, 388*time.Millisecond)...)
	mail.Slow = 318
	crm := s.add(stats, 1, calls(318, 12*time.Millisecond)...)
	crm.Errors, crm.Panics = 29, 2
	s.add(products, 1, calls(318*41, 2*time.Millisecond)...)
	s.add(charge, 1, calls(318, 41*time.Millisecond)...)
	s.sample(mail, 5)
	s.sample(&s.rows[2].roll, 5)
	s.sample(&s.rows[6].roll, 5)
	return s
}

// sample makes n Records, of which the last is gone, and points to them.
func (s *source) sample(roll *instrument.RollRow, n int) {
	for i := range n {
		id := instrument.ID(1_700_000_000_000<<22 + int64(i))
		if i < n-1 {
			s.records[id] = orderRecord(id)
		}
		roll.Slowest = append(roll.Slowest, instrument.SlowRecord{ID: id, Duration: 700*time.Millisecond - time.Duration(i)})
	}
}

// orderRecord is one order: 612 ms, of which the mail took 388.
func orderRecord(id instrument.ID) *instrument.Record {
	const ms = time.Millisecond
	spans := []instrument.RecordSpan{
		{Handler: postOrders, Parent: -1, Duration: 612 * ms, Self: 12 * ms},
		{Handler: checkout, Parent: 0, Duration: 600 * ms, Self: 41 * ms},
		{Handler: changed, Parent: 1, Duration: 402 * ms, Self: 2 * ms},
		{Handler: sendMail, Parent: 2, Duration: 388 * ms, Self: 375 * ms},
		{Handler: handler(instrument.KindRender, "mail/confirmation.html", "", 0), Parent: 3, Duration: 13 * ms, Self: 13 * ms},
		{Handler: stats, Parent: 2, Duration: 12 * ms, Self: 12 * ms},
		{Handler: charge, Parent: 1, Duration: 75 * ms, Self: 75 * ms},
	}
	for range 41 {
		spans = append(spans, instrument.RecordSpan{Handler: products, Parent: 1, Duration: 2 * ms, Self: 2 * ms, Stack: []instrument.Frame{{Func: "checkout.Create", File: "/src/shop/checkout/create.go", Line: 88}}})
	}
	oneAfterTheOther(spans)
	return &instrument.Record{
		Summary: instrument.Summary{ID: id}, Handler: postOrders, Spans: spans,
		Attrs: []instrument.KV{{Key: instrument.KeyCPUTime.Name(), Value: 30 * ms}, {Key: instrument.KeyMutexWait.Name(), Value: 340 * ms}},
	}
}

// oneAfterTheOther lets spans begin where those before them below the same parent end.
func oneAfterTheOther(spans []instrument.RecordSpan) {
	used := make([]time.Duration, len(spans))
	for i := range spans {
		if p := spans[i].Parent; p >= 0 {
			spans[i].Start = spans[p].Start + used[p]
			used[p] += spans[i].Duration
		}
	}
}

func hour() report.Options {
	at := time.Date(2026, 11, 20, 13, 32, 0, 0, time.UTC)
	return report.Options{Since: at, Until: at.Add(time.Hour)}
}

// EachTrend lets every handler become slower towards the end, with a pause in the middle.
func (s *source) EachTrend(ctx context.Context, since, until time.Time, n int, fn func(instrument.HandlerInfo, instrument.RollRow, []query.TrendPoint) error) error {
	return s.EachHandler(ctx, since, until, func(h instrument.HandlerInfo, roll instrument.RollRow) error {
		points := make([]query.TrendPoint, n)
		for i := range points {
			points[i].Start = since.Add(time.Duration(i) * 5 * time.Minute)
			if i != n/2 {
				points[i].Count = roll.Count / uint64(n)
				points[i].Sum = roll.Sum / time.Duration(n) * time.Duration(n+i) / time.Duration(n)
			}
		}
		return fn(h, roll, points)
	})
}
