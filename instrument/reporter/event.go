package reporter

import (
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
)

// Event is an error or a panic with what is known of where it happened. All texts are
// masked. It is the receiver's own: nothing of it is used again.
type Event struct {
	// Exception has the type and message, the errors that it wraps, the stack, whether it
	// is a panic, what it came up in, and the fingerprint, by which alike ones are told.
	exceptions.Exception

	At     time.Time               // when the span began in which it came up
	Record instrument.ID           // that it is in; the dashboard shows it if it is kept
	Root   instrument.HandlerInfo  // what the Record is of: a request "POST /orders", a command, a task
	Trace  instrument.TraceContext // of the Record
	Method string                  // of a request; "" otherwise
	Path   string
	Status int      // HTTP status or exit code; 0 unknown
	User   string   // "" unknown
	Tags   []string // of the Record
	// Attrs are the attributes of the span where it began: of a reported one, what was
	// given to Report.
	Attrs []instrument.KV

	Process // that it happened in
}

// Process is what Events say of the process.
type Process struct {
	Service string // "" unknown
	Host    string
	Build   string // revision, with "+" when there were changes that had not been committed; "" unknown
}

// told are the attributes that an Event has fields for.
var told = map[string]bool{
	instrument.KeyErrorMessage.Name(): true, instrument.KeyErrorType.Name(): true, instrument.KeyPanicValue.Name(): true,
	instrument.KeyCauseType.Name(): true, instrument.KeyCauseMessage.Name(): true, instrument.KeyCauseDepth.Name(): true,
}

// eventsOf are what a Record has to report.
func eventsOf(rec *instrument.Record, p Process) (list []Event) {
	for _, e := range exceptions.Of(rec) {
		if !e.Kept() {
			continue
		}
		list = append(list, Event{
			Exception: e, At: rec.StartTime().Add(e.Start), Record: rec.ID, Root: rec.Spans[0].Handler, Trace: rec.Trace,
			Method: rec.Method, Path: rec.Path, Status: rec.Status, User: rec.User, Tags: slices.Clone(rec.Tags), Process: p,
			Attrs: slices.DeleteFunc(slices.Clone(rec.Spans[e.Span].Attrs), func(kv instrument.KV) bool { return told[kv.Key] }),
		})
	}
	return list
}
