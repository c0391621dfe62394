package dump_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/dump"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sink decodes Records.
type sink struct{ recs []*instrument.Record }

func (*sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.recs = append(s.recs, rec)
}

// record runs fn in a request and gives its Record.
func record(fn func(ctx context.Context)) *instrument.Record {
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, Masker: mask.Default()})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /cart", instrument.Source{})})
	fn(ctx)
	rec.End()
	return s.recs[0]
}

// spans are those below the root.
func spans(rec *instrument.Record) []instrument.RecordSpan { return rec.Spans[1:] }

// text is what a span shows of its value.
func text(s instrument.RecordSpan) string {
	for _, kv := range s.Attrs {
		if kv.Key == "dump.value" {
			return kv.Value.(string)
		}
	}
	return ""
}

type item struct {
	Name  string
	Price float64
}

type cart struct {
	User     string
	Password string
	Items    []item
	Tags     map[string]int
	Next     *cart
	Notes    []string
}

func TestValue_StandsOnTheRecordAsItWas(t *testing.T) {
	c := &cart{User: "ann", Password: "hunter2", Items: []item{{"tea", 3.5}, {"pot", 20}}, Tags: map[string]int{"new": 1, "b": 2}}
	rec := record(func(ctx context.Context) {
		if got := dump.Value(ctx, "cart", c); got != c {
			t.Error("did not give the value back")
		}
		c.User = "bob" // after it was shown
		dump.Value(ctx, "", 42)
	})
	if len(spans(rec)) != 2 || spans(rec)[0].Handler.Name != "cart" || spans(rec)[0].Handler.Kind != dump.Kind || spans(rec)[1].Handler.Name != "int" {
		t.Fatalf("spans %+v", spans(rec))
	}
	want := `dump_test.cart{
	User: "ann"
	Password: [redacted]
	Items: []dump_test.item[
		dump_test.item{
			Name: "tea"
			Price: 3.5
		}
		dump_test.item{
			Name: "pot"
			Price: 20
		}
	]
	Tags: map[string]int{
		b: 2
		new: 1
	}
	Next: nil
	Notes: nil
}`
	if got := text(spans(rec)[0]); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := text(spans(rec)[1]); got != "42" {
		t.Errorf("a number is %q", got)
	}
	if st := spans(rec)[0].Stack; len(st) != 1 || !strings.HasSuffix(st[0].File, "dump_test.go") {
		t.Errorf("place %+v", st)
	}
}

func TestValue_LongValuesAreCut(t *testing.T) {
	rec := record(func(ctx context.Context) {
		dump.Value(ctx, "numbers", make([]int, 1000))
		dump.Value(ctx, "text", strings.Repeat("é", dump.MaxText))
	})
	if got := text(spans(rec)[0]); !strings.HasSuffix(got, "\n\t…+900\n]") || strings.Count(got, "\n") != 102 {
		t.Errorf("a slice: %d lines ending in %q", strings.Count(got, "\n"), got[len(got)-20:])
	}
	if got := text(spans(rec)[1]); len(got) > dump.MaxText || !strings.HasSuffix(got, "…") {
		t.Errorf("a text: %d bytes", len(got))
	}
}

// hostile cannot be printed.
type hostile struct{}

func (hostile) String() string { panic("no") }

func TestValue_AMethodThatPanicsHarmsNothing(t *testing.T) {
	rec := record(func(ctx context.Context) { dump.Value(ctx, "hostile", hostile{}) })
	if got := text(spans(rec)[0]); strings.Contains(got, "no") || got == "" {
		t.Errorf("got %q", got)
	}
}

func TestValue_OutsideOfRecordsNothingHappens(t *testing.T) {
	r := instrument.New(instrument.Config{})
	defer r.SetEnabled(false)
	if n := testing.AllocsPerRun(100, func() { dump.Value(context.Background(), "x", hostile{}) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for _, h := range []string{"x", "dump_test.hostile"} {
		if instrument.LookupHandler(dump.Kind, h) != nil {
			t.Errorf("there is a handler %s", h)
		}
	}
}

func TestSetRules_HidesWhatTheAppHides(t *testing.T) {
	r, err := mask.New(mask.Options{Deny: []string{"user"}})
	if err != nil {
		t.Fatal(err)
	}
	dump.SetRules(r)
	defer dump.SetRules(nil)
	rec := record(func(ctx context.Context) { dump.Value(ctx, "cart", cart{User: "ann"}) })
	if got := text(spans(rec)[0]); !strings.Contains(got, "User: [redacted]") {
		t.Errorf("got %s", got)
	}
}

func ExampleValue() {
	rec := record(func(ctx context.Context) { // a request
		order := struct {
			Number int
			Card   string `toolbar:"mask"`
		}{20417, "4111 1111 1111 1111"}
		dump.Value(ctx, "order", order)
	})
	fmt.Fprintln(os.Stdout, text(spans(rec)[0]))
	// Output:
	// struct{
	// 	Number: 20417
	// 	Card: [redacted]
	// }
}
