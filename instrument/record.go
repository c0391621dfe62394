package instrument

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Record is a finished execution as it is read back: its Summary and its spans.
type Record struct {
	Summary
	Handler HandlerInfo
	Attrs   []KV         // of the root span
	Spans   []RecordSpan // in the order in which they began; the first is the root
	// Flattened is how many spans stood deeper than MaxDepth. They stand at that depth,
	// below the span that held them there.
	Flattened int
}

// MaxDepth is how deep spans may stand below each other in a Record that is read; the
// root is at depth 0. A page that draws thousands of levels is of no use to anybody.
const MaxDepth = 256

// RecordSpan is one span of a Record.
type RecordSpan struct {
	Handler  HandlerInfo
	Parent   int           // index in Record.Spans; -1 for the root
	Start    time.Duration // after the Record's start
	Duration time.Duration
	Self     time.Duration // without its children; 0 where they overlap it all
	Flags    Flags
	Attrs    []KV
	Stack    []Frame // innermost first; of a panic
	Error    string  // why it failed: the error's or the panic's text
}

// SpanID is the id of a span in its trace, by its index in Spans. What the span called
// has it as its [Summary.Caller].
func (r *Record) SpanID(span int) SpanID {
	root := r.Trace.SpanID
	if root == (SpanID{}) {
		binary.BigEndian.PutUint64(root[:], uint64(r.ID))
	}
	if span < 0 || span >= len(r.Spans) {
		return SpanID{}
	}
	for _, kv := range r.Spans[span].Attrs {
		if text, ok := kv.Value.(string); ok && kv.Key == KeySpanID.Name() {
			if id, ok := parseSpanID(text); ok {
				return id
			}
		}
	}
	return root.Child(span)
}

// HandlerInfo is a Handler as data: also of another process.
type HandlerInfo struct {
	Kind   Kind
	Name   string
	Source Source
}

// Info is the handler as data.
func (h *Handler) Info() HandlerInfo {
	return HandlerInfo{Kind: h.Kind(), Name: h.Name(), Source: h.Source()}
}

// KV is an attribute read back. Value is a string, int64, float64, bool or
// time.Duration.
type KV struct {
	Key   string
	Value any
}

// Frame is one call in a stack.
type Frame struct {
	Func string
	File string
	Line int
}

// Names resolves the numbers in a blob, which are those of the process that wrote
// it. Unknown numbers give zero values.
type Names interface {
	Handler(id uint32) HandlerInfo
	Key(id uint32) string
	Frames(pc uint64) []Frame // innermost first: a call that was inlined has several
}

// LiveNames resolves numbers of this process.
func LiveNames() Names { return liveNames{} }

type liveNames struct{}

func (liveNames) Handler(id uint32) HandlerInfo { return handlerByID(id).Info() }

func (liveNames) Key(id uint32) string { return Key(id).Name() }

func (liveNames) Frames(pc uint64) (frames []Frame) {
	it := runtime.CallersFrames([]uintptr{uintptr(pc)})
	for {
		f, more := it.Next()
		if f.Function != "" {
			frames = append(frames, Frame{cleanFunc(f.Function), f.File, f.Line})
		}
		if !more {
			return frames
		}
	}
}

// CachedFrames gives Names that know what n does and look the calls at a program counter
// up once, which is most of what decoding a stack takes. They keep some thousands of
// program counters, and are not for several goroutines at a time.
func CachedFrames(n Names) Names { return &cachedFrames{Names: n} }

type cachedFrames struct {
	Names
	frames map[uint64][]Frame
}

const maxCachedFrames = 8192

func (c *cachedFrames) Frames(pc uint64) []Frame {
	if f, ok := c.frames[pc]; ok {
		return f
	}
	if c.frames == nil || len(c.frames) >= maxCachedFrames {
		c.frames = map[uint64][]Frame{}
	}
	f := c.Names.Frames(pc)
	c.frames[pc] = f
	return f
}

var errBlob = errors.New("the bytes are not an encoded Record")

// Decode reads a Record back. Damaged bytes are an error; whatever they are, it
// does not panic and does not take memory beyond a small multiple of their length.
func Decode(s Summary, blob []byte, n Names) (*Record, error) {
	r := &reader{b: blob}
	if len(blob) == 0 || blob[0] != encodingVersion {
		return nil, fmt.Errorf("decode record %s: unknown version", s.ID)
	}
	r.b = blob[1:]
	rec := &Record{Summary: s}
	if err := decodeSpans(r, rec, n); err != nil {
		return nil, fmt.Errorf("decode record %s: %w", s.ID, err)
	}
	if err := decodeAttrs(r, rec, n); err != nil {
		return nil, fmt.Errorf("decode record %s: %w", s.ID, err)
	}
	rec.Handler = rec.Spans[0].Handler
	rec.Attrs = rec.Spans[0].Attrs
	setSelf(rec.Spans)
	rec.flatten()
	return rec, nil
}

func decodeSpans(r *reader, rec *Record, n Names) error {
	count := r.uvarint()
	if count == 0 || count > uint64(len(r.b)) {
		return errBlob
	}
	rec.Spans = make([]RecordSpan, 0, count)
	start, end := int64(0), int64(0) // of the span before
	for i := range int(count) {
		h, up := r.uvarint(), r.uvarint()
		flagged := up&1 != 0
		if up >>= 1; up != 1 {
			start = end
		}
		start += r.varint()
		d, flags := r.uvarint(), uint64(0)
		if flagged {
			flags = r.uvarint()
		}
		if r.bad || up > uint64(i) || (up == 0) != (i == 0) {
			return errBlob
		}
		end = start + int64(d)
		rec.Spans = append(rec.Spans, RecordSpan{
			Handler: n.Handler(uint32(h)), Parent: i - int(up), Flags: Flags(flags),
			Start: time.Duration(start), Duration: time.Duration(d),
		})
	}
	rec.Spans[0].Parent = -1
	return nil
}

func decodeAttrs(r *reader, rec *Record, n Names) error {
	count := r.uvarint()
	if count > uint64(len(r.b)) {
		return errBlob
	}
	span := int64(0)
	texts := map[Key]string{} // the last of each key
	for range count {
		head := r.uvarint()
		span += unzigzag(head >> typeBits)
		key := Key(r.uvarint())
		if r.bad || span < 0 || span >= int64(len(rec.Spans)) {
			return errBlob
		}
		p := &rec.Spans[span]
		typ := attrType(head & (1<<typeBits - 1))
		if typ == attrStack {
			p.Stack = framesOf(unpackPCs(r.bytes()), n)
		} else if v := decodeValue(r, typ, texts, key); !r.bad {
			p.add(n.Key(uint32(key)), v)
		}
		if r.bad {
			return errBlob
		}
	}
	return nil
}

// add adds an attribute that was read.
func (p *RecordSpan) add(name string, v any) {
	if text, ok := v.(string); ok && (name == KeyErrorMessage.Name() || name == KeyPanicValue.Name()) {
		p.Error = text
	}
	p.Attrs = append(p.Attrs, KV{name, v})
}

func decodeValue(r *reader, typ attrType, texts map[Key]string, key Key) any {
	switch typ {
	case attrString:
		texts[key] = string(r.bytes())
		return texts[key]
	case attrAgain:
		text, ok := texts[key]
		if !ok {
			r.fail()
		}
		return text
	case attrInt:
		return r.varint()
	case attrDuration:
		return time.Duration(r.varint())
	case attrFloat, attrBool:
		return decodeFixed(r, typ)
	}
	r.fail()
	return nil
}

func decodeFixed(r *reader, typ attrType) any {
	n := 1
	if typ == attrFloat {
		n = 8
	}
	if len(r.b) < n {
		r.fail()
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	if typ == attrBool {
		return b[0] != 0
	}
	return floatOf(binary.BigEndian.Uint64(b))
}

func framesOf(pcs []uint64, n Names) (frames []Frame) {
	for _, pc := range pcs {
		frames = append(frames, n.Frames(pc)...)
	}
	return frames
}

// setSelf works out each span's own time.
func setSelf(spans []RecordSpan) {
	for i := range spans {
		spans[i].Self = spans[i].Duration
	}
	for i := len(spans) - 1; i > 0; i-- {
		p := &spans[spans[i].Parent]
		p.Self = max(p.Self-spans[i].Duration, 0)
	}
}

// flatten brings spans up that stand too deep. Parents come before their children.
func (rec *Record) flatten() {
	if len(rec.Spans) <= MaxDepth {
		return
	}
	depths := make([]int, len(rec.Spans))
	for i := 1; i < len(rec.Spans); i++ {
		p := &rec.Spans[i]
		if depths[p.Parent] == MaxDepth {
			p.Parent = rec.Spans[p.Parent].Parent
			rec.Flattened++
		}
		depths[i] = depths[p.Parent] + 1
	}
}

// PCs gives the program counters in a blob, each once; nil for damaged bytes.
func PCs(blob []byte) []uint64 {
	seen := pcNames{}
	if _, err := Decode(Summary{}, blob, seen); err != nil {
		return nil
	}
	pcs := make([]uint64, 0, len(seen))
	for pc := range seen {
		pcs = append(pcs, pc)
	}
	return pcs
}

// pcNames is a Names that notes what it is asked for.
type pcNames map[uint64]bool

func (pcNames) Handler(uint32) HandlerInfo { return HandlerInfo{} }
func (pcNames) Key(uint32) string          { return "" }
func (s pcNames) Frames(pc uint64) []Frame { s[pc] = true; return nil }
