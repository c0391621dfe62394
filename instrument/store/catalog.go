package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// catalog knows the handlers of all processes, so that lists need no join and
// patterns are matched in Go.
type catalog struct {
	mu       sync.Mutex // guards what follows
	handlers map[int64]instrument.HandlerInfo
	last     int64     // greatest row read
	full     time.Time // when all rows were read: places in the code change
}

const (
	handlerQuery = `SELECT h.id, k.name, h.name, s.func, s.file, s.line
		FROM handler h JOIN kind k ON k.id = h.kind LEFT JOIN source s ON s.id = h.source`
	catalogAge = time.Minute
)

// load gives the handlers by row. The map is shared and not to be changed.
func (c *catalog) load(ctx context.Context, db *sql.DB) (map[int64]instrument.HandlerInfo, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.full) > catalogAge {
		c.last, c.handlers, c.full = 0, nil, time.Now()
	}
	rows, err := db.QueryContext(ctx, handlerQuery+" WHERE h.id > ? ORDER BY h.id", c.last)
	if err != nil {
		return nil, err
	}
	fresh := map[int64]instrument.HandlerInfo{}
	last := c.last
	err = each(rows, func(rows *sql.Rows) error {
		id, h, err := scanHandler(rows)
		last, fresh[id] = id, h
		return err
	})
	if err != nil || len(fresh) == 0 {
		return c.handlers, err
	}
	for id, h := range c.handlers { // a reader may hold the old map
		fresh[id] = h
	}
	c.handlers, c.last = fresh, last
	return fresh, nil
}

// one gives a handler, without a question to the database when it is known.
func (c *catalog) one(ctx context.Context, db *sql.DB, row int64) (instrument.HandlerInfo, error) {
	c.mu.Lock()
	h, ok := c.handlers[row]
	ok = ok && time.Since(c.full) <= catalogAge
	c.mu.Unlock()
	if ok {
		return h, nil
	}
	handlers, err := c.load(ctx, db)
	return handlers[row], err
}

func (c *catalog) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.full = time.Time{}
}

func scanHandler(rows *sql.Rows) (id int64, h instrument.HandlerInfo, err error) {
	var kind string
	var fn, file sql.NullString
	var line sql.NullInt64
	err = rows.Scan(&id, &kind, &h.Name, &fn, &file, &line)
	h.Kind = kindOf(kind)
	h.Source = instrument.Source{Func: fn.String, File: file.String, Line: int(line.Int64)}
	return id, h, err
}

// handlerFilter chooses handlers. The zero value is all.
type handlerFilter struct {
	kinds   []instrument.Kind
	name    string // exactly
	pattern string // see matches
}

func (f handlerFilter) any() bool {
	return len(f.kinds) == 0 && f.name == "" && f.pattern == ""
}

func (f handlerFilter) has(h instrument.HandlerInfo) bool {
	return (len(f.kinds) == 0 || containsKind(f.kinds, h.Kind)) &&
		(f.name == "" || f.name == h.Name) &&
		(f.pattern == "" || matches(h.Name, f.pattern))
}

func containsKind(kinds []instrument.Kind, k instrument.Kind) bool {
	for _, have := range kinds {
		if have == k {
			return true
		}
	}
	return false
}

// rows lists the rows of the handlers that the filter chooses.
func (f handlerFilter) rows(handlers map[int64]instrument.HandlerInfo) []int64 {
	var ids []int64
	for id, h := range handlers {
		if f.has(h) {
			ids = append(ids, id)
		}
	}
	return ids
}

// matches tells whether name contains the pattern, whatever the case. With a "*"
// the pattern is for the whole name, and "*" stands for anything.
func matches(name, pattern string) bool {
	name, pattern = strings.ToLower(name), strings.ToLower(pattern)
	first, rest, wild := strings.Cut(pattern, "*")
	if !wild {
		return strings.Contains(name, pattern)
	}
	name, ok := strings.CutPrefix(name, first)
	for ok {
		var part string
		part, rest, wild = strings.Cut(rest, "*")
		if !wild {
			return strings.HasSuffix(name, part)
		}
		_, name, ok = strings.Cut(name, part)
	}
	return false
}
