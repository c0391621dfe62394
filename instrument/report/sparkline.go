package report

import (
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// sparks are the heights of a sparkline.
var sparks = []rune("▁▂▃▄▅▆▇█")

// sparkline draws the average duration of each step as a bar, relative to the highest;
// a step without calls is a dot.
func sparkline(points []query.TrendPoint) string {
	top := highest(points)
	var b strings.Builder
	for _, p := range points {
		switch {
		case p.Count == 0:
			b.WriteRune('·')
		case top == 0:
			b.WriteRune(sparks[0])
		default:
			b.WriteRune(sparks[int(p.Avg()*time.Duration(len(sparks)-1)/top)])
		}
	}
	return b.String()
}

func highest(points []query.TrendPoint) (top time.Duration) {
	for _, p := range points {
		top = max(top, p.Avg())
	}
	return top
}
