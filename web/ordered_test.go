package web

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
)

type line struct {
	name  string
	calls int64
}

var lineColumns = []column[line]{{"calls", func(l *line) int64 { return l.calls }}, {"name", nil}}

func lineName(l *line) string { return l.name }

func someLines(n int) (all []line) {
	for i := range n {
		all = append(all, line{"line." + strconv.Itoa(i), int64(i % 7)})
	}
	return all
}

func TestOrdered_PagesHaveEachRowOnce(t *testing.T) {
	t.Parallel()
	const n = 3*pageRows + 17
	for _, sort := range []string{"calls", "name", "", "nonsense"} {
		for _, dir := range []string{"", "asc"} {
			params := url.Values{"sort": {sort}, "dir": {dir}}
			seen := map[string]bool{}
			var before *line
			for pages := 1; ; pages++ {
				page, o := ordered(params, someLines(n), lineColumns, lineName)
				if o.Total != n || o.Later != (pages > 1) {
					t.Errorf("sort %q: %+v on page %d", sort, o, pages)
				}
				for i := range page {
					l := &page[i]
					if seen[l.name] {
						t.Fatalf("sort %q: %s is on two pages", sort, l.name)
					}
					seen[l.name] = true
					if before != nil {
						up := l.calls > before.calls
						if sort == "name" {
							up = l.name > before.name
						}
						same := sort != "name" && l.calls == before.calls
						if !same && up != (dir == "asc" && sort != "nonsense") { // another table's direction is not this one's
							t.Errorf("sort %q, %q: %v behind %v", sort, dir, *l, *before)
						}
					}
					before = l
				}
				if o.Next == "" {
					break
				}
				params.Set("after", o.Next)
			}
			if len(seen) != n {
				t.Errorf("sort %q, %q: %d of %d rows are on pages", sort, dir, len(seen), n)
			}
		}
	}
}

func TestOrdered_GoesOnWhereItWasWhenStatisticsChange(t *testing.T) {
	t.Parallel()
	all := someLines(3 * pageRows)
	first, o := ordered(url.Values{}, all, lineColumns, lineName)
	last := first[len(first)-1]
	changed := someLines(3 * pageRows)
	for i := range changed {
		if changed[i].name == last.name { // the row that the page ended with was called meanwhile
			changed[i].calls += 1000
		}
	}
	next, _ := ordered(url.Values{"after": {o.Next}}, changed, lineColumns, lineName)
	if len(next) == 0 || next[0].calls > last.calls || next[0].calls == last.calls && strings.Compare(next[0].name, last.name) <= 0 {
		t.Errorf("the next page begins with %+v, after %+v", next[0], last)
	}
	for _, odd := range []string{"x", "!.a", ".", "zzzzzzzzzzzzzzzzzzzz.a"} {
		if page, _ := ordered(url.Values{"after": {odd}}, someLines(5), lineColumns, lineName); odd != "." && len(page) != 5 {
			t.Errorf("cursor %q: %d rows", odd, len(page))
		}
	}
}
