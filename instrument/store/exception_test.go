package store_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// fails records a request in which a receiver returns err.
func (f *fixture) fails(user string, err error) {
	ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "POST /orders")})
	rec.SetUser(user)
	_, span := instrument.Start(ctx, handler(instrument.KindReceiver, "send-confirmation"))
	span.End(err)
	rec.End()
}

func (f *fixture) exceptions(t testing.TB, q query.Exceptions) []query.Exception {
	t.Helper()
	page, err := f.Exceptions(context.Background(), q)
	must(t, err)
	return page.Exceptions
}

func (f *fixture) only(t testing.TB) *query.ExceptionDetail {
	t.Helper()
	list := f.exceptions(t, query.Exceptions{})
	if len(list) != 1 {
		t.Fatalf("%d exceptions, expected 1: %+v", len(list), list)
	}
	d, err := f.Exception(context.Background(), list[0].ID)
	must(t, err)
	return d
}

var errMail = fmt.Errorf("confirm order 12: %w", &fs.PathError{Op: "dial", Path: "mail", Err: errors.New("refused")})

func TestExceptions_AlikeOnesAreCountedTogether(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.fails("anna", errMail)
	f.fails("anna", fmt.Errorf("confirm order 13: %w", errors.Unwrap(errMail)))
	f.flush(t)
	f.fails("ben", fmt.Errorf("confirm order 14: %w", errors.Unwrap(errMail)))
	f.flush(t)
	d := f.only(t)
	if d.Count != 3 || d.Users != 2 || d.Handlers != 1 || !d.Uncaught || d.Panic {
		t.Errorf("got %+v", d.Exception)
	}
	if d.Type != "*fs.PathError" || !strings.HasPrefix(d.Message, "confirm order 14: dial mail") || d.Handler.Name != "send-confirmation" {
		t.Errorf("type %s, message %q, in %+v", d.Type, d.Message, d.Handler)
	}
	if len(d.Records) != 3 || d.Records[0] != d.Sample || d.First.After(d.Last) {
		t.Errorf("records %v, sample %s, %s to %s", d.Records, d.Sample, d.First, d.Last)
	}
	if len(d.Causes) != 2 || d.Causes[0].Type != "*fs.PathError" || d.Causes[1].Message != "refused" {
		t.Errorf("the chain is %+v", d.Causes)
	}
	if fmt.Sprintf("%s %s %d", d.Affected[0].Handler.Name, d.Affected[1].User, d.Affected[1].Count) != "POST /orders anna 2" {
		t.Errorf("affected: %+v", d.Affected)
	}
	if len(d.Hours) == 0 || d.Hours[0].Count == 0 {
		t.Errorf("hours: %+v", d.Hours)
	}
}

func TestExceptions_ABatchThatIsAppendedAgainCountsOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	f.fails("anna", errMail)
	b := f.sink.take()
	for range 3 {
		must(t, f.Append(context.Background(), b))
	}
	if d := f.only(t); d.Count != 1 {
		t.Errorf("counted %d times", d.Count)
	}
}

func TestExceptions_OutliveTheirRecords(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := setup(t, store.Options{Now: func() time.Time { return now }})
	f.fails("anna", errMail)
	f.flush(t)
	now = now.Add(60 * 24 * time.Hour)
	for {
		more, err := f.Prune(context.Background())
		must(t, err)
		if !more {
			break
		}
	}
	if n := f.count(t, "SELECT count(*) FROM record"); n != 0 {
		t.Fatalf("%d Records are left", n)
	}
	if d := f.only(t); d.Count != 1 || len(d.Records) != 0 || d.Message == "" || len(d.Causes) == 0 || len(d.Hours) != 1 || d.Hours[0].Start.Hour()%24 != d.Hours[0].Start.Truncate(24*time.Hour).Hour() {
		t.Errorf("got %+v", d)
	}
	now = now.Add(500 * 24 * time.Hour)
	for {
		more, err := f.Prune(context.Background())
		must(t, err)
		if !more {
			break
		}
	}
	if left := f.exceptions(t, query.Exceptions{}); len(left) != 0 {
		t.Errorf("after years there is %+v", left)
	}
	for _, table := range []string{"exception_sample", "exception_hour", "exception_of", "exception_record"} {
		if n := f.count(t, "SELECT count(*) FROM "+table); n != 0 {
			t.Errorf("%d rows are left in %s", n, table)
		}
	}
}

func TestExceptions_AResolvedOneIsReopenedWhenItComesAgain(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-time.Hour) // what is recorded from now on is later
	f := setup(t, store.Options{Now: func() time.Time { return now }})
	f.fails("anna", errMail)
	f.flush(t)
	id := f.only(t).ID
	change := func(c query.ExceptionChange) {
		t.Helper()
		n, err := f.ChangeExceptions(context.Background(), c, id)
		must(t, err)
		if n != 1 {
			t.Fatalf("%d changed", n)
		}
	}
	change(query.ExceptionChange{To: query.Resolved, By: "anna"})
	if d := f.only(t); d.State != query.Resolved || d.StateBy != "anna" || !d.StateAt.Equal(now.Truncate(time.Millisecond)) {
		t.Errorf("resolved: %+v", d.Exception)
	}
	if open := f.exceptions(t, query.Exceptions{States: []query.ExceptionState{query.Unresolved}}); len(open) != 0 {
		t.Errorf("it is among the unresolved ones: %+v", open)
	}
	f.fails("anna", errMail)
	f.flush(t)
	if d := f.only(t); d.State != query.Unresolved || d.Reopened.IsZero() || d.Count != 2 {
		t.Errorf("came again: %+v", d.Exception)
	}
	change(query.ExceptionChange{To: query.Ignored, By: "ben"})
	f.fails("anna", errMail)
	f.flush(t)
	if d := f.only(t); d.State != query.Ignored || !d.Reopened.IsZero() || d.Count != 3 {
		t.Errorf("ignored and came again: %+v", d.Exception)
	}
	change(query.ExceptionChange{To: query.Unresolved})
	if d := f.only(t); d.State != query.Unresolved {
		t.Errorf("not ignored any more: %+v", d.Exception)
	}
}

func TestExceptions_WhatHappenedBeforeItWasResolvedDoesNotReopen(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := setup(t, store.Options{Now: func() time.Time { return now }})
	f.fails("anna", errMail)
	f.flush(t)
	f.fails("anna", errMail) // waits in the queue while somebody resolves it
	now = time.Now().Add(time.Minute)
	_, err := f.ChangeExceptions(context.Background(), query.ExceptionChange{To: query.Resolved}, f.only(t).ID)
	must(t, err)
	f.flush(t)
	if d := f.only(t); d.State != query.Resolved || d.Count != 2 {
		t.Errorf("got %+v", d.Exception)
	}
}

func TestExceptions_ResolvedInTheNextBuildWaitsForIt(t *testing.T) {
	t.Parallel()
	now := time.Now().Add(-2 * time.Hour)
	clock := func() time.Time { return now }
	f := setup(t, store.Options{Now: clock})
	f.fails("anna", errMail)
	f.flush(t)
	now = now.Add(time.Minute)
	_, err := f.ChangeExceptions(context.Background(), query.ExceptionChange{To: query.Resolved, NextBuild: true}, f.only(t).ID)
	must(t, err)
	f.fails("anna", errMail)
	f.flush(t)
	if d := f.only(t); d.State != query.Resolved || !d.NextBuild || d.Count != 2 {
		t.Errorf("the build that has it still: %+v", d.Exception)
	}
	now = now.Add(time.Minute) // a build without a revision: each start counts as another
	next := open(t, f.path, store.Options{Now: clock})
	next.fails("anna", errMail)
	next.flush(t)
	if d := f.only(t); d.State != query.Unresolved || d.Reopened.IsZero() || d.Count != 3 {
		t.Errorf("the build after: %+v", d.Exception)
	}
}

func TestExceptions_ManyTextsOfOnePlaceBecomeOne(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	const texts = 60
	for i := range texts {
		f.fails("", errors.New("no such customer: "+strings.Repeat("x", i+1)))
	}
	f.flush(t)
	page, err := f.Exceptions(context.Background(), query.Exceptions{Limit: 100})
	must(t, err)
	sum, place := uint64(0), 0
	for _, e := range page.Exceptions {
		sum += e.Count
		if d, err := f.Exception(context.Background(), e.ID); err == nil && d.PlaceOnly {
			place++
		}
	}
	if len(page.Exceptions) != 21 || sum != texts || place != 1 {
		t.Errorf("%d kinds, %d in all, %d for the place", len(page.Exceptions), sum, place)
	}
}

func TestExceptions_ASmallStoreKeepsTheLatest(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{MaxBytes: 1 << 20}) // room for 100 of them
	for i := range 130 {
		ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindCommand, fmt.Sprintf("import%d", i))})
		_ = ctx
		rec.Fail(errors.New("no such file"))
		rec.End()
		f.flush(t)
	}
	page, err := f.Exceptions(context.Background(), query.Exceptions{Limit: 1000})
	must(t, err)
	if page.Total != 100 || page.Exceptions[0].Handler.Name != "import129" {
		t.Errorf("%d are kept, the latest of %s", page.Total, page.Exceptions[0].Handler.Name)
	}
	if n := f.count(t, "SELECT count(*) FROM exception_sample"); n != 100 {
		t.Errorf("%d samples", n)
	}
}

func TestExceptions_PagesFollowTheOrder(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	for i := range 9 {
		for range i%4 + 1 {
			ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindCommand, fmt.Sprintf("job%d", i))})
			_ = ctx
			rec.SetUser(fmt.Sprint("user", i))
			rec.Fail(errors.New("failed"))
			rec.End()
		}
	}
	f.flush(t)
	for sort, less := range map[query.ExceptionSort]func(a, b query.Exception) bool{
		query.LastSeen:  func(a, b query.Exception) bool { return a.Last.Before(b.Last) },
		query.FirstSeen: func(a, b query.Exception) bool { return a.First.Before(b.First) },
		query.MostOften: func(a, b query.Exception) bool { return a.Count < b.Count },
		query.MostUsers: func(a, b query.Exception) bool { return a.Users < b.Users },
	} {
		q := query.Exceptions{Sort: sort, Limit: 4}
		var all []query.Exception
		for {
			page, err := f.Exceptions(context.Background(), q)
			must(t, err)
			if page.Total != 9 {
				t.Errorf("the total is %d", page.Total)
			}
			all = append(all, page.Exceptions...)
			if !page.More {
				break
			}
			q.After = page.Next
		}
		seen := map[string]bool{}
		for i, e := range all {
			seen[e.Handler.Name] = true
			if i > 0 && less(all[i-1], e) {
				t.Errorf("sort %d: %d comes after %d", sort, i-1, i)
			}
		}
		if len(seen) != 9 || len(all) != 9 {
			t.Errorf("sort %d: %d of 9, %d different", sort, len(all), len(seen))
		}
	}
	if list := f.exceptions(t, query.Exceptions{Text: "JOB3"}); len(list) != 1 || list[0].Count != 4 {
		t.Errorf("by text: %+v", list)
	}
	if list := f.exceptions(t, query.Exceptions{Panics: true}); len(list) != 0 {
		t.Errorf("panics: %+v", list)
	}
	if list := f.exceptions(t, query.Exceptions{Since: time.Now().Add(time.Hour)}); len(list) != 0 {
		t.Errorf("of the future: %+v", list)
	}
	if list := f.exceptions(t, query.Exceptions{Kind: instrument.KindCommand, Handler: "job2", Trend: 24}); len(list) != 1 || list[0].Trend[23] != 3 {
		t.Errorf("by handler: %+v", list)
	}
	if _, err := f.Exception(context.Background(), 7); !errors.Is(err, query.ErrNotFound) {
		t.Errorf("an unknown one: %v", err)
	}
}

// What a request dealt with itself is not an exception, what was reported is.
func TestExceptions_CaughtErrorsAreLeftOut(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	ctx, rec := f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /")})
	instrument.Leaf(ctx, handler(instrument.KindQuery, "SELECT 1")).End(errors.New("locked"))
	rec.End()
	f.flush(t)
	if list := f.exceptions(t, query.Exceptions{}); len(list) != 0 {
		t.Errorf("got %+v", list)
	}
	ctx, rec = f.rec.Begin(context.Background(), instrument.Begin{Handler: handler(instrument.KindRequest, "GET /")})
	instrument.Report(ctx, errors.New("worth telling"))
	rec.End()
	f.flush(t)
	if d := f.only(t); !d.Reported || d.Uncaught || len(d.Stack) == 0 || !d.Stack[0].Own || d.Source.Line == 0 {
		t.Errorf("got %+v", d)
	}
}

func unpack(t *testing.T, name string) (path string) {
	t.Helper()
	packed, err := os.ReadFile(filepath.Join("testdata", name))
	must(t, err)
	r, err := gzip.NewReader(bytes.NewReader(packed))
	must(t, err)
	old, err := io.ReadAll(r)
	must(t, err)
	path = filepath.Join(t.TempDir(), "toolbar.db")
	must(t, os.WriteFile(path, old, 0o600))
	return path
}

// A store of the second schema, written by the program as it was then: what its Records
// tell of exceptions is known from then on.
func TestF16_ASecondSchemaIsMigratedWithItsExceptions(t *testing.T) {
	t.Parallel()
	f := open(t, unpack(t, "schema2.db.gz"), store.Options{MaxAge: 100 * 365 * 24 * time.Hour})
	if v := f.count(t, "PRAGMA user_version"); v != store.SchemaVersion {
		t.Errorf("the schema's version is %d", v)
	}
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	if len(page.Records) != 3 {
		t.Fatalf("%d Records", len(page.Records))
	}
	if audits, err := f.Audits(context.Background(), 0, 0); err != nil || len(audits) != 1 {
		t.Errorf("audits: %+v, %v", audits, err)
	}
	list := f.exceptions(t, query.Exceptions{})
	if len(list) != 1 || list[0].Handler.Name != "import" || list[0].Count != 1 { // receivers were not marked then
		t.Errorf("exceptions: %+v", list)
	}
	f.fails("anna", errMail)
	f.flush(t)
	if list := f.exceptions(t, query.Exceptions{}); len(list) != 2 {
		t.Errorf("after another: %+v", list)
	}
	f.checkIntegrity(t)
}

func TestExceptions_BuildsAndWhatIsNew(t *testing.T) {
	t.Parallel()
	now := time.Now()
	f := setup(t, store.Options{Now: func() time.Time { return now }})
	f.fails("anna", errMail)
	f.fails("ben", errMail)
	f.flush(t)
	f.fails("ben", errors.New("another"))
	f.flush(t)
	list := f.exceptions(t, query.Exceptions{Sort: query.MostOften})
	d, err := f.Exception(context.Background(), list[0].ID)
	must(t, err)
	if len(d.Builds) != 1 || d.Builds[0].Count != 2 || d.Builds[0].Name != d.LastBuild || d.Builds[0].Last.IsZero() || len(d.Affected) != 3 {
		t.Errorf("builds %+v, affected %+v", d.Builds, d.Affected)
	}
	count := func(q query.Exceptions) int { return len(f.exceptions(t, q)) }
	if n := count(query.Exceptions{New: now.Add(-time.Hour)}); n != 2 {
		t.Errorf("%d are new", n)
	}
	if n := count(query.Exceptions{New: now.Add(time.Hour)}); n != 0 {
		t.Errorf("%d are newer than the present", n)
	}
	now = time.Now().Add(-time.Minute) // what comes is not of the same millisecond
	_, err = f.ChangeExceptions(context.Background(), query.ExceptionChange{To: query.Resolved}, list[0].ID)
	must(t, err)
	if n := count(query.Exceptions{New: now.Add(-time.Hour)}); n != 1 {
		t.Errorf("%d are new when one is resolved", n)
	}
	if n := count(query.Exceptions{Reopened: true}); n != 0 {
		t.Errorf("%d came again", n)
	}
	now = now.Add(time.Second)
	f.fails("ben", errMail)
	f.rec.SyncClock()
	f.flush(t)
	if got := f.exceptions(t, query.Exceptions{Reopened: true}); len(got) != 1 || got[0].ID != list[0].ID {
		t.Errorf("came again: %+v", got)
	}
}

func TestExceptions_AreCountedByService(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{Service: "shop"})
	mail := open(t, f.path, store.Options{Service: "mail"})
	both, alone := errors.New("both know it"), errors.New("the shop's own")
	for range 3 {
		f.fails("anna", both)
	}
	f.fails("anna", alone)
	f.flush(t)
	for range 2 {
		mail.fails("ben", both)
	}
	mail.flush(t)
	for service, want := range map[string]string{
		"":     "both know it 5, the shop's own 1",
		"shop": "both know it 3, the shop's own 1",
		"mail": "both know it 2",
		"post": "",
	} {
		page, err := f.Exceptions(context.Background(), query.Exceptions{Service: service, Sort: query.MostOften})
		must(t, err)
		var got []string
		for _, e := range page.Exceptions {
			got = append(got, fmt.Sprintf("%s %d", e.Message, e.Count))
		}
		if text := strings.Join(got, ", "); text != want || page.Total != int64(len(got)) || page.Unknown != 0 {
			t.Errorf("service %q: %s, %d in all, %d unknown, want %s", service, text, page.Total, page.Unknown, want)
		}
		// One by one: the order is of the service's own numbers.
		q := query.Exceptions{Service: service, Sort: query.MostOften, Limit: 1}
		for i := range page.Exceptions {
			one, err := f.Exceptions(context.Background(), q)
			must(t, err)
			if len(one.Exceptions) != 1 || one.Exceptions[0].ID != page.Exceptions[i].ID || one.More != (i+1 < len(page.Exceptions)) {
				t.Errorf("service %q, page %d: %+v", service, i, one)
			}
			q.After = one.Next
		}
	}
	page, err := f.Exceptions(context.Background(), query.Exceptions{Sort: query.MostOften})
	must(t, err)
	d, err := f.Exception(context.Background(), page.Exceptions[0].ID)
	must(t, err)
	if len(d.Services) != 2 || d.Services[0].Name != "shop" || d.Services[0].Count != 3 || d.Services[1].Count != 2 {
		t.Errorf("services: %+v", d.Services)
	}
	if len(d.Affected) != 3 { // a route and two users
		t.Errorf("affected: %+v", d.Affected)
	}

	// What was counted before is of nobody knows whom.
	if _, err := f.db.Exec("DELETE FROM exception_of WHERE kind = '+service'"); err != nil {
		t.Fatal(err)
	}
	page, err = f.Exceptions(context.Background(), query.Exceptions{Service: "shop", States: []query.ExceptionState{query.Unresolved}})
	must(t, err)
	if page.Total != 0 || page.Unknown != 2 {
		t.Errorf("before services were counted: %d, and %d unknown", page.Total, page.Unknown)
	}
}
