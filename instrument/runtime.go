package instrument

import (
	"runtime/metrics"
	"sync/atomic"
)

// runtimeMetrics are read when a Record begins and ends. They are the whole
// process's: what else ran at the time is in them.
var runtimeMetrics = [...]string{
	"/gc/heap/allocs:bytes",
	"/gc/cycles/total:gc-cycles",
}

// runtimeReading is the last reading. A Record that begins within runtimeFresh of it
// takes it as its own: a busy process reads once a Record, and each reading costs
// as much as three spans.
type runtimeReading struct {
	at, allocs, cycles atomic.Uint64
}

const runtimeFresh = 100_000 // ns

// read takes a new reading into samples.
func (r *runtimeReading) read(samples []metrics.Sample, now int64) (allocs, cycles uint64) {
	metrics.Read(samples)
	allocs, cycles = samples[0].Value.Uint64(), samples[1].Value.Uint64()
	r.allocs.Store(allocs)
	r.cycles.Store(cycles)
	r.at.Store(uint64(now))
	return allocs, cycles
}

// recent gives the last reading, or a new one when that is old.
func (r *runtimeReading) recent(samples []metrics.Sample, now int64) (allocs, cycles uint64) {
	if uint64(now)-r.at.Load() < runtimeFresh {
		return r.allocs.Load(), r.cycles.Load()
	}
	return r.read(samples, now)
}
