package main

var store20 = benchCase{
	name: "store20", work: "a Record of 20 spans written by the writer, 500 at a time", unit: unitNS,
	target: 5000, allocs: anyAllocs,
	step: storeBatch, fixed: 4 * storeBatch,
	ours:  func(e *env) (op, error) { return appending(e) },
	peers: []peer{{rowPerSpan, 0.6, func(e *env) (op, error) { return insertingSpans(e) }}},
}

const (
	rowPerSpan = "a row per span in SQLite"
	storeBatch = 500
)
