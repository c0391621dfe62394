package store

import (
	"testing"
)

// TestClosedBlocks_AreBounded keeps far more blocks than there is room for, most of them
// of minutes in which nothing happened.
func TestClosedBlocks_AreBounded(t *testing.T) {
	t.Parallel()
	var c closedBlocks
	at := closed{before: 1 << 40}
	row := &rollSum{}
	for i := range 500 {
		row.Hist.AddN(1<<(i%40), 3)
	}
	for m := range int64(100_000) {
		b := &closedBlock{}
		if m%50 == 0 {
			for h := range int64(40) {
				b.add(h, 1, m, row)
			}
		}
		c.put(at, closedKey{"", m, 1}, b)
		if c.bytes > maxClosedBytes {
			t.Fatalf("%d bytes after %d blocks", c.bytes, m)
		}
	}
	sum := 0
	for key, b := range c.blocks {
		sum += b.size(key)
	}
	if sum != c.bytes || len(c.blocks) == 0 || len(c.blocks) > maxClosedBytes/256 {
		t.Errorf("%d blocks of %d bytes, counted as %d", len(c.blocks), sum, c.bytes)
	}
	if c.get(at, closedKey{"", 99_999, 1}) == nil {
		t.Error("the newest is gone")
	}
	if c.get(closed{before: 10}, closedKey{"", 99_999, 1}) != nil {
		t.Error("a minute that is not over was answered from a block")
	}
	if c.get(closed{before: 1 << 40, rewrites: 1}, closedKey{"", 99_999, 1}) != nil {
		t.Error("a block of another state was given")
	}
}
