package httptap

import (
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// body is the body of a response, which ends its call. Read and Close may be called from
// two goroutines.
type body struct {
	io.ReadCloser
	call    *call
	length  int64 // as announced; -1: it was not
	headers int64 // when RoundTrip returned
	read    atomic.Int64
	last    atomic.Int64 // when the last Read returned
	tape    *tape        // nil: nothing is kept of it
}

// Read is the body's own.
func (b *body) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.call.ended.Load() {
		return n, err
	}
	now := instrument.Now()
	b.last.Store(now)
	if n > 0 {
		b.read.Add(int64(n))
		if b.tape != nil {
			b.tape.add(p[:n])
		}
	}
	if err != nil {
		b.over(now, err)
	}
	return n, err
}

// Close is the body's own.
func (b *body) Close() error {
	err := b.ReadCloser.Close()
	b.over(b.last.Load(), nil)
	return err
}

// over ends the call: with io.EOF at the body's end, with nil when it was closed.
func (b *body) over(at int64, err error) {
	c := b.call
	if c.ended.Load() {
		return
	}
	n := b.read.Load()
	if c.span.Recorded() {
		attrs := [4]instrument.Attr{instrument.KeyBytesOut.Int64(n)}
		begun := b.headers
		if first := c.phases.began(); first != 0 {
			begun = first
		}
		attrs[1] = keyTransfer.Duration(time.Duration(max(at-begun, 0)))
		if err == nil && n != b.length {
			attrs[2] = keyEarly.Bool(true)
		}
		if b.tape != nil {
			attrs[3] = b.tape.text(c.t, keyBody)
			if b.tape.cut() {
				c.span.Set(keyBodyCut.Bool(true))
			}
		}
		c.span.Set(attrs[:]...)
	}
	if err == io.EOF {
		err = nil
	}
	c.end(at, err)
}

// writerToBody is a body that can also write itself.
type writerToBody struct {
	*body
	to io.WriterTo
}

// WriteTo is the body's own.
func (b *writerToBody) WriteTo(w io.Writer) (int64, error) {
	n, err := b.to.WriteTo(w)
	now := instrument.Now()
	b.last.Store(now)
	b.read.Add(n)
	if err == nil {
		b.over(now, io.EOF)
	} else {
		b.over(now, err)
	}
	return n, err
}

// requestBody counts what is sent where the request does not say how much that is, or
// where the text is to be kept. The transport reads and closes it, perhaps after
// RoundTrip has returned.
type requestBody struct {
	io.ReadCloser
	count *counted
}

// counted is shared by a body and what it is sent again as.
type counted struct {
	read atomic.Int64
	tape *tape
}

// watchRequest wraps the body of the copied request where that is needed.
func (c *call) watchRequest(r *http.Request) {
	if r.Body == nil || r.Body == http.NoBody || r.ContentLength > 0 && c.t.bodies == 0 {
		return
	}
	count := &counted{}
	if c.t.bodies > 0 {
		count.tape = newTape(r.Header, c.t.bodies)
	}
	c.sent = &requestBody{r.Body, count}
	r.Body = c.sent
	if again := r.GetBody; again != nil {
		r.GetBody = func() (io.ReadCloser, error) {
			b, err := again()
			if err != nil || b == nil || b == http.NoBody {
				return b, err
			}
			count.read.Store(0)
			count.tape.rewind()
			return &requestBody{b, count}, nil
		}
	}
}

// Read is the body's own.
func (b *requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if n > 0 {
		b.count.read.Add(int64(n))
		b.count.tape.add(p[:n])
	}
	return n, err
}

func (b *requestBody) describe(c *call) {
	c.span.Set(keyBytesSent.Int64(b.count.read.Load()), b.count.tape.text(c.t, keySentBody))
	if b.count.tape.cut() {
		c.span.Set(keySentBodyCut.Bool(true))
	}
}
