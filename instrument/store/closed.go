package store

import (
	"context"
	"database/sql"
	"slices"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Statistics of minutes that are over stay as they are, and most of what pages ask for
// lies there. So minutes that are closed are read once, as blocks of a minute, and added
// up in blocks of ten minutes, an hour, a day and thirty days. A window is read as the
// largest blocks that fit into it, and from the database only as far as its minutes are
// not over. A block is a row for each handler and process, as table rollup has it, only
// wider: what is added up is exactly the same.
//
// What changes minutes that are over says so (writer.rewrote), and then all is read anew:
// minutes that become hours, statistics that are removed, a process that was late or
// whose clock went back.

// blockWidths are how many minutes blocks have, each a multiple of the one before.
var blockWidths = []int64{1, 10, 60, 24 * 60, 30 * 24 * 60}

const (
	// closedAfter is how many whole minutes are left for those that write late. Writers
	// say so from lateAfter on: what lies between is for transactions under way.
	closedAfter = 2
	lateAfter   = 1
	// maxClosedBytes bounds the blocks that are kept; those that were not asked for the
	// longest go first.
	maxClosedBytes = 16 << 20
)

// closedKey names a block.
type closedKey struct {
	of    string // "": each handler by itself; ofCounts: its numbers alone; otherwise what a filter chooses, together
	start int64  // minute
	width int64  // minutes
}

// ofCounts begins the names of blocks whose rows have no histogram, but how many calls, errors,
// panics and slow calls a handler had in all processes, or in those that follow.
const ofCounts = "#"

// closedRow is what a handler did in a block.
type closedRow struct {
	handler, process int64
	rollScan
}

type closedBlock struct {
	rows  []closedRow
	bytes int
	used  uint64
}

// closedBlocks keeps blocks.
type closedBlocks struct {
	mu       sync.Mutex // guards what follows
	rewrites int64      // what the store said when the blocks were read
	blocks   map[closedKey]*closedBlock
	bytes    int
	turn     uint64
}

// closed is how far the minutes are over, for one question: they are before a minute.
// Blocks are of the same state of the store, or are not used.
type closed struct {
	before   int64
	rewrites int64
}

// closed asks how far the minutes are over, and forgets blocks that are out of date.
func (s *Store) closed(ctx context.Context) (closed, error) {
	rewrites, err := s.total(ctx, totalRewrites)
	if err != nil {
		return closed{}, err
	}
	c := &s.blocks
	c.mu.Lock()
	defer c.mu.Unlock()
	if rewrites != c.rewrites {
		c.rewrites, c.blocks, c.bytes = rewrites, nil, 0
	}
	return closed{minuteOf(s.options.Now()) - closedAfter, rewrites}, nil
}

func (c *closedBlocks) get(at closed, key closedKey) *closedBlock {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.blocks[key]
	if b == nil || at.rewrites != c.rewrites || key.start+key.width > at.before {
		return nil
	}
	c.turn++
	b.used = c.turn
	return b
}

func (c *closedBlocks) put(at closed, key closedKey, b *closedBlock) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at.rewrites != c.rewrites || key.start+key.width > at.before || c.blocks[key] != nil {
		return
	}
	if c.blocks == nil {
		c.blocks = map[closedKey]*closedBlock{}
	}
	c.turn++
	b.used = c.turn
	b.bytes = b.size(key)
	c.blocks[key] = b
	c.bytes += b.bytes
	if c.bytes > maxClosedBytes {
		c.shrink()
	}
}

// shrink drops the half that was used the longest ago.
func (c *closedBlocks) shrink() {
	keys := make([]closedKey, 0, len(c.blocks))
	for k := range c.blocks {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b closedKey) int { return int(c.blocks[a].used) - int(c.blocks[b].used) })
	for _, k := range keys {
		if c.bytes <= maxClosedBytes/2 {
			return
		}
		c.bytes -= c.blocks[k].bytes
		delete(c.blocks, k)
	}
}

func (c *closedBlocks) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.blocks, c.bytes = nil, 0
}

// piece is a part of a window: a block, or minutes that are not over (level -1).
type piece struct {
	start, width int64
	level        int
}

// pieces divides a window into the largest blocks that are over, and the rest.
func pieces(from, to, before int64) (list []piece) {
	m := from
	for m < min(to, before) {
		level := len(blockWidths) - 1
		for m%blockWidths[level] != 0 || m+blockWidths[level] > min(to, before) {
			level--
		}
		list = append(list, piece{m, blockWidths[level], level})
		m += blockWidths[level]
	}
	if m < to {
		list = append(list, piece{m, to - m, -1})
	}
	return list
}

// pieces divides a window, and sees to it that blocks of minutes that stand side by side
// are read together.
func (s *Store) pieces(ctx context.Context, at closed, from, to int64) ([]piece, error) {
	list := pieces(from, to, at.before)
	for i := 0; i < len(list); i++ {
		first := i
		for i < len(list) && list[i].level == 0 {
			i++
		}
		if i-first < 2 {
			continue
		}
		if _, err := s.minuteBlocks(ctx, at, list[first].start, list[i-1].start+1); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// block gives a block of closed minutes with a row for each handler and process.
func (s *Store) block(ctx context.Context, at closed, p piece) (*closedBlock, error) {
	key := closedKey{"", p.start, p.width}
	if b := s.blocks.get(at, key); b != nil {
		return b, nil
	}
	if p.level == 0 {
		list, err := s.minuteBlocks(ctx, at, p.start, p.start+1)
		if err != nil {
			return nil, err
		}
		return list[0], nil
	}
	sums, err := s.sumBlock(ctx, at, p)
	if err != nil {
		return nil, err
	}
	b := sums.block(p.start)
	s.blocks.put(at, key, b)
	return b, nil
}

// minuteBlocks gives the blocks of minutes that are over, one for each. Those that are not
// known are read together.
func (s *Store) minuteBlocks(ctx context.Context, at closed, from, to int64) ([]*closedBlock, error) {
	list := make([]*closedBlock, to-from)
	first, last := to, from // of those that are not known
	for m := from; m < to; m++ {
		if list[m-from] = s.blocks.get(at, closedKey{"", m, 1}); list[m-from] == nil {
			first, last = min(first, m), m+1
		}
	}
	if first >= last {
		return list, nil
	}
	for m := first; m < last; m++ {
		list[m-from] = &closedBlock{}
	}
	err := s.eachStored(ctx, first, last, func(minute, handler, process int64, r *rollScan) {
		list[minute-from].copy(handler, process, r)
	})
	if err != nil {
		return nil, err
	}
	for m := first; m < last; m++ {
		s.blocks.put(at, closedKey{"", m, 1}, list[m-from])
	}
	return list, nil
}

// eachStored calls fn with all rows of table rollup in a window, in order.
func (s *Store) eachStored(ctx context.Context, from, to int64, fn func(minute, handler, process int64, r *rollScan)) error {
	rows, err := s.db.QueryContext(ctx, "SELECT minute, handler, process, "+rollColumns+" FROM rollup WHERE minute >= ? AND minute < ? ORDER BY minute, handler, process", from, to)
	if err != nil {
		return err
	}
	return eachRollRow(rows, fn)
}

// sumBlock adds up a block, from narrower ones where most of them are known.
func (s *Store) sumBlock(ctx context.Context, at closed, p piece) (rollSums, error) {
	sums := rollSums{}
	width := blockWidths[p.level-1]
	if !s.hasParts(at, p, width) {
		return sums, s.eachStored(ctx, p.start, p.start+p.width, sums.add)
	}
	for start := p.start; start < p.start+p.width; start += width {
		b, err := s.block(ctx, at, piece{start, width, p.level - 1})
		if err != nil {
			return nil, err
		}
		b.addTo(sums, start)
	}
	return sums, nil
}

// hasParts tells whether at least half of the narrower blocks in a block are known.
func (s *Store) hasParts(at closed, p piece, width int64) bool {
	known := int64(0)
	for start := p.start; start < p.start+p.width; start += width {
		if s.blocks.get(at, closedKey{"", start, width}) != nil {
			known++
		}
	}
	return 2*known*width >= p.width
}

// span gives minutes that are over as one block. It is kept as such, because the next page
// of the same minute asks for it again. Its single minutes are kept, too, if the next
// windows are likely to have them.
func (s *Store) span(ctx context.Context, at closed, from, to int64, minutes bool) (*closedBlock, error) {
	key := closedKey{"", from, to - from}
	if b := s.blocks.get(at, key); b != nil {
		return b, nil
	}
	sums := rollSums{}
	list := pieces(from, to, at.before)
	for i := 0; i < len(list); i++ {
		p := list[i]
		if p.level == 0 {
			for ; i+1 < len(list) && list[i+1].level == 0; i++ {
				p.width++
			}
			if err := s.addMinutes(ctx, at, sums, p.start, p.start+p.width, minutes); err != nil {
				return nil, err
			}
			continue
		}
		b, err := s.block(ctx, at, p)
		if err != nil || len(list) == 1 {
			return b, err
		}
		b.addTo(sums, p.start)
	}
	b := sums.block(from)
	s.blocks.put(at, key, b)
	return b, nil
}

// addMinutes adds up minutes that are over.
func (s *Store) addMinutes(ctx context.Context, at closed, sums rollSums, from, to int64, keep bool) error {
	if !keep {
		return s.eachStored(ctx, from, to, sums.add)
	}
	list, err := s.minuteBlocks(ctx, at, from, to)
	for i, b := range list {
		b.addTo(sums, from+int64(i))
	}
	return err
}

// rollSums adds up what handlers did, by process.
type rollSums map[rollKey]*rollSum

type rollSum struct {
	instrument.RollRow
	last int64 // as rollScan has it
}

func (sums rollSums) add(minute, handler, process int64, r *rollScan) {
	key := rollKey{handler: handler, process: process}
	sum := sums[key]
	if sum == nil {
		sum = &rollSum{}
		sums[key] = sum
	}
	sum.last = max(sum.last, r.last)
	r.addTo(&sum.RollRow, minute, slowestPerHandler)
}

// block is a block that begins at a minute.
func (sums rollSums) block(start int64) *closedBlock {
	b := &closedBlock{rows: make([]closedRow, 0, len(sums))}
	for k, sum := range sums {
		b.add(k.handler, k.process, start, sum)
	}
	return b
}

// addTo adds up the rows of a block that begins at a minute.
func (b *closedBlock) addTo(sums rollSums, start int64) {
	for i := range b.rows {
		sums.add(start, b.rows[i].handler, b.rows[i].process, &b.rows[i].rollScan)
	}
}

// each calls fn with the rows of processes; nil is all.
func (b *closedBlock) each(start int64, processes []int64, fn func(minute, handler int64, r *rollScan)) {
	is := among(processes)
	for i := range b.rows {
		if r := &b.rows[i]; is(r.process) {
			fn(start, r.handler, &r.rollScan)
		}
	}
}

// eachCount calls fn with the counts of processes; nil is all.
func (b *closedBlock) eachCount(processes []int64, fn func(row int64, n [4]int64)) {
	is := among(processes)
	for i := range b.rows {
		if is(b.rows[i].process) {
			fn(b.rows[i].handler, [4]int64(b.rows[i].numbers[:4]))
		}
	}
}

// add stores a row in a block as it would stand in table rollup.
func (b *closedBlock) add(handler, process, start int64, sum *rollSum) {
	s := &sum.Stats
	row := closedRow{handler: handler, process: process}
	row.numbers = [7]int64{clamp(s.Count), clamp(s.Errors), clamp(s.Panics), clamp(s.Slow), int64(s.Sum), int64(s.Self), int64(s.Max)}
	row.last = sum.last
	row.hist, _ = s.Hist.AppendBinary(nil) // never fails
	row.slowest = appendSlow(nil, sum.Slowest, start)
	b.rows = append(b.rows, row)
}

// copy stores a row in a block as it stands in table rollup.
func (b *closedBlock) copy(handler, process int64, r *rollScan) {
	row := closedRow{handler: handler, process: process}
	row.numbers, row.last = r.numbers, r.last
	both := append(append(make([]byte, 0, len(r.hist)+len(r.slowest)), r.hist...), r.slowest...)
	row.hist, row.slowest = both[:len(r.hist):len(r.hist)], both[len(r.hist):]
	b.rows = append(b.rows, row)
}

// size is about how many bytes a block takes.
func (b *closedBlock) size(key closedKey) int {
	const block, fields = 256, 168
	n := block + len(key.of) + (cap(b.rows)-len(b.rows))*fields
	for i := range b.rows {
		n += fields + cap(b.rows[i].hist) + cap(b.rows[i].slowest)
	}
	return n
}

// rewrote notes that minutes that are over are not what they were.
func (w *writer) rewrote(ctx context.Context) error {
	n, err := w.total(ctx, totalRewrites)
	if err != nil {
		return err
	}
	return w.setTotal(ctx, totalRewrites, n+1)
}

// noteLate notes that statistics come for a minute that is over.
func (w *writer) noteLate(ctx context.Context, minute int64, rows int) error {
	if rows == 0 {
		return nil
	}
	late, err := w.late(ctx, minute)
	if err != nil || !late {
		return err
	}
	return w.rewrote(ctx)
}

// late tells whether readers may hold a minute for over: by the clock, or by what was
// written last, because the clock may have gone back.
func (w *writer) late(ctx context.Context, minute int64) (bool, error) {
	var newest sql.NullInt64
	if err := w.conn.QueryRowContext(ctx, "SELECT max(minute) FROM rollup").Scan(&newest); err != nil {
		return false, err
	}
	now := minuteOf(w.options.Now())
	if newest.Valid {
		now = max(now, newest.Int64)
	}
	return minute < now-lateAfter, nil
}
