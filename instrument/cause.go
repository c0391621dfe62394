package instrument

import (
	"fmt"
	"reflect"
)

// Keys of the chain that an error wraps, written once for each error below the first, in
// the order of a walk through the tree that errors.Is takes too.
var (
	KeyCauseType    = NewKey("error.cause.type")
	KeyCauseMessage = NewKey("error.cause.message")
	KeyCauseDepth   = NewKey("error.cause.depth") // how many errors are around it; left out when it is wrapped by the one before
)

const (
	maxCauses     = 16
	maxCauseDepth = 32
)

// causesOf describes what err wraps, and the stack that it carries unless the span has
// one. Errors that go on outwards as they are come with each span that they end: the
// first has told, and then there is nothing to add. Called without a lock, because
// methods of errors are the host's.
func (rec *Recording) causesOf(err error, stacked bool) []Attr {
	if rec == nil || err == nil || !rec.news(err) {
		return nil
	}
	c := causes{stacked: stacked}
	c.add(err, 0)
	return c.attrs
}

// news reports whether err is another one than failed a span last.
func (rec *Recording) news(err error) bool {
	if !rec.open() {
		return false // nobody would read it
	}
	defer rec.mu.Unlock()
	if sameError(rec.slab.lastErr, err) {
		return false
	}
	rec.slab.lastErr = err
	return true
}

// causes collects one chain.
type causes struct {
	attrs   []Attr
	n       int
	last    int // the depth of the last one
	stacked bool
}

func (c *causes) add(err error, depth int) {
	if err == nil || c.n > maxCauses || depth > maxCauseDepth {
		return
	}
	if depth > 0 {
		c.attrs = append(c.attrs, KeyCauseType.String(fmt.Sprintf("%T", err)), KeyCauseMessage.String(textOf(err)))
		if depth != c.last+1 {
			c.attrs = append(c.attrs, KeyCauseDepth.Int(depth))
		}
		c.last = depth
	}
	c.n++
	if pcs := carriedStack(err); len(pcs) > 0 && !c.stacked {
		c.stacked = true
		c.attrs = append(c.attrs, Attr{key: KeyStack, typ: attrStack, str: packPCs(pcs)})
	}
	many, one := unwrap(err)
	c.add(one, depth+1)
	for _, e := range many {
		c.add(e, depth+1)
	}
}

// unwrap asks an error once for what is in it.
func unwrap(err error) (many []error, one error) {
	defer func() { _ = recover() }()
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		one = e.Unwrap()
	case interface{ Unwrap() []error }:
		many = e.Unwrap()
	}
	return many, one
}

// carriedStack is the stack that some packages of errors put into theirs: methods
// StackTrace and Callers that give program counters.
func carriedStack(err error) (pcs []uintptr) {
	defer func() {
		if recover() != nil {
			pcs = nil
		}
	}()
	switch e := err.(type) {
	case interface{ Callers() []uintptr }:
		pcs = e.Callers()
	case interface{ StackTrace() []uintptr }:
		pcs = e.StackTrace()
	default:
		pcs = namedStack(err)
	}
	return pcs[:min(len(pcs), maxStack)]
}

// namedStack is for a StackTrace whose program counters have a type of their own.
func namedStack(err error) (pcs []uintptr) {
	m := reflect.ValueOf(err).MethodByName("StackTrace")
	if !m.IsValid() || m.Type().NumIn() != 0 || m.Type().NumOut() != 1 {
		return nil
	}
	if t := m.Type().Out(0); t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Uintptr {
		return nil
	}
	frames := m.Call(nil)[0]
	for i := range min(frames.Len(), maxStack) {
		pcs = append(pcs, uintptr(frames.Index(i).Uint()))
	}
	return pcs
}

// sameError compares errors, which may not be comparable.
func sameError(a, b error) (same bool) {
	defer func() { _ = recover() }()
	return a != nil && a == b
}
