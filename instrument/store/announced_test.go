package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

var keyArg = instrument.NewKey("arg.test")

func announce(f *fixture) *instrument.Recording {
	ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindCommand, "import"), Attrs: []instrument.Attr{keyArg.String("all")}})
	_, span := instrument.Start(ctx, handler(instrument.KindQuery, "SELECT things"))
	span.End(nil)
	rec.Announce()
	return rec
}

func TestAnnounce_IsThereUntilTheRecordEnds(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	rec := announce(f)
	f.flush(t)
	page, err := f.Records(context.Background(), query.Records{FlagsAll: instrument.FlagUnfinished})
	must(t, err)
	if len(page.Records) != 1 || page.Total != 1 || page.Records[0].Count(instrument.KindQuery) != 1 {
		t.Fatalf("while it runs: %+v", page)
	}
	body, err := f.Record(context.Background(), rec.ID())
	must(t, err)
	if len(body.Spans) != 2 || !slices.ContainsFunc(body.Spans[0].Attrs, func(a instrument.KV) bool { return a.Key == "arg.test" && a.Value == "all" }) {
		t.Errorf("while it runs: %+v", body.Spans)
	}
	rec.Announce() // once more, and the end in the same batch
	rec.SetStatus(3)
	rec.End()
	rec.Announce() // too late
	f.flush(t)
	page, err = f.Records(context.Background(), query.Records{})
	must(t, err)
	if len(page.Records) != 1 || page.Total != 1 || page.Records[0].Unfinished() || page.Records[0].Status != 3 {
		t.Errorf("after its end: %+v", page)
	}
	f.checkIntegrity(t)
}

func TestAnnounce_ANewerOneReplacesIt(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	rec := announce(f)
	f.flush(t)
	rec.Set(instrument.NewKey("progress.test").Int(7))
	rec.Announce()
	f.flush(t)
	body, err := f.Record(context.Background(), rec.ID())
	must(t, err)
	if !slices.ContainsFunc(body.Spans[0].Attrs, func(a instrument.KV) bool { return a.Key == "progress.test" }) {
		t.Errorf("%+v", body.Spans[0].Attrs)
	}
	f.checkIntegrity(t)
	rec.End()
}

func TestAnnounce_AKilledProcessLeavesARecordThatDidNotFinish(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	child := child(t, "announce", path)
	in, err := child.StdinPipe()
	must(t, err)
	defer in.Close()
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line := make([]byte, 16)
	_, err = io.ReadFull(out, line[:6])
	must(t, err)
	if string(line[:6]) != "stored" {
		t.Fatalf("the child says %q", line)
	}
	must(t, child.Process.Kill())
	_ = child.Wait()

	f := open(t, path, store.Options{}) // the next process that writes
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if len(page.Records) != 1 {
		t.Fatalf("%+v", page)
	}
	r := page.Records[0]
	if !r.Flags.Has(instrument.FlagUnfinished|instrument.FlagError) || !strings.Contains(r.Error, "did not finish") || r.Handler.Name != "import" {
		t.Errorf("%+v", r)
	}
	if _, err := f.Record(context.Background(), r.ID); err != nil {
		t.Errorf("it cannot be read: %v", err)
	}
}

// A store of the first schema, written by the program as it was then.
func TestF16_AnOlderSchemaIsMigrated(t *testing.T) {
	t.Parallel()
	packed, err := os.ReadFile("testdata/schema1.db.gz")
	must(t, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	old, err := io.ReadAll(r)
	must(t, err)
	path := filepath.Join(t.TempDir(), "toolbar.db")
	must(t, os.WriteFile(path, old, 0o600))

	f := open(t, path, store.Options{})
	if v := f.count(t, "PRAGMA user_version"); v != store.SchemaVersion {
		t.Errorf("the schema's version is %d", v)
	}
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if len(page.Records) != 1 || page.Records[0].Handler.Name != "POST /orders" {
		t.Fatalf("%+v", page.Records)
	}
	if body, err := f.Record(context.Background(), page.Records[0].ID); err != nil || len(body.Spans) != 2 {
		t.Errorf("%+v, %v", body, err)
	}
	if stats, err := f.Handlers(context.Background(), query.Handlers{}); err != nil || len(stats) != 2 {
		t.Errorf("%+v, %v", stats, err)
	}
	must(t, f.PutDocument(context.Background(), "signals", []byte(`{}`)))
	announce(f).End()
	f.flush(t)
	f.checkIntegrity(t)
}

func TestDocuments_TheLatestOfEachNameIsKept(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	ctx := context.Background()
	must(t, f.PutDocument(ctx, "signals", []byte(`{"n":1}`)))
	must(t, f.PutDocument(ctx, "signals", []byte(`{"n":2}`)))
	must(t, f.PutDocument(ctx, "settings", []byte(`[]`)))
	list, err := f.Documents(ctx, query.Documents{Name: "signals"})
	must(t, err)
	if len(list) != 1 || string(list[0].Body) != `{"n":2}` || list[0].Process == 0 || list[0].Written.IsZero() {
		t.Errorf("%+v", list)
	}
	if list, err = f.Documents(ctx, query.Documents{}); err != nil || len(list) != 2 {
		t.Errorf("%+v, %v", list, err)
	}
	if list, err = f.Documents(ctx, query.Documents{Processes: []int64{99}}); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
	for name, body := range map[string]string{"": "{}", "broken": "{", "long": `"` + strings.Repeat("x", query.MaxDocument) + `"`} {
		if err := f.PutDocument(ctx, name, []byte(body)); err == nil {
			t.Errorf("%q was kept", name)
		}
	}
}

func TestSettings_AreKeptAndRemoved(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	ctx := context.Background()
	if v, err := f.Setting(ctx, query.SavedFilters); v != "" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	must(t, f.SetSetting(ctx, query.SavedFilters, "a"))
	must(t, f.SetSetting(ctx, query.SavedFilters, "b"))
	if v, err := f.Setting(ctx, query.SavedFilters); v != "b" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	must(t, f.SetSetting(ctx, query.SavedFilters, ""))
	if v, err := f.Setting(ctx, query.SavedFilters); v != "" || err != nil {
		t.Errorf("%q, %v", v, err)
	}
	if f.SetSetting(ctx, "", "x") == nil || f.SetSetting(ctx, "x", strings.Repeat("x", query.MaxDocument+1)) == nil {
		t.Error("a setting without a name or without measure was kept")
	}
}

func TestAudits_AreListedLatestFirstInPages(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Now: noonClock})
	ctx := context.Background()
	for _, who := range []string{"ada", "mara", "eve"} {
		must(t, f.AddAudit(ctx, query.Audit{Who: who, Action: "pin", Target: "1", Outcome: map[bool]string{true: "read-only"}[who == "eve"]}))
	}
	first, err := f.Audits(ctx, 0, 2)
	must(t, err)
	if len(first) != 2 || first[0].Who != "eve" || first[0].Outcome != "read-only" || !first[0].At.Equal(noon) {
		t.Fatalf("%+v", first)
	}
	if rest, err := f.Audits(ctx, first[1].ID, 2); err != nil || len(rest) != 1 || rest[0].Who != "ada" {
		t.Errorf("%+v, %v", rest, err)
	}
}

func TestMark_PinsAndTags(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	ctx := context.Background()
	id := f.add(t, made{at: noon})[0]
	got, err := f.Mark(ctx, id, query.Mark{Pin: true, Tag: []string{"look", "at this", "look"}})
	must(t, err)
	if !got.Flags.Has(instrument.FlagPinned|instrument.FlagTagged) || !slices.Equal(got.Tags, []string{"look", "at this"}) {
		t.Errorf("%+v", got)
	}
	page, err := f.Records(ctx, query.Records{Tag: "at this", FlagsAll: instrument.FlagPinned})
	must(t, err)
	if len(page.Records) != 1 {
		t.Errorf("%+v", page)
	}
	got, err = f.Mark(ctx, id, query.Mark{Unpin: true, Untag: []string{"look", "at this"}})
	must(t, err)
	if got.Flags != 0 || len(got.Tags) != 0 {
		t.Errorf("%+v", got)
	}
	if _, err := f.Mark(ctx, id+1, query.Mark{Pin: true}); !errors.Is(err, query.ErrNotFound) {
		t.Errorf("%v", err)
	}
	var many []string
	for i := range query.MaxTags + 1 {
		many = append(many, strings.Repeat("x", i+1))
	}
	for name, m := range map[string]query.Mark{
		"both": {Pin: true, Unpin: true}, "empty": {Tag: []string{" "}}, "lines": {Tag: []string{"a\nb"}}, "long": {Tag: []string{strings.Repeat("x", 101)}}, "many": {Tag: many},
	} {
		if _, err := f.Mark(ctx, id, m); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}

func TestDelete_RemovesRecordsAndKeepsTheTotalRight(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	list := f.add(t, made{at: noon}, made{at: noon, n: 1, flags: instrument.FlagPinned}, made{at: noon, n: 2})
	n, err := f.Delete(context.Background(), list[0], list[1], 12345)
	must(t, err)
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if n != 2 || len(page.Records) != 1 || page.Total != 1 {
		t.Errorf("%d removed, %+v", n, page)
	}
	if n, err := f.Delete(context.Background()); n != 0 || err != nil {
		t.Errorf("%d, %v", n, err)
	}
	f.checkIntegrity(t)
}

func TestAnnotate_NotesGoWithTheirRecord(t *testing.T) {
	t.Parallel()
	c := newClock(noon)
	f := setup(t, store.Options{Now: c.now, MaxAge: time.Hour})
	ctx := context.Background()
	list := f.add(t, made{at: noon}, made{at: noon, n: 1, flags: instrument.FlagPinned})
	for _, id := range list {
		must(t, f.Annotate(ctx, id, "timing", []byte(`{"lcp":1}`)))
		must(t, f.Annotate(ctx, id, "timing", []byte(`{"lcp":2}`)))
	}
	if notes, err := f.Notes(ctx, list[0]); err != nil || len(notes) != 1 || string(notes["timing"]) != `{"lcp":2}` {
		t.Errorf("%s, %v", notes, err)
	}
	if err := f.Annotate(ctx, 77, "timing", []byte(`{}`)); !errors.Is(err, query.ErrNotFound) {
		t.Errorf("a note on nothing: %v", err)
	}
	if f.Annotate(ctx, list[0], "", []byte(`{}`)) == nil || f.Annotate(ctx, list[0], "x", []byte(`{`)) == nil || f.Annotate(ctx, list[0], "x", []byte(`"`+strings.Repeat("x", query.MaxNote)+`"`)) == nil {
		t.Error("a note without a name, without sense or without measure was kept")
	}
	c.advance(3 * time.Hour)
	f.pruneAll(t)
	if n := f.count(t, "SELECT count(*) FROM note"); n != 1 {
		t.Errorf("%d notes are left, one Record is", n)
	}
	_, err := f.Delete(ctx, list[1])
	must(t, err)
	if notes, err := f.Notes(ctx, list[1]); err != nil || notes != nil {
		t.Errorf("%s, %v", notes, err)
	}
}
