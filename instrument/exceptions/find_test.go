package exceptions_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
)

type sink struct {
	summary instrument.Summary
	blob    []byte
}

func (s *sink) Want(*instrument.Summary) bool { return true }
func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	s.summary, s.blob = *sum, append([]byte(nil), blob...)
}

// record records what fn does in a request.
func record(t testing.TB, fn func(context.Context, *instrument.Recording)) *instrument.Record {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, NoLabels: true})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "POST /orders", instrument.Source{})})
	fn(ctx, rec)
	rec.End()
	read, err := instrument.Decode(s.summary, s.blob, instrument.LiveNames())
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// step runs fn in a span, which ends with what fn gives back, or with its panic.
func step(ctx context.Context, k instrument.Kind, name string, fn func(context.Context) error) (err error) {
	ctx, span := instrument.Start(ctx, instrument.NewHandler(k, name, instrument.Source{}))
	done := false
	defer func() {
		if done {
			span.End(err)
			return
		}
		v := recover()
		span.Panic(v)
		span.End(nil)
		panic(v)
	}()
	err = fn(ctx)
	done = true
	return err
}

func TestOf_AnErrorOnItsWayOutIsOne(t *testing.T) {
	t.Parallel()
	rec := record(t, func(ctx context.Context, rec *instrument.Recording) {
		rec.Fail(step(ctx, instrument.KindLayer, "auth", func(ctx context.Context) error {
			return step(ctx, instrument.KindView, "shop.Checkout", func(ctx context.Context) error {
				err := step(ctx, instrument.KindSignal, "order_placed", func(ctx context.Context) error {
					return step(ctx, instrument.KindReceiver, "reserve-stock", func(ctx context.Context) error {
						err := step(ctx, instrument.KindQuery, "UPDATE stock", func(context.Context) error { return &fs.PathError{Op: "write", Path: "db", Err: fs.ErrInvalid} })
						return fmt.Errorf("reserve: %w", err)
					})
				})
				return fmt.Errorf("checkout: %w", err)
			})
		}))
	})
	list := exceptions.Of(rec)
	if len(list) != 1 {
		t.Fatalf("%d exceptions: %+v", len(list), list)
	}
	e := list[0]
	if e.Handler.Name != "reserve-stock" || e.Message != "reserve: write db: invalid argument" || e.Type != "*fs.PathError" {
		t.Errorf("in %s: %s %q", e.Handler.Name, e.Type, e.Message)
	}
	if !e.Uncaught || e.Panic || e.Reported || e.Outer != 0 || rec.Spans[e.Span].Handler.Kind != instrument.KindQuery {
		t.Errorf("got %+v", e)
	}
	if len(e.Causes) != 2 || e.Causes[0].Type != "*fs.PathError" || e.Causes[1].Depth != 2 {
		t.Errorf("the chain is %+v", e.Causes)
	}
}

func TestOf_WhatIsUncaught(t *testing.T) {
	t.Parallel()
	boom := errors.New("boom")
	fails := func(context.Context) error { return boom }
	for name, c := range map[string]struct {
		fn   func(context.Context, *instrument.Recording)
		want string
	}{
		"nothing": {func(context.Context, *instrument.Recording) {}, ""},
		"a query that the view dealt with": {func(ctx context.Context, _ *instrument.Recording) {
			step(ctx, instrument.KindView, "v", func(ctx context.Context) error {
				step(ctx, instrument.KindQuery, "q", fails)
				return nil
			})
		}, "caught boom"},
		"a view that a layer dealt with": {func(ctx context.Context, _ *instrument.Recording) {
			step(ctx, instrument.KindLayer, "l", func(ctx context.Context) error {
				step(ctx, instrument.KindView, "v", fails)
				return nil
			})
		}, "caught boom"},
		"a view": {func(ctx context.Context, rec *instrument.Recording) {
			rec.Fail(step(ctx, instrument.KindView, "v", fails))
		}, "uncaught boom"},
		"a receiver of a robust send": {func(ctx context.Context, _ *instrument.Recording) {
			step(ctx, instrument.KindReceiver, "r", fails)
		}, "uncaught boom"},
		"two receivers": {func(ctx context.Context, _ *instrument.Recording) {
			step(ctx, instrument.KindReceiver, "r", fails)
			step(ctx, instrument.KindReceiver, "s", fails)
		}, "uncaught boom, uncaught boom"},
		"a query that was tried again": {func(ctx context.Context, rec *instrument.Recording) {
			rec.Fail(step(ctx, instrument.KindView, "v", func(ctx context.Context) error {
				step(ctx, instrument.KindQuery, "q", fails)
				return step(ctx, instrument.KindQuery, "q", fails)
			}))
		}, "uncaught boom"},
		"reported": {func(ctx context.Context, _ *instrument.Recording) {
			instrument.Report(ctx, boom)
		}, "reported boom"},
		"reported and returned": {func(ctx context.Context, rec *instrument.Recording) {
			rec.Fail(step(ctx, instrument.KindView, "v", func(ctx context.Context) error {
				instrument.Report(ctx, boom)
				return boom
			}))
		}, "reported uncaught boom"},
		"a log line": {func(ctx context.Context, _ *instrument.Recording) {
			step(ctx, instrument.KindLog, "ERROR", fails)
		}, ""},
		"an aborted response": {func(ctx context.Context, rec *instrument.Recording) {
			rec.Fail(step(ctx, instrument.KindView, "v", func(context.Context) error { return http.ErrAbortHandler }))
		}, ""},
		"a panic": {func(ctx context.Context, rec *instrument.Recording) {
			defer func() { rec.Panic(recover()) }()
			step(ctx, instrument.KindLayer, "l", func(ctx context.Context) error {
				return step(ctx, instrument.KindView, "v", func(context.Context) error { panic(boom) })
			})
		}, "panic uncaught boom"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var got []string
			for _, e := range exceptions.Of(record(t, c.fn)) {
				var words []string
				for _, w := range []struct {
					word string
					is   bool
				}{{"panic", e.Panic}, {"reported", e.Reported}, {"uncaught", e.Uncaught}, {"caught", !e.Kept()}} {
					if w.is {
						words = append(words, w.word)
					}
				}
				got = append(got, strings.Join(append(words, e.Message), " "))
			}
			if strings.Join(got, ", ") != c.want {
				t.Errorf("got %q, expected %q", strings.Join(got, ", "), c.want)
			}
		})
	}
}

func TestOf_AStackBeginsWhereItPanicked(t *testing.T) {
	t.Parallel()
	rec := record(t, func(ctx context.Context, rec *instrument.Recording) {
		defer func() { rec.Panic(recover()) }()
		step(ctx, instrument.KindLayer, "l", func(ctx context.Context) error {
			return step(ctx, instrument.KindView, "v", func(context.Context) error { return indexes(nil) })
		})
	})
	list := exceptions.Of(rec)
	if len(list) != 1 || len(list[0].Stack) == 0 {
		t.Fatalf("got %+v", list)
	}
	if f := list[0].Stack[0]; !strings.HasSuffix(f.Func, ".indexes") || !f.Own || list[0].Source().Line != f.Line {
		t.Errorf("it begins with %+v", f)
	}
	if list[0].Type != "runtime.boundsError" {
		t.Errorf("its type is %s", list[0].Type)
	}
}

//go:noinline
func indexes(list []int) error {
	_ = list[len(list)] // is what is tested
	return nil
}

// The same mistake on other lines, with other numbers, in another build, is the same; in
// another function or of another type it is not.
func TestFingerprint_StaysWhileCodeMoves(t *testing.T) {
	t.Parallel()
	of := func(err error, frames ...instrument.Frame) exceptions.Fingerprint {
		rec := &instrument.Record{Spans: []instrument.RecordSpan{{
			Parent: -1, Handler: instrument.HandlerInfo{Kind: instrument.KindCommand, Name: "import"}, Flags: instrument.FlagError,
			Error: err.Error(), Stack: frames,
			Attrs: []instrument.KV{{Key: instrument.KeyErrorType.Name(), Value: fmt.Sprintf("%T", err)}},
		}}}
		return exceptions.Of(rec)[0].Fingerprint
	}
	at := func(fn string, line int) instrument.Frame {
		return instrument.Frame{Func: fn, File: "/src/shop/import.go", Line: line}
	}
	lib := instrument.Frame{Func: "csv.(*Reader).Read", File: "/usr/local/go/src/encoding/csv/reader.go", Line: 9}
	first := of(errors.New(`line 12: no price for "vase"`), lib, at("shop.Import.func1", 40), at("shop.Run", 7))
	for name, same := range map[string]exceptions.Fingerprint{
		"other lines":       of(errors.New(`line 12: no price for "vase"`), lib, at("shop.Import.func1", 99), at("shop.Run", 70)),
		"other numbers":     of(errors.New(`line 7: no price for "bowl"`), lib, at("shop.Import.func1", 40), at("shop.Run", 7)),
		"a literal renamed": of(errors.New(`line 12: no price for "vase"`), at("shop.Import.func3", 40), at("shop.Run", 7)),
	} {
		if same != first {
			t.Errorf("%s: it is another one", name)
		}
	}
	for name, other := range map[string]exceptions.Fingerprint{
		"another function": of(errors.New(`line 12: no price for "vase"`), lib, at("shop.Export", 40), at("shop.Run", 7)),
		"another text":     of(errors.New(`line 12: no name for "vase"`), lib, at("shop.Import.func1", 40), at("shop.Run", 7)),
		"another type":     of(&fs.PathError{Op: `line 12: no price for "vase"`, Err: errors.New("")}, lib, at("shop.Import.func1", 40), at("shop.Run", 7)),
		"no stack":         of(errors.New(`line 12: no price for "vase"`)),
	} {
		if other == first {
			t.Errorf("%s: it is the same", name)
		}
	}
	if back, err := exceptions.ParseFingerprint(first.String()); err != nil || back != first || len(first.String()) != 13 {
		t.Errorf("%s reads back as %v, %v", first, back, err)
	}
	if _, err := exceptions.ParseFingerprint("no"); err == nil || !strings.Contains(err.Error(), "13 letters") {
		t.Errorf("got %v", err)
	}
}

// A blob that is no longer what it was must not end the writer.
func FuzzOf(f *testing.F) {
	f.Add("a: b", "b", uint8(1), uint8(0))
	f.Fuzz(func(t *testing.T, outer, inner string, flags, parent uint8) {
		rec := &instrument.Record{Spans: []instrument.RecordSpan{
			{Parent: -1, Error: outer, Flags: instrument.Flags(flags)},
			{Parent: 0, Error: inner, Flags: instrument.Flags(flags), Handler: instrument.HandlerInfo{Kind: instrument.Kind(parent)}},
		}}
		for _, e := range exceptions.Of(rec) {
			if e.Fingerprint <= 0 || e.Outer > e.Span {
				t.Errorf("got %+v", e)
			}
		}
	})
}

// A layer answers an error at the edge of what failed, and tells the request of it: those
// in between saw a response.
func TestOf_AnErrorThatWasAnsweredOnItsWayIsOne(t *testing.T) {
	t.Parallel()
	rec := record(t, func(ctx context.Context, rec *instrument.Recording) {
		_ = step(ctx, instrument.KindLayer, "outer", func(ctx context.Context) error {
			return step(ctx, instrument.KindLayer, "exceptions", func(ctx context.Context) error {
				err := step(ctx, instrument.KindView, "shop.Checkout", func(context.Context) error { return errors.New("no rows") })
				rec.Fail(fmt.Errorf("GET /: %w", err))
				return nil
			})
		})
	})
	list := exceptions.Of(rec)
	if len(list) != 1 || list[0].Handler.Name != "shop.Checkout" || !list[0].Uncaught || list[0].Outer != 0 {
		t.Errorf("got %+v", list)
	}
}

// A request that fails with words that a receiver used as well, whose error went nowhere.
func TestOf_TheSameWordsAtAnotherPlaceAreAnother(t *testing.T) {
	t.Parallel()
	rec := record(t, func(ctx context.Context, rec *instrument.Recording) {
		_ = step(ctx, instrument.KindView, "shop.Checkout", func(ctx context.Context) error {
			return step(ctx, instrument.KindSignal, "order_placed", func(ctx context.Context) error {
				_ = step(ctx, instrument.KindReceiver, "mail", func(context.Context) error { return errors.New("timeout") })
				return nil
			})
		})
		rec.Fail(errors.New("timeout"))
	})
	if list := exceptions.Of(rec); len(list) != 2 {
		t.Errorf("got %+v", list)
	}
}
