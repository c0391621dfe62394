package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// The app that is pretended: 200 handlers.
var (
	routes    = handlers(instrument.KindRequest, 60, "GET /bench/%d/{id}")
	commands  = handlers(instrument.KindCommand, 5, "bench-%d")
	layers    = handlers(instrument.KindLayer, 5, "layer%d")
	views     = handlers(instrument.KindView, 30, "bench.View%d")
	signals   = handlers(instrument.KindSignal, 20, "bench_signal_%d")
	receivers = handlers(instrument.KindReceiver, 30, "receiver-%d")
	queries   = handlers(instrument.KindQuery, 50, "SELECT a, b FROM t%d WHERE id = ?")
)

func handlers(k instrument.Kind, n int, format string) (list []*instrument.Handler) {
	for i := range n {
		name := fmt.Sprintf(format, i)
		list = append(list, instrument.NewHandler(k, name, instrument.Source{Func: name, File: "/src/bench/bench.go", Line: i + 1}))
	}
	return list
}

const (
	batch = 500
	span  = 24 * time.Hour // over which the Records lie
)

// fill makes a store with n Records that end now, and the statistics of 200 handlers for
// each minute.
func fill(path string, n int) (err error) {
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return err
	}
	defer db.Close()
	ctx := context.Background()
	st, err := store.Open(ctx, db, store.Options{Service: "bench", MaxBytes: 64 << 30})
	if err != nil {
		return err
	}
	defer st.Close()
	sink := &keep{}
	r := instrument.New(instrument.Config{Sink: sink, Process: st.Process(), NoLabels: true})
	defer r.SetEnabled(false)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range batch {
		pretend(r, rng, i)
	}
	begin := time.Now().Add(-span)
	if err := appendRecords(ctx, st, sink.items, rng, begin, n); err != nil {
		return err
	}
	if err := roll(ctx, st, r, rng, begin); err != nil {
		return err
	}
	_, err = db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

type keep struct{ items []instrument.Item }

func (k *keep) Want(*instrument.Summary) bool { return true }

func (k *keep) Put(s *instrument.Summary, blob []byte) {
	k.items = append(k.items, instrument.Item{Summary: *s, Blob: append([]byte(nil), blob...)})
}

// pretend records a request of 20 spans.
func pretend(r *instrument.Recorder, rng *rand.Rand, i int) {
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: routes[i%len(routes)]})
	if i%100 == 99 {
		rec.SetHandler(commands[i%len(commands)])
	}
	rec.SetStatus(200)
	now := instrument.Now()
	pass := func() int64 { now += rng.Int64N(int64(time.Millisecond)); return now }
	ends := make([]func(), 0, 6)
	for _, l := range layers {
		var s instrument.Span
		ctx, s = instrument.StartAt(ctx, pass(), l)
		ends = append(ends, func() { s.EndAt(pass(), nil) })
	}
	vctx, view := instrument.StartAt(ctx, pass(), views[i%len(views)])
	sctx, signal := instrument.StartAt(vctx, pass(), signals[i%len(signals)])
	for j := range 3 {
		_, s := instrument.StartAt(sctx, pass(), receivers[(i+j)%len(receivers)])
		s.EndAt(pass(), nil)
	}
	signal.EndAt(pass(), nil)
	for j := range 9 {
		instrument.LeafAt(vctx, pass(), queries[(i+j)%len(queries)]).EndAt(pass(), nil)
	}
	view.EndAt(pass(), nil)
	for j := len(ends) - 1; j >= 0; j-- {
		ends[j]()
	}
	rec.End()
}

// appendRecords stores the Records again and again, each time with other columns.
func appendRecords(ctx context.Context, st *store.Store, items []instrument.Item, rng *rand.Rand, begin time.Time, n int) error {
	b := &instrument.Batch{Items: items}
	for done := 0; done < n; done += len(items) {
		for i := range items {
			at := begin.Add(time.Duration(float64(span) * float64(done+i) / float64(n)))
			s := &items[i].Summary
			s.ID = instrument.FirstID(at) | instrument.ID(st.Process())<<12 | instrument.ID(i)
			s.Start = at.UnixNano()
			s.Duration = time.Duration(rng.ExpFloat64() * float64(20*time.Millisecond))
			s.Method, s.Path, s.User = "GET", fmt.Sprintf("/bench/%d/%d", i%60, rng.IntN(100_000)), fmt.Sprintf("user%d", rng.IntN(500))
			s.Status, s.Flags, s.Error = 200, 0, ""
			switch {
			case rng.IntN(200) == 0:
				s.Status, s.Flags, s.Error = 500, instrument.FlagError, "no such row"
			case rng.IntN(50) == 0:
				s.Status = 404
			}
			if s.Duration > 100*time.Millisecond {
				s.Flags |= instrument.FlagSlow
			}
			s.Counts[instrument.KindQuery] = uint32(9 + rng.IntN(20))
		}
		if err := st.Append(ctx, b); err != nil {
			return err
		}
	}
	return nil
}

// roll writes statistics of each minute.
func roll(ctx context.Context, st *store.Store, r *instrument.Recorder, rng *rand.Rand, begin time.Time) error {
	var all []*instrument.Handler
	for _, list := range [][]*instrument.Handler{routes, commands, layers, views, signals, receivers, queries} {
		all = append(all, list...)
	}
	r.Roll(func(instrument.Stats) {}) // what making the Records has counted
	for at := begin; at.Before(time.Now()); at = at.Add(time.Minute) {
		for _, h := range all {
			for range 5 {
				r.Observe(h, time.Duration(rng.ExpFloat64()*float64(20*time.Millisecond)), nil)
			}
		}
		var rows []instrument.RollRow
		r.Roll(func(s instrument.Stats) { rows = append(rows, instrument.RollRow{Stats: s}) })
		if err := st.Roll(ctx, at, rows); err != nil {
			return err
		}
	}
	return nil
}
