package instrument_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/pprof"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

type badMasker struct{}

func (badMasker) Key(name string) bool {
	if name == "explosive" {
		panic("key")
	}
	return strings.Contains(name, "password")
}

func (badMasker) Text(s string) string {
	if strings.Contains(s, "bomb") {
		panic("text")
	}
	return strings.ReplaceAll(s, "hunter2", instrument.Redacted)
}

func TestT11_MaskedBeforeItLeaves(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{Masker: badMasker{}})
	h := handler(t, instrument.KindQuery, "q")
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		rec.Set(instrument.NewKey("user.password").String("open sesame"), instrument.NewKey("explosive").String("open sesame"))
		rec.SetPath("GET", "/reset/hunter2")
		rec.SetUser("hunter2")
		rec.Tag("hunter2")
		instrument.Leaf(ctx, h, instrument.KeyDetail.String("it was hunter2"), instrument.KeyLogMessage.String("bomb open sesame")).
			End(errors.New("hunter2 is wrong"))
		rec.Fail(errors.New("hunter2 again"))
	})
	got := sink.only()
	all := fmt.Sprintf("%+v %s", got, sink.blobs[0])
	if strings.Contains(all, "hunter2") || strings.Contains(all, "open sesame") {
		t.Errorf("a secret was kept: %s", all)
	}
	if got.Spans[1].Error != "[redacted] is wrong" || got.Error != "[redacted] again" || got.Path != "/reset/[redacted]" {
		t.Errorf("what is not secret was lost: %+v", got)
	}
	if r.Faults() == 0 {
		t.Error("the masker's panics are not counted")
	}
}

func TestRecording_SinkThatRefusesCostsNoEncoding(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	sink.refuse = true
	h := handler(t, instrument.KindCustom, "x")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) { instrument.Leaf(ctx, h).End(nil) })
	if len(sink.records) != 0 || r.Stats(h).Count != 1 {
		t.Error("want no Record and exact statistics")
	}
}

func TestRecording_TraceIsContinued(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCommand, "inner")
	remote, ok := instrument.ParseTraceparent("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
	if !ok {
		t.Fatal("a valid traceparent was refused")
	}
	ctx, outer := r.Begin(context.Background(), instrument.Begin{Handler: handler(t, instrument.KindRequest, "outer"), Trace: remote})
	_, inner := r.Begin(ctx, instrument.Begin{Handler: h})
	inner.End()
	outer.End()
	in, out := sink.records[0], sink.records[1]
	if in.Trace.TraceID != remote.TraceID || out.Trace.TraceID != remote.TraceID {
		t.Error("the trace was not continued")
	}
	if in.Parent != out.ID || in.Trace.SpanID == out.Trace.SpanID || out.Trace.SpanID == remote.SpanID {
		t.Error("parent and span ids are wrong")
	}
}

func TestT23_TraceparentIsReadStrictly(t *testing.T) {
	t.Parallel()
	const good = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	if tc, ok := instrument.ParseTraceparent(good); !ok || tc.Traceparent() != good {
		t.Errorf("round trip gives %q", tc.Traceparent())
	}
	for _, bad := range []string{
		"", "00", good + "-x", strings.ToUpper(good), strings.Replace(good, "00-", "01-", 1), strings.Replace(good, "00-", "ff-", 1),
		"00-00000000000000000000000000000000-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
		strings.Replace(good, "0af", "0ag", 1), strings.Replace(good, "-b7", " b7", 1), good[:54], good + " ", "\n" + good[1:],
	} {
		if _, ok := instrument.ParseTraceparent(bad); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestID_SortsAndRoundTrips(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{Process: 77})
	before := time.Now().Add(-time.Second)
	for range 5000 { // more than a millisecond holds
		_, rec := r.Begin(context.Background(), instrument.Begin{Handler: handler(t, instrument.KindRequest, "id")})
		rec.End()
	}
	last := instrument.ID(0)
	for _, rec := range sink.records {
		back, err := instrument.ParseID(rec.ID.String())
		if err != nil || back != rec.ID {
			t.Fatalf("%v: %v, %v", rec.ID, back, err)
		}
		if rec.ID <= last || rec.ID.String() <= last.String() {
			t.Fatalf("%v after %v", rec.ID, last)
		}
		last = rec.ID
	}
	if first := sink.records[0].ID; first < instrument.FirstID(before) || first > instrument.FirstID(before.Add(time.Minute)) {
		t.Error("the id is outside its window of time")
	}
	for _, bad := range []string{"", "0", "zzzzzzzzzzzzz", "0123456789abu", "0123456789abcd"} {
		if _, err := instrument.ParseID(bad); err == nil {
			t.Errorf("ParseID(%q) gives no error", bad)
		}
	}
}

func TestF28_DurationsComeFromTheMonotonicClock(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindCustom, "back")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		_, s := instrument.StartAt(ctx, instrument.Now(), h)
		s.EndAt(instrument.Now()-int64(time.Hour), nil) // a caller's mistake
	})
	if d := sink.only().Spans[1].Duration; d != 0 {
		t.Errorf("a span that ended before it began took %v", d)
	}
	if st := r.Stats(h); st.Count != 1 || st.Sum != 0 {
		t.Errorf("statistics: %+v", st)
	}
}

func TestHooks_FollowTheRecord(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t, instrument.Config{})
	var seen []string
	remove := r.AddHooks(instrument.Hooks{
		Started: func(ctx context.Context, rec *instrument.Recording) { seen = append(seen, "started") },
		Finished: func(rec *instrument.Recording, s *instrument.Summary) {
			seen = append(seen, fmt.Sprint("finished ", s.Status))
		},
		Uncaught: func(ctx context.Context, rec *instrument.Recording, err error) { seen = append(seen, err.Error()) },
	})
	r.AddHooks(instrument.Hooks{Finished: func(*instrument.Recording, *instrument.Summary) { panic("hook") }})
	run := func() {
		record(t, r, func(_ context.Context, rec *instrument.Recording) {
			rec.SetStatus(500)
			rec.Fail(errors.New("broken"))
		})
	}
	run()
	remove()
	run()
	if got := strings.Join(seen, ", "); got != "started, broken, finished 500" {
		t.Errorf("hooks saw %s", got)
	}
	if r.Faults() != 2 {
		t.Errorf("%d faults, want 2", r.Faults())
	}
}

func TestHooks_EndedHasWhatTheSinkWouldHave(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	sink.refuse = true
	var ended *instrument.Record
	remove := r.AddHooks(instrument.Hooks{Ended: func(s *instrument.Summary, blob []byte) {
		ended, _ = instrument.Decode(*s, blob, instrument.LiveNames())
	}})
	r.AddHooks(instrument.Hooks{Ended: func(*instrument.Summary, []byte) { panic("hook") }})
	h := handler(t, instrument.KindCustom, "work")
	work := func() {
		record(t, r, func(ctx context.Context, rec *instrument.Recording) {
			_, s := instrument.Start(ctx, h)
			s.End(errors.New("broken"))
		})
	}
	work()
	if ended == nil || len(ended.Spans) != 2 || ended.Spans[1].Error != "broken" || ended.Failed != 1 {
		t.Errorf("ended %+v", ended)
	}
	remove()
	ended = nil
	work()
	if ended != nil || r.Faults() != 2 {
		t.Errorf("ended %+v, %d faults", ended, r.Faults())
	}
}

// TestIgnore_LeavesSignalsOutOfRecords and their receivers, but not what these do.
func TestIgnore_LeavesSignalsOutOfRecords(t *testing.T) {
	t.Parallel()
	noisy, heard := handler(t, instrument.KindSignal, "cache_asked"), handler(t, instrument.KindSignal, "order_paid")
	receiver, q := handler(t, instrument.KindReceiver, "count"), handler(t, instrument.KindQuery, "SELECT 1")
	r, sink := newRecorder(t, instrument.Config{Ignore: func(k instrument.Kind, name string) bool {
		return k == instrument.KindSignal && name == noisy.Name() || k == instrument.KindQuery
	}})
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		for _, signal := range []*instrument.Handler{noisy, heard} {
			ctx, s := instrument.Start(ctx, signal)
			ctx, c := s.Child(ctx, 0, receiver)
			instrument.Leaf(ctx, q).End(nil)
			c.End(nil)
			s.End(nil)
		}
	})
	rec := sink.only()
	var got []string
	for _, s := range rec.Spans[1:] {
		got = append(got, fmt.Sprint(s.Parent, " ", s.Handler.Kind))
	}
	if text := strings.Join(got, ", "); text != "0 query, 0 signal, 2 receiver, 3 query" {
		t.Errorf("spans: %s", text)
	}
	if rec.Left != 0 || rec.Flags.Has(instrument.FlagCapped) || rec.Count(instrument.KindSignal) != 1 {
		t.Errorf("%d left out, flags %v, %d signals", rec.Left, rec.Flags, rec.Count(instrument.KindSignal))
	}
	if n := r.Stats(noisy).Count; n != 1 {
		t.Errorf("statistics have %d sends, want 1", n)
	}
	if _, rec := r.Begin(t.Context(), instrument.Begin{Handler: noisy}); rec != nil {
		t.Error("the signal has a Record of its own")
	}
}

func TestSnapshot_IsTheRecordSoFar(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindQuery, "SELECT 1")
	var running *instrument.Recording
	record(t, r, func(ctx context.Context, rec *instrument.Recording) {
		running = rec
		instrument.Leaf(ctx, h).End(nil)
		_, s := instrument.Start(ctx, h)
		snap := rec.Snapshot()
		if snap == nil || len(snap.Spans) != 3 || !snap.Unfinished() || snap.Count(instrument.KindQuery) != 2 {
			t.Errorf("snapshot %+v", snap)
		}
		s.End(nil)
	})
	if running.Snapshot() != nil || (*instrument.Recording)(nil).Snapshot() != nil {
		t.Error("a snapshot of what has ended, or of nothing")
	}
	if rec := sink.only(); len(rec.Spans) != 3 || rec.Unfinished() {
		t.Errorf("record %+v", rec)
	}
}

func TestRoll_GivesEachIncrementOnce(t *testing.T) {
	t.Parallel()
	r, _ := newRecorder(t, instrument.Config{Slow: map[instrument.Kind]time.Duration{instrument.KindCustom: time.Second}})
	h := handler(t, instrument.KindCustom, "roll")
	var sum instrument.Stats
	roll := func() {
		r.Roll(func(s instrument.Stats) {
			if s.Handler == h {
				sum.Add(&s)
			}
		})
	}
	r.Observe(h, time.Second, nil) // exactly the threshold is not slow
	r.Observe(h, 3*time.Second, errors.New("x"))
	roll()
	first := sum
	r.Observe(h, 2*time.Second, nil)
	roll()
	roll()
	all := r.Stats(h)
	if first.Count != 2 || sum.Count != 3 || sum.Errors != 1 || sum.Slow != 2 || sum.Sum != 6*time.Second || sum.Max != 3*time.Second {
		t.Errorf("rolled %+v", sum)
	}
	if all.Count != sum.Count || all.Sum != sum.Sum || all.Max != sum.Max || all.Slow != sum.Slow || all.Hist.Quantile(.5) != sum.Hist.Quantile(.5) {
		t.Errorf("totals %+v differ from the rolls %+v", all, sum)
	}
}

func TestLabel_AppsLabelsAreNeverLost(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	h := handler(t, instrument.KindQuery, "q")
	pprof.Do(context.Background(), pprof.Labels("app", "yes"), func(outer context.Context) {
		record(t, r, func(ctx context.Context, _ *instrument.Recording) {
			if v, ok := pprof.Label(ctx, "app"); !ok || v != "yes" {
				t.Error("the app's label is not in the Record's context")
			}
			pprof.Do(ctx, pprof.Labels("inner", "1"), func(context.Context) {
				instrument.Leaf(context.Background(), h).End(nil)
			})
			instrument.Leaf(context.Background(), h).End(nil)
		})
	})
	if n := len(sink.only().Spans); n != 3 {
		t.Errorf("%d spans, want 3: an app's pprof.Do lost the Record", n)
	}
	if rec, _ := instrument.Find(context.Background()); rec != nil {
		t.Error("the label stayed")
	}
}

func TestHandlers_AreBoundedPerKind(t *testing.T) {
	k := instrument.RegisterKind("bounded-test")
	for i := range instrument.MaxHandlersPerKind + 10 {
		instrument.NewHandler(k, fmt.Sprint("h", i), instrument.Source{})
	}
	if got := instrument.NewHandler(k, "one more", instrument.Source{}).Name(); got != instrument.OtherHandler {
		t.Errorf("handler beyond the limit is %q", got)
	}
	if got := instrument.NewHandler(k, "h5", instrument.Source{}).Name(); got != "h5" {
		t.Errorf("a known handler became %q", got)
	}
	long := strings.Repeat("ü", 500)
	a, b := instrument.NewHandler(instrument.KindCustom, long+"a", instrument.Source{}), instrument.NewHandler(instrument.KindCustom, long+"b", instrument.Source{})
	if a == b || len(a.Name()) > 256 || !strings.HasPrefix(a.Name(), "üü") {
		t.Errorf("long names: %q, %q", a.Name(), b.Name())
	}
}

func TestKinds_AreOpenForRegistration(t *testing.T) {
	t.Parallel()
	k := instrument.RegisterKind("mail")
	if k != instrument.RegisterKind("mail") || k.String() != "mail" {
		t.Error("the same name gives another kind")
	}
	if got, ok := instrument.ParseKind("mail"); !ok || got != k {
		t.Error("the kind is not found by its name")
	}
	if _, ok := instrument.ParseKind("nothing"); ok {
		t.Error("an unknown kind was found")
	}
	r, sink := newRecorder(t, instrument.Config{})
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		instrument.Leaf(ctx, handler(t, k, "welcome")).End(nil)
	})
	if got := sink.only().Spans[1].Handler.Kind; got != k {
		t.Errorf("read back as %v", got)
	}
}

func FuzzDecode(f *testing.F) {
	sink := &lastSink{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	r.SetEnabled(true)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
	s := instrument.Leaf(ctx, benchSpan, keyA.Float64(1.5), keyA.Bool(true), keyB.String("x"), keyA.Duration(7))
	func() {
		defer func() { s.Panic(recover()) }()
		panic("boom")
	}()
	s.End(nil)
	rec.End()
	r.SetEnabled(false)
	f.Add(sink.blob)
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		rec, err := instrument.Decode(instrument.Summary{}, b, instrument.LiveNames())
		if err == nil && len(rec.Spans) == 0 {
			t.Error("a Record without spans")
		}
		if bare := instrument.RootOnly(nil, b); err == nil {
			s := instrument.Summary{Spans: uint32(len(rec.Spans))}
			s.Strip()
			line, err := instrument.Decode(s, bare, instrument.LiveNames())
			if err != nil || len(line.Spans) != 1 || line.Spans[0].Duration != rec.Spans[0].Duration || line.Spans[0].Start != rec.Spans[0].Start ||
				line.Spans[0].Handler.Name != rec.Spans[0].Handler.Name || int(line.Left) != len(rec.Spans)-1 {
				t.Errorf("the root alone: %+v, %v", line, err)
			}
		}
		instrument.PCs(b)
		got := map[string]any{}
		instrument.RootNumbers(b, func(k instrument.Key, n int64) { got[k.Name()] = n })
		if err == nil {
			compareRootNumbers(t, rec, got)
		}
		found := searchAll(b)
		if err != nil {
			return
		}
		for _, text := range []string{"NaN", "+Inf", "-Inf"} { // what a Float64 may be decoded to
			delete(found, text)
		}
		if want := textsOf(rec); !maps.Equal(found, want) {
			t.Errorf("a search sees %v, decoded it has %v", found, want)
		}
	})
}

// compareRootNumbers compares what RootNumbers found with what Decode did.
func compareRootNumbers(t *testing.T, rec *instrument.Record, got map[string]any) {
	t.Helper()
	want := map[string]any{}
	for _, kv := range rec.Attrs {
		switch v := kv.Value.(type) {
		case int64:
			want[kv.Key] = v
		case time.Duration:
			want[kv.Key] = int64(v)
		}
	}
	for key, v := range want {
		if got[key] != v {
			t.Errorf("%s of the root is %v, found %v", key, v, got[key])
		}
	}
}

func TestRootNumbers_AreThoseOfTheRootAlone(t *testing.T) {
	t.Parallel()
	sink := &lastSink{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: benchRoot})
	instrument.Leaf(ctx, benchSpan, keyA.Int(1), keyB.String("x"), keyB.String("x")).End(nil)
	rec.SetSpan(0, keyA.Int64(-5), keyB.String("x"), keyB.Bool(true))
	rec.EndWith(instrument.Outcome{Status: 200}, instrument.KeyBytesOut.Int(777))
	r.SetEnabled(false)
	got := map[instrument.Key]int64{}
	instrument.RootNumbers(sink.blob, func(k instrument.Key, n int64) { got[k] = n })
	if got[keyA] != -5 || got[instrument.KeyBytesOut] != 777 || got[instrument.KeySelfTime] <= 0 {
		t.Errorf("numbers of the root: %v", got)
	}
	for n := range sink.blob { // a body that breaks off gives no more than there was
		instrument.RootNumbers(sink.blob[:n], func(k instrument.Key, v int64) {
			if got[k] != v && k != keyA {
				t.Errorf("of the first %d bytes %s is %d", n, k.Name(), v)
			}
		})
	}
}

// searchAll is all that a Search is asked about.
func searchAll(blob []byte) map[any]bool {
	found := map[any]bool{}
	(&instrument.Search{
		Text: func(text []byte) bool { found[string(text)] = true; return false },
		Int:  func(n int64) bool { found[n] = true; return false },
	}).In(blob)
	return found
}

// textsOf are the texts and the whole numbers among the attributes of a Record.
func textsOf(rec *instrument.Record) map[any]bool {
	texts := map[any]bool{}
	for i := range rec.Spans {
		for _, kv := range rec.Spans[i].Attrs {
			switch kv.Value.(type) {
			case string, int64:
				texts[kv.Value] = true
			}
		}
	}
	for _, text := range []string{"NaN", "+Inf", "-Inf"} {
		delete(texts, text)
	}
	return texts
}

func TestSearch_SeesWhatDecodeReads(t *testing.T) {
	t.Parallel()
	sink := &lastSink{}
	r := instrument.New(instrument.Config{Sink: sink, NoLabels: true})
	defer r.SetEnabled(false)
	sold := handler(t, instrument.KindSignal, "sold")
	record(t, r, func(ctx context.Context, _ *instrument.Recording) {
		for range 3 {
			s := instrument.Leaf(ctx, sold, keyA.String("out of stock"), keyB.Int(4711), keyB.Float64(1.5), keyA.Bool(true), keyA.Duration(12))
			s.End(errors.New("no rows"))
		}
		s := instrument.Leaf(ctx, sold)
		func() {
			defer func() { s.Panic(recover()) }()
			panic("boom")
		}()
		s.End(nil)
	})
	blob := sink.blob
	rec, err := instrument.Decode(sink.summary, blob, instrument.LiveNames())
	if err != nil {
		t.Fatal(err)
	}
	found := searchAll(blob)
	if want := textsOf(rec); !maps.Equal(found, want) || !found["out of stock"] || !found["no rows"] || !found["boom"] || !found[int64(4711)] || found[int64(12)] {
		t.Errorf("a search sees %v, decoded it has %v", found, want)
	}
	named := instrument.Search{Name: func(id uint32) bool { return id == sold.ID() }}
	if !named.In(blob) {
		t.Error("the name of a span is not found")
	}
	other := instrument.Search{Name: func(uint32) bool { return false }}
	if other.In(blob) || (&instrument.Search{}).In(blob) || named.In(nil) || named.In([]byte{1, 2, 3}) {
		t.Error("something was found where nothing is looked for, or where nothing is")
	}
}

func TestHandlerInfo_LabelTellsStatementsApart(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"SELECT id FROM users WHERE id = ?":                                         "SELECT id FROM users WHERE id = ?",
		"SELECT id, name, email, age FROM users WHERE id = ?":                       "SELECT … FROM users WHERE id = ?",
		"SELECT a.id, (SELECT count(*) FROM b WHERE b.a = a.id) FROM a WHERE x > ?": "SELECT … FROM a WHERE x > ?",
		"INSERT INTO a (b) VALUES (?)":                                              "INSERT INTO a (b) VALUES (?)",
		"SELECT":                                                                    "SELECT",
		"SELECT ((((":                                                               "SELECT ((((",
	} {
		if got := (instrument.HandlerInfo{Kind: instrument.KindQuery, Name: name}).Label(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
	if got := (instrument.HandlerInfo{Kind: instrument.KindView, Name: "SELECT aaaaaaaaaaaaaaaa FROM b"}).Label(); !strings.Contains(got, "aaaa") {
		t.Error("only statements are shortened")
	}
}

func TestRecording_EndWithSaysWhatCameOut(t *testing.T) {
	t.Parallel()
	r, sink := newRecorder(t, instrument.Config{})
	before, after := handler(t, instrument.KindRequest, "unknown"), handler(t, instrument.KindRequest, "known")
	ctx, rec := r.Begin(context.Background(), instrument.Begin{
		Handler: before, Method: "GET", Path: "/known", Attrs: []instrument.Attr{instrument.KeyQuery.String("a=b")},
	})
	instrument.Leaf(ctx, handler(t, instrument.KindQuery, "q")).End(nil)
	if st := r.Stats(before); st.InFlight != 1 {
		t.Errorf("%d in flight, want 1", st.InFlight)
	}
	rec.EndWith(instrument.Outcome{Handler: after, Status: 503, Flags: instrument.FlagError}, instrument.KeyBytesOut.Int(7))
	rec.EndWith(instrument.Outcome{Handler: before, Status: 200})
	got := sink.only()
	if got.Handler.Name != after.Name() || got.Method != "GET" || got.Path != "/known" || got.Status != 503 || got.Flags != instrument.FlagError {
		t.Errorf("got %s: %s %s %d [%s]", got.Handler.Name, got.Method, got.Path, got.Status, got.Flags)
	}
	if got.Attrs[0].Value != "a=b" || got.Attrs[1].Value != int64(7) {
		t.Errorf("attributes %v", got.Attrs)
	}
	was, is := r.Stats(before), r.Stats(after)
	if was.Count != 0 || was.InFlight != 0 || is.Count != 1 || is.Errors != 1 || is.InFlight != 0 || is.Self >= is.Sum {
		t.Errorf("statistics: %+v before, %+v after", was, is)
	}
}
