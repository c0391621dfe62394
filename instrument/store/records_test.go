package store_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func noonClock() time.Time { return noon }

func TestRecords_FiltersEachColumn(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	first := made{at: noon, path: "/a/list", status: 200, duration: time.Millisecond}.item()
	first.Summary.Method, first.Summary.User, first.Summary.Tags = "GET", "ada", []string{"x", "two words"}
	second := made{at: noon.Add(time.Minute), kind: instrument.KindCommand, name: "cleanup", status: 503, duration: time.Second, flags: instrument.FlagError | instrument.FlagSlow, parent: first.Summary.ID}.item()
	second.Summary.Error, second.Summary.Counts[instrument.KindQuery] = "disk full", 12
	second.Summary.Trace = instrument.TraceContext{TraceID: instrument.TraceID{5}, SpanID: instrument.SpanID{6}}
	must(t, f.Append(context.Background(), &instrument.Batch{Items: []instrument.Item{second, first}}))

	one, two := first.Summary.ID, second.Summary.ID
	for name, c := range map[string]struct {
		q    query.Records
		want []instrument.ID
	}{
		"everything, newest first": {query.Records{}, []instrument.ID{two, one}},
		"oldest first":             {query.Records{Sort: query.Oldest}, []instrument.ID{one, two}},
		"slowest first":            {query.Records{Sort: query.Slowest}, []instrument.ID{two, one}},
		"slowest of a filter":      {query.Records{Sort: query.Slowest, Path: "list"}, []instrument.ID{one}},
		"slowest of a kind":        {query.Records{Sort: query.Slowest, Kinds: []instrument.Kind{instrument.KindRequest}}, []instrument.ID{one}},
		"kind":                     {query.Records{Kinds: []instrument.Kind{instrument.KindCommand}}, []instrument.ID{two}},
		"two kinds":                {query.Records{Kinds: []instrument.Kind{instrument.KindCommand, instrument.KindRequest}}, []instrument.ID{two, one}},
		"kind of which none is":    {query.Records{Kinds: []instrument.Kind{instrument.KindTask}}, nil},
		"handler":                  {query.Records{Handler: "cleanup"}, []instrument.ID{two}},
		"handler of another kind":  {query.Records{Handler: "cleanup", Kinds: []instrument.Kind{instrument.KindRequest}}, nil},
		"name":                     {query.Records{Name: "LEAN"}, []instrument.ID{two}},
		"pattern":                  {query.Records{Name: "get *de"}, []instrument.ID{one}},
		"pattern is for the whole": {query.Records{Name: "et *"}, nil},
		"path":                     {query.Records{Path: "/li"}, []instrument.ID{one}},
		"method":                   {query.Records{Method: "GET"}, []instrument.ID{one}},
		"user":                     {query.Records{User: "ada"}, []instrument.ID{one}},
		"tag":                      {query.Records{Tag: "two words"}, []instrument.ID{one}},
		"part of a tag":            {query.Records{Tag: "two"}, nil},
		"error":                    {query.Records{Error: "full"}, []instrument.ID{two}},
		"status":                   {query.Records{StatusMin: 503, StatusMax: 503}, []instrument.ID{two}},
		"status class":             {query.Records{StatusMin: 200, StatusMax: 299}, []instrument.ID{one}},
		"duration":                 {query.Records{MinDuration: 2 * time.Millisecond}, []instrument.ID{two}},
		"at most":                  {query.Records{MaxDuration: 2 * time.Millisecond}, []instrument.ID{one}},
		"queries":                  {query.Records{MinQueries: 12}, []instrument.ID{two}},
		"any flag":                 {query.Records{FlagsAny: instrument.FlagPanic | instrument.FlagSlow}, []instrument.ID{two}},
		"all flags":                {query.Records{FlagsAll: instrument.FlagPanic | instrument.FlagSlow}, nil},
		"no flag":                  {query.Records{FlagsNone: instrument.FlagError}, []instrument.ID{one}},
		"trace":                    {query.Records{Trace: instrument.TraceID{5}}, []instrument.ID{two}},
		"parent":                   {query.Records{Parent: one}, []instrument.ID{two}},
		"process":                  {query.Records{Processes: []int64{99}}, nil},
		"since":                    {query.Records{Since: noon.Add(time.Second)}, []instrument.ID{two}},
		"until":                    {query.Records{Until: noon.Add(time.Second)}, []instrument.ID{one}},
		"empty window":             {query.Records{Since: noon.Add(time.Hour), Until: noon}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			page, err := f.Records(context.Background(), c.q)
			must(t, err)
			if ids(page.Records) != fmt.Sprint(c.want) {
				t.Errorf("got %s, expected %v", ids(page.Records), c.want)
			}
			if !page.Complete || page.More {
				t.Errorf("complete %v, more %v", page.Complete, page.More)
			}
		})
	}
	children, err := f.Children(context.Background(), one)
	must(t, err)
	if len(children) != 1 || children[0].ID != two || children[0].Handler.Name != "cleanup" {
		t.Errorf("children are %s", ids(children))
	}
}

// reference answers a query by looking at everything.
func reference(all []instrument.Item, q query.Records) (want []instrument.ID) {
	var list []instrument.Item
	for _, it := range all {
		s := &it.Summary
		if (len(q.Kinds) == 0 || slices.Contains(q.Kinds, s.Handler.Kind())) && s.Flags&q.FlagsAny == q.FlagsAny &&
			(q.Since.IsZero() || !s.ID.Time().Before(q.Since)) && (q.Until.IsZero() || s.ID.Time().Before(q.Until)) &&
			strings.Contains(s.Path, q.Path) {
			list = append(list, it)
		}
	}
	slices.SortFunc(list, func(a, b instrument.Item) int {
		switch q.Sort {
		case query.Oldest:
			return cmp.Compare(a.Summary.ID, b.Summary.ID)
		case query.Slowest:
			return cmp.Or(cmp.Compare(b.Summary.Duration, a.Summary.Duration), cmp.Compare(b.Summary.ID, a.Summary.ID))
		}
		return cmp.Compare(b.Summary.ID, a.Summary.ID)
	})
	for _, it := range list {
		want = append(want, it.Summary.ID)
	}
	return want
}

func TestRecords_PagesAreTheWholeListOnce(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	rnd := rand.New(rand.NewPCG(1, 2))
	var all []instrument.Item
	kinds := []instrument.Kind{instrument.KindRequest, instrument.KindTask, instrument.KindSignal}
	for i := range 700 {
		m := made{at: noon.Add(time.Duration(rnd.IntN(600)) * time.Second), n: i, kind: kinds[rnd.IntN(3)],
			duration: time.Duration(rnd.IntN(300)) * time.Millisecond, path: fmt.Sprintf("/%d", rnd.IntN(100))}
		if rnd.IntN(10) == 0 {
			m.flags = instrument.FlagError
		}
		all = append(all, m.item())
	}
	for batch := range slices.Chunk(all, 321) {
		must(t, f.Append(context.Background(), &instrument.Batch{Items: batch}))
	}
	for range 25 {
		q := query.Records{Sort: query.Sort(rnd.IntN(3)), Limit: 40 + rnd.IntN(300), Budget: time.Minute}
		if rnd.IntN(2) == 0 {
			q.Kinds = kinds[:1+rnd.IntN(2)]
		}
		if rnd.IntN(3) == 0 {
			q.FlagsAny = instrument.FlagError
		}
		if rnd.IntN(3) == 0 {
			q.Path = "/7"
		}
		if rnd.IntN(2) == 0 {
			q.Since = noon.Add(time.Duration(rnd.IntN(300)) * time.Second)
			q.Until = q.Since.Add(time.Duration(rnd.IntN(400)) * time.Second)
		}
		checkPages(t, f, q, reference(all, q))
	}
	f.checkIntegrity(t)
}

func checkPages(t *testing.T, f *fixture, q query.Records, want []instrument.ID) {
	t.Helper()
	var got []instrument.ID
	for more := true; more; {
		page, err := f.Records(context.Background(), q)
		must(t, err)
		for _, r := range page.Records {
			got = append(got, r.ID)
		}
		if more = page.More; more && len(page.Records) != q.Limit {
			t.Fatalf("%+v: a page has %d records", q, len(page.Records))
		}
		q.After = page.Next
	}
	if !slices.Equal(got, want) {
		t.Fatalf("%+v: %d records, expected %d", q, len(got), len(want))
	}
}

func TestRecords_ASearchWithoutTimeSaysHowFarItCame(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	var list []made
	for i := range 2500 {
		list = append(list, made{at: noon.Add(time.Duration(i) * time.Millisecond), path: "/other", duration: time.Duration(i)})
	}
	list[0].path = "/needle"
	want := f.add(t, list...)[0]

	q := query.Records{Path: "needle", Budget: 1}
	page, err := f.Records(context.Background(), q)
	must(t, err)
	if page.Complete || !page.More || page.Searched != 2000 || page.Total != 2500 {
		t.Errorf("complete %v, more %v, searched %d of %d", page.Complete, page.More, page.Searched, page.Total)
	}
	for range 20 { // it goes on where it stopped
		if len(page.Records) > 0 {
			break
		}
		q.After = page.Next
		page, err = f.Records(context.Background(), q)
		must(t, err)
	}
	if ids(page.Records) != fmt.Sprint([]instrument.ID{want}) {
		t.Errorf("found %s, expected %s", ids(page.Records), want)
	}
	page, err = f.Records(context.Background(), query.Records{Path: "needle", Budget: 1, Sort: query.Slowest, Since: noon})
	must(t, err)
	if page.Complete || page.Searched != 2000 || page.Total != 2500 {
		t.Errorf("slowest: complete %v, searched %d of %d", page.Complete, page.Searched, page.Total)
	}
}

func TestRecords_ASearchForATextGoesOnWhereItStopped(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	b := &instrument.Batch{}
	for i := range 1000 {
		it := made{at: noon.Add(time.Duration(i) * time.Millisecond)}.item()
		if i == 3 {
			it.Blob = blobs()[1]
		}
		b.Items = append(b.Items, it)
	}
	must(t, f.Append(context.Background(), b))
	q := query.Records{Budget: 1, Where: query.Where{Op: query.Contains, Field: query.FieldText, Text: "OUT OF"}}
	page, err := f.Records(context.Background(), q)
	must(t, err)
	if page.Complete || !page.More || page.Searched != 250 || page.Total != 1000 {
		t.Errorf("complete %v, more %v, searched %d of %d", page.Complete, page.More, page.Searched, page.Total)
	}
	for range 20 {
		if len(page.Records) > 0 {
			break
		}
		q.After = page.Next
		page, err = f.Records(context.Background(), q)
		must(t, err)
	}
	if want := b.Items[3].Summary.ID; ids(page.Records) != fmt.Sprint([]instrument.ID{want}) {
		t.Errorf("found %s, expected %s", ids(page.Records), want)
	}
}

// A name is found by the number that the Record's own process gave it.
func TestRecords_ATextIsFoundInNamesOfEachProcess(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	it := made{at: noon}.item()
	it.Blob = blobs()[1]
	must(t, f.Append(context.Background(), &instrument.Batch{Items: []instrument.Item{it}}))
	q := query.Records{Where: query.Where{Op: query.Contains, Field: query.FieldText, Text: "reserve"}}
	page, err := f.Records(context.Background(), q)
	must(t, err)
	if len(page.Records) != 1 {
		t.Errorf("found %d records by the name of a span", len(page.Records))
	}
	_, err = f.db.ExecContext(context.Background(), "UPDATE name SET process = process + 1")
	must(t, err)
	page, err = f.Records(context.Background(), q)
	must(t, err)
	if len(page.Records) != 0 {
		t.Error("a number of another process was taken for this one's")
	}
}

func TestRecords_TellsWhatOnlyASummaryKnows(t *testing.T) {
	t.Parallel()
	f := setup(t, store.Options{})
	it := made{at: noon}.item()
	it.Summary.Spans, it.Summary.Left, it.Summary.Failed = 1000, 70_000, 3
	it.Summary.Counts[instrument.KindQuery], it.Summary.Counts[instrument.KindLog] = 300, 2
	it.Summary.Start += 123_456
	must(t, f.Append(context.Background(), &instrument.Batch{Items: []instrument.Item{it}}))
	page, err := f.Records(context.Background(), query.Records{})
	must(t, err)
	got, want := page.Records[0].Summary, it.Summary
	want.Handler = nil
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got %+v\nexpected %+v", got, want)
	}
}
