package view

import (
	"cmp"
	"slices"
	"strconv"
	"time"
)

// queueLines are the colours of queues in charts, which are told apart in both themes.
var queueLines = []string{"k-view", "k-query", "k-cache", "k-receiver", "k-signal", "k-render"}

// plottedSpan is from the first to the last minute of an hour.
const plottedSpan = 59 * time.Minute

// queuePlotted are the queues that charts show: as many as there are colours, of more
// those in which jobs waited longest and most ended.
type queuePlotted struct {
	rows  []QueueRow
	all   int
	times []time.Time // at which any of them was measured, one in each gap, and the hour's first
}

// queuePlot is one chart.
type queuePlot struct{ title, note, data string }

func (m Tasks) plotted() queuePlotted {
	p := queuePlotted{rows: slices.Clone(m.Queues), all: len(m.Queues)}
	if len(p.rows) > len(queueLines) {
		slices.SortStableFunc(p.rows, func(a, b QueueRow) int {
			return cmp.Or(cmp.Compare(b.longest(), a.longest()), cmp.Compare(b.DoneCount, a.DoneCount))
		})
		p.rows = p.rows[:len(queueLines)]
		slices.SortFunc(p.rows, func(a, b QueueRow) int { return cmp.Compare(a.Name, b.Name) })
	}
	for _, q := range p.rows {
		for _, h := range q.History {
			p.times = append(p.times, h.At)
		}
	}
	slices.SortFunc(p.times, time.Time.Compare)
	p.times = breaks(slices.CompactFunc(p.times, time.Time.Equal))
	if n := len(p.times); n > 0 && p.times[n-1].Sub(p.times[0]) < plottedSpan { // an hour is an hour also in its first minute
		p.times = slices.Insert(p.times, 0, p.times[n-1].Add(-plottedSpan))
	}
	return p
}

// breaks adds a time to each stretch in which nobody measured: lines end there.
func breaks(times []time.Time) (out []time.Time) {
	if len(times) < 2 {
		return times
	}
	step := times[len(times)-1].Sub(times[0])
	for i, t := range times[1:] {
		step = min(step, t.Sub(times[i]))
	}
	for i, t := range times {
		if i > 0 && t.Sub(times[i-1]) > step {
			out = append(out, times[i-1].Add(step))
		}
		out = append(out, t)
	}
	return out
}

// longest is how long a job waited at most.
func (q QueueRow) longest() (d time.Duration) {
	for _, h := range q.History {
		d = max(d, h.Latency)
	}
	return d
}

func (q QueueRow) done() (vs []float64) {
	for _, h := range q.History {
		vs = append(vs, float64(h.Done))
	}
	return vs
}

func (q QueueRow) depths() (vs []float64) {
	for _, h := range q.History {
		vs = append(vs, float64(h.Depth))
	}
	return vs
}

// says tells what is to be seen.
func (p queuePlotted) says() string {
	if len(p.rows) < p.all {
		return "the last hour by the minute, the busiest " + Count(int64(len(p.rows))) + " of " + plural(int64(p.all), "queue")
	}
	return "the last hour by the minute"
}

func (p queuePlotted) charts() []queuePlot {
	unit, of := p.latencyUnit()
	return []queuePlot{
		{"Latency", "the longest wait for a worker", p.plot(unit, func(h QueueStep) float64 { return float64(h.Latency) / float64(of) })},
		{"Depth", "jobs that waited", p.plot("", func(h QueueStep) float64 { return float64(h.Depth) })},
		{"Throughput", "jobs done a minute", p.plot("", func(h QueueStep) float64 { return float64(h.Done) })},
	}
}

// latencyUnit is the unit in which the longest wait is easy to read.
func (p queuePlotted) latencyUnit() (string, time.Duration) {
	var longest time.Duration
	for _, q := range p.rows {
		longest = max(longest, q.longest())
	}
	switch {
	case longest < time.Second:
		return "ms", time.Millisecond
	case longest < 10*time.Minute:
		return "s", time.Second
	case longest < 10*time.Hour:
		return "min", time.Minute
	}
	return "h", time.Hour
}

// plot is a chart with a line for each queue.
func (p queuePlotted) plot(unit string, value func(QueueStep) float64) string {
	d := plotData{Unit: unit}
	for _, t := range p.times {
		d.X = append(d.X, t.Unix())
	}
	for i, q := range p.rows {
		d.Lines = append(d.Lines, plotLine{q.Name, queueLines[i]})
		line := make([]*float64, len(p.times))
		for _, h := range q.History {
			at, _ := slices.BinarySearchFunc(p.times, h.At, time.Time.Compare)
			v, _ := strconv.ParseFloat(strconv.FormatFloat(value(h), 'g', 4, 64), 64)
			line[at] = &v
		}
		d.Y = append(d.Y, line)
	}
	return d.text()
}

// queueMinute is a row of the table.
type queueMinute struct {
	QueueStep
	queue string
}

// busy are the minutes in which something waited or ended, by time and queue.
func (p queuePlotted) busy() (list []queueMinute) {
	for _, q := range p.rows {
		for _, h := range q.History {
			if h.Depth != 0 || h.Latency != 0 || h.Done != 0 || h.Failed != 0 {
				list = append(list, queueMinute{h, q.Name})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b queueMinute) int { return a.At.Compare(b.At) })
	return list
}
