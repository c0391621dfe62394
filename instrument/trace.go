package instrument

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
)

// TraceID is W3C Trace Context's 16-byte trace id. All zero is none.
type TraceID [16]byte

// SpanID is W3C Trace Context's 8-byte parent id. All zero is none.
type SpanID [8]byte

// String is the id in lower-case hexadecimal; "" for none.
func (t TraceID) String() string {
	if t == (TraceID{}) {
		return ""
	}
	return hex.EncodeToString(t[:])
}

// MarshalText gives what String gives, so that ids are text in JSON.
func (t TraceID) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (t *TraceID) UnmarshalText(text []byte) error {
	*t = TraceID{}
	if len(text) == 0 {
		return nil
	}
	if len(text) != 2*len(t) || !lowerHex(t[:], string(text)) {
		return fmt.Errorf("parse trace id %q: it is not 32 lower-case hexadecimal digits", text)
	}
	return nil
}

// String is the id in lower-case hexadecimal; "" for none.
func (s SpanID) String() string {
	if s == (SpanID{}) {
		return ""
	}
	return hex.EncodeToString(s[:])
}

// TraceContext is the place of a Record in a distributed trace: what a W3C
// traceparent header carries. The zero value is outside any trace.
type TraceContext struct {
	TraceID TraceID
	SpanID  SpanID
	Sampled bool
}

// ParseTraceparent reads a traceparent header of version 00 and nothing else: 55
// characters, lower case, neither id all zero. It reports false for anything that
// is not that, which is then treated as if the header were not there (T-23).
func ParseTraceparent(s string) (t TraceContext, ok bool) {
	if len(s) != 55 || s[:3] != "00-" || s[35] != '-' || s[52] != '-' {
		return TraceContext{}, false
	}
	var flags [1]byte
	if !lowerHex(t.TraceID[:], s[3:35]) || !lowerHex(t.SpanID[:], s[36:52]) || !lowerHex(flags[:], s[53:]) {
		return TraceContext{}, false
	}
	t.Sampled = flags[0]&1 != 0
	if t.TraceID == (TraceID{}) || t.SpanID == (SpanID{}) {
		return TraceContext{}, false
	}
	return t, true
}

func lowerHex(dst []byte, s string) bool {
	for i := range len(s) {
		if s[i] >= 'A' && s[i] <= 'F' {
			return false
		}
	}
	_, err := hex.Decode(dst, []byte(s))
	return err == nil
}

// KeySpanID is the id of a span that another tracing system gave it, on the spans that
// one was given to: see Exporter. Others have the one that SpanID.Child tells.
var KeySpanID = NewKey("trace.span_id")

func parseSpanID(text string) (s SpanID, ok bool) {
	if len(text) != 2*len(s) || !lowerHex(s[:], text) {
		return SpanID{}, false
	}
	return s, s != SpanID{}
}

// Child is the id of a span in the Record whose own id is s, by its place in
// Record.Spans: 0 is the Record itself. Ids are worked out when somebody asks, so that
// spans need not carry one, and they are the same while a Record runs and when it is
// read back.
func (s SpanID) Child(span int) SpanID {
	if span == 0 || s == (SpanID{}) {
		return s
	}
	// SplitMix64: different places never give the same id.
	x := binary.BigEndian.Uint64(s[:]) + uint64(span)*0x9E3779B97F4A7C15
	x = (x ^ x>>30) * 0xBF58476D1CE4E5B9
	x = (x ^ x>>27) * 0x94D049BB133111EB
	x ^= x >> 31
	binary.BigEndian.PutUint64(s[:], max(x, 1))
	return s
}

// Traceparent is the header's text; "" outside a trace.
func (t TraceContext) Traceparent() string {
	if t.TraceID == (TraceID{}) || t.SpanID == (SpanID{}) {
		return ""
	}
	flags := "-00"
	if t.Sampled {
		flags = "-01"
	}
	return "00-" + t.TraceID.String() + "-" + t.SpanID.String() + flags
}

// fill makes a new id, in place. Ids come from the runtime's ChaCha8 source, which is
// seeded by the operating system and safe for concurrent use.
func (t *TraceID) fill() {
	binary.BigEndian.PutUint64(t[:8], rand.Uint64()|1) // never all zero
	binary.BigEndian.PutUint64(t[8:], rand.Uint64())
}

// fill makes a new id, in place.
func (s *SpanID) fill() {
	binary.BigEndian.PutUint64(s[:], rand.Uint64()|1) // never all zero
}
