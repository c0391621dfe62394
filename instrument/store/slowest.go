package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

const (
	// slowestPerMinute is how many Records of each kind are noted as the slowest of
	// their minute. It makes "the slowest of an hour" a reading of sixty rows.
	slowestPerMinute = 20
	// slowestPerRollup is how many are noted beside a handler's statistics.
	slowestPerRollup = 5
)

func bySlowest(a, b instrument.SlowRecord) int {
	return cmp.Or(cmp.Compare(b.Duration, a.Duration), cmp.Compare(b.ID, a.ID))
}

// addSlow keeps list, which is sorted, to its n slowest with r in it, and says
// whether r is new there.
func addSlow(list []instrument.SlowRecord, r instrument.SlowRecord, n int) ([]instrument.SlowRecord, bool) {
	if len(list) >= n && bySlowest(list[len(list)-1], r) <= 0 {
		return list, false
	}
	at, found := slices.BinarySearchFunc(list, r, bySlowest)
	if found {
		return list, false
	}
	list = slices.Insert(list, at, r)
	return list[:min(len(list), n)], true
}

// appendSlow is the stored form: for each the distance of its id to the minute's
// first and its duration, as varints.
func appendSlow(b []byte, list []instrument.SlowRecord, minute int64) []byte {
	first := firstOf(minute)
	for _, r := range list {
		b = binary.AppendVarint(b, int64(r.ID-first))
		b = binary.AppendUvarint(b, uint64(r.Duration))
	}
	return b
}

// readSlow calls fn for each Record in a stored list; it stops where the bytes
// make no sense.
func readSlow(b []byte, minute int64, fn func(instrument.SlowRecord)) {
	first := firstOf(minute)
	for len(b) > 0 {
		id, n := binary.Varint(b)
		if n <= 0 {
			return
		}
		d, m := binary.Uvarint(b[n:])
		if m <= 0 || d > math.MaxInt64 {
			return
		}
		b = b[n+m:]
		fn(instrument.SlowRecord{ID: first + instrument.ID(id), Duration: time.Duration(d)})
	}
}

func slowOf(b []byte, minute int64) (list []instrument.SlowRecord) {
	readSlow(b, minute, func(r instrument.SlowRecord) { list = append(list, r) })
	return list
}

// minuteOf and firstOf go between minutes since 1970 and times and ids.
func minuteOf(t time.Time) int64 { return floorDiv(t.Unix(), 60) }

func firstOf(minute int64) instrument.ID {
	return instrument.FirstID(time.Unix(minute*60, 0))
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

type slowKey struct {
	minute int64
	kind   int64 // row
}

type slowList struct {
	list  []instrument.SlowRecord
	dirty bool
}

// slowLists holds the lists of the latest minutes, which are this process's own:
// nobody else changes them in the database.
type slowLists struct {
	lists map[slowKey]*slowList
}

// maxSlowLists bounds them; what is dropped is read again when needed.
const maxSlowLists = 256

func (l *slowLists) forget() { l.lists = nil }

// noteSlow offers a Record to the list of its minute and kind.
func (w *writer) noteSlow(ctx context.Context, id instrument.ID, kind int64, d time.Duration) error {
	key := slowKey{minuteOf(id.Time()), kind}
	l := w.slow.lists[key]
	if l == nil {
		var err error
		if l, err = w.loadSlow(ctx, key); err != nil {
			return err
		}
	}
	var added bool
	l.list, added = addSlow(l.list, instrument.SlowRecord{ID: id, Duration: d}, slowestPerMinute)
	l.dirty = l.dirty || added
	return nil
}

func (w *writer) loadSlow(ctx context.Context, key slowKey) (*slowList, error) {
	s, err := w.stmt(ctx, "SELECT list FROM slowest WHERE minute = ? AND kind = ? AND process = ?")
	if err != nil {
		return nil, err
	}
	var stored []byte
	err = s.QueryRowContext(ctx, key.minute, key.kind, w.self.ID).Scan(&stored)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, err
	}
	l := &slowList{list: slowOf(stored, key.minute)}
	if w.slow.lists == nil {
		w.slow.lists = map[slowKey]*slowList{}
	}
	w.slow.lists[key] = l
	return l, nil
}

// writeSlow writes the lists that changed.
func (w *writer) writeSlow(ctx context.Context) error {
	for key, l := range w.slow.lists {
		if !l.dirty {
			continue
		}
		if err := w.exec(ctx, "INSERT OR REPLACE INTO slowest (minute, kind, process, list) VALUES (?, ?, ?, ?)",
			key.minute, key.kind, w.self.ID, appendSlow(nil, l.list, key.minute)); err != nil {
			return err
		}
		l.dirty = false
	}
	if len(w.slow.lists) > maxSlowLists {
		w.slow.forget()
	}
	return nil
}

func timeOf(id sql.NullInt64) time.Time {
	if !id.Valid {
		return time.Time{}
	}
	return instrument.ID(id.Int64).Time()
}
