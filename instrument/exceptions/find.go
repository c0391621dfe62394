package exceptions

import (
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Of finds the exceptions of a Record in the order in which they began.
func Of(rec *instrument.Record) (list []Exception) {
	f := finder{spans: rec.Spans, told: make([]bool, len(rec.Spans))}
	for i := range f.spans {
		if up := f.around(i); up >= 0 && f.spans[i].Error != "" && f.said(up, f.spans[i].Error) {
			f.told[up] = true
		}
	}
	seen := map[int]int{} // by the unit that it ended
	for i := range f.spans {
		if f.told[i] || !f.failed(i) {
			continue
		}
		e, unit := f.exception(i)
		if at, again := seen[unit]; again && unit != i && list[at].Message == e.Message && !e.Reported {
			continue // one statement that was tried again, and then given up
		}
		seen[unit] = len(list)
		list = append(list, e)
	}
	return list
}

// finder looks at the spans of one Record.
type finder struct {
	spans []instrument.RecordSpan
	told  []bool // a span below says the same
}

// ends are texts with which a handler ends its response or its goroutine on purpose.
const abortText = "net/http: abort Handler"

func (f *finder) failed(i int) bool {
	s := &f.spans[i]
	return s.Flags.Has(instrument.FlagError) && s.Error != "" && s.Error != abortText && s.Handler.Kind != instrument.KindLog
}

// around is the span that an error of span i may have gone on to. Layers and views that
// saw a response were passed by on the way: the request is told of the error all the same
// when one of its layers has answered it.
func (f *finder) around(i int) int {
	up := f.spans[i].Parent
	for up > 0 && passedBy[f.spans[up].Handler.Kind] && !f.failed(up) {
		up = f.spans[up].Parent
	}
	return up
}

var passedBy = map[instrument.Kind]bool{instrument.KindLayer: true, instrument.KindView: true}

// said reports whether span i failed with a text that has this one in it.
func (f *finder) said(i int, text string) bool {
	return f.failed(i) && strings.Contains(f.spans[i].Error, text)
}

// exception describes the one that began at a span, and the unit that it ended: itself
// where it is one.
func (f *finder) exception(at int) (e Exception, unit int) {
	s := &f.spans[at]
	e = Exception{
		Span: at, Outer: at, Start: s.Start, Message: s.Error,
		Panic: s.Flags.Has(instrument.FlagPanic), Reported: s.Handler.Kind == instrument.KindException && at > 0,
	}
	path := []int{at}
	for up := f.around(at); up >= 0 && f.said(up, f.spans[e.Outer].Error); up = f.around(up) {
		e.Outer = up
		path = append(path, up)
		e.Panic = e.Panic || f.spans[up].Flags.Has(instrument.FlagPanic)
	}
	unit = at
	if i := slices.IndexFunc(path, f.isUnit); i >= 0 {
		unit = path[i]
	}
	e.Message = f.spans[unit].Error
	e.Handler = f.handlerOf(unit)
	e.Uncaught = f.uncaught(path)
	f.describe(&e, path, unit)
	e.Type = telling(e.Type, e.Causes)
	e.Place, e.Fingerprint = fingerprints(&e)
	return e, unit
}

// describe takes chain and stack from where they are known: the chain of the error as it
// left its unit, the stack from as far inside as possible.
func (f *finder) describe(e *Exception, path []int, unit int) {
	e.Type = attr(&f.spans[unit], instrument.KeyErrorType)
	at := slices.Index(path, unit)
	for i := at; i >= 0 && e.Causes == nil; i-- {
		e.Causes = causesOf(&f.spans[path[i]])
	}
	for i := 0; i < len(path) && e.Stack == nil; i++ {
		e.Stack = stackOf(&f.spans[path[i]])
	}
}

// isUnit tells what a person calls a handler: what an error leaves is its fault.
func (f *finder) isUnit(i int) bool {
	switch f.spans[i].Handler.Kind {
	case instrument.KindView, instrument.KindReceiver, instrument.KindLayer, instrument.KindCommand, instrument.KindTask, instrument.KindRequest:
		return true
	}
	return i == 0
}

// handlerOf is the handler around a span.
func (f *finder) handlerOf(i int) instrument.HandlerInfo {
	for !f.isUnit(i) {
		i = f.spans[i].Parent
	}
	return f.spans[i].Handler
}

// uncaught looks at what an exception has ended. In a request a layer may have made a
// response of what the view returned; then the request did not fail.
func (f *finder) uncaught(path []int) bool {
	for _, i := range path {
		switch f.spans[i].Handler.Kind {
		case instrument.KindReceiver, instrument.KindCommand, instrument.KindTask:
			return true
		case instrument.KindView, instrument.KindLayer:
			if f.spans[0].Flags.Has(instrument.FlagError) {
				return true
			}
		}
		if i == 0 {
			return f.spans[0].Handler.Kind != instrument.KindException
		}
	}
	return false
}

func attr(s *instrument.RecordSpan, key instrument.Key) string {
	for _, kv := range s.Attrs {
		if text, ok := kv.Value.(string); ok && kv.Key == key.Name() {
			return text
		}
	}
	return ""
}

func causesOf(s *instrument.RecordSpan) (list []Cause) {
	for _, kv := range s.Attrs {
		text, _ := kv.Value.(string)
		switch kv.Key {
		case instrument.KeyCauseType.Name():
			list = append(list, Cause{Depth: len(list) + 1, Type: text})
			if n := len(list); n > 1 {
				list[n-1].Depth = list[n-2].Depth + 1
			}
		case instrument.KeyCauseMessage.Name():
			if n := len(list); n > 0 {
				list[n-1].Message = text
			}
		case instrument.KeyCauseDepth.Name():
			if depth, ok := kv.Value.(int64); ok && len(list) > 0 {
				list[len(list)-1].Depth = max(int(depth), 1)
			}
		}
	}
	return list
}

// telling is the type that says most: the innermost of the first branch that is not one
// of those that only carry a text.
func telling(typ string, causes []Cause) string {
	depth := 0
	best := typ
	for _, c := range causes {
		if c.Depth <= depth {
			break // another branch
		}
		depth = c.Depth
		if !plain[c.Type] || plain[best] {
			best = c.Type
		}
	}
	return best
}

var plain = map[string]bool{
	"*errors.errorString": true, "*errors.joinError": true, "*fmt.wrapError": true, "*fmt.wrapErrors": true,
	"*fmt.fmtError": true, "*middleware.HTTPError": true, "": true,
}
