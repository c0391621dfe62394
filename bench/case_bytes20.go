package main

var bytes20 = benchCase{
	name: "bytes20", work: "the same on disk, after a checkpoint", unit: unitBytes,
	target: 420, allocs: anyAllocs,
	step: storeBatch, fixed: 10 * storeBatch,
	ours:  func(e *env) (op, error) { return appending(e) },
	peers: []peer{{rowPerSpan, 0.6, func(e *env) (op, error) { return insertingSpans(e) }}},
}
