package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Record reads a Record with its spans. It gives [query.ErrNotFound] when there is none
// of that id.
func (s *Store) Record(ctx context.Context, id instrument.ID) (*instrument.Record, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	rec, err := s.record(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read record %s: %w", id, err)
	}
	return rec, nil
}

func (s *Store) record(ctx context.Context, id instrument.ID) (rec *instrument.Record, err error) {
	err = s.eachRecord(ctx, []instrument.ID{id}, func(r *instrument.Record, err error) error {
		rec = r
		return err
	})
	if rec == nil && err == nil {
		err = query.ErrNotFound
	}
	return rec, err
}

// EachRecord calls fn with the Records of ids, with their spans, in the order of the ids.
// Those that are gone or cannot be read are left out. It takes less than as many calls of
// Record. An error of fn ends it and is returned.
func (s *Store) EachRecord(ctx context.Context, ids []instrument.ID, fn func(*instrument.Record) error) error {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	byID := make(map[instrument.ID]*instrument.Record, len(ids))
	err := s.eachRecord(ctx, ids, func(rec *instrument.Record, err error) error {
		if err == nil {
			byID[rec.ID] = rec
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("read %d records: %w", len(ids), err)
	}
	for _, id := range ids {
		if rec := byID[id]; rec != nil {
			if err := fn(rec); err != nil {
				return err
			}
		}
	}
	return nil
}

// eachRecord calls fn with each of the Records that there are, or why it cannot be read.
func (s *Store) eachRecord(ctx context.Context, ids []instrument.ID, fn func(*instrument.Record, error) error) error {
	var scan rowScan
	var list []bodyRow
	add := func(rows *sql.Rows) error {
		var r bodyRow
		if err := rows.Scan(scan.dest(&r.row, &r.body)...); err != nil {
			return err
		}
		scan.finish(&r.row, nil)
		r.handler = scan.handler
		list = append(list, r)
		return nil
	}
	text, args := "SELECT "+rowColumns+", body FROM record WHERE id ", []any{}
	if len(ids) == 1 {
		text, args = text+"= ?", append(args, int64(ids[0]))
	} else {
		numbers, err := json.Marshal(ids64(ids))
		if err != nil {
			return err
		}
		text, args = text+"IN (SELECT value FROM json_each(?))", append(args, string(numbers))
	}
	rows, err := s.db.QueryContext(ctx, text, args...)
	if err == nil {
		err = each(rows, add)
	}
	if err != nil {
		return err
	}
	for i := range list { // when the rows are closed: names may have to be read
		r := &list[i]
		if r.row.Handler, err = s.catalog.one(ctx, s.db, r.handler); err != nil {
			return err
		}
		if err := fn(s.decode(ctx, &r.row, r.body)); err != nil {
			return err
		}
	}
	return nil
}

// bodyRow is a Record as it is stored.
type bodyRow struct {
	row     query.Row
	handler int64
	body    []byte
}

func ids64(ids []instrument.ID) []int64 {
	list := make([]int64, len(ids))
	for i, id := range ids {
		list[i] = int64(id)
	}
	return list
}

func (s *Store) decode(ctx context.Context, row *query.Row, body []byte) (*instrument.Record, error) {
	names := s.names.of(row.Process)
	names.mu.Lock()
	defer names.mu.Unlock()
	if row.HasStack {
		if err := names.loadFrames(ctx, s.db, body); err != nil {
			return nil, fmt.Errorf("read stack frames: %w", err)
		}
	}
	names.missed = false
	rec, err := instrument.Decode(row.Summary, body, names)
	if names.missed {
		if err := names.load(ctx, s.db); err != nil {
			return nil, fmt.Errorf("read names: %w", err)
		}
		rec, err = instrument.Decode(row.Summary, body, names)
	}
	if err != nil {
		return nil, err
	}
	rec.Handler = row.Handler
	return rec, nil
}

// nameCache holds the names of the processes whose Records were read last.
type nameCache struct {
	mu        sync.Mutex // guards processes
	processes map[int64]*processNames
}

// maxCachedProcesses bounds the cache; it is emptied when it is full.
const maxCachedProcesses = 64

func (c *nameCache) of(process int64) *processNames {
	c.mu.Lock()
	defer c.mu.Unlock()
	if n := c.processes[process]; n != nil {
		return n
	}
	if c.processes == nil || len(c.processes) >= maxCachedProcesses {
		c.processes = map[int64]*processNames{}
	}
	n := &processNames{process: process, frames: map[uint64][]instrument.Frame{}}
	c.processes[process] = n
	return n
}

func (c *nameCache) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.processes = nil
}

// processNames resolves the numbers of one process. It implements
// instrument.Names.
type processNames struct {
	process int64

	mu       sync.Mutex               // guards what follows
	handlers []instrument.HandlerInfo // by Handler.ID - 1
	keys     []string                 // by Key - 1
	frames   map[uint64][]instrument.Frame
	missed   bool // a number was asked for that is not known, perhaps because it is new
}

// Handler is the handler with a number; zero when it is unknown.
func (n *processNames) Handler(id uint32) (h instrument.HandlerInfo) {
	if i := int(id) - 1; i >= 0 && i < len(n.handlers) {
		return n.handlers[i]
	}
	n.missed = true
	return h
}

// Key is the attribute name with a number; "" when it is unknown.
func (n *processNames) Key(id uint32) string {
	if i := int(id) - 1; i >= 0 && i < len(n.keys) {
		return n.keys[i]
	}
	n.missed = true
	return ""
}

// Frames are the calls at a program counter.
func (n *processNames) Frames(pc uint64) []instrument.Frame { return n.frames[pc] }

// load reads the names that were added since the last time.
func (n *processNames) load(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, `SELECT n.id, k.name, h.name, s.func, s.file, s.line
		FROM name n JOIN handler h ON h.id = n.ref JOIN kind k ON k.id = h.kind LEFT JOIN source s ON s.id = n.source
		WHERE n.process = ? AND n.space = ? AND n.id > ? ORDER BY n.id`, n.process, spaceHandler, len(n.handlers))
	if err != nil {
		return err
	}
	err = each(rows, func(rows *sql.Rows) error {
		id, h, err := scanHandler(rows)
		n.handlers = put(n.handlers, id, h)
		return err
	})
	if err != nil {
		return err
	}
	rows, err = db.QueryContext(ctx, `SELECT n.id, k.name FROM name n JOIN key k ON k.id = n.ref
		WHERE n.process = ? AND n.space = ? AND n.id > ? ORDER BY n.id`, n.process, spaceKey, len(n.keys))
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var id int64
		var name string
		err := rows.Scan(&id, &name)
		n.keys = put(n.keys, id, name)
		return err
	})
}

// maxNames bounds what a damaged store can make a reader allocate.
const maxNames = 1 << 20

// put sets list[id-1]; numbers are dense, so that the list grows by one.
func put[T any](list []T, id int64, v T) []T {
	if id < 1 || id > maxNames {
		return list
	}
	for int64(len(list)) < id {
		list = append(list, *new(T))
	}
	list[id-1] = v
	return list
}

// loadFrames reads the calls at the program counters in a body.
func (n *processNames) loadFrames(ctx context.Context, db *sql.DB, body []byte) error {
	for _, pc := range instrument.PCs(body) {
		if _, ok := n.frames[pc]; ok {
			continue
		}
		rows, err := db.QueryContext(ctx, `SELECT s.func, s.file, s.line FROM frame f JOIN source s ON s.id = f.source
			WHERE f.process = ? AND f.pc = ? ORDER BY f.depth`, n.process, int64(pc))
		if err != nil {
			return err
		}
		var frames []instrument.Frame
		err = each(rows, func(rows *sql.Rows) error {
			var f instrument.Frame
			err := rows.Scan(&f.Func, &f.File, &f.Line)
			frames = append(frames, f)
			return err
		})
		if err != nil {
			return err
		}
		n.frames[pc] = frames
	}
	return nil
}
