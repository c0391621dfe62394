package pgxtap

import (
	"context"
	"database/sql/driver"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// Tracer is for pgx.ConnConfig.Tracer, of single connections and of pools. It is safe
// for concurrent use.
type Tracer struct{ tap *sqltap.Tap }

var (
	_ pgx.QueryTracer       = (*Tracer)(nil)
	_ pgx.BatchTracer       = (*Tracer)(nil)
	_ pgx.CopyFromTracer    = (*Tracer)(nil)
	_ pgx.PrepareTracer     = (*Tracer)(nil)
	_ pgx.ConnectTracer     = (*Tracer)(nil)
	_ pgxpool.AcquireTracer = (*Tracer)(nil)
)

// New makes a Tracer with sqltap's options. config is how plans are asked for, on a
// connection beside the app's (sqltap.Explain); nil: they are not.
func New(config *pgx.ConnConfig, opts ...sqltap.Option) *Tracer {
	var plans driver.Connector
	if config != nil {
		plain := config.Copy()
		plain.Tracer = nil // what we ask is not what the app asks
		plans = stdlib.GetConnector(*plain)
	}
	return &Tracer{sqltap.NewTap("postgresql", plans, opts...)}
}

type (
	spanKey    struct{} // of what runs, in the context that pgx hands back
	runKey     struct{}
	acquireKey struct{}
)

// sessionKey is where a connection keeps its session.
const sessionKey = "debugtoolbar.pgxtap"

func (t *Tracer) session(c *pgx.Conn) *sqltap.Session {
	data := c.PgConn().CustomData()
	if s, ok := data[sessionKey].(*sqltap.Session); ok {
		return s
	}
	s := t.tap.Session()
	data[sessionKey] = s
	return s
}

// arguments are the parameters by their place, without pgx's own options before them.
func arguments(args []any) []driver.NamedValue {
	for len(args) > 0 {
		switch first := args[0].(type) {
		case pgx.QueryExecMode, pgx.QueryResultFormats, pgx.QueryResultFormatsByOID:
			args = args[1:]
			continue
		case pgx.NamedArgs:
			return byName(first)
		case pgx.StrictNamedArgs:
			return byName(first)
		}
		break
	}
	if len(args) == 0 {
		return nil
	}
	list := make([]driver.NamedValue, len(args))
	for i, v := range args {
		list[i] = driver.NamedValue{Ordinal: i + 1, Value: plain(v)}
	}
	return list
}

func byName(args map[string]any) (list []driver.NamedValue) {
	for name, v := range args {
		list = append(list, driver.NamedValue{Name: name, Value: plain(v)})
	}
	return list
}

// plain is a value as database/sql would hand it over, where that is quickly done.
func plain(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case int16:
		return int64(v)
	case float32:
		return float64(v)
	}
	return v
}

// TraceQueryStart begins a statement.
func (t *Tracer) TraceQueryStart(ctx context.Context, c *pgx.Conn, data pgx.TraceQueryStartData) context.Context {
	if !instrument.On() {
		return ctx
	}
	run := t.session(c).Run(ctx, data.SQL, arguments(data.Args))
	return context.WithValue(ctx, runKey{}, run)
}

// TraceQueryEnd ends it, when its rows are closed.
func (t *Tracer) TraceQueryEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceQueryEndData) {
	if run, ok := ctx.Value(runKey{}).(sqltap.Run); ok {
		end(run, data.CommandTag, data.Err)
	}
}

func end(run sqltap.Run, tag pgconn.CommandTag, err error) {
	switch {
	case err != nil, tag.String() == "":
		run.End(err, -1, -1)
	case tag.Select():
		run.End(nil, tag.RowsAffected(), -1)
	case tag.Insert(), tag.Update(), tag.Delete(), strings.HasPrefix(tag.String(), "COPY"), strings.HasPrefix(tag.String(), "MERGE"):
		run.End(nil, -1, tag.RowsAffected())
	default:
		run.End(nil, -1, -1)
	}
}

// TraceBatchStart goes before a batch, whose queries are reported one by one.
func (t *Tracer) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery reports a query of a batch, from when its answer was read.
func (t *Tracer) TraceBatchQuery(ctx context.Context, c *pgx.Conn, data pgx.TraceBatchQueryData) {
	if !instrument.On() {
		return
	}
	ago := time.Duration(0)
	if !data.ReadStartTime.IsZero() {
		ago = time.Since(data.ReadStartTime)
	}
	end(t.session(c).RunSince(ctx, ago, data.SQL, arguments(data.Args)), data.CommandTag, data.Err)
}

// TraceBatchEnd has nothing to add.
func (t *Tracer) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// TraceCopyFromStart begins a COPY.
func (t *Tracer) TraceCopyFromStart(ctx context.Context, c *pgx.Conn, data pgx.TraceCopyFromStartData) context.Context {
	if !instrument.On() {
		return ctx
	}
	statement := "COPY " + data.TableName.Sanitize() + " (" + strings.Join(data.ColumnNames, ", ") + ") FROM STDIN"
	return context.WithValue(ctx, runKey{}, t.session(c).Run(ctx, statement, nil))
}

// TraceCopyFromEnd ends it.
func (t *Tracer) TraceCopyFromEnd(ctx context.Context, _ *pgx.Conn, data pgx.TraceCopyFromEndData) {
	if run, ok := ctx.Value(runKey{}).(sqltap.Run); ok {
		end(run, data.CommandTag, data.Err)
	}
}

// TracePrepareStart begins a statement being prepared, by the app or by pgx's cache.
func (t *Tracer) TracePrepareStart(ctx context.Context, c *pgx.Conn, data pgx.TracePrepareStartData) context.Context {
	if !instrument.On() {
		return ctx
	}
	return context.WithValue(ctx, spanKey{}, t.session(c).Prepare(ctx, data.SQL))
}

// TracePrepareEnd ends it.
func (t *Tracer) TracePrepareEnd(ctx context.Context, _ *pgx.Conn, data pgx.TracePrepareEndData) {
	span, ok := ctx.Value(spanKey{}).(instrument.Span)
	if !ok {
		return
	}
	if data.AlreadyPrepared {
		span.Flag(instrument.FlagSkipped)
	}
	span.End(data.Err)
}

// TraceConnectStart begins a connection being opened.
func (t *Tracer) TraceConnectStart(ctx context.Context, _ pgx.TraceConnectStartData) context.Context {
	if !instrument.On() {
		return ctx
	}
	return context.WithValue(ctx, spanKey{}, t.tap.Connect(ctx))
}

// TraceConnectEnd ends it.
func (t *Tracer) TraceConnectEnd(ctx context.Context, data pgx.TraceConnectEndData) {
	if span, ok := ctx.Value(spanKey{}).(instrument.Span); ok {
		span.End(data.Err)
	}
}

// TraceAcquireStart begins the wait for a connection of a pool.
func (t *Tracer) TraceAcquireStart(ctx context.Context, _ *pgxpool.Pool, _ pgxpool.TraceAcquireStartData) context.Context {
	return context.WithValue(ctx, acquireKey{}, instrument.Now())
}

// leastWait is what counts as waiting: less is what looking for a connection takes.
const leastWait = 50 * time.Microsecond

// TraceAcquireEnd ends it; the next statement on the connection has what was waited.
func (t *Tracer) TraceAcquireEnd(ctx context.Context, _ *pgxpool.Pool, data pgxpool.TraceAcquireEndData) {
	since, ok := ctx.Value(acquireKey{}).(int64)
	if !ok || data.Err != nil || data.Conn == nil {
		return
	}
	if waited := time.Duration(instrument.Now() - since); waited > leastWait {
		t.session(data.Conn).Waited(waited)
	}
}
