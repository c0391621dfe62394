package store_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

var (
	keyRows  = instrument.NewKey("test.rows")
	keyShare = instrument.NewKey("test.share")
	keyNote  = instrument.NewKey("test.note")
)

// recordEverything makes a Record with every field set, a failed span and a panic.
func recordEverything(f *fixture) instrument.ID {
	ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{
		Handler: handler(instrument.KindRequest, "POST /orders"), Parent: 77,
		Trace: instrument.TraceContext{TraceID: instrument.TraceID{1, 2, 3}, SpanID: instrument.SpanID{9}, Sampled: true},
	})
	rec.SetPath("POST", "/orders?x=1")
	rec.SetStatus(503)
	rec.SetUser("ada")
	rec.Tag("checkout")
	rec.Tag("two words")
	ctx, layer := instrument.Start(ctx, handler(instrument.KindLayer, "auth"), keyNote.String("näïve ☕"))
	q := instrument.Leaf(ctx, handler(instrument.KindQuery, "SELECT 1"))
	q.Set(keyRows.Int(3), keyShare.Float64(0.25), keyNote.Bool(true), keyRows.Duration(time.Second))
	q.End(errors.New("deadlock detected"))
	func() {
		defer func() {
			if v := recover(); v != nil {
				layer.Panic(v)
				rec.Panic(v)
			}
		}()
		panic("out of stock")
	}()
	layer.End(nil)
	rec.End()
	return rec.ID()
}

func TestAppend_GivesBackEverything(t *testing.T) {
	t.Parallel()
	for name, path := range map[string]string{"file": "", "memory": sqlitefile.Memory} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := setup(t, store.Options{})
			if path != "" {
				f = open(t, path, store.Options{})
			}
			id := recordEverything(f)
			it := f.flush(t)[0]
			want, err := instrument.Decode(it.Summary, it.Blob, instrument.LiveNames())
			must(t, err)
			want.Summary.Handler = nil
			got, err := f.Record(context.Background(), id)
			must(t, err)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("read back\n%+v\nexpected\n%+v", got, want)
			}
			if !slices.ContainsFunc(got.Spans[1].Stack, func(f instrument.Frame) bool { return strings.HasSuffix(f.Func, "recordEverything") }) {
				t.Errorf("the panic's stack is %v", got.Spans[1].Stack)
			}
			if got.Flags&instrument.FlagPanic == 0 || got.QueryTime == 0 || len(got.Tags) != 2 || got.Error == "" {
				t.Errorf("the Record is not as full as the test needs: %+v", got.Summary)
			}
		})
	}
}

func TestRecord_IsNotFound(t *testing.T) {
	t.Parallel()
	_, err := setup(t, store.Options{}).Record(context.Background(), 4711)
	if !errors.Is(err, query.ErrNotFound) {
		t.Errorf("got %v, expected ErrNotFound", err)
	}
}

func TestAppend_AgainChangesNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	recordEverything(f)
	b := f.sink.take()
	for range 3 {
		must(t, f.Append(context.Background(), b))
	}
	f.checkIntegrity(t)
	if n := f.count(t, "SELECT count(*) FROM record"); n != 1 {
		t.Errorf("there are %d records, expected 1", n)
	}
}

func TestAppend_RollsBackNamesToo(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	_, err := f.db.Exec("CREATE TRIGGER refuse BEFORE UPDATE ON total BEGIN SELECT RAISE(ABORT, 'no room'); END")
	must(t, err)
	id := recordEverything(f)
	b := f.sink.take()
	if err := f.Append(context.Background(), b); err == nil {
		t.Fatal("Append worked in spite of the trigger")
	}
	for _, table := range []string{"record", "name", "frame", "slowest"} {
		if n := f.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
	_, err = f.db.Exec("DROP TRIGGER refuse")
	must(t, err)
	must(t, f.Append(context.Background(), b))
	rec, err := f.Record(context.Background(), id)
	must(t, err)
	if rec.Handler.Name != "POST /orders" || len(rec.Spans[1].Stack) == 0 {
		t.Errorf("names are missing after the second try: %+v", rec)
	}
	page, err := f.Records(context.Background(), query.Records{Sort: query.Slowest})
	must(t, err)
	if len(page.Records) != 1 {
		t.Errorf("the slowest are %s", ids(page.Records))
	}
}

func TestAppend_ReadsFromAnotherProcessName(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	id := recordEverything(f)
	f.flush(t)
	other := open(t, f.path, store.Options{})
	rec, err := other.Record(context.Background(), id)
	must(t, err)
	if rec.Spans[2].Handler.Name != "SELECT 1" || rec.Spans[2].Attrs[0].Key == "" {
		t.Errorf("read %+v", rec.Spans[2])
	}
	if f.Process() == other.Process() {
		t.Errorf("two living stores share the number %d", f.Process())
	}
}

func TestAppend_AfterCloseIsRefused(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	must(t, f.Store.Close())
	must(t, f.Store.Close())
	err := f.Append(context.Background(), &instrument.Batch{Items: []instrument.Item{made{at: time.Now()}.item()}})
	if !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v, expected ErrClosed", err)
	}
	if _, err := f.Records(context.Background(), query.Records{}); err != nil {
		t.Errorf("reading after Close: %v", err)
	}
}

func TestAppend_IgnoresNothing(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	must(t, f.Append(context.Background(), nil))
	must(t, f.Append(context.Background(), &instrument.Batch{}))
}

func TestF26_HostileTextComesBackByteForByte(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	for _, text := range []string{
		"\x00nul\x00", "\xff\xfe", "\u202eright to left", "'; DROP TABLE record; --", "\x1b[2J", "line\nfeed\r\n",
		strings.Repeat("é", 4000), "%_*?[", "\U0001f600",
	} {
		_, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /"+text[:1])})
		rec.SetPath("GET", "/"+text)
		rec.SetUser(text)
		rec.Set(keyNote.String(text))
		rec.End()
		it := f.flush(t)[0]
		got, err := f.Record(context.Background(), rec.ID())
		must(t, err)
		if got.Path != it.Summary.Path || got.User != it.Summary.User || got.Attrs[0].Value != text {
			t.Errorf("wrote %q %q %q, read %q %q %q", it.Summary.Path, it.Summary.User, text, got.Path, got.User, got.Attrs[0].Value)
		}
		page, err := f.Records(context.Background(), query.Records{User: it.Summary.User, Path: it.Summary.Path})
		must(t, err)
		if len(page.Records) != 1 || page.Records[0].ID != rec.ID() {
			t.Errorf("searching for %q found %s", it.Summary.User, ids(page.Records))
		}
	}
	f.checkIntegrity(t)
}

func TestF32_CancelledContextStopsAWrite(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	recordEverything(f)
	b := f.sink.take()
	if err := f.Append(ctx, b); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, expected context.Canceled", err)
	}
	must(t, f.Append(context.Background(), b))
	f.checkIntegrity(t)
}
