package view

import (
	"fmt"
	"net/url"
	"testing"
)

func TestInOrder_IsTheRowsOwnUnlessTheTableIsAsked(t *testing.T) {
	t.Parallel()
	names, calls := []string{"c", "a", "b", "d"}, []int64{1, 7, 1, 9}
	ranks := []rank{
		{col: "place", number: rowOf},
		{col: "name", text: func(i int) string { return names[i] }},
		{col: "calls", number: func(i int) int64 { return calls[i] }},
	}
	for _, c := range []struct {
		query string
		order string
		by    sorting
	}{
		{"", "[0 1 2 3]", byPlace},
		{"sort=other&dir=asc", "[0 1 2 3]", byPlace},
		{"sort=place&dir=asc", "[0 1 2 3]", byPlace},
		{"sort=place", "[3 2 1 0]", sorting{"place", false}},
		{"sort=name&dir=asc", "[1 2 0 3]", sorting{"name", true}},
		{"sort=name", "[3 0 2 1]", sorting{"name", false}},
		{"sort=calls", "[3 1 0 2]", sorting{"calls", false}},
		{"sort=calls&dir=asc", "[0 2 1 3]", sorting{"calls", true}},
	} {
		q, err := url.ParseQuery(c.query)
		if err != nil {
			t.Fatal(err)
		}
		order, by := inOrder(URL{Query: q}, len(names), byPlace, ranks...)
		if fmt.Sprint(order) != c.order || by != c.by {
			t.Errorf("%q: %v by %+v, want %s by %+v", c.query, order, by, c.order, c.by)
		}
	}
}

func TestTablesOfStatistics_AreOrderedByWhateverColumnIsANumber(t *testing.T) {
	t.Parallel()
	tables := map[string]func(here URL) ([]int, sorting){
		"layers":     Layers{Rows: []LayerRow{{Name: "b", Calls: 1, Total: 1, P95: 1, CutShort: 1, Errors: 1}, {Name: "a", Calls: 2, Total: 4, P95: 2, CutShort: 2, Errors: 2}}}.order,
		"slow":       SlowReport{Rows: []SlowRow{{Name: "b", Calls: 1, Errors: 1, P50: 1, P95: 1, Limit: 1, Total: 1}, {Name: "a", Calls: 2, Errors: 2, P50: 2, P95: 2, Limit: 2, Total: 2}}}.order,
		"queues":     Tasks{Queues: []QueueRow{{Name: "b", Depth: 1, Latency: 1, Running: 1, Scheduled: 1, Retry: 1, Failed: 1, DoneCount: 1}, {Name: "a", Depth: 2, Latency: 2, Running: 2, Scheduled: 2, Retry: 2, Failed: 2, DoneCount: 2}}}.queueOrder,
		"kinds":      Tasks{Kinds: []TaskRow{{Name: "b", Waiting: 1, Running: 1, Failed: 1}, {Name: "a", Waiting: 2, Running: 2, Failed: 2}}}.kindOrder,
		"workers":    Tasks{Workers: []WorkerRow{{Place: "b", Running: 1, Completed: 1, Retried: 1, Failed: 1}, {Place: "a", Running: 2, Completed: 2, Retried: 2, Failed: 2, Load: "0.5"}}}.workerOrder,
		"groups":     cacheSet{keys: []keyGroup{{name: "b", hits: 1, misses: 1, writes: 1, errs: 1, total: 1}, {name: "a", hits: 9, misses: 2, writes: 2, errs: 2, total: 2, over: CacheGroup{Hits: 1}}}}.order,
		"statements": querySet{statements: []statement{{members: []int{0}, total: 1, longest: 1, rows: 1}, {members: []int{0, 1}, total: 4, longest: 2, rows: 2}}}.order,
	}
	columns := map[string][]string{
		"layers":     {"place", "calls", "own", "share", "p95", "cut", "failed"},
		"slow":       {"calls", "errors", "p50", "p95", "limit", "own"},
		"queues":     {"queue.waiting", "queue.latency", "queue.running", "queue.scheduled", "queue.retry", "queue.failed", "queue.done"},
		"kinds":      {"task.open", "task.running", "task.failed"},
		"workers":    {"worker.running", "worker.done", "worker.retried", "worker.failed", "worker.cores"},
		"groups":     {"hits", "misses", "ratio", "day", "writes", "errors", "time"},
		"statements": {"calls", "time", "mean", "max", "rows"},
	}
	for table, order := range tables {
		for _, col := range columns[table] {
			for dir, want := range map[string]string{"": "[1 0]", "asc": "[0 1]"} {
				got, by := order(URL{Query: url.Values{"sort": {col}, "dir": {dir}}})
				own := by == (sorting{"own", false}) || by == (sorting{"time", false}) // as the rows are given
				if fmt.Sprint(got) != want && !own || by.col != col {
					t.Errorf("%s by %s %q: %v by %+v, want %s", table, col, dir, got, by, want)
				}
			}
		}
	}
}
