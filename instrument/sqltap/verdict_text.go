package sqltap

import (
	"fmt"
	"path"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Text says in one sentence what was seen: the count, the line and, where it is
// known, over whose rows the loop went. spans are those that were judged.
func (r Repeat) Text(spans []instrument.RecordSpan) string {
	var b strings.Builder
	fmt.Fprintf(&b, "ran %d times", len(r.Spans))
	if r.Caller.File != "" {
		fmt.Fprintf(&b, " from %s:%d", path.Base(r.Caller.File), r.Caller.Line)
	}
	if r.Feeder >= 0 && r.Feeder < len(spans) {
		fmt.Fprintf(&b, ", once for each row of: %s", spans[r.Feeder].Handler.Name)
	}
	return b.String()
}

// Fix says what to do about it.
func (r Repeat) Fix() string {
	switch kind := kindOf(r.Statement); {
	case kind == writing && strings.HasPrefix(strings.ToUpper(r.Statement), "INSERT"):
		return "Insert the rows with one statement: VALUES (...), (...), or the driver's way to copy many."
	case kind == writing:
		return "Write to all of them with one statement: WHERE key IN (...), or a join with a list of values."
	case r.Feeder >= 0:
		return "Collect the keys first and ask once, WHERE key IN (...), or join the two queries."
	}
	return "Ask for all of them at once: WHERE key IN (...)."
}
