package instrument

import (
	"strings"
	"time"
)

// Flags say what happened to a span or a Record, beside its numbers.
type Flags uint32

// The flags. A Record has those of its root span, and [FlagCapped] when a cap bit.
const (
	FlagError      Flags = 1 << iota // ended with an error or a panic
	FlagPanic                        // ended with a panic
	FlagSlow                         // longer than the kind's threshold
	FlagInferred                     // found its Record by the goroutine, not by ctx
	FlagUnfinished                   // had not ended when its Record did; of a Record: has not ended, or never will
	FlagSkipped                      // was not run, and an attribute says why
	FlagClientGone                   // the client went away before the response was written
	FlagHijacked                     // the handler took the connection over
	FlagStreamed                     // the response was flushed before its end
	FlagPinned                       // kept until somebody unpins it
	FlagTagged                       // the app gave it a tag
	FlagCapped                       // spans or attributes were left out
	FlagException                    // of a Record: an error or panic of a receiver, or a reported one, is in it
)

var flagNames = [...]string{
	"error", "panic", "slow", "inferred", "unfinished", "skipped",
	"client gone", "hijacked", "streamed", "pinned", "tagged", "capped", "exception",
}

// Has reports whether all of the given flags are set.
func (f Flags) Has(all Flags) bool { return f&all == all }

// String lists the flags' names, separated by commas.
func (f Flags) String() string {
	var names []string
	for i, name := range flagNames {
		if f&(1<<i) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// Summary is what lists show, filter and sort by: the columns of a Record. Texts
// are masked.
type Summary struct {
	ID       ID
	Handler  *Handler      // nil in a Summary that was read from a store of another process
	Start    int64         // wall clock, nanoseconds since 1970
	Duration time.Duration // by the monotonic clock
	Status   int           // HTTP status or exit code
	Flags    Flags
	Trace    TraceContext // SpanID is the Record's own
	Caller   SpanID       // the span that caused this Record, of this process or another; zero for none
	Parent   ID           // the Record that caused this one; 0 for none

	Method, Path, User string
	Tags               []string
	Error              string // the root's error, first line

	Spans     uint32                      // kept, the root included
	Left      uint32                      // left out by the caps
	Failed    uint32                      // spans below the root that failed
	Counts    [numBuiltinKinds + 1]uint32 // spans by built-in kind, left-out ones included
	QueryTime time.Duration               // sum over query spans
	HasStack  bool                        // the blob holds program counters
}

// StartTime is Start as a time.
func (s *Summary) StartTime() time.Time { return time.Unix(0, s.Start) }

// Count is how many spans of a kind the Record had; 0 for kinds that are not
// built in.
func (s *Summary) Count(k Kind) int {
	if int(k) >= len(s.Counts) {
		return 0
	}
	return int(s.Counts[k])
}
