package web

import (
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// heatOf draws latencies over time. Rows are the usual steps of latency, from the one
// that holds the quickest request to the one that holds the slowest.
func heatOf(points []query.Point, w window) *view.Heat {
	low, high := rowRange(points)
	if low > high {
		return nil
	}
	h := &view.Heat{
		Label: "Latency of requests over time", Unit: "requests in " + stepText(w.step),
		Start: points[0].Start, Step: w.step, Bounds: heatBounds[low : high+1],
	}
	for i := range points {
		cells := make([]int64, high-low+1)
		below := uint64(0)
		for row := range cells {
			upTo := points[i].Hist.Count()
			if low+row < len(heatBounds)-1 {
				upTo = points[i].Hist.CountBelow(heatBounds[low+row])
			}
			cells[row] = int64(upTo - min(below, upTo))
			below = max(below, upTo)
		}
		h.Cells = append(h.Cells, cells)
	}
	return h
}

var heatBounds = []time.Duration{
	100 * time.Microsecond, 200 * time.Microsecond, 500 * time.Microsecond,
	time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond,
	10 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond,
	100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond,
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second,
}

func rowOf(d time.Duration) int {
	for i, b := range heatBounds {
		if d <= b {
			return i
		}
	}
	return len(heatBounds) - 1
}

// rowRange is the rows that hold all requests; low above high when there are none.
func rowRange(points []query.Point) (low, high int) {
	low, high = len(heatBounds), -1
	for i := range points {
		if points[i].Count > 0 {
			low = min(low, rowOf(points[i].Hist.Quantile(0)))
			high = max(high, rowOf(points[i].Hist.Quantile(1)))
		}
	}
	return low, high
}

func stepText(d time.Duration) string {
	switch {
	case d == time.Minute:
		return "one minute"
	case d < time.Hour:
		return fmt.Sprintf("%d minutes", d/time.Minute)
	}
	return fmt.Sprintf("%d hours", d/time.Hour)
}
