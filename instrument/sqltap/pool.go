package sqltap

import (
	"database/sql"
	"database/sql/driver"
	"sync/atomic"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// PoolWait also tells how long a statement waited for a connection to become free,
// for databases that Open and OpenDB open. It is off unless asked for, because it
// reads sql.DB.Stats, which takes the pool's lock, at each statement outside a
// transaction.
//
// database/sql tells the sum of all waits only, so each wait goes to the statement
// that comes next. That is the one that waited, but for two cases: when several
// connections become free within microseconds, their statements may swap waits, and
// the wait of one that gave up goes to another.
func PoolWait() Option { return func(t *tap) { t.poolWait = true } }

var keyPoolWait = instrument.NewKey("db.pool.wait")

// OpenDB is sql.OpenDB with every statement reported.
func OpenDB(c driver.Connector, opts ...Option) *sql.DB {
	c = Connector(c, opts...)
	db := sql.OpenDB(c)
	if t, ok := As[interface{ watch(*sql.DB) }](c); ok {
		t.watch(db)
	}
	return db
}

// pool is the pool that a tap's connections are in.
type pool struct {
	db   atomic.Pointer[sql.DB]
	seen atomic.Int64 // ns of waiting that have been told
}

func (c *connector) watch(db *sql.DB) {
	if c.tap.poolWait {
		c.tap.pool.db.Store(db)
	}
}

// wait is what the pool's users waited since it was asked last; 0 when nobody is to
// know. It runs while database/sql has the connection locked, and takes the pool's
// lock. The pool takes these two the other way round for idle connections only, which
// this one is not.
func (p *pool) wait() time.Duration {
	db := p.db.Load()
	if db == nil {
		return 0
	}
	now := int64(db.Stats().WaitDuration)
	for {
		seen := p.seen.Load()
		if now <= seen {
			return 0
		}
		if p.seen.CompareAndSwap(seen, now) {
			return time.Duration(now - seen)
		}
	}
}
