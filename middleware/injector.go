package middleware

import (
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// maxHeld is how much of a page may be held back after a </body>.
const maxHeld = 64 << 10

// injector adds the snippet to one response. It goes from waiting through
// starting and scanning to passing, or straight to passing for a response
// that is not a page.
type injector struct {
	w   http.ResponseWriter
	res *Response
	req *http.Request
	opt *Injection

	mu       sync.Mutex // protects the rest
	state    injState
	xml      bool
	guess    bool        // the type is guessed from the body
	sent     bool        // the header went out
	status   int         // of the header that is held back
	snapshot http.Header // as it was when the handler wrote it
	length   int64       // the Content-Length that the handler set, -1 if none
	accepted int64       // bytes of the body so far
	over     bool        // more was refused
	held     []byte      // the first bytes, later those from a </body> on
	base     int64       // offset of held
	snippet  []byte
	nonce    string // that the snippet was made with
	scan     scanner
}

type injState uint8

const (
	waiting  injState = iota // no header yet
	starting                 // header and first bytes held back
	scanning                 // a page, snippet to come
	passing                  // nothing to do, or done
)

// header is called when the handler writes the final header. If the response
// may be a page, the header waits for the first bytes of the body.
func (j *injector) header() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.readHeader()
}

func (j *injector) readHeader() {
	if j.state != waiting {
		return
	}
	status := int(j.res.status.Load())
	h := j.w.Header()
	page, xml := eligibleHeader(status, h)
	j.state = passing
	if page == no {
		return
	}
	if cl, ok := h["Content-Length"]; ok && len(cl) > 0 {
		n, err := strconv.ParseInt(cl[0], 10, 64)
		if err != nil || n < 0 || len(cl) > 1 {
			return
		}
		j.length = n
	}
	j.state, j.xml, j.guess = starting, xml, page == unknown
	j.status, j.snapshot = status, h.Clone()
}

func (j *injector) holdsHeader() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state == starting && !j.sent
}

// active reports whether bytes have to come through here. Before the header
// was read they do as well: another goroutine may be about to read it.
func (j *injector) active() bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.state != passing
}

// undecided is how many bytes are still needed for a decision.
func (j *injector) undecided() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != starting {
		return 0
	}
	return sniffLen - len(j.held)
}

// isPage decides with the bytes that come next, without taking them.
func (j *injector) isPage(next []byte) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state == starting {
		_ = j.decide(next) // the next write meets the same error
	}
	return j.state == scanning
}

func (j *injector) write(p []byte) (int, error) {
	return j.take(p, func() (int, error) { return j.w.Write(p) })
}

func (j *injector) writeString(s string) (int, error) {
	return j.take([]byte(s), func() (int, error) { return io.WriteString(j.w, s) })
}

// take takes the next bytes of the body. direct writes them unseen, in the
// way that the handler chose.
func (j *injector) take(p []byte, direct func() (int, error)) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.readHeader()
	if j.state == starting && j.refused(len(p)) {
		if err := j.release(); err != nil {
			return 0, err
		}
	}
	if j.state == starting && len(j.held)+len(p) < sniffLen {
		j.accepted += int64(len(p))
		j.held = append(j.held, p...)
		return len(p), nil
	}
	if j.state == starting {
		if err := j.decide(p); err != nil {
			return 0, err
		}
	}
	if j.state == passing {
		return direct()
	}
	if err := j.accept(len(p)); err != nil {
		return 0, err
	}
	return j.feed(p)
}

// refused reports whether the writer inside is going to refuse the next n
// bytes, so that they and what follows must not be held back: they are more
// than was declared, or the request has timed out.
func (j *injector) refused(n int) bool {
	return j.length >= 0 && j.accepted+int64(n) > j.length || j.req.Context().Err() != nil
}

var errTooMuch2 = errors.New("http2: handler wrote more than declared Content-Length")

// accept refuses what goes beyond the Content-Length that the handler set, and
// everything after it. The server would not, as it is given a larger one.
func (j *injector) accept(n int) error {
	if n == 0 {
		return nil
	}
	j.over = j.over || j.length >= 0 && j.accepted+int64(n) > j.length
	switch {
	case !j.over:
		j.accepted += int64(n)
		return nil
	case j.req.ProtoMajor == 2:
		return errTooMuch2
	}
	return http.ErrContentLength
}

// decide ends the starting state: it sends the header, and hands the first
// bytes on if this is not a page. The bytes that come next are only looked at.
func (j *injector) decide(next []byte) error {
	start := next[:min(len(next), sniffLen)]
	if len(j.held) > 0 {
		n := min(len(next), max(0, sniffLen-len(j.held)))
		start = slices.Concat(j.held, next[:n])
	}
	if j.guess && !sniffedHTML(start) || !startsDocument(start) || !j.makeSnippet() {
		return j.release()
	}
	j.commit(true)
	j.state, j.scan = scanning, newScanner(j.xml)
	held := j.held
	j.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := j.feed(held)
	return err
}

// makeSnippet asks for the snippet and reports whether there is one.
func (j *injector) makeSnippet() bool {
	var ok bool
	if j.nonce, ok = j.opt.ScriptNonce(j.req, j.snapshot); !ok {
		return false
	}
	func() {
		defer func() { _ = recover() }()
		j.snippet = j.opt.Snippet(Page{Request: j.req, Status: j.status, Header: j.snapshot, Nonce: j.nonce})
	}()
	return len(j.snippet) > 0
}

// release gives up on a response in its starting state.
func (j *injector) release() error {
	j.commit(false)
	j.state = passing
	return j.writeHeld()
}

func (j *injector) writeHeld() error {
	held := j.held
	j.held = nil
	if len(held) == 0 {
		return nil
	}
	_, err := j.w.Write(held)
	return err
}

// commit sends the header that is held back, as it was when the handler wrote
// it. What the handler did to the header map since then stays in the map but
// is not sent, as without us.
func (j *injector) commit(page bool) {
	if j.sent {
		return
	}
	j.sent = true
	live := j.w.Header()
	later := maps.Clone(live)
	replace(live, j.snapshot)
	var changed map[string][2][]string
	if page {
		changed = j.change(live)
	}
	j.w.WriteHeader(j.status)
	replace(live, later)
	// A writer in between may read the header later than net/http does.
	for key, v := range changed {
		if slices.Equal(live[key], v[0]) {
			set(live, key, v[1])
		}
	}
}

func replace(dst, src http.Header) {
	clear(dst)
	maps.Copy(dst, src)
}

func set(h http.Header, key string, v []string) {
	if v == nil {
		delete(h, key)
	} else {
		h[key] = v
	}
}

// change makes the header true for the page with the snippet, and returns
// what the values were and are.
func (j *injector) change(h http.Header) map[string][2][]string {
	changed := map[string][2][]string{}
	change := func(key string, v ...string) {
		changed[key] = [2][]string{h[key], v}
		set(h, key, v)
	}
	if j.length >= 0 {
		change("Content-Length", strconv.FormatInt(j.length+int64(len(j.snippet)), 10))
	}
	if tag := h.Get("Etag"); tag != "" && !strings.HasPrefix(tag, "W/") {
		change("Etag", "W/"+tag)
	}
	if len(h["Accept-Ranges"]) > 0 {
		change("Accept-Ranges")
	}
	if j.opt.NoStore {
		change("Cache-Control", "no-store")
	}
	return changed
}

// feed passes a page on as far as the snippet cannot come before.
func (j *injector) feed(p []byte) (int, error) {
	j.scan.run(p)
	before := len(j.held)
	data := p
	if before > 0 {
		j.held = append(j.held, p...)
		data = j.held
	}
	if int(j.scan.pos-j.scan.keep()) > maxHeld {
		j.scan.found = -1 // too far back to be the last one
	}
	out := data[:j.scan.keep()-j.base]
	var n int
	var err error
	if len(out) > 0 {
		n, err = j.w.Write(out)
	}
	j.held = append(j.held[:0], data[len(out):]...)
	j.base += int64(len(out))
	if err != nil {
		return max(0, n-before), err
	}
	return len(p), nil
}

// settle is called before something that must not overtake the body: what is
// held back without need is handed on.
func (j *injector) settle() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.state != starting {
		return nil
	}
	if len(j.held) == 0 && !j.guess && j.canWait() {
		j.commit(false)
		return nil
	}
	return j.decide(nil)
}

// canWait reports whether the header is right for a page with and without
// the snippet, so that it may go out before the first bytes are known.
func (j *injector) canWait() bool {
	h := j.snapshot
	return j.length < 0 && len(h["Etag"]) == 0 && len(h["Accept-Ranges"]) == 0 && !j.opt.NoStore
}

// finish completes the page after the handler returned.
func (j *injector) finish() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer func() { j.state = passing }()
	if j.state == starting {
		if err := j.decide(nil); err != nil {
			return err
		}
	}
	if j.state != scanning {
		return nil
	}
	if j.length < 0 || j.accepted == j.length { // otherwise not a complete page
		j.complete()
	}
	return j.writeHeld()
}

// complete puts the snippet into what is held back. Nothing but white space
// may follow the root element of XHTML, and nothing else goes into a page
// whose own policy forbids the snippet; it still makes up the length.
func (j *injector) complete() {
	switch {
	case !j.permitted(), j.scan.found < 0 && j.xml:
		if j.length >= 0 {
			j.held = append(j.held, strings.Repeat(" ", len(j.snippet))...)
		}
	case j.scan.found >= 0:
		j.held = slices.Concat(j.snippet, j.held)
	default:
		j.held = append(j.held, j.snippet...)
	}
}

// permitted asks the policies that the page carries itself.
func (j *injector) permitted() bool {
	for _, content := range j.scan.policies {
		p := j.opt.policy(j.req, content)
		if !p.allows(j.nonce) {
			return false
		}
	}
	return true
}

// abort hands on what is held back, without a snippet.
func (j *injector) abort() error {
	j.mu.Lock()
	defer j.mu.Unlock()
	defer func() { j.state = passing }()
	switch j.state {
	case starting:
		return j.release()
	case scanning:
		return j.writeHeld()
	}
	return nil
}
