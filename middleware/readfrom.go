package middleware

import (
	"cmp"
	"errors"
	"io"
	"net/http"
	"slices"
	"syscall"
)

// sniffLen is how much of a body net/http looks at to guess its type.
const sniffLen = 512

// readFrom keeps two promises: the header is not written, and no hook runs,
// before the source has yielded a byte, because a handler may still answer
// with an error if it yields none; and the source reaches the wrapped writer
// in a shape from which it can still use sendfile.
func (r *Response) readFrom(src io.Reader) (n int64, err error) {
	if r.is(tookOver) || !r.watching() {
		src, done := r.taped(src)
		n, err = r.w.(io.ReaderFrom).ReadFrom(src)
		done()
		if n > 0 {
			r.begin(http.StatusOK)
		}
		r.written.Add(n)
		return n, err // which may be the source's: it says nothing about the client
	}
	return r.readFromWatched(src)
}

// watching reports whether somebody must see the header or the bytes before
// the wrapped writer does.
func (r *Response) watching() bool {
	if r.is(dropsBody) {
		return true
	}
	if !r.is(wroteHead) {
		return len(r.hooks) > 0 || r.inj != nil
	}
	return r.inj != nil && r.inj.active()
}

// readFromWatched reads by itself until it is known whether the bytes must be
// looked at. If not, what it read and the rest go on together, so that the
// wrapped writer makes the same chunks of them as without us.
func (r *Response) readFromWatched(src io.Reader) (int64, error) {
	start, err := readSome(src, nil, 1)
	if len(start) == 0 {
		return 0, noEOF(err)
	}
	r.begin(http.StatusOK)
	if r.is(dropsBody) {
		return r.copyWatched(start, src, err)
	}
	if r.inj != nil && r.inj.active() {
		if need := r.inj.undecided(); err == nil && need > len(start) {
			start, err = readSome(src, start, need)
		}
		if err != nil || r.inj.isPage(start) {
			return r.copyWatched(start, src, err)
		}
	}
	return r.pass(start, src, err)
}

// copyWatched writes what was read and the rest piece by piece.
func (r *Response) copyWatched(start []byte, src io.Reader, readErr error) (int64, error) {
	n, err := r.write(start)
	if err != nil || readErr != nil {
		return int64(n), cmp.Or(err, noEOF(readErr))
	}
	m, err := io.Copy(writerFunc(r.write), src)
	return int64(n) + m, err
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

// readSome appends to b what src yields, until there are at least need bytes.
func readSome(src io.Reader, b []byte, need int) ([]byte, error) {
	b = slices.Grow(b, sniffLen)
	for len(b) < need {
		n, err := src.Read(b[len(b):min(cap(b), len(b)+sniffLen)])
		b = b[:len(b)+n]
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

func noEOF(err error) error {
	if err == io.EOF {
		return nil
	}
	return err
}

// pass gives the wrapped writer the bytes that were read already and the rest.
func (r *Response) pass(read []byte, src io.Reader, readErr error) (int64, error) {
	src, read2 := r.taped(src)
	if r.tapes != nil {
		r.tapes.response.add(read)
	}
	in, done := prefixed(read, src, readErr)
	n, err := r.w.(io.ReaderFrom).ReadFrom(in)
	done()
	read2()
	r.written.Add(n)
	return n, err
}

// prefixed is src with the bytes that were read from it put back, and the
// error that came with them. The result is an io.LimitedReader and a
// syscall.Conn where src is, because sendfile looks for both. done moves the
// caller's io.LimitedReader as far as the copy was read.
func prefixed(read []byte, src io.Reader, err error) (in io.Reader, done func()) {
	if err != nil {
		return &source{prefix: read, err: err}, func() {}
	}
	lr, ok := src.(*io.LimitedReader)
	if !ok {
		return shaped(&source{prefix: read, src: src}), func() {}
	}
	left := lr.N
	in2 := &io.LimitedReader{R: shaped(&source{prefix: read, src: lr.R}), N: left + int64(len(read))}
	return in2, func() { lr.N = min(left, in2.N) }
}

func shaped(s *source) io.Reader {
	if c, ok := s.src.(syscall.Conn); ok {
		return &fileSource{s, c}
	}
	if w, ok := s.src.(io.WriterTo); ok {
		return &copySource{s, w}
	}
	return s
}

// source yields prefix, then src or err.
type source struct {
	prefix []byte
	src    io.Reader
	err    error
}

func (s *source) Read(p []byte) (int, error) {
	if len(s.prefix) > 0 {
		n := copy(p, s.prefix)
		s.prefix = s.prefix[n:]
		return n, nil
	}
	if s.src == nil {
		return 0, s.err
	}
	return s.src.Read(p)
}

// fileSource is a source over a file or a connection.
type fileSource struct {
	*source
	conn syscall.Conn
}

var errPrefix = errors.New("middleware: bytes before the file are not copied yet")

// SyscallConn fails while the prefix was not read, so that no byte is skipped.
func (s *fileSource) SyscallConn() (syscall.RawConn, error) {
	if len(s.prefix) > 0 {
		return nil, errPrefix
	}
	return s.conn.SyscallConn()
}

// copySource is a source over a reader that writes itself, such as a buffer.
type copySource struct {
	*source
	to io.WriterTo
}

func (s *copySource) WriteTo(w io.Writer) (n int64, err error) {
	if len(s.prefix) > 0 {
		m, err := w.Write(s.prefix)
		s.prefix = s.prefix[m:]
		if n = int64(m); err != nil {
			return n, err
		}
	}
	m, err := s.to.WriteTo(w)
	return n + m, err
}
