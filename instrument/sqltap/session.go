package sqltap

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Tap reports statements of a client that is not behind database/sql, such as pgx's own
// interface: its hooks say when something begins and ends. Statements look as those of a
// driver that is wrapped, in pages, verdicts and statistics.
type Tap struct{ tap *tap }

// NewTap makes a Tap for a database system, by OpenTelemetry's name. plans, which may be
// nil, is a way to the same database through database/sql, for Explain. The option
// PoolWait has no effect: the client tells a Session what was waited.
func NewTap(system string, plans driver.Connector, opts ...Option) *Tap {
	t := newTap(nil, plans, opts)
	t.system = system
	return &Tap{t}
}

// Connect begins the span of a connection being opened.
func (t *Tap) Connect(ctx context.Context) instrument.Span {
	return instrument.Leaf(ctx, instrument.NewHandler(kindConnect, t.tap.system, instrument.Source{}))
}

// Session is one connection: it knows the transaction that runs on it. Like the
// connection it is for one goroutine at a time.
type Session struct{ conn conn }

// Session makes the Session of a connection.
func (t *Tap) Session() *Session { return &Session{conn{tap: t.tap, skip: 2}} }

// Waited is told how long somebody waited for the connection; the next statement on it
// has that.
func (s *Session) Waited(d time.Duration) { s.conn.waited = d }

// Prepare begins the span of a statement being prepared.
func (s *Session) Prepare(ctx context.Context, query string) instrument.Span {
	st := statementOf(query)
	span := instrument.Leaf(ctx, st.prepareHandler())
	if span.Recorded() {
		span.Set(keySystem.String(s.conn.tap.system), s.conn.tap.caller(1))
	}
	return span
}

// Run is a statement that runs.
type Run struct {
	session *Session
	ctx     context.Context
	call    call
}

// Run begins a statement. The parameters of positional placeholders have ordinals from 1
// on. BEGIN, COMMIT and ROLLBACK make the bracket of a transaction.
func (s *Session) Run(ctx context.Context, query string, args []driver.NamedValue) Run {
	return Run{s, ctx, s.conn.beginAt(ctx, 0, textOf(query), args)}
}

// RunSince is Run for what began a while ago, as the queries of a batch.
func (s *Session) RunSince(ctx context.Context, ago time.Duration, query string, args []driver.NamedValue) Run {
	return Run{s, ctx, s.conn.beginAt(ctx, instrument.Now()-int64(ago), textOf(query), args)}
}

// textOf gives all ways to write the bracket of a transaction the same name.
func textOf(query string) *statement {
	if len(query) < len("begin") || len(query) > 100 {
		return statementOf(query)
	}
	verb, _, _ := strings.Cut(query, " ")
	switch {
	case strings.EqualFold(verb, "begin"):
		return statementBegin
	case strings.EqualFold(verb, "commit"):
		return statementCommit
	case strings.EqualFold(query, "rollback"):
		return statementRollback
	}
	return statementOf(query)
}

// End ends a statement with its rows, read and changed; negative is not known. What the
// database took and what the app took to read the rows is one time here.
func (r Run) End(err error, returned, affected int64) {
	now := instrument.Now()
	c := &r.session.conn
	if r.call.span.Recorded() {
		if returned >= 0 {
			r.call.span.Set(keyRowsReturned.Int64(returned))
		}
		if affected >= 0 {
			r.call.span.Set(keyRowsAffected.Int64(affected))
		}
	}
	switch r.call.text {
	case statementBegin:
		if err == nil && c.tx == nil {
			c.tx = &tx{conn: c, ctx: r.ctx, id: transactions.Add(1), start: r.call.start}
			r.call.span.Set(keyTransaction.Int64(c.tx.id))
		}
	case statementCommit, statementRollback:
		if c.tx != nil {
			r.call.span.Set(keyTransactionTime.Duration(duration(now - c.tx.start)))
			c.tx = nil
		}
	}
	r.call.endAt(now, err)
}
