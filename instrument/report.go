package instrument

import (
	"context"
	"fmt"
	"runtime"
)

// Report records an error that the app has dealt with and that somebody should know of
// all the same: the page was shown without its recommendations, a retry went well. It is
// listed among the exceptions of the Record that ctx or the goroutine runs in, with the
// stack of the call, the chain of errors that err wraps, and the attributes; outside of
// a Record it becomes one of its own, if there is a default Recorder. The Record itself
// does not fail by it. Nil does nothing, and Report never panics.
//
// What a view, receiver, layer, command or task returns is recorded without it.
func Report(ctx context.Context, err error, attrs ...Attr) {
	if err == nil || recorders.Load() == 0 {
		return
	}
	own := errorAttrs(err)
	stack := stackAttr(2)
	reportAs(ctx, fmt.Sprintf("%T", err), func(s Span) {
		s.Set(attrs...)
		s.failWith(err, FlagError, append(own[:], stack))
	})
}

// ReportPanic is Report for the value of a panic that the app has recovered, called in
// the deferred function that did so: then the stack is that of the panic.
//
//	defer func() {
//		if v := recover(); v != nil {
//			instrument.ReportPanic(ctx, v)
//		}
//	}()
func ReportPanic(ctx context.Context, v any, attrs ...Attr) {
	if v == nil || recorders.Load() == 0 {
		return
	}
	own := panicAttrs(v, 2)
	reportAs(ctx, fmt.Sprintf("%T", v), func(s Span) {
		s.Set(attrs...)
		err, _ := v.(error)
		if s.failWith(err, FlagError|FlagPanic, own[:]) && err == nil {
			s.report(fmt.Errorf("panic: %s", own[0].str))
		}
	})
}

// reportAs makes the span of a report, with a Record around it where there is none.
func reportAs(ctx context.Context, name string, fill func(Span)) {
	if ctx == nil {
		ctx = context.Background()
	}
	h := NewHandler(KindException, name, Source{})
	if rec, _ := Find(ctx); rec.Sealed() {
		var own *Recording
		if ctx, own = Default().Begin(ctx, Begin{Handler: h}); own == nil {
			return
		}
		defer own.End()
	}
	now := Now()
	s := LeafAt(ctx, now, h)
	fill(s)
	s.EndAt(now, nil)
}

// stackAttr is the stack above skip callers.
func stackAttr(skip int) Attr {
	var pcs [maxStack]uintptr
	n := runtime.Callers(skip+1, pcs[:])
	return Attr{key: KeyStack, typ: attrStack, str: packPCs(pcs[:n])}
}
