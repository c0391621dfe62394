package httptap

import (
	"io"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// call is one call on its way.
type call struct {
	t      *transport
	span   instrument.Span
	start  int64
	phases phases
	sent   *requestBody // nil: it is not watched
	sends  bool         // an answer to it has a body: it is no HEAD
	ended  atomic.Bool
}

// maxCallers is how many calls are kept with a span, from the app's own code outwards.
const maxCallers = 8

// begin starts the span and gives the request to send: the one that came, or a copy.
// Nothing that goes wrong here may become the call's trouble.
func (t *transport) begin(r *http.Request) (c *call, out *http.Request) {
	c, out = &call{t: t, sends: r.Method != http.MethodHead}, r
	defer func() {
		if recover() != nil { // of what the app has given us, or of ours
			out = r
		}
	}()
	h := t.handler(r)
	ctx := r.Context()
	c.start = instrument.Now()
	ctx, c.span = instrument.StartAt(ctx, c.start, h)
	rec, _ := instrument.Find(ctx)
	if rec == nil {
		return c, r
	}
	if c.span.Recorded() {
		c.describe(r)
		c.phases.zero = c.start
		ctx = httptrace.WithClientTrace(ctx, c.phases.trace())
	}
	copied := r.WithContext(ctx)
	if t.propagates(r) {
		copied.Header = r.Header.Clone()
		if copied.Header == nil {
			copied.Header = http.Header{}
		}
		c.span.Inject(func(name, value string) {
			if name != "baggage" || t.propagate != nil {
				copied.Header.Set(name, value)
			}
		})
	}
	if c.span.Recorded() {
		c.watchRequest(copied)
	}
	return c, copied
}

// answered goes on with the body of a response.
func (c *call) answered(res *http.Response) {
	if !c.span.Active() {
		return
	}
	now := instrument.Now()
	if c.span.Recorded() {
		c.describeAnswer(res, now)
	}
	if res.StatusCode >= 500 {
		c.span.Fail(statusError(res.StatusCode))
	}
	if !watchable(res) {
		if res.ContentLength >= 0 && c.sends {
			c.span.Set(instrument.KeyBytesOut.Int64(res.ContentLength))
		}
		c.end(now, nil)
		return
	}
	b := &body{ReadCloser: res.Body, call: c, length: res.ContentLength, headers: now}
	b.last.Store(now)
	if c.t.bodies > 0 && c.span.Recorded() {
		b.tape = newTape(res.Header, c.t.bodies)
	}
	if to, ok := res.Body.(io.WriterTo); ok {
		res.Body = &writerToBody{b, to}
		return
	}
	res.Body = b
}

// statusError is why a call failed that was answered.
type statusError int

func (s statusError) Error() string {
	return strconv.Itoa(int(s)) + " " + http.StatusText(int(s))
}

// watchable reports whether there is a body to follow that can be wrapped: one that can do
// more than be read, such as the connection of a protocol that was switched to, stays what
// it is.
func watchable(res *http.Response) bool {
	if res.Body == nil || res.Body == http.NoBody {
		return false
	}
	switch res.Body.(type) {
	case io.Writer, io.Seeker, io.ReaderAt, io.ByteReader:
		return false
	}
	return true
}

// fail ends a call that had no answer.
func (c *call) fail(err error) {
	now := instrument.Now()
	if c.span.Recorded() {
		c.describeFailure(now)
	}
	c.end(now, err)
}

// end ends the span, once.
func (c *call) end(at int64, err error) {
	if !c.ended.CompareAndSwap(false, true) {
		return
	}
	if c.sent != nil && c.span.Recorded() {
		c.sent.describe(c)
	}
	c.span.EndAt(at, err)
}
