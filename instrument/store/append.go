package store

import (
	"cmp"
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Append stores the Records of a batch in one transaction: all or none. Appending
// a Record again does nothing, so a batch whose fate is unknown can be tried again;
// only one that was announced, and so is unfinished, is replaced.
//
// The Records must be of this process; what the numbers in them mean is stored
// with them. When the database file was deleted or replaced they go to the one that
// has its name now, or to a new one; the error is [ErrFileGone] when there can be none.
func (s *Store) Append(ctx context.Context, b *instrument.Batch) error {
	if b == nil || len(b.Items) == 0 {
		return nil
	}
	var items []instrument.Item
	err := s.write(ctx, "append records", func(ctx context.Context, w *writer) error {
		items = w.latest(b.Items)
		return w.append(ctx, items)
	})
	if err == nil {
		s.writer.settle(items)
	}
	return err
}

func (w *writer) append(ctx context.Context, items []instrument.Item) error {
	if err := w.writeNames(ctx); err != nil {
		return fmt.Errorf("write names: %w", err)
	}
	replaced, err := w.removeAnnounced(ctx, items)
	if err != nil {
		return fmt.Errorf("replace announced records: %w", err)
	}
	if err := w.writeExceptions(ctx, items); err != nil {
		return err
	}
	added, err := w.insertRecords(ctx, items, w.sorted(items))
	if err != nil {
		return err
	}
	for i := range items {
		if err := w.writeBeside(ctx, &items[i]); err != nil {
			return err
		}
	}
	if err := w.writeSlow(ctx); err != nil {
		return fmt.Errorf("write the slowest: %w", err)
	}
	if err := w.addTotal(ctx, totalRecords, added-replaced); err != nil {
		return err
	}
	return w.heartbeat(ctx)
}

// writeBeside writes what a Record needs or changes in other tables.
func (w *writer) writeBeside(ctx context.Context, it *instrument.Item) error {
	if it.Summary.HasStack {
		if err := w.writeFrames(ctx, it.Blob); err != nil {
			return fmt.Errorf("write stack frames: %w", err)
		}
	}
	if it.Summary.Unfinished() {
		return nil // its duration is not known yet
	}
	kind := w.names.kinds[it.Summary.Handler.Kind()]
	if err := w.noteSlow(ctx, it.Summary.ID, kind, it.Summary.Duration); err != nil {
		return fmt.Errorf("note the slowest: %w", err)
	}
	return nil
}

// sorted gives the order of the items by id: rows that come in order go to the end
// of the table and fill its pages.
func (w *writer) sorted(items []instrument.Item) []int32 {
	order := w.scratch.order[:0]
	for i := range items {
		order = append(order, int32(i))
	}
	slices.SortFunc(order, func(a, b int32) int {
		return cmp.Compare(items[a].Summary.ID, items[b].Summary.ID)
	})
	w.scratch.order = order
	return order
}

// recordColumns are the columns of a Record as they are inserted; the body is last.
var recordColumns = []string{
	"process", "id", "kind", "handler", "duration", "status", "flags",
	"method", "path", "user", "tags", "error", "trace", "parent",
	"queries", "counts", "body",
}

// insertStmt inserts a fixed number of Records with one statement. It goes to the
// driver directly: database/sql looks at each of a batch's ten thousand values for
// longer than SQLite does.
type insertStmt struct {
	rows int
	stmt driver.StmtExecContext
}

// insertSizes are the numbers of rows for which there is a statement.
var insertSizes = []int{32, 8, 1}

func (w *writer) prepareInserts(ctx context.Context) error {
	// The process is the same in every row, and a value bound costs more than one
	// that stands in the statement.
	row := fmt.Sprintf("(%d%s)", w.self.ID, strings.Repeat(",?", len(recordColumns)-1))
	return w.conn.Raw(func(conn any) error {
		for _, n := range insertSizes {
			text := "INSERT INTO record (" + strings.Join(recordColumns, ",") + ") VALUES " +
				strings.TrimSuffix(strings.Repeat(row+",", n), ",") + " ON CONFLICT DO NOTHING"
			stmt, err := prepareDirect(ctx, conn, text)
			if err != nil {
				return fmt.Errorf("prepare to insert records: %w", err)
			}
			w.inserts = append(w.inserts, insertStmt{n, stmt})
		}
		return nil
	})
}

func prepareDirect(ctx context.Context, conn any, text string) (driver.StmtExecContext, error) {
	c, ok := conn.(driver.ConnPrepareContext)
	if !ok {
		return nil, fmt.Errorf("the driver's connection, %T, does not implement driver.ConnPrepareContext", conn)
	}
	stmt, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	exec, ok := stmt.(driver.StmtExecContext)
	if !ok {
		return nil, errors.Join(fmt.Errorf("the driver's statement, %T, does not implement driver.StmtExecContext", stmt), stmt.Close())
	}
	return exec, nil
}

func (w *writer) closeInserts() error {
	err := w.conn.Raw(func(any) error {
		var errs []error
		for _, in := range w.inserts {
			errs = append(errs, in.stmt.(driver.Stmt).Close())
		}
		return errors.Join(errs...)
	})
	w.inserts = nil
	return err
}

// insertRecords says how many were new.
func (w *writer) insertRecords(ctx context.Context, items []instrument.Item, order []int32) (added int64, err error) {
	err = w.conn.Raw(func(any) error {
		for _, in := range w.inserts {
			for len(order) >= in.rows {
				n, err := w.insertSome(ctx, in, items, order[:in.rows])
				if err != nil {
					return fmt.Errorf("insert records: %w", err)
				}
				added += n
				order = order[in.rows:]
			}
		}
		return nil
	})
	return added, err
}

func (w *writer) insertSome(ctx context.Context, in insertStmt, items []instrument.Item, order []int32) (int64, error) {
	args, bytes := w.scratch.args[:0], w.scratch.bytes[:0]
	for _, i := range order {
		args, bytes = w.appendRow(args, bytes, &items[i])
	}
	for i := range args {
		args[i].Ordinal = i + 1
	}
	w.scratch.args, w.scratch.bytes = args, bytes
	r, err := in.stmt.ExecContext(ctx, args)
	clear(args) // do not hold the batch's memory until the next
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// appendRow appends the values of recordColumns but the process. bytes is
// where it puts together those that are not in the item as they are.
func (w *writer) appendRow(args []driver.NamedValue, bytes []byte, it *instrument.Item) ([]driver.NamedValue, []byte) {
	s := &it.Summary
	from := len(bytes)
	if s.Trace.TraceID != (instrument.TraceID{}) {
		bytes = append(append(bytes, s.Trace.TraceID[:]...), s.Trace.SpanID[:]...)
		if s.Caller != (instrument.SpanID{}) {
			bytes = append(bytes, s.Caller[:]...)
		}
	}
	trace := bytes[from:len(bytes):len(bytes)]
	from = len(bytes)
	bytes = appendCounts(bytes, s)
	counts := bytes[from:len(bytes):len(bytes)]
	for _, v := range [...]driver.Value{
		int64(s.ID), w.names.kinds[s.Handler.Kind()], w.names.handlerRow(s.Handler),
		int64(max(s.Duration, 0)), int64(s.Status), int64(s.Flags),
		textOrNull(s.Method), textOrNull(s.Path), textOrNull(s.User), joinTags(s.Tags), textOrNull(s.Error),
		bytesOrNull(trace), idOrNull(s.Parent),
		int64(s.Counts[instrument.KindQuery]), counts, it.Blob,
	} {
		args = append(args, driver.NamedValue{Value: v})
	}
	return args, bytes
}

func textOrNull(s string) driver.Value {
	if s == "" {
		return nil
	}
	return s
}

func bytesOrNull(b []byte) driver.Value {
	if len(b) == 0 {
		return nil
	}
	return b
}

func idOrNull(id instrument.ID) driver.Value {
	if id == 0 {
		return nil
	}
	return int64(id)
}

// joinTags puts a line feed around every tag, so that one of them can be looked
// for as text.
func joinTags(tags []string) driver.Value {
	if len(tags) == 0 {
		return nil
	}
	var b strings.Builder
	b.WriteByte('\n')
	for _, t := range tags {
		b.WriteString(strings.ReplaceAll(t, "\n", " "))
		b.WriteByte('\n')
	}
	return b.String()
}

func splitTags(s string) []string {
	if len(s) < 2 {
		return nil
	}
	return strings.Split(s[1:len(s)-1], "\n")
}

// saturate adds without overflow: a sum that does not fit stays at the greatest
// number.
func saturate(a, b time.Duration) time.Duration {
	if sum := a + b; b <= 0 || sum > a {
		return sum
	}
	return 1<<63 - 1
}
