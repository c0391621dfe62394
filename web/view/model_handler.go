package view

import "time"

// Handler is one handler: its figures, why it is slow, how it changed, who calls it.
type Handler struct {
	HandlerRow
	Limit  time.Duration // above which a call is slow; 0 none
	Self   time.Duration // of all calls, without what they called
	Window time.Duration
	Apdex  float64 // how content users may be, 0 to 1; below 0: not known

	Tables []string // that a statement reads or writes

	Prometheus string // its graph on the team's own server; "" none

	Why      []CauseShare // of the slowest samples; empty: none is kept
	SpentOn  []CauseShare // what that time went into: SQL, waiting, garbage collection
	WhyCalls int
	WhyTime  time.Duration

	Hist    *Histogram // nil: none
	Heat    *Heat
	Points  []Point    // over time
	Builds  []BuildRow // newest first
	Slowest []SlowSample
	Callers []Caller    // in the samples
	Samples []RecordRow // the newest, of a route
}

// Point is what a handler did in one step of time.
type Point struct {
	Start         time.Time
	Calls, Errors int64
	P50, P95, P99 time.Duration
}

// BuildRow is what a handler did in one build.
type BuildRow struct {
	Name          string
	Since         time.Time
	Alive         bool // it still runs
	Calls, Errors int64
	P50, P95, P99 time.Duration
	Change        float64 // of P50 against the build before
	HasChange     bool
}

// SlowSample is a Record in which a handler was slow.
type SlowSample struct {
	Link
	Start time.Time
	Took  time.Duration // the handler, not the Record
	Span  int           // the handler's slowest in it
}

// Caller is what called a handler.
type Caller struct {
	Kind   Kind
	Name   string
	Source string
	Calls  int64
}
