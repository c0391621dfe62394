package instrument

import (
	"math"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"time"
)

// What explains a slow Record beside its spans. They are the whole process's while the
// Record ran: what else ran at the time is in them. Of waits the runtime measures every
// eighth, so these are right where there are many.
var (
	KeyCPUTime   = NewKey("process.cpu.time")   // user and system, of all threads
	KeySchedWait = NewKey("go.schedule.wait")   // goroutines that could run and did not, summed
	KeyMutexWait = NewKey("go.sync.mutex.wait") // goroutines that waited for locks, summed
	KeyGCTime    = NewKey("go.gc.cpu.time")     // CPU time of the garbage collector

	KeyGoroutines = NewKey("go.goroutines.started") // a number
)

const (
	// loadFrom is from which duration on a Record has these readings: they take two
	// microseconds, which a short one would feel.
	loadFrom = 20 * time.Millisecond
	// loadFresh is how old the reading may be that a Record begins with.
	loadFresh = int64(5 * time.Millisecond)
)

// load is a reading, never changed. Times are in nanoseconds.
type load struct {
	at                    int64
	cpu, sched, mutex, gc int64
	goroutines            int64 // begun since the program was
}

// loadMeter takes readings. Records that begin within loadFresh share one.
type loadMeter struct {
	last    atomic.Pointer[load]
	mu      sync.Mutex // guards samples
	samples []metrics.Sample
}

var loadMetrics = [...]string{"/sched/latencies:seconds", "/sync/mutex/wait/total:seconds", "/cpu/classes/gc/total:cpu-seconds", "/sched/goroutines-created:goroutines"}

// recent gives the last reading, or a new one when that is old. Somebody else's that is
// being taken is not waited for.
func (m *loadMeter) recent(now int64) *load {
	last := m.last.Load()
	if last != nil && now-last.at < loadFresh {
		return last
	}
	if !m.mu.TryLock() {
		return last
	}
	defer m.mu.Unlock()
	return m.take(now)
}

// read takes a new reading.
func (m *loadMeter) read(now int64) *load {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.take(now)
}

func (m *loadMeter) take(now int64) *load {
	if m.samples == nil {
		m.samples = make([]metrics.Sample, len(loadMetrics))
		for i := range m.samples {
			m.samples[i].Name = loadMetrics[i]
		}
	}
	metrics.Read(m.samples)
	l := &load{at: now, cpu: processCPU()}
	if v := m.samples[0].Value; v.Kind() == metrics.KindFloat64Histogram {
		l.sched = sumOf(v.Float64Histogram())
	}
	l.mutex, l.gc = secondsOf(m.samples[1].Value), secondsOf(m.samples[2].Value)
	if v := m.samples[3].Value; v.Kind() == metrics.KindUint64 {
		l.goroutines = int64(v.Uint64())
	}
	m.last.Store(l)
	return l
}

// secondsOf gives nanoseconds; a metric that this Go does not have is 0.
func secondsOf(v metrics.Value) int64 {
	if v.Kind() != metrics.KindFloat64 {
		return 0
	}
	return int64(v.Float64() * 1e9)
}

// sumOf is about the sum of what a histogram has counted, in nanoseconds.
func sumOf(h *metrics.Float64Histogram) int64 {
	sum := 0.0
	for i, n := range h.Counts {
		if n == 0 {
			continue
		}
		low, high := h.Buckets[i], h.Buckets[i+1]
		switch {
		case math.IsInf(low, -1):
			low = 0
		case math.IsInf(high, 1):
			high = low
		}
		sum += float64(n) * (low + high) / 2
	}
	return int64(sum * 1e9)
}

// addLoad notes what the process did while a Record that took long ran.
func (rec *Recording) addLoad(slab *slab, now int64) {
	if slab.load == nil || now-rec.start < int64(loadFrom) {
		return
	}
	began, ended := slab.load, rec.r.load.read(now)
	for _, d := range [...]struct {
		key Key
		ns  int64
	}{
		{KeyCPUTime, ended.cpu - began.cpu}, {KeySchedWait, ended.sched - began.sched},
		{KeyMutexWait, ended.mutex - began.mutex}, {KeyGCTime, ended.gc - began.gc},
	} {
		if d.key == KeyCPUTime && rec.handler.kind == KindCommand {
			continue // commands say it themselves, of themselves alone
		}
		if d.ns > 0 {
			slab.attrs = append(slab.attrs, slotAttr{Attr: d.key.Duration(time.Duration(d.ns))})
		}
	}
	if n := ended.goroutines - began.goroutines; n > 0 {
		slab.attrs = append(slab.attrs, slotAttr{Attr: KeyGoroutines.Int64(n)})
	}
}
