package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// A search walks the table in portions: after each it looks at the clock, and so
// it can say how far it came. The first is small, because most searches find a
// page in it.
const (
	firstPortion = 2_000
	lastPortion  = 64_000
	firstBodies  = 250 // when bodies are looked into, which may be long
)

// walk is a search through a range of ids.
type walk struct {
	from, to instrument.ID // what is left: from the first to before the second
	oldest   bool          // from the old end
	searched int64
	portion  int64
	first    int64 // the first portion
	enough   int64 // about how many more hold what is missing; 0: not known
	begun    time.Time
	deadline time.Time
	always   bool // in portions also when every Record passes
	done     bool // nothing is left
}

func newWalk(q *query.Records, c *condition) *walk {
	from, to := windowOf(q)
	now := time.Now()
	first := int64(firstPortion)
	if c.bodies {
		first = firstBodies
	}
	return &walk{
		from: from, to: to, oldest: q.Sort == query.Oldest, portion: first, first: first,
		begun: now, deadline: now.Add(q.Budget), done: from >= to,
	}
}

// late tells whether the time is over; the first portion is always searched.
func (w *walk) late() bool { return w.searched > 0 && time.Now().After(w.deadline) }

// grow makes the next portion twice as large, but not longer than the time that is left
// at the speed so far: a search whose conditions only Go can judge is ten times slower.
func (w *walk) grow() {
	w.portion = min(2*w.portion, lastPortion)
	now := time.Now()
	if took, left := now.Sub(w.begun), w.deadline.Sub(now); took > 0 && left > 0 {
		w.portion = max(min(w.portion, int64(float64(w.searched)*float64(left)/float64(took))), w.first/2)
	}
	if w.enough > 0 {
		w.portion = min(w.portion, max(w.enough, w.first))
	}
}

// found says how many were found so far, and how many are missing: at that rate the next
// portion need not go far beyond the last of them.
func (w *walk) found(n, missing int) {
	w.enough = 0
	if n > 0 {
		w.enough = w.searched * int64(missing) / int64(n) * 5 / 4
	}
}

// nextPortion takes the next portion off the range: all of it when every Record
// passes and so there is nothing to search.
func (s *Store) nextPortion(ctx context.Context, w *walk, c *condition) (from, to instrument.ID, err error) {
	from, to = w.from, w.to
	if c.passesAll() && !w.always || c.few {
		w.done = true
		return from, to, nil
	}
	text := "SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1 OFFSET ?"
	if w.oldest {
		text = "SELECT id FROM record WHERE id >= ? AND id < ? ORDER BY id LIMIT 1 OFFSET ?"
	}
	if w.searched > 0 {
		w.grow()
	}
	var edge instrument.ID
	err = s.db.QueryRowContext(ctx, text, int64(w.from), int64(w.to), w.portion-1).Scan(&edge)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		w.done = true
		return from, to, nil
	case err != nil:
		return 0, 0, err
	case w.oldest:
		to = edge + 1
		w.from = to
	default:
		from = edge
		w.to = from
	}
	w.searched += w.portion
	return from, to, nil
}

// orderedRecords serves the orders of ids.
func (s *Store) orderedRecords(ctx context.Context, q *query.Records, c *condition) (page query.RecordPage, err error) {
	order := " ORDER BY id DESC"
	if q.Sort == query.Oldest {
		order = " ORDER BY id"
	}
	w := newWalk(q, c)
	for !w.done && len(page.Records) <= q.Limit {
		if w.late() {
			return s.incomplete(ctx, q, w, page)
		}
		from, to, err := s.nextPortion(ctx, w, c)
		if err != nil {
			return page, err
		}
		found, err := s.selectPortion(ctx, c, from, to, order, q.Limit+1-len(page.Records))
		if err != nil {
			return page, err
		}
		page.Records = append(page.Records, found...)
		w.found(len(page.Records), q.Limit+1-len(page.Records))
	}
	page.Complete = true
	cutPage(&page, q.Limit)
	return page, s.countTotal(ctx, q, &page)
}

// selectPortion reads up to limit Records of a range of ids.
func (s *Store) selectPortion(ctx context.Context, c *condition, from, to instrument.ID, order string, limit int) ([]query.Row, error) {
	tail := "id >= ? AND id < ?" + c.text.String() + order
	args := append([]any{int64(from), int64(to)}, c.args...)
	if c.match == nil {
		tail += " LIMIT ?"
		args = append(args, limit)
	}
	return s.selectMatching(ctx, c, limit, tail, args...)
}

// cutPage leaves n Records and notes whether there were more.
func cutPage(p *query.RecordPage, n int) {
	if len(p.Records) > n {
		p.Records, p.More = p.Records[:n], true
	}
	if len(p.Records) > 0 {
		last := &p.Records[len(p.Records)-1]
		p.Next = query.Cursor{ID: last.ID, Duration: last.Duration}
	}
}

// incomplete is a page whose search ran out of time; the next goes on where it
// stopped.
func (s *Store) incomplete(ctx context.Context, q *query.Records, w *walk, page query.RecordPage) (query.RecordPage, error) {
	cutPage(&page, q.Limit)
	page.More = true
	page.Next = query.Cursor{ID: w.to}
	if w.oldest {
		page.Next = query.Cursor{ID: w.from - 1}
	}
	page.Searched = w.searched
	return page, s.countTotal(ctx, q, &page)
}

// countTotal fills in how many Records the window has. Without a window that is
// known; counting those of one is as much work as a search, so it is done only
// when the page is incomplete.
func (s *Store) countTotal(ctx context.Context, q *query.Records, page *query.RecordPage) (err error) {
	first := *q
	first.After = query.Cursor{}
	from, to := windowOf(&first)
	switch {
	case q.Since.IsZero() && q.Until.IsZero():
		page.Total, err = s.total(ctx, totalRecords)
	case !page.Complete:
		err = s.db.QueryRowContext(ctx, "SELECT count(*) FROM record WHERE id >= ? AND id < ?", int64(from), int64(to)).Scan(&page.Total)
	}
	if page.Complete {
		page.Searched = page.Total
	}
	if err != nil {
		return fmt.Errorf("count records: %w", err)
	}
	return nil
}

// slowestRecords serves the order of durations. Where only kinds, processes and a window
// are asked for, the lists of each minute answer; any other filter is a search.
func (s *Store) slowestRecords(ctx context.Context, q *query.Records, c *condition) (query.RecordPage, error) {
	top := &topList{n: q.Limit + 1, after: q.After}
	page := query.RecordPage{Complete: true}
	w := newWalk(q, c)
	var err error
	if onlyKinds(q) {
		page.Complete, err = s.slowestOfWindow(ctx, q, c, top)
	} else {
		page.Complete, err = s.searchSlowest(ctx, q, c, top, w, time.Now().Add(q.Budget))
	}
	if err != nil {
		return page, err
	}
	if page.Records, err = s.rowsOf(ctx, top.list); err != nil {
		return page, err
	}
	cutPage(&page, q.Limit)
	page.Searched = w.searched
	return page, s.countTotal(ctx, q, &page)
}

// onlyKinds tells whether the query has no filter but kinds, processes and the window: lists
// of minutes are kept for each kind and process.
func onlyKinds(q *query.Records) bool {
	var c condition
	bare := *q
	bare.Processes = nil
	c.addColumns(&bare)
	c.addFlags(&bare)
	return c.passesAll() && q.Where.Op == query.Pass && q.Handler == "" && q.Name == ""
}

// topList gathers the slowest n of what comes after a cursor.
type topList struct {
	n     int
	after query.Cursor
	list  []instrument.SlowRecord
}

func (t *topList) add(r instrument.SlowRecord) {
	if t.after.ID != 0 && bySlowest(instrument.SlowRecord{ID: t.after.ID, Duration: t.after.Duration}, r) >= 0 {
		return
	}
	t.list, _ = addSlow(t.list, r, t.n)
}

// closedTo tells that no Record of duration d can enter any more.
func (t *topList) closedTo(d time.Duration) bool {
	return len(t.list) >= t.n && t.list[len(t.list)-1].Duration > d
}

// searchSlowest looks at the Records of a walk until the deadline, which the first
// portion may pass.
func (s *Store) searchSlowest(ctx context.Context, q *query.Records, c *condition, top *topList, w *walk, deadline time.Time) (complete bool, err error) {
	where := c.text.String()
	if q.After.ID != 0 {
		where += fmt.Sprintf(" AND (duration, id) < (%d, %d)", int64(q.After.Duration), int64(q.After.ID))
	}
	w.begun, w.deadline = time.Now(), deadline
	for !w.done {
		if w.late() {
			return false, nil
		}
		from, to, err := s.nextPortion(ctx, w, c)
		if err != nil {
			return false, err
		}
		if err := s.slowestOfPortion(ctx, c, top, from, to, where); err != nil {
			return false, err
		}
	}
	return true, nil
}

// slowestOfPortion gathers from a range of ids.
func (s *Store) slowestOfPortion(ctx context.Context, c *condition, top *topList, from, to instrument.ID, where string) error {
	args := append([]any{int64(from), int64(to)}, c.args...)
	if c.match != nil {
		rows, err := s.selectMatching(ctx, c, top.n, "id >= ? AND id < ?"+where+" ORDER BY duration DESC, id DESC", args...)
		for i := range rows {
			top.add(instrument.SlowRecord{ID: rows[i].ID, Duration: rows[i].Duration})
		}
		return err
	}
	rows, err := s.db.QueryContext(ctx, "SELECT id, duration FROM record WHERE id >= ? AND id < ?"+where+
		" ORDER BY duration DESC, id DESC LIMIT ?", append(args, top.n)...)
	if err != nil {
		return err
	}
	return each(rows, top.scan)
}

func (t *topList) scan(rows *sql.Rows) error {
	var r instrument.SlowRecord
	if err := rows.Scan(&r.ID, &r.Duration); err != nil {
		return err
	}
	t.add(r)
	return nil
}

// slowestOfWindow asks the lists of the minutes. Where pruning has been, lists
// would name Records that are gone, and the few that are left are searched.
func (s *Store) slowestOfWindow(ctx context.Context, q *query.Records, c *condition, top *topList) (complete bool, err error) {
	cleared, err := s.total(ctx, totalCleared)
	if err != nil {
		return false, err
	}
	from, to := windowOf(q)
	deadline := time.Now().Add(q.Budget)
	if edge := firstOf(minuteOf(instrument.ID(cleared).Time()) + 1); cleared > 0 && from < edge {
		w := &walk{from: from, to: min(to, edge), portion: firstPortion, first: firstPortion}
		if complete, err := s.searchSlowest(ctx, q, c, top, w, deadline); err != nil || !complete {
			return false, err
		}
		from = edge
	}
	hidden, err := s.slowestOfMinutes(ctx, c, top, from, to)
	if err != nil {
		return false, err
	}
	return s.searchHidden(ctx, q, c, top, hidden, deadline)
}

// slowestOfMinutes reads the lists of the window's minutes. A list that is full
// may hide Records of its minute: hidden says how long these can be.
func (s *Store) slowestOfMinutes(ctx context.Context, c *condition, top *topList, from, to instrument.ID) (hidden map[int64]time.Duration, err error) {
	if from >= to {
		return nil, nil
	}
	text := "SELECT minute, list FROM slowest WHERE minute >= ? AND minute <= ?" + c.text.String()
	rows, err := s.db.QueryContext(ctx, text, append([]any{minuteOf(from.Time()), minuteOf((to - 1).Time())}, c.args...)...)
	if err != nil {
		return nil, err
	}
	hidden = map[int64]time.Duration{}
	err = each(rows, func(rows *sql.Rows) error {
		var minute int64
		var stored sql.RawBytes
		if err := rows.Scan(&minute, &stored); err != nil {
			return err
		}
		n, last := 0, time.Duration(0)
		readSlow(stored, minute, func(r instrument.SlowRecord) {
			n, last = n+1, r.Duration
			if r.ID >= from && r.ID < to {
				top.add(r)
			}
		})
		if n >= slowestPerMinute {
			hidden[minute] = max(hidden[minute], last)
		}
		return nil
	})
	return hidden, err
}

// searchHidden searches the minutes that may hide what belongs to the answer.
func (s *Store) searchHidden(ctx context.Context, q *query.Records, c *condition, top *topList, hidden map[int64]time.Duration, deadline time.Time) (complete bool, err error) {
	from, to := windowOf(q)
	var minutes []int64
	for m := range hidden {
		minutes = append(minutes, m)
	}
	slices.SortFunc(minutes, func(a, b int64) int { return int(min(max(hidden[b]-hidden[a], -1), 1)) })
	for i, m := range minutes {
		if top.closedTo(hidden[m]) {
			continue
		}
		if i > 0 && time.Now().After(deadline) {
			return false, nil
		}
		w := &walk{from: max(from, firstOf(m)), to: min(to, firstOf(m+1)), portion: lastPortion, first: firstPortion}
		if complete, err := s.searchSlowest(ctx, q, c, top, w, deadline); err != nil || !complete {
			return false, err
		}
	}
	return true, nil
}

// rowsOf reads Records by id, in the order given. Those that are gone are left out.
func (s *Store) rowsOf(ctx context.Context, list []instrument.SlowRecord) ([]query.Row, error) {
	if len(list) == 0 {
		return nil, nil
	}
	ids := make([]int64, len(list))
	for i, r := range list {
		ids[i] = int64(r.ID)
	}
	rows, err := s.selectRows(ctx, "id IN ("+numbers(ids)+")")
	slices.SortFunc(rows, func(a, b query.Row) int {
		return bySlowest(instrument.SlowRecord{ID: a.ID, Duration: a.Duration}, instrument.SlowRecord{ID: b.ID, Duration: b.Duration})
	})
	return rows, err
}
