//go:build go1.26 && !go1.27 && !toolbar_nolabel

package instrument

import (
	"context"
	"runtime/pprof"
	"unsafe"
)

// A Record is also found by the goroutine: its profiler labels carry the Record,
// goroutines that it starts inherit them, and a CPU profile can be cut by Record.
// Labels are set with runtime/pprof. Reading them back is not in its API; the
// toolchain keeps these two functions open to packages like this one (go.dev/issue/67401).
// The build tag toolbar_nolabel leaves all of this out, and so does a Go version in
// which the layout that labelled reads has not been checked.

//go:linkname getProfLabel runtime/pprof.runtime_getProfLabel
func getProfLabel() unsafe.Pointer

//go:linkname setProfLabel runtime/pprof.runtime_setProfLabel
func setProfLabel(labels unsafe.Pointer)

// profLabels is the layout of what the label pointer points to.
type profLabels struct {
	list []profLabel
}

type profLabel struct{ key, value string }

// labelKey is recognised by the address of its bytes, so that a label which only
// has the same name is not taken for ours.
const labelKey = "toolbar_record"

var labelKeyData = unsafe.StringData(labelKey)

// What a context is asked for its labels with, and the type of the answer, a pointer
// to profLabels. Contexts of Records answer by themselves: of the four allocations
// that pprof.WithLabels makes there is none left.
var labelsKey, labelsType = func() (key any, typ unsafe.Pointer) {
	asked := &askedContext{Context: context.Background()}
	pprof.Label(asked, labelKey)
	answer := pprof.WithLabels(context.Background(), pprof.Labels(labelKey, "")).Value(asked.key)
	return asked.key, (*emptyInterface)(unsafe.Pointer(&answer)).typ
}()

// askedContext remembers what it was asked for last.
type askedContext struct {
	context.Context
	key any
}

func (c *askedContext) Value(key any) any {
	c.key = key
	return nil
}

// emptyInterface is the layout of an any that holds a pointer.
type emptyInterface struct{ typ, data unsafe.Pointer }

// labelsOf gives the labels of the Record's own context, when they are these alone.
func (c *spanContext) labelsOf(key any) (labels any, ok bool) {
	if c.span != 0 || c.rec.labels.list == nil || key != labelsKey {
		return nil, false
	}
	return *(*any)(unsafe.Pointer(&emptyInterface{labelsType, unsafe.Pointer(&c.rec.labels)})), true
}

// label sets the goroutine's labels to those that it has, those of ctx and the
// Record's own. The context that it gives must be passed on: an app's pprof.Do adds
// to the labels of its context.
func (rec *Recording) label(ctx context.Context) context.Context {
	rec.labelBefore = getProfLabel()
	rec.labelText = rec.id.text()
	text := unsafe.String(&rec.labelText[0], idLen)
	if rec.labelBefore == nil && ctx.Value(labelsKey) == nil {
		rec.ownLabel = [1]profLabel{{labelKey, text}}
		rec.labels.list = rec.ownLabel[:]
		setProfLabel(unsafe.Pointer(&rec.labels))
		rec.labelled = true
		return ctx
	}
	if rec.labelBefore != nil {
		ctx = pprof.WithLabels(ctx, pprof.Labels(goroutineLabels(rec.labelBefore)...))
	}
	ctx = pprof.WithLabels(ctx, pprof.Labels(labelKey, text))
	pprof.SetGoroutineLabels(ctx)
	rec.labelled = true
	return ctx
}

// unlabel gives the goroutine its labels back, if it is still the one that has
// the Record's.
func (rec *Recording) unlabel() {
	if rec.labelled && labelled() == rec {
		setProfLabel(rec.labelBefore)
	}
}

// labelled is the Record in the goroutine's labels. The value's bytes lie in the
// Recording itself, which is never reused and which the label keeps alive.
func labelled() *Recording {
	p := getProfLabel()
	if p == nil {
		return nil
	}
	for _, l := range (*profLabels)(p).list {
		if unsafe.StringData(l.key) == labelKeyData {
			text := unsafe.Pointer(unsafe.StringData(l.value))
			return (*Recording)(unsafe.Add(text, -int(unsafe.Offsetof(Recording{}.labelText))))
		}
	}
	return nil
}

func goroutineLabels(p unsafe.Pointer) []string {
	var args []string
	for _, l := range (*profLabels)(p).list {
		if unsafe.StringData(l.key) != labelKeyData {
			args = append(args, l.key, l.value)
		}
	}
	return args
}

// labelState is what a Recording keeps for its label.
type labelState struct {
	labelText   [idLen]byte
	labelled    bool
	labelBefore unsafe.Pointer
	labels      profLabels // when it has no others; the context answers with them
	ownLabel    [1]profLabel
}
