package report

import (
	"cmp"
	"fmt"
	"slices"
)

// Sort is the order of a report's rows.
type Sort string

// The orders, each largest first.
const (
	SortSelf   Sort = "self"   // own time, outside of the spans below
	SortTotal  Sort = "total"  // time with everything below
	SortAvg    Sort = "avg"    // average duration
	SortP95    Sort = "p95"    // 95th percentile
	SortP99    Sort = "p99"    // 99th percentile
	SortMax    Sort = "max"    // slowest call
	SortCount  Sort = "count"  // calls
	SortErrors Sort = "errors" // failed and panicked calls
	SortSlow   Sort = "slow"   // slow calls
)

type order struct {
	sort  Sort
	title string // completes "sorted by"
	key   func(r *Row) float64
}

var orders = []order{
	{SortSelf, "own time", func(r *Row) float64 { return float64(r.Self) }},
	{SortTotal, "total time", func(r *Row) float64 { return float64(r.Total) }},
	{SortAvg, "average", func(r *Row) float64 { return float64(r.Avg) }},
	{SortP95, "p95", func(r *Row) float64 { return float64(r.P95) }},
	{SortP99, "p99", func(r *Row) float64 { return float64(r.P99) }},
	{SortMax, "slowest call", func(r *Row) float64 { return float64(r.Max) }},
	{SortCount, "calls", func(r *Row) float64 { return float64(r.Count) }},
	{SortErrors, "failed calls", func(r *Row) float64 { return float64(r.Errors) }},
	{SortSlow, "slow calls", func(r *Row) float64 { return float64(r.Slow) }},
}

// Sorts lists the orders, the default first.
func Sorts() []Sort {
	all := make([]Sort, len(orders))
	for i, o := range orders {
		all[i] = o.sort
	}
	return all
}

// ParseSort gives the order of a name; the error lists those there are.
func ParseSort(name string) (Sort, error) {
	if slices.Contains(Sorts(), Sort(name)) {
		return Sort(name), nil
	}
	return "", fmt.Errorf("unknown order %q, use one of %s", name, joined(Sorts()))
}

func (s Sort) order() order {
	i := slices.IndexFunc(orders, func(o order) bool { return o.sort == s })
	return orders[max(i, 0)]
}

// sortRows orders rows, equal ones by own time and then by name, so that the same
// statistics give the same report.
func sortRows(rows []Row, by Sort) {
	key := by.order().key
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(key(&b), key(&a)),
			cmp.Compare(b.Self, a.Self),
			cmp.Compare(a.Kind, b.Kind),
			cmp.Compare(a.Name, b.Name),
		)
	})
}
