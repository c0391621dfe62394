package main

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// app is a program with a toolbar: a recorder and a store that is open for writing.
type app struct {
	t     *testing.T
	path  string
	store *store.Store
	rec   *instrument.Recorder
	items []instrument.Item
	slow  map[*instrument.Handler][]instrument.SlowRecord
}

func (a *app) Want(*instrument.Summary) bool { return true }

func (a *app) Put(s *instrument.Summary, blob []byte) {
	a.items = append(a.items, instrument.Item{Summary: *s, Blob: bytes.Clone(blob)})
}

func (a *app) Announce(s *instrument.Summary, blob []byte) { a.Put(s, blob) }

// startApp begins to record into a new file; it runs until the test ends.
func startApp(t *testing.T) *app {
	t.Helper()
	return startAppAt(t, filepath.Join(t.TempDir(), "toolbar.db"))
}

// startAppAt is startApp with a store of a given name.
func startAppAt(t *testing.T, path string) *app {
	t.Helper()
	return startService(t, path, "shop")
}

// startService is startAppAt of another service, which may share a file.
func startService(t *testing.T, path, service string) *app {
	t.Helper()
	a := &app{t: t, path: path, slow: map[*instrument.Handler][]instrument.SlowRecord{}}
	db, err := sqlitefile.Open(a.path, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if a.store, err = store.Open(t.Context(), db, store.Options{Service: service}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.store.Close() })
	a.rec = instrument.New(instrument.Config{Sink: a, Process: a.store.Process()})
	return a
}

// flush stores what was recorded since the last time.
func (a *app) flush() {
	a.t.Helper()
	if err := a.store.Append(a.t.Context(), &instrument.Batch{Items: a.items}); err != nil {
		a.t.Fatal(err)
	}
	a.items = nil
	var rows []instrument.RollRow
	a.rec.Roll(func(s instrument.Stats) {
		rows = append(rows, instrument.RollRow{Stats: s, Slowest: a.slow[s.Handler]})
	})
	if err := a.store.Roll(a.t.Context(), time.Now(), rows); err != nil {
		a.t.Fatal(err)
	}
}

var (
	orders  = instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})
	create  = instrument.NewHandler(instrument.KindView, "checkout.Create", instrument.Source{Func: "checkout.Create", File: "/src/shop/checkout/create.go", Line: 58})
	changed = instrument.NewHandler(instrument.KindSignal, "order_status_changed", instrument.Source{})
	mail    = instrument.NewHandler(instrument.KindReceiver, "send-confirmation", instrument.Source{Func: "notify.Send", File: "/src/shop/notify/mail.go", Line: 41})
	stock   = instrument.NewHandler(instrument.KindReceiver, "reserve-stock", instrument.Source{})
	product = instrument.NewHandler(instrument.KindQuery, "SELECT name FROM products WHERE id = ?", instrument.Source{})

	letters = instrument.NewHandler(instrument.KindTask, "send letters", instrument.Source{})

	errBusy = errors.New("database is locked")
)

// order records one order, in which the confirmation mail takes most of the time and
// reserving fails. Times are given, not measured.
func (a *app) order() instrument.ID {
	const ms = int64(time.Millisecond)
	ctx, rec := a.rec.Begin(context.Background(), instrument.Begin{Handler: orders})
	rec.SetPath("POST", "/orders")
	rec.SetStatus(201)
	now := instrument.Now()
	ctx, view := instrument.StartAt(ctx, now, create)
	for range 3 {
		instrument.LeafAt(ctx, now, product).EndAt(now+2*ms, nil)
		now += 2 * ms
	}
	ctx, signal := instrument.StartAt(ctx, now, changed)
	_, receiver := instrument.StartAt(ctx, now, stock)
	receiver.EndAt(now+5*ms, errBusy)
	_, receiver = instrument.StartAt(ctx, now+5*ms, mail)
	receiver.EndAt(now+393*ms, nil)
	signal.EndAt(now+393*ms, nil)
	view.EndAt(now+400*ms, nil)
	rec.End()
	a.slow[mail] = append(a.slow[mail], instrument.SlowRecord{ID: rec.ID(), Duration: 388 * time.Millisecond})
	return rec.ID()
}

// shop is an app that took a few orders.
func shop(t *testing.T) (a *app, last instrument.ID) {
	t.Helper()
	a = startApp(t)
	for range 5 {
		last = a.order()
	}
	a.flush()
	return a, last
}

type result struct {
	code           int
	stdout, stderr string
}

// toolbar runs the program in this process.
func toolbar(t *testing.T, args ...string) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr)
	return result{code, stdout.String(), stderr.String()}
}

// mustRun is toolbar for what must succeed, with nothing on stderr.
func mustRun(t *testing.T, args ...string) string {
	t.Helper()
	r := toolbar(t, args...)
	if r.code != exitFine || r.stderr != "" {
		t.Fatalf("toolbar %q: exit code %d, stderr %q", args, r.code, r.stderr)
	}
	return r.stdout
}

var beginOrders = instrument.Begin{Handler: orders}
