package signals

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Results are what the receivers of one send did, in the order in which they were
// called. Who does not look at them does not pay for them: they are put together by
// All. The zero Results are those of a send that reached nobody.
type Results struct {
	who  *audience
	more *outcome      // nil: all were called, and returned nil
	took time.Duration // of a single receiver, when that is not in more
}

// outcome is what there is to tell of a send, beside who was called.
type outcome struct {
	took   []time.Duration // of each, when there are several; nil when nothing recorded
	called int             // how many of them, when the last one failed; 0: all
	odd    *odd            // nil: all of them returned nil, and gave nothing
}

// odd is what only some sends have to tell.
type odd struct {
	all    []Result // when set, the rest is not
	err    error    // of the last one called, which ended the send
	errs   []error  // of each, in a robust send; nil when none failed
	values []any    // of each; nil when nobody gave one
}

func (o *outcome) odds() *odd {
	if o.odd == nil {
		o.odd = &odd{}
	}
	return o.odd
}

// whole are all results of a send that went the long way; nil for others.
func (r Results) whole() []Result {
	if r.more == nil || r.more.odd == nil {
		return nil
	}
	return r.more.odd.all
}

// Len is how many receivers were called or skipped.
func (r Results) Len() int {
	switch {
	case r.whole() != nil:
		return len(r.whole())
	case r.more != nil && r.more.called > 0:
		return r.more.called
	case r.who != nil:
		return len(r.who.who)
	}
	return 0
}

// All gives the results as a slice of its own; nil when there are none.
func (r Results) All() []Result {
	if all := r.whole(); all != nil {
		return all
	}
	n := r.Len()
	if n == 0 {
		return nil
	}
	all := make([]Result, n)
	for i := range all {
		all[i].Receiver, all[i].Attempts = r.who.who[i], 1
		r.more.tell(&all[i], i)
	}
	if r.took != 0 {
		all[0].Duration = r.took
	}
	if r.more != nil && r.more.odd != nil && r.more.odd.err != nil {
		all[n-1].Err = r.more.odd.err
	}
	return all
}

func (o *outcome) tell(res *Result, i int) {
	if o == nil {
		return
	}
	if o.took != nil {
		res.Duration = o.took[i]
	}
	if o.odd == nil {
		return
	}
	if o.odd.values != nil {
		res.Value = o.odd.values[i]
	}
	if o.odd.errs != nil {
		res.Err = o.odd.errs[i]
	}
}

// resultsOf are those of a send that went the long way.
func resultsOf(all []Result) Results {
	if len(all) == 0 {
		return Results{}
	}
	return Results{more: &outcome{odd: &odd{all: all}}}
}

// withValue notes what receiver i of n gave to [Event.Return].
func (o *outcome) withValue(n, i int, v any) *outcome {
	if o == nil {
		o = &outcome{}
	}
	x := o.odds()
	if x.values == nil {
		x.values = make([]any, n)
	}
	x.values[i] = v
	return o
}

// withError notes with what receiver i of n failed in a robust send.
func (o *outcome) withError(n, i int, err error) *outcome {
	if o == nil {
		o = &outcome{}
	}
	x := o.odds()
	if x.errs == nil {
		x.errs = make([]error, n)
	}
	x.errs[i] = err
	return o
}

// failure joins the errors of a robust send; nil when none failed.
func (o *outcome) failure() error {
	if o == nil || o.odd == nil || o.odd.errs == nil {
		return nil
	}
	return join(slices.DeleteFunc(slices.Clone(o.odd.errs), func(err error) bool { return err == nil }))
}

// newTook is an outcome with room for n durations, in one piece.
func newTook(n int) *outcome {
	switch {
	case n <= 4:
		b := &struct {
			outcome
			room [4]time.Duration
		}{}
		b.took = b.room[:n]
		return &b.outcome
	case n <= 12:
		b := &struct {
			outcome
			room [12]time.Duration
		}{}
		b.took = b.room[:n]
		return &b.outcome
	}
	return &outcome{took: make([]time.Duration, n)}
}

// String lists the receivers, each with its error, its value or why it was skipped.
func (r Results) String() string {
	var b strings.Builder
	b.WriteByte('[')
	for i, res := range r.All() {
		if i > 0 {
			b.WriteString("; ")
		}
		b.WriteString(res.Receiver.name)
		switch {
		case res.Err != nil:
			fmt.Fprintf(&b, ": %v", res.Err)
		case res.Queued:
			b.WriteString(" queued")
		case res.Skipped != "":
			fmt.Fprintf(&b, " skipped: %s", res.Skipped)
		case res.Value != nil:
			fmt.Fprintf(&b, " = %v", res.Value)
		}
	}
	b.WriteByte(']')
	return b.String()
}
