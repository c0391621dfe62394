package query_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// counted are requests of some names, called n times each and last at an hour of the day.
func counted(hour int, n uint64, names ...string) (list []query.HandlerStats) {
	for _, name := range names {
		h := query.HandlerStats{Handler: instrument.HandlerInfo{Kind: instrument.KindRequest, Name: name}, Last: noon.Add(time.Duration(hour-12) * time.Hour)}
		h.Count, h.Errors, h.Max = n, n/2, time.Duration(n)*time.Millisecond
		for range n {
			h.Hist.Add(h.Max)
		}
		list = append(list, h)
	}
	return list
}

func TestUseOfRoutes_PutsRequestsToTheirRoutes(t *testing.T) {
	t.Parallel()
	routes := []query.Route{
		{Method: "GET", Pattern: "/orders/{id}"}, {Pattern: "/static/"}, {Method: "PURGE", Pattern: "/cache"}, {Method: "POST", Pattern: "/never"},
		{Method: "GET", Pattern: "/orders/{id}", Handler: "the same again"}, {Method: "GET", Pattern: "shop.example.com/x"},
	}
	window := counted(12, 2, "GET /orders/{id}", "GET /static/", "HEAD /static/", "HEAD /orders/{id}", "_OTHER PURGE /cache", "GET /old")
	ever := append(counted(12, 9, "GET /orders/{id}", "GET /static/", "HEAD /static/", "HEAD /orders/{id}", "_OTHER PURGE /cache", "GET /old"),
		counted(3, 1, "GET shop.example.com/x", "unmatched", instrument.OtherHandler)...)
	ever = append(ever, query.HandlerStats{Handler: instrument.HandlerInfo{Kind: instrument.KindView, Name: "GET /a-view"}})
	var b strings.Builder
	for _, r := range query.UseOfRoutes(routes, window, ever) {
		last := "never"
		if !r.Last.IsZero() {
			last = fmt.Sprint(r.Last.Hour())
		}
		fmt.Fprintf(&b, "%s %v %d %d %d %s [%s]\n", r.Name(), r.Listed, r.Stats.Count, r.Stats.Errors, r.Stats.Hist.Count(), last, strings.Join(r.Names, ","))
	}
	want := `GET /orders/{id} true 4 2 4 12 [GET /orders/{id},HEAD /orders/{id}]
/static/ true 4 2 4 12 [GET /static/,HEAD /static/]
PURGE /cache true 2 1 2 12 [_OTHER PURGE /cache]
POST /never true 0 0 0 never []
GET shop.example.com/x true 0 0 0 3 [GET shop.example.com/x]
GET /old false 2 1 2 12 [GET /old]
unmatched false 0 0 0 3 [unmatched]
`
	if got := b.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := query.UseOfRoutes(nil, nil, nil); len(got) != 0 {
		t.Error("routes out of nothing")
	}
}
