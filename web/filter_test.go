package web

import (
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

func TestFilter_ConditionsNarrowTheQuery(t *testing.T) {
	t.Parallel()
	cs, err := parseFilter(`status:5xx dur:>200ms method:post route:"POST /orders" user:mara is:failed is:slow queries:>20 checkout`)
	if err != nil {
		t.Fatal(err)
	}
	var q query.Records
	for _, c := range cs {
		if err := c.apply(&q); err != nil {
			t.Fatal(err)
		}
	}
	if q.StatusMin != 500 || q.StatusMax != 599 || q.MinDuration != 200*time.Millisecond || q.Method != "POST" ||
		q.Name != "POST /orders" || q.User != "mara" || q.MinQueries != 21 || q.Path != "checkout" ||
		q.FlagsAll != instrument.FlagError|instrument.FlagSlow {
		t.Errorf("%+v", q)
	}
}

func TestFilter_MistakesSayWhatToDo(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"nope:1", "status:abc", "status:9xx", "dur:>soon", "queries:>x", "is:fine", "trace:12", `"open`} {
		cs, err := parseFilter(text)
		var q query.Records
		for _, c := range cs {
			if e := c.apply(&q); e != nil {
				err = e
			}
		}
		if err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}

func TestFilter_TokensAreTakenAwayOneByOne(t *testing.T) {
	t.Parallel()
	cs, err := parseFilter(`status:500 route:"GET /a b"`)
	if err != nil {
		t.Fatal(err)
	}
	ts := tokens(view.URL{Path: "/_toolbar/requests"}, cs)
	if len(ts) != 2 || ts[0].Href != "/_toolbar/requests?q=route%3A%22GET%20%2Fa%20b%22" || ts[1].Href != "/_toolbar/requests?q=status%3A500" {
		t.Errorf("%+v", ts)
	}
}

func FuzzFilter(f *testing.F) {
	f.Add(`status:5xx "a b" is:slow`)
	f.Add(`dur:<1s path:"\""`)
	f.Fuzz(func(t *testing.T, text string) {
		cs, err := parseFilter(text)
		if err != nil {
			return
		}
		joined := ""
		for _, c := range cs {
			var q query.Records
			_ = c.apply(&q)
			joined += c.String() + " "
		}
		again, err := parseFilter(joined)
		if err != nil || len(again) != len(cs) {
			t.Fatalf("%q: written as %q, read as %v, %v", text, joined, again, err)
		}
		for i := range cs {
			if again[i] != cs[i] {
				t.Fatalf("%q: %v became %v", text, cs[i], again[i])
			}
		}
	})
}

func TestHeat_CountsEveryRequestOnce(t *testing.T) {
	t.Parallel()
	now := time.Now().Truncate(time.Minute)
	points := make([]query.Point, 3)
	total := int64(0)
	for i := range points {
		points[i].Start = now.Add(time.Duration(i) * time.Minute)
		for _, d := range []time.Duration{time.Microsecond, 3 * time.Millisecond, 70 * time.Millisecond, time.Minute} {
			points[i].Hist.AddN(d, uint64(i+1))
			points[i].Count += uint64(i + 1)
			total += int64(i + 1)
		}
	}
	h := heatOf(points, window{step: time.Minute})
	sum := int64(0)
	for _, col := range h.Cells {
		for _, n := range col {
			sum += n
		}
	}
	if sum != total {
		t.Errorf("%d in the cells, want %d", sum, total)
	}
	if heatOf(make([]query.Point, 3), window{}) != nil {
		t.Error("a heat map of nothing")
	}
}

func TestCursor_RoundTrips(t *testing.T) {
	t.Parallel()
	id := instrument.FirstID(time.Now())
	for _, c := range []query.Cursor{{ID: id}, {ID: id, Duration: 12345}} {
		if got, ok := parseCursor(cursorText(c)); !ok || got != c {
			t.Errorf("%v became %v", c, got)
		}
	}
	for _, bad := range []string{"", "x", "0000000000001-", "0000000000001--1"} {
		if _, ok := parseCursor(bad); ok {
			t.Errorf("%q was accepted", bad)
		}
	}
}

func TestStatementName_SaysVerbAndTable(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"SELECT a, b FROM users WHERE id = ?": "SELECT users", "insert into orders (a) values (?)": "INSERT orders",
		"UPDATE stock SET n = ?": "UPDATE stock", "DELETE FROM `x` WHERE a": "DELETE x", "BEGIN": "BEGIN", "": "statement",
		"SELECT ?": "SELECT", "PRAGMA user_version": "PRAGMA user_version", "SELECT a FROM": "SELECT",
	} {
		if got := statementName(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
