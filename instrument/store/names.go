package store

import (
	"context"
	"slices"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The spaces of numbers in a body: column space of table name.
const (
	spaceHandler = 0
	spaceKey     = 1
)

// namer writes what the numbers in bodies mean, and knows under which rows the
// handlers and kinds of this process stand. What a transaction added is forgotten
// when the transaction fails.
type namer struct {
	handlers []int64 // row by Handler.ID - 1
	keys     int     // how many are written
	kinds    [instrument.MaxKinds + 1]int64
	frames   map[uint64]bool

	// As of the last commit.
	doneHandlers, doneKeys int
	newKinds               []instrument.Kind
	newFrames              []uint64
}

func (n *namer) commit() {
	n.doneHandlers, n.doneKeys = len(n.handlers), n.keys
	n.newKinds, n.newFrames = n.newKinds[:0], n.newFrames[:0]
}

func (n *namer) rollback() {
	n.handlers, n.keys = n.handlers[:n.doneHandlers], n.doneKeys
	for _, k := range n.newKinds {
		n.kinds[k] = 0
	}
	for _, pc := range n.newFrames {
		delete(n.frames, pc)
	}
	n.newKinds, n.newFrames = n.newKinds[:0], n.newFrames[:0]
}

// writeNames makes sure that every handler and key made so far has its row. A
// body holds only numbers that existed when it was encoded, so this covers all
// that are on the way.
func (w *writer) writeNames(ctx context.Context) error {
	n := &w.names
	handlers, keys := instrument.NamesSince(uint32(len(n.handlers)), instrument.Key(n.keys))
	for _, h := range handlers {
		if err := w.writeHandler(ctx, h); err != nil {
			return err
		}
	}
	for _, k := range keys {
		if err := w.writeKey(ctx, k); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) writeHandler(ctx context.Context, h *instrument.Handler) error {
	kind, err := w.kindRow(ctx, h.Kind())
	if err != nil {
		return err
	}
	source, err := w.sourceRow(ctx, h.Source())
	if err != nil {
		return err
	}
	row, err := w.intern(ctx, `INSERT INTO handler (kind, name, source, seen) VALUES (?, ?, ?, ?)
		ON CONFLICT DO UPDATE SET source = coalesce(excluded.source, source), seen = excluded.seen RETURNING id`,
		kind, h.Name(), source, w.options.Now().UnixMilli())
	if err != nil {
		return err
	}
	w.names.handlers = append(w.names.handlers, row)
	return w.writeName(ctx, spaceHandler, len(w.names.handlers), row, source)
}

func (w *writer) writeKey(ctx context.Context, name string) error {
	row, err := w.intern(ctx, "INSERT INTO key (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING id", name)
	if err != nil {
		return err
	}
	w.names.keys++
	return w.writeName(ctx, spaceKey, w.names.keys, row, nil)
}

func (w *writer) writeName(ctx context.Context, space, id int, ref int64, source any) error {
	return w.exec(ctx, "INSERT INTO name (process, space, id, ref, source) VALUES (?, ?, ?, ?, ?)",
		w.self.ID, space, id, ref, source)
}

func (w *writer) kindRow(ctx context.Context, k instrument.Kind) (int64, error) {
	n := &w.names
	if n.kinds[k] != 0 {
		return n.kinds[k], nil
	}
	row, err := w.intern(ctx, "INSERT INTO kind (name) VALUES (?) ON CONFLICT DO UPDATE SET name = name RETURNING id", k.String())
	if err != nil {
		return 0, err
	}
	n.kinds[k] = row
	n.newKinds = append(n.newKinds, k)
	return row, nil
}

// sourceRow is nil for an unknown place.
func (w *writer) sourceRow(ctx context.Context, s instrument.Source) (any, error) {
	if s == (instrument.Source{}) {
		return nil, nil
	}
	row, err := w.intern(ctx, `INSERT INTO source (func, file, line) VALUES (?, ?, ?)
		ON CONFLICT DO UPDATE SET line = line RETURNING id`, s.Func, s.File, s.Line)
	return row, err
}

// handlerRow is the row of one of this process's handlers; writeNames was called.
func (n *namer) handlerRow(h *instrument.Handler) int64 {
	id := int(h.ID())
	if id < 1 || id > len(n.handlers) {
		return 0
	}
	return n.handlers[id-1]
}

// writeFrames makes sure that the program counters in a body can be read when
// this binary is gone.
func (w *writer) writeFrames(ctx context.Context, body []byte) error {
	n := &w.names
	for _, pc := range instrument.PCs(body) {
		if n.frames[pc] {
			continue
		}
		for depth, f := range instrument.LiveNames().Frames(pc) {
			source, err := w.sourceRow(ctx, instrument.Source(f))
			if err != nil {
				return err
			}
			if err := w.exec(ctx, "INSERT INTO frame (process, pc, depth, source) VALUES (?, ?, ?, ?)",
				w.self.ID, int64(pc), depth, source); err != nil {
				return err
			}
		}
		if n.frames == nil {
			n.frames = map[uint64]bool{}
		}
		n.frames[pc] = true
		n.newFrames = append(n.newFrames, pc)
	}
	return nil
}

// kindOf is the Kind of a name that a store holds, registering it when no package
// of this process has: a reader shows what other programs wrote.
func kindOf(name string) instrument.Kind {
	if k, ok := instrument.ParseKind(name); ok {
		return k
	}
	if name == "" || len(instrument.Kinds()) >= instrument.MaxKinds {
		return instrument.KindCustom
	}
	return instrument.RegisterKind(name)
}

// kindNames are the names of kinds, for a query.
func kindNames(kinds []instrument.Kind) []string {
	names := make([]string, 0, len(kinds))
	for _, k := range kinds {
		names = append(names, k.String())
	}
	slices.Sort(names)
	return slices.Compact(names)
}
