package rendertap

import (
	"context"
	"io"
	"reflect"
	"sync/atomic"
)

// counter counts what is written.
type counter struct {
	io.Writer
	n atomic.Int64
	// quiet is set while the buffers above are emptied only to be counted: nothing is sent
	// for that.
	quiet atomic.Bool
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}

type counterKey struct{}

// follow gives the writer for a component, and the context for what is in it. size tells
// how many bytes came meanwhile.
//
// A component of templ puts a buffer of its own before a writer that is none, and sends
// what is in it when it is done. So only the outermost writer is wrapped: the components
// inside get templ's buffer as it is, and pages that are sent in pieces are sent in the same
// ones.
func follow(ctx context.Context, w io.Writer) (context.Context, io.Writer, func() int64) {
	if c, ok := ctx.Value(counterKey{}).(*counter); ok && isTemplBuffer(w) {
		before := c.empty(w)
		return ctx, w, func() int64 { return c.empty(w) - before }
	}
	c := &counter{Writer: w}
	return context.WithValue(ctx, counterKey{}, c), flushing(c), c.n.Load
}

// empty has templ's buffer written to c and tells how much that has had.
func (c *counter) empty(buffer io.Writer) int64 {
	c.quiet.Store(true)
	defer c.quiet.Store(false)
	_ = buffer.(flusherError).Flush() // the buffer keeps the error and gives it to the next who writes
	return c.n.Load()
}

type (
	flusherError interface{ Flush() error }
	flusher      interface{ Flush() }
)

// isTemplBuffer reports whether w is what templ puts before writers. It goes by the type's
// name, because this package does not link templ.
func isTemplBuffer(w io.Writer) bool {
	if _, ok := w.(flusherError); !ok {
		return false
	}
	t := reflect.TypeOf(w)
	return t.Kind() == reflect.Pointer && t.Elem().Name() == "Buffer" && t.Elem().PkgPath() == "github.com/a-h/templ/runtime"
}

// flushing gives the writer the method to flush that the one below has.
func flushing(c *counter) io.Writer {
	switch f := c.Writer.(type) {
	case flusherError:
		return &countedError{c, f}
	case flusher:
		return &counted{c, f}
	}
	return c
}

type countedError struct {
	*counter
	below flusherError
}

func (f *countedError) Flush() error { return f.below.Flush() }

type counted struct {
	*counter
	below flusher
}

func (f *counted) Flush() {
	if !f.quiet.Load() {
		f.below.Flush()
	}
}
