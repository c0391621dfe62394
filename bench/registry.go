package main

// cases are the rows of the design's table, in its order.
var cases = []*benchCase{
	&off,
	&offSpan,
	&spanFloor,
	&span0,
	&span4,
	&otelSpanAPI,
	&otelSpanAPI4,
	&receiverFloor,
	&receiver1,
	&receiver10,
	&sendNone,
	&signals0,
	&signals1,
	&signals10,
	&histogram,
	&histogram2,
	&httpBare,
	&httpOff,
	&httpRecorded,
	&httpRecordedBrowser,
	&httpLayers6,
	&sqlQuery,
	&httpClient,
	&slogLine,
	&slogLineIDs,
	&request20,
	&served20,
	&store20,
	&bytes20,
	&tasksWorked,
	&tasksRate,
}

func names() []string {
	list := make([]string, len(cases))
	for i, c := range cases {
		list[i] = c.name
	}
	return list
}

// benchCase is one kind of work, done by us and by others.
type benchCase struct {
	name string
	work string // what is measured, in a few words
	unit string // of ours and the peers: unitNS or unitBytes, for one operation

	// target is what the design allows us, in unit. 0: it names none.
	target float64
	// allocs is what the design allows us in allocations for one operation;
	// anyAllocs: it names none, and they are not printed.
	allocs float64
	// floors is how many readings of the clock ours may cost at most in a quick run.
	// 0: any number.
	floors float64

	// process is set when the work is done by several goroutines: the CPU time of the
	// whole process counts then.
	process bool
	// wall is set when it is the time that passes which counts, and not what the
	// processors spend: for throughput.
	wall bool
	// step is what the number of operations is a multiple of. 0: 1.
	step int
	// fixed is the number of operations in a round of a full run, where it has to be
	// the same for all sides. 0: as many as take the time of a round.
	fixed int

	// reference is set for what others are measured against: it names no goal.
	reference bool

	ours  side
	bare  side // taken off all others; nil: nothing is
	peers []peer
}

const (
	unitNS     = "ns"
	unitAllocs = "allocs"
	unitBytes  = "bytes"

	anyAllocs = -1
)

// peer is somebody else's way to do the work.
type peer struct {
	name string
	// below is the ratio, ours to the peer's, that holds on any machine. 0: none.
	below float64
	side  side
}

// side prepares one way to do the work. What it opens it hands to the env to close.
type side func(e *env) (op, error)

// op is work that is ready to be done.
type op struct {
	// run does it n times.
	run func(n int) error
	// size is how much room what run made takes, for cases in bytes.
	size func() (int64, error)
}
