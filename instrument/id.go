package instrument

import (
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// ID names a Record: a positive 63-bit integer that grows with time. It is
// milliseconds since 2020 (41 bits, until 2089), the process (10 bits) and a
// counter (12 bits). A window of time is therefore a range of ids. 0 is no Record.
type ID int64

const (
	idProcessBits = 10
	idCounterBits = 12
	// MaxProcess is the greatest process number that an ID can hold.
	MaxProcess = 1<<idProcessBits - 1
)

var idEpoch = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()

// idAlphabet is Crockford's base 32 in lower case: no i, l, o, u.
const idAlphabet = "0123456789abcdefghjkmnpqrstvwxyz"

const idLen = 13

// String is the id in 13 letters and digits that sort as the ids do.
func (id ID) String() string {
	b := id.text()
	return string(b[:])
}

func (id ID) text() (b [idLen]byte) {
	for i := idLen - 1; i >= 0; i-- {
		b[i] = idAlphabet[id&31]
		id >>= 5
	}
	return b
}

// ParseID reads what String wrote; upper case is accepted.
func ParseID(s string) (ID, error) {
	if len(s) != idLen {
		return 0, fmt.Errorf("parse record id %q: it has %d characters, expected %d", s, len(s), idLen)
	}
	var id ID
	for _, c := range []byte(strings.ToLower(s)) {
		v := strings.IndexByte(idAlphabet, c)
		if v < 0 {
			return 0, fmt.Errorf("parse record id %q: %q is not a character of ids", s, c)
		}
		id = id<<5 | ID(v)
	}
	if id < 0 || s[0] > '7' {
		return 0, fmt.Errorf("parse record id %q: it is out of range", s)
	}
	return id, nil
}

// MarshalText gives what String gives, "" for no Record, so that ids are text in JSON.
func (id ID) MarshalText() ([]byte, error) {
	if id == 0 {
		return nil, nil
	}
	b := id.text()
	return b[:], nil
}

// UnmarshalText reads what MarshalText wrote.
func (id *ID) UnmarshalText(text []byte) (err error) {
	*id = 0
	if len(text) > 0 {
		*id, err = ParseID(string(text))
	}
	return err
}

// Time is when the Record began, to the millisecond.
func (id ID) Time() time.Time {
	return time.UnixMilli(int64(id)>>(idProcessBits+idCounterBits) + idEpoch)
}

// Process is the number of the process that recorded it, as stores number those that
// share them.
func (id ID) Process() uint16 {
	return uint16(int64(id) >> idCounterBits & (1<<idProcessBits - 1))
}

// FirstID is the smallest id that a Record which began at t can have; 0 before 2020.
func FirstID(t time.Time) ID {
	return ID(max(t.UnixMilli()-idEpoch, 0) << (idProcessBits + idCounterBits))
}

// idSource makes ids: each greater than the one before, also when the wall clock
// steps back, and unique while fewer than 4096 a millisecond are made over time.
type idSource struct {
	process uint64
	last    atomic.Uint64 // milliseconds << 12 | counter
}

func (s *idSource) next(unixMilli int64) ID {
	now := uint64(max(unixMilli-idEpoch, 0)) << idCounterBits
	for {
		old := s.last.Load()
		seq := max(old+1, now)
		if s.last.CompareAndSwap(old, seq) {
			ms, count := seq>>idCounterBits, seq&(1<<idCounterBits-1)
			return ID(ms<<(idProcessBits+idCounterBits) | s.process<<idCounterBits | count)
		}
	}
}
