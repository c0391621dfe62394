package instrument

import (
	"encoding/hex"
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

// newTrace begins a trace. The ids come from the runtime's ChaCha8 source, which
// is seeded by the operating system and safe for concurrent use.
func newTrace() (t TraceContext) {
	putUint64(t.TraceID[:8], rand.Uint64())
	putUint64(t.TraceID[8:], rand.Uint64())
	t.SpanID = newSpanID()
	return t
}

func newSpanID() (s SpanID) {
	putUint64(s[:], rand.Uint64()|1) // never all zero
	return s
}

func putUint64(b []byte, v uint64) {
	for i := range 8 {
		b[i] = byte(v >> (56 - 8*i))
	}
}
