package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
)

// What "toolbar run --logs" keeps of an app's standard output and error: Records of kind
// "output", each with the lines of a stretch of time.
const (
	stretchTime  = time.Second // that a Record has lines of
	stretchLines = 200
	stretchBytes = 48 << 10 // of lines, below what a Record keeps of text
	maxLine      = 8 << 10  // of which more is cut
	maxWaiting   = 8 << 20  // of output that waits to be split into lines; more is dropped
	maxChunks    = 1024     // that wait
)

// logsPatience is how long is waited at the end until what was written is stored.
const logsPatience = 10 * time.Second

// logsBytes bounds a store whose app has no toolbar that would prune it.
const logsBytes = 1 << 30

var (
	kindOutput = instrument.RegisterKind("output")

	keyStream  = instrument.NewKey("log.iostream") // OpenTelemetry's name: stdout or stderr
	keyCut     = instrument.NewKey("log.cut_bytes")
	keyDropped = instrument.NewKey("log.dropped_bytes") // of the stream before this line
)

// outputLog keeps what an app writes. Its streams never wait for it.
type outputLog struct {
	db        io.Closer
	store     *store.Store
	collector *collect.Collector
	recorder  *instrument.Recorder
	app       *instrument.Handler

	mu      sync.Mutex // guards what follows, and that nothing is sent once closed
	closed  bool
	waiting int   // bytes in chunks
	dropped int64 // bytes, in all

	chunks chan chunk
	done   chan struct{} // closed when all chunks are kept

	// Of the goroutine that keeps: the Record of the present stretch, nil for none.
	rec   *instrument.Recording
	ctx   context.Context
	lines int
	bytes int
	since time.Time
}

// chunk is what one write gave.
type chunk struct {
	from *stream
	text []byte
	lost int // bytes that were dropped before it
}

// stream is the app's standard output or error. What is written to it goes on to out
// first, as it is.
type stream struct {
	log  *outputLog
	out  io.Writer
	line *instrument.Handler
	lost int // bytes that were dropped since the last chunk; guarded by log.mu

	// Of the goroutine that keeps:
	partial []byte
	cut     int // bytes of the partial line beyond maxLine
	gap     int // bytes that were dropped before the partial line
}

// keepOutput opens the store at path.
func keepOutput(ctx context.Context, path string, args []string) (l *outputLog, err error) {
	l = &outputLog{chunks: make(chan chunk, maxChunks), done: make(chan struct{})}
	db, err := sqlitefile.Open(path, sqlitefile.Options{})
	if err != nil {
		return nil, err
	}
	l.db = db
	const ever = 100 * 365 * 24 * time.Hour // how long things are kept is the app's to say
	name := filepath.Base(args[0])
	l.store, err = store.Open(ctx, db, store.Options{
		Service: name, MaxAge: ever, KeepAge: ever, RollupAge: ever, MinuteAge: ever, MaxBytes: logsBytes,
	})
	if err != nil {
		return nil, errors.Join(err, l.db.Close())
	}
	l.collector, err = collect.New(collect.Config{Store: outputStore{l.store}, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, errors.Join(err, l.store.Close(), l.db.Close())
	}
	l.recorder = instrument.New(instrument.Config{Sink: l.collector, Masker: mask.Default(), Process: l.store.Process(), NoLabels: true})
	if err := l.collector.Start(l.recorder); err != nil {
		return nil, errors.Join(err, l.store.Close(), l.db.Close())
	}
	l.app = instrument.NewHandler(kindOutput, name, instrument.Source{})
	go l.keep()
	return l, nil
}

// stream gives the writer for one of the app's streams.
func (l *outputLog) stream(name string, out io.Writer) *stream {
	return &stream{log: l, out: out, line: instrument.NewHandler(instrument.KindLog, name, instrument.Source{})}
}

// Write passes p on, and hands a copy over where there is room.
func (s *stream) Write(p []byte) (int, error) {
	n, err := s.out.Write(p)
	s.log.offer(s, p[:max(0, min(n, len(p)))])
	return n, err
}

func (l *outputLog) offer(s *stream, p []byte) {
	if len(p) == 0 {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && l.waiting+len(p) <= maxWaiting {
		select {
		case l.chunks <- chunk{s, bytes.Clone(p), s.lost}:
			l.waiting += len(p)
			s.lost = 0
			return
		default:
		}
	}
	s.lost += len(p)
	l.dropped += int64(len(p))
}

// keep splits what comes into lines. A line that is not complete waits for its end, which
// may be that of the app.
func (l *outputLog) keep() {
	defer close(l.done)
	var streams []*stream
	end := time.NewTicker(stretchTime / 4)
	defer end.Stop()
	for {
		select {
		case c, ok := <-l.chunks:
			if !ok {
				for _, s := range streams {
					s.rest()
				}
				return
			}
			known := false
			for _, s := range streams {
				known = known || s == c.from
			}
			if !known {
				streams = append(streams, c.from)
			}
			l.mu.Lock()
			l.waiting -= len(c.text)
			l.mu.Unlock()
			c.from.split(c.text, c.lost)
		case <-end.C:
		}
		if l.rec != nil && time.Since(l.since) >= stretchTime {
			l.endStretch()
		}
	}
}

// split adds to the stream's lines.
func (s *stream) split(text []byte, lost int) {
	if lost > 0 {
		s.rest() // what the line went on with is not known
		s.gap += lost
	}
	for {
		part, after, whole := bytes.Cut(text, []byte{'\n'})
		room := max(0, maxLine-len(s.partial))
		s.cut += max(0, len(part)-room)
		s.partial = append(s.partial, part[:min(len(part), room)]...)
		if !whole {
			return
		}
		s.end()
		text = after
	}
}

// rest keeps the line that has no end.
func (s *stream) rest() {
	if len(s.partial) > 0 || s.cut > 0 {
		s.end()
	}
}

// end keeps the line so far.
func (s *stream) end() {
	text := plainText(s.partial)
	attrs := []instrument.Attr{keyStream.Masked(s.line.Name()), instrument.KeyLogMessage.String(text)}
	if s.cut > 0 {
		attrs = append(attrs, keyCut.Int(s.cut))
	}
	if s.gap > 0 {
		attrs = append(attrs, keyDropped.Int(s.gap))
	}
	s.partial, s.cut, s.gap = s.partial[:0], 0, 0
	s.log.add(s.line, text, attrs)
}

// add puts a line into the present stretch.
func (l *outputLog) add(h *instrument.Handler, text string, attrs []instrument.Attr) {
	if l.rec != nil && (l.lines >= stretchLines || l.bytes+len(text) > stretchBytes) {
		l.endStretch()
	}
	if l.rec == nil {
		l.begin(text)
	}
	instrument.Event(l.ctx, h, attrs...)
	l.lines++
	l.bytes += len(text) + 32
}

// begin starts a stretch, which lists show by its first line.
func (l *outputLog) begin(first string) {
	l.ctx, l.rec = l.recorder.Begin(context.Background(), instrument.Begin{Handler: l.app, Path: first})
	l.since = time.Now()
}

func (l *outputLog) endStretch() {
	l.rec.End()
	l.rec, l.lines, l.bytes = nil, 0, 0
}

// close keeps what is left when the app has ended with a code, and says what is not in the
// store.
func (l *outputLog) close(code int) (notes []string) {
	ctx, cancel := context.WithTimeout(context.Background(), logsPatience)
	defer cancel()
	l.mu.Lock()
	l.closed = true
	close(l.chunks)
	l.mu.Unlock()
	<-l.done // bounded: what waits is
	if code != 0 {
		text := fmt.Sprintf("the app ended with exit code %d", code)
		if l.rec == nil {
			l.begin(text)
		}
		l.rec.SetStatus(code)
		l.rec.Fail(errors.New(text))
	}
	if l.rec != nil {
		l.endStretch()
	}
	err := l.collector.Close(ctx)
	l.recorder.SetEnabled(false)
	if err = errors.Join(err, l.store.Close(), l.db.Close()); err != nil {
		notes = append(notes, fmt.Sprintf("some of the app's output is not in the store: %v", err))
	}
	if l.dropped > 0 {
		notes = append(notes, fmt.Sprintf("%d bytes of the app's output came too fast and are not in the store", l.dropped))
	}
	return notes
}

// plainText makes a line what can be read: no colours, and no other control characters.
func plainText(line []byte) string {
	var b strings.Builder
	for text := string(line); text != ""; {
		if rest, ok := afterEscape(text); ok {
			text = rest
			continue
		}
		r, n := utf8.DecodeRuneInString(text)
		text = text[n:]
		switch {
		case r == '\r' && text == "":
		case r == '\t' || r != utf8.RuneError && !unicode.IsControl(r):
			b.WriteRune(r)
		default:
			b.WriteRune(utf8.RuneError)
		}
	}
	return b.String()
}

// afterEscape skips a sequence that colours a terminal's text: ESC [ ... m.
func afterEscape(s string) (rest string, ok bool) {
	after, found := strings.CutPrefix(s, "\x1b[")
	if !found {
		return s, false
	}
	i := strings.IndexFunc(after, func(r rune) bool { return r != ';' && (r < '0' || r > '9') })
	if i < 0 || after[i] != 'm' {
		return s, false
	}
	return after[i+1:], true
}

// outputStore takes Records, and no statistics of theirs: for how long lines were collected
// says nothing of the app.
type outputStore struct{ *store.Store }

func (s outputStore) Roll(ctx context.Context, at time.Time, rows []instrument.RollRow) error {
	rows = slices.DeleteFunc(rows, func(r instrument.RollRow) bool { return r.Handler.Kind() == kindOutput })
	return s.Store.Roll(ctx, at, rows)
}
