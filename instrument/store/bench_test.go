package store_test

import (
	"context"
	"fmt"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

func cpuTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// record20 makes a request of 20 spans: 4 layers, a view, a signal with 3
// receivers, 8 queries, 2 log lines and a template.
func record20(r *instrument.Recorder, n int) {
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoutes[n%len(benchRoutes)]})
	defer rec.End()
	rec.SetPath("GET", fmt.Sprintf("/shop/orders/%d", 1000+n%5000))
	rec.SetStatus(200)
	for i := range 4 {
		_, s := instrument.Start(ctx, benchLayers[i])
		defer s.End(nil)
	}
	vctx, view := instrument.Start(ctx, benchView)
	defer view.End(nil)
	sctx, sig := instrument.Start(vctx, benchSignal)
	for i := range 3 {
		_, s := instrument.Start(sctx, benchReceivers[i])
		s.End(nil)
	}
	sig.End(nil)
	for i := range 8 {
		s := instrument.Leaf(vctx, benchQueries[i])
		s.Set(benchRows.Int(i))
		s.End(nil)
	}
	instrument.Event(vctx, benchLog)
	instrument.Leaf(vctx, benchRender).End(nil)
}

func handlers(k instrument.Kind, n int, format string) (list []*instrument.Handler) {
	for i := range n {
		list = append(list, handler(k, fmt.Sprintf(format, i)))
	}
	return list
}

var (
	benchRoutes    = handlers(instrument.KindRequest, 40, "GET /bench/%d/{id}")
	benchLayers    = handlers(instrument.KindLayer, 4, "layer%d")
	benchReceivers = handlers(instrument.KindReceiver, 3, "receiver%d")
	benchQueries   = handlers(instrument.KindQuery, 8, "SELECT * FROM t%d WHERE id = ?")
	benchView      = handler(instrument.KindView, "shop.show")
	benchSignal    = handler(instrument.KindSignal, "order_shown")
	benchLog       = handler(instrument.KindLog, "INFO")
	benchRender    = handler(instrument.KindRender, "order.html")
	benchRows      = instrument.NewKey("db.rows")
)

// BenchmarkStore20 is the row store20 and bytes20 of the design: what a Record of
// 20 spans costs the writer, in CPU time and in bytes on disk.
func BenchmarkStore20(b *testing.B) {
	const prepared = 20_000
	for _, size := range []int{500, 50} {
		b.Run(fmt.Sprintf("batch%d", size), func(b *testing.B) {
			f := setup(b, store.Options{MaxBytes: 8 << 30})
			for i := range prepared {
				record20(f.rec, i)
			}
			all := f.sink.take().Items
			var spent time.Duration
			body := 0
			n := 0
			for b.Loop() {
				at := n % prepared
				items := all[at : at+size]
				for i := range items { // the same Records at another time
					items[i].Summary.ID = instrument.FirstID(time.Unix(1_700_000_000, int64(n+i)*1e6)) | instrument.ID(f.Process())<<12
					items[i].Summary.Start = items[i].Summary.ID.Time().UnixNano() + int64(i)*997%1e6
					body += len(items[i].Blob)
				}
				start := cpuTime()
				must(b, f.Append(context.Background(), &instrument.Batch{Items: items}))
				spent += cpuTime() - start
				n += size
			}
			_, err := f.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
			must(b, err)
			info, err := os.Stat(f.path)
			must(b, err)
			b.ReportMetric(float64(spent)/float64(n), "cpu-ns/record")
			b.ReportMetric(float64(info.Size())/float64(n), "B/record")
			b.ReportMetric(float64(body)/float64(n), "B/body")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkPages is the row pages of the design, with fewer Records: an hour of
// them, all with a row of statistics for each minute and route.
func BenchmarkPages(b *testing.B) {
	const records = 200_000
	f := setup(b, store.Options{MaxBytes: 8 << 30, Now: func() time.Time { return noon.Add(time.Hour) }})
	fillHour(b, f, records)
	ctx := context.Background()
	page, err := f.Records(ctx, query.Records{})
	must(b, err)
	for name, fn := range map[string]func() error{
		"newest50": func() error { _, err := f.Records(ctx, query.Records{}); return err },
		"one":      func() error { _, err := f.Record(ctx, page.Records[0].ID); return err },
		"slowest50": func() error {
			_, err := f.Records(ctx, query.Records{Sort: query.Slowest, Since: noon})
			return err
		},
		"p95": func() error {
			_, err := f.Handlers(ctx, query.Handlers{Since: noon, Kinds: []instrument.Kind{instrument.KindRequest}})
			return err
		},
		"substring": func() error {
			_, err := f.Records(ctx, query.Records{Path: "nowhere", Budget: time.Minute})
			return err
		},
		"sparklines": func() error {
			_, err := f.Series(ctx, query.Series{Handlers: query.Handlers{Handler: benchRoutes[0].Name()}})
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				must(b, fn())
			}
		})
	}
}

func fillHour(b *testing.B, f *fixture, records int) {
	b.Helper()
	record20(f.rec, 0)
	model := f.sink.take().Items[0]
	step := time.Hour / time.Duration(records)
	batch := &instrument.Batch{}
	for i := range records {
		it := model
		at := noon.Add(time.Duration(i) * step)
		it.Summary.ID = instrument.FirstID(at) | instrument.ID(i%4096)
		it.Summary.Start = at.UnixNano()
		it.Summary.Handler = benchRoutes[i%len(benchRoutes)]
		it.Summary.Duration = time.Duration(i*7919%1_000_003) * time.Microsecond
		it.Summary.Path = fmt.Sprintf("/shop/orders/%d", i%5000)
		if batch.Items = append(batch.Items, it); len(batch.Items) == 500 {
			must(b, f.Append(context.Background(), batch))
			batch.Items = batch.Items[:0]
		}
	}
	must(b, f.Append(context.Background(), batch))
	for minute := range 60 {
		var rows []instrument.RollRow
		for i, h := range benchRoutes {
			r := instrument.RollRow{Stats: instrument.Stats{Handler: h, Count: 80, Sum: time.Second}}
			for j := range 80 {
				r.Hist.Add(time.Duration(j*j*(i+1)+minute) * 20 * time.Microsecond)
			}
			rows = append(rows, r)
		}
		must(b, f.Roll(context.Background(), noon.Add(time.Duration(minute)*time.Minute), rows))
	}
}
