package sqltap_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

const ms = time.Millisecond

// page makes the spans of a Record, the first of which is its root.
type page []instrument.RecordSpan

func (p *page) add(kind instrument.Kind, name string, parent int, from, to time.Duration, attrs ...instrument.KV) int {
	*p = append(*p, instrument.RecordSpan{
		Handler: instrument.HandlerInfo{Kind: kind, Name: name}, Parent: parent, Start: from, Duration: to - from, Attrs: attrs,
		Stack: []instrument.Frame{{Func: "shop.List", File: "/src/shop/list.go", Line: 40 + len(*p)}},
	})
	return len(*p) - 1
}

func TestGaps_AreExplainedByWhatRanInThem(t *testing.T) {
	t.Parallel()
	var p page
	root := p.add(instrument.KindRequest, "GET /", -1, 0, 100*ms)
	view := p.add(instrument.KindView, "list", root, 5*ms, 90*ms)
	first := p.add(instrument.KindQuery, "SELECT a", view, 6*ms, 10*ms)
	call := p.add(instrument.KindCall, "GET rates", view, 12*ms, 42*ms)
	inCall := p.add(instrument.KindCustom, "parse", call, 30*ms, 40*ms)
	second := p.add(instrument.KindQuery, "SELECT b", view, 45*ms, 50*ms)
	p.add(instrument.KindQuery, "SELECT c", view, 51*ms, 60*ms) // a pause of 1 ms is nothing
	v := sqltap.Judge(p, sqltap.Limits{})
	if len(v.Gaps) != 3 {
		t.Fatalf("%d gaps, want 3: before, between and after: %+v", len(v.Gaps), v.Gaps)
	}
	g := v.Gaps[1]
	want := []sqltap.GapPart{{Span: call, Time: 20 * ms}, {Span: inCall, Time: 10 * ms}, {Span: view, Time: 5 * ms}}
	if g.After != first || g.Before != second || g.Start != 10*ms || g.Duration != 35*ms || !slices.Equal(g.Ran, want) {
		t.Errorf("gap %+v, want %v", g, want)
	}
	if got := g.Text(p); got != "35ms without a query: 20ms in call GET rates, 10ms in custom parse, 5ms in view list" {
		t.Errorf("says %q", got)
	}
	if before, after := v.Gaps[0], v.Gaps[2]; before.After != -1 || after.Before != -1 || after.Duration != 40*ms ||
		!slices.Equal(after.Ran, []sqltap.GapPart{{Span: view, Time: 30 * ms}, {Span: root, Time: 10 * ms}}) {
		t.Errorf("at the ends: %+v and %+v", before, after)
	}
	if v := sqltap.Judge(p[:2], sqltap.Limits{}); len(v.Gaps) != 0 {
		t.Errorf("gaps without a query: %+v", v.Gaps)
	}
	if v := sqltap.Judge(p, sqltap.Limits{Gap: time.Second}); len(v.Gaps) != 0 {
		t.Errorf("gaps below the limit: %+v", v.Gaps)
	}
}

func TestGaps_OfManyQueriesAreTheLongest(t *testing.T) {
	t.Parallel()
	var p page
	p.add(instrument.KindRequest, "GET /", -1, 0, 1000*ms)
	for i := range 30 {
		p.add(instrument.KindQuery, "SELECT a", 0, time.Duration(30*i)*ms, time.Duration(30*i+i/2)*ms)
	}
	v := sqltap.Judge(p, sqltap.Limits{Gap: ms})
	if len(v.Gaps) != 10 || !slices.IsSortedFunc(v.Gaps, func(a, b sqltap.Gap) int { return int(a.Start - b.Start) }) {
		t.Errorf("gaps %+v, want ten in the order of time", v.Gaps)
	}
}

func TestTogether_IsWhatNeedNotWait(t *testing.T) {
	t.Parallel()
	param := func(v string) []instrument.KV {
		return []instrument.KV{{Key: "db.query.arguments", Value: "int64"}, {Key: "db.query.parameters", Value: v}}
	}
	arg := instrument.KV{Key: "db.query.arguments", Value: "int64"}
	in := func(tx int64) instrument.KV { return instrument.KV{Key: "db.transaction.id", Value: tx} }
	type q struct {
		name     string
		from, to time.Duration
		attrs    []instrument.KV
	}
	for name, c := range map[string]struct {
		qs   []q
		want int // how many run together; 0: nothing is told
	}{
		"three without parameters": {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT b FROM u", 6 * ms, 12 * ms, nil}, {"SELECT c FROM v ORDER BY d LIMIT ?", 12 * ms, 20 * ms, nil}}, 3},
		"the same parameter":       {[]q{{"SELECT a FROM t WHERE y = ?", 0, 5 * ms, param("1=7")}, {"SELECT b FROM u WHERE x = ?", 6 * ms, 12 * ms, param("1=7")}, {"SELECT c FROM v", 12 * ms, 20 * ms, nil}}, 3},
		"another parameter":        {[]q{{"SELECT a FROM t WHERE y = ?", 0, 5 * ms, param("1=7")}, {"SELECT b FROM u WHERE x = ?", 6 * ms, 12 * ms, param("1=8")}}, 0},
		"another's answer perhaps": {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT b FROM u WHERE x = ?", 6 * ms, 12 * ms, []instrument.KV{arg}}}, 0},
		"a value in the text":      {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT b FROM u WHERE x = ?", 6 * ms, 12 * ms, nil}}, 0},
		"at the same time":         {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT b FROM u", 3 * ms, 12 * ms, nil}}, 0},
		"in a transaction":         {[]q{{"SELECT a FROM t", 0, 5 * ms, []instrument.KV{in(3)}}, {"SELECT b FROM u", 6 * ms, 12 * ms, []instrument.KV{in(3)}}}, 0},
		"a write between":          {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"UPDATE t SET a = b", 5 * ms, 6 * ms, nil}, {"SELECT b FROM u", 6 * ms, 12 * ms, nil}}, 0},
		"not worth it":             {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT b FROM u", 6 * ms, 6*ms + 10, nil}}, 0},
		"locking":                  {[]q{{"SELECT a FROM t FOR UPDATE", 0, 5 * ms, nil}, {"SELECT b FROM u", 6 * ms, 12 * ms, nil}}, 0},
		"the same one":             {[]q{{"SELECT a FROM t", 0, 5 * ms, nil}, {"SELECT a FROM t", 6 * ms, 12 * ms, nil}}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var p page
			p.add(instrument.KindRequest, "GET /", -1, 0, 100*ms)
			for _, q := range c.qs {
				p.add(instrument.KindQuery, q.name, 0, q.from, q.to, q.attrs...)
			}
			v := sqltap.Judge(p, sqltap.Limits{})
			if c.want == 0 {
				if len(v.Together) != 0 {
					t.Errorf("told: %+v", v.Together)
				}
				return
			}
			if len(v.Together) != 1 || len(v.Together[0].Spans) != c.want {
				t.Fatalf("told: %+v, want %d together", v.Together, c.want)
			}
			g := v.Together[0]
			if g.Time != 19*ms || g.Saved != 11*ms || !strings.Contains(g.Text(p), "list.go:41") || !strings.Contains(g.Fix(), "11ms") {
				t.Errorf("%+v %s %s", g, g.Text(p), g.Fix())
			}
		})
	}
}

func TestJudge_SlowIsListedSlowestFirst(t *testing.T) {
	t.Parallel()
	var p page
	p.add(instrument.KindRequest, "GET /", -1, 0, 100*ms)
	a := p.add(instrument.KindQuery, "SELECT a", 0, 0, 20*ms)
	b := p.add(instrument.KindQuery, "SELECT a", 0, 20*ms, 60*ms)
	p.add(instrument.KindQuery, "SELECT b", 0, 60*ms, 99*ms)
	v := sqltap.Judge(p, sqltap.Limits{Slow: map[string]time.Duration{"SELECT a": 10 * ms}})
	if !slices.Equal(v.Slow, []int{b, a}) {
		t.Errorf("slow %v, want %v", v.Slow, []int{b, a})
	}
	share := 0.0
	for _, p := range v.Patterns {
		share += p.Share
	}
	if share < .999 || share > 1.001 || v.Patterns[0].Share < .6 {
		t.Errorf("shares %v add up to %v", v.Patterns[0].Share, share)
	}
}
