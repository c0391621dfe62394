package query

import (
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Where is a condition on Records: a comparison, or other conditions joined. It is
// data, so that every store can answer it in its own language; package filter reads it
// from what a person types. The zero Where passes every Record.
type Where struct {
	Op Op
	// Of are the conditions that And, Or and Not join. And of none passes every
	// Record, Or of none passes no Record; Not has one.
	Of []Where

	// Field is what a comparison looks at, and Kind which spans FieldCount counts.
	Field Field
	Kind  instrument.Kind
	// Text is compared with fields of text, Number with the others: nanoseconds for
	// times and durations, instrument.Flags for FieldFlags.
	Text   string
	Number int64
}

// Op is how a Where compares or joins.
type Op uint8

// The ways to join and to compare. Texts know Equal, Contains and Like; numbers know
// Equal, Less, AtMost, More and AtLeast; flags know Equal: all of those in Number are set.
const (
	Pass Op = iota // every Record
	And
	Or
	Not
	Equal
	Contains // the text, somewhere
	Like     // a pattern for the whole text in which "*" stands for anything
	Less
	AtMost
	More
	AtLeast
)

// Field is a column of a Record that conditions look at.
type Field uint8

// The fields. FieldHandler, FieldError and FieldText are compared without regard to the
// case of ASCII letters, all other texts exactly.
const (
	FieldKind    Field = iota + 1 // Text is the kind's name
	FieldHandler                  // its name: for a request its method and route
	FieldMethod
	FieldPath
	FieldUser
	FieldTag // one of the tags
	FieldError
	FieldTrace    // Text is the trace id in hexadecimal
	FieldBuild    // revision that the process was built from
	FieldService  // that the process belongs to
	FieldHost     // that the process runs on
	FieldID       // the Record's
	FieldParent   // the id of the Record that caused it; 0 for none
	FieldProcess  // Process.ID
	FieldStart    // when it began, in nanoseconds since 1970
	FieldDuration // in nanoseconds
	FieldStatus   // HTTP status or exit code
	FieldFlags
	FieldCount     // spans of Kind
	FieldSpans     // all spans, those that were left out included
	FieldFailed    // spans that failed
	FieldQueryTime // sum over its queries, in nanoseconds
	// FieldText is any text that was kept of the Record, masked as it is shown: its path,
	// user, tags and error, the names of its spans, their texts (payloads, log messages,
	// parameters, bodies), and whole numbers as they are written.
	FieldText
)

// Match tells whether a Record passes. The process is asked for FieldBuild,
// FieldService and FieldHost; without one (nil) comparisons with these fail. FieldText is
// looked for in the Row alone: see MatchWith.
func (w *Where) Match(r *Row, p *Process) bool { return w.MatchWith(r, p, nil) }

// MatchWith is Match for who can look into Records: find tells whether a comparison with
// FieldText holds for the Record. Nil: it is looked for in the Row alone.
func (w *Where) MatchWith(r *Row, p *Process, find func(*Where) bool) bool {
	switch w.Op {
	case Pass:
		return true
	case And:
		for i := range w.Of {
			if !w.Of[i].MatchWith(r, p, find) {
				return false
			}
		}
		return true
	case Or:
		for i := range w.Of {
			if w.Of[i].MatchWith(r, p, find) {
				return true
			}
		}
		return false
	case Not:
		return len(w.Of) == 1 && !w.Of[0].MatchWith(r, p, find)
	}
	switch w.Field {
	case FieldText:
		if find == nil {
			return NewTextFinder(w).Row(r)
		}
		return find(w)
	case FieldTag:
		return slices.ContainsFunc(r.Tags, w.MatchText)
	case FieldFlags:
		return r.Flags.Has(instrument.Flags(w.Number))
	case FieldBuild, FieldService, FieldHost:
		return p != nil && w.MatchText(p.field(w.Field))
	}
	if text, ok := r.text(w.Field); ok {
		return w.MatchText(text)
	}
	number, ok := r.number(w.Field, w.Kind)
	return ok && w.matchNumber(number)
}

// Uses tells whether the condition looks at one of the fields.
func (w *Where) Uses(fields ...Field) bool {
	return slices.Contains(fields, w.Field) || slices.ContainsFunc(w.Of, func(o Where) bool { return o.Uses(fields...) })
}

// MatchText compares a text with the condition's, by its Op and as its Field asks.
func (w *Where) MatchText(text string) bool {
	want := w.Text
	if w.Field == FieldHandler || w.Field == FieldError || w.Field == FieldText {
		text, want = lowerASCII(text), lowerASCII(want)
	}
	switch w.Op {
	case Equal:
		return text == want
	case Contains:
		return strings.Contains(text, want)
	case Like:
		return like(text, want)
	}
	return false
}

func (w *Where) matchNumber(n int64) bool {
	switch w.Op {
	case Equal:
		return n == w.Number
	case Less:
		return n < w.Number
	case AtMost:
		return n <= w.Number
	case More:
		return n > w.Number
	case AtLeast:
		return n >= w.Number
	}
	return false
}

// text is a field of text; false when the field is none.
func (r *Row) text(f Field) (string, bool) {
	switch f {
	case FieldKind:
		return r.Handler.Kind.String(), true
	case FieldHandler:
		return r.Handler.Name, true
	case FieldMethod:
		return r.Method, true
	case FieldPath:
		return r.Path, true
	case FieldUser:
		return r.User, true
	case FieldError:
		return r.Error, true
	case FieldTrace:
		return r.Trace.TraceID.String(), true
	}
	return "", false
}

// number is a field that is a number; false when the field is none.
func (r *Row) number(f Field, k instrument.Kind) (int64, bool) {
	switch f {
	case FieldID:
		return int64(r.ID), true
	case FieldParent:
		return int64(r.Parent), true
	case FieldProcess:
		return r.Process, true
	case FieldStart:
		return r.ID.Time().UnixNano(), true
	case FieldDuration:
		return int64(r.Duration), true
	case FieldStatus:
		return int64(r.Status), true
	case FieldCount:
		return int64(r.Count(k)), true
	case FieldSpans:
		return int64(r.Spans) + int64(r.Left), true
	case FieldFailed:
		return int64(r.Failed), true
	case FieldQueryTime:
		return int64(r.QueryTime), true
	}
	return 0, false
}

func (p *Process) field(f Field) string {
	switch f {
	case FieldBuild:
		return p.Build.Revision
	case FieldService:
		return p.Service
	case FieldHost:
		return p.Host
	}
	return ""
}

// lowerASCII is what SQLite's lower() does, so that a store and Match agree.
func lowerASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// like matches a whole text with a pattern.
func like(text, pattern string) bool {
	parts := strings.Split(pattern, "*")
	if len(parts) == 1 {
		return text == pattern
	}
	text, ok := strings.CutPrefix(text, parts[0])
	if !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		if _, text, ok = strings.Cut(text, part); !ok {
			return false
		}
	}
	return strings.HasSuffix(text, parts[len(parts)-1])
}
