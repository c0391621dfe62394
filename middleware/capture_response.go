package middleware

import (
	"io"
	"net/http"
	"slices"
	"strings"
	"syscall"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// responseHeaders are kept with their values.
var responseHeaders = func() *headerTable {
	t := new(headerTable)
	for name := range shownHeaders {
		t.add(name, instrument.NewKey("http.response.header."+strings.ToLower(name)))
	}
	for _, name := range []string{
		"Age", "Content-Disposition", "Content-Range", "Content-Security-Policy", "Content-Security-Policy-Report-Only", "Date",
		"Etag", "Last-Modified", "Location", "Permissions-Policy", "Server", "Server-Timing", "Trailer", "Transfer-Encoding", "Upgrade",
		"X-Request-Id",
	} {
		t.add(name, instrument.NewKey("http.response.header."+strings.ToLower(name)))
	}
	return t
}()

var (
	keyResponseHidden = instrument.NewKey("http.response.headers_hidden") // names only
	keyResponseType   = instrument.NewKey("http.response.header.content-type")
)

// describeHead writes down the header of the response at the moment when the handler
// writes it: later it belongs to goroutines that the handler may have left behind.
func (r *Response) describeHead() {
	m := r.recorder
	h := r.w.Header()
	if to := h["Location"]; len(to) == 1 {
		r.location.Store(&to[0])
	}
	if !m.opt.NoHeaders && len(h) > 0 {
		r.describeHeaders(h)
	}
	if r.tapes == nil {
		return
	}
	if lines := h["Set-Cookie"]; len(lines) > 0 {
		r.rec.Attach(keySetCookies.Masked(r.tapes.setCookies(lines)))
	}
	r.startTape()
}

// startTape tells the tape what comes, once.
func (r *Response) startTape() {
	limit := r.recorder.opt.MaxBody
	if r.req.Method == http.MethodHead {
		limit = 0
	}
	r.tapes.response.start(r.w.Header(), limit)
}

func (r *Response) describeHeaders(h http.Header) {
	var hidden []string
	var buf [16]instrument.Attr
	attrs := buf[:0]
	if key, only := onlyHeader(h); only != "" { // to walk through a map is as dear as a few spans
		r.rec.Set(key.String(only))
		return
	}
	for name, values := range h {
		if len(values) == 0 {
			continue
		}
		if key, ok := responseHeaders.find(name); ok {
			attrs = append(attrs, key.String(joined(values)))
		} else if !slices.Contains(r.recorder.opt.Own, name) && !strings.HasPrefix(name, http.TrailerPrefix) {
			hidden = append(hidden, name)
		}
	}
	if len(hidden) > 0 {
		attrs = append(attrs, keyResponseHidden.String(listNames(hidden)))
	}
	r.rec.Set(attrs...)
}

// onlyHeader is the one header of responses that have a type and nothing else; "" for all
// others.
func onlyHeader(h http.Header) (instrument.Key, string) {
	if values := h["Content-Type"]; len(h) == 1 && len(values) == 1 {
		return keyResponseType, values[0]
	}
	return 0, ""
}

func (c *capture) setCookies(lines []string) string {
	masked := make([]string, len(lines))
	for i, line := range lines {
		masked[i] = c.rules.SetCookie(line)
	}
	return strings.Join(masked, "\n")
}

// taped is src for a copy that does not go through write. What can go from a file to the
// connection without us is left to.
func (r *Response) taped(src io.Reader) (_ io.Reader, done func()) {
	if r.tapes == nil {
		return src, func() {}
	}
	t := &r.tapes.response
	r.startTape() // the header may be written with the first byte only
	if !t.wants() {
		return src, func() {}
	}
	lr, limited := src.(*io.LimitedReader)
	from := src
	if limited {
		from = lr.R
	}
	if _, ok := from.(syscall.Conn); ok {
		t.file()
		return src, func() {}
	}
	if !limited {
		return t.reader(from), func() {}
	}
	left := lr.N
	taped := &io.LimitedReader{R: t.reader(from), N: left}
	return taped, func() { lr.N = min(left, taped.N) }
}

// reader tapes what src yields.
func (t *tape) reader(src io.Reader) io.Reader {
	if to, ok := src.(io.WriterTo); ok {
		return &copiedTape{tapedReader{src, t}, to}
	}
	return &tapedReader{src, t}
}

type tapedReader struct {
	io.Reader
	tape *tape
}

func (r *tapedReader) Read(p []byte) (int, error) {
	n, err := r.Reader.Read(p)
	if n > 0 && n <= len(p) {
		r.tape.add(p[:n])
	}
	return n, err
}

// copiedTape is a tapedReader over a reader that writes itself.
type copiedTape struct {
	tapedReader
	to io.WriterTo
}

func (r *copiedTape) WriteTo(w io.Writer) (int64, error) {
	return r.to.WriteTo(tapedWriter{w, r.tape})
}
