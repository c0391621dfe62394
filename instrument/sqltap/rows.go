package sqltap

import (
	"database/sql/driver"
	"io"
	"reflect"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// The capabilities of rows, in the order of gen_wrappers.go.
const (
	canNextResultSet = 1 << iota
	canScanType
	canDatabaseTypeName
	canLength
	canNullable
	canPrecisionScale
)

// rows counts what is read of a query and ends its span when they are closed. The
// span lasts for as long as the driver worked, not for as long as the app kept the
// rows open: queries between two rows would count twice otherwise.
type rows struct {
	raw   driver.Rows
	call  call
	busy  int64 // ns in the driver
	first int64 // ns until the first row was there
	count int64
	bytes int64
	err   error
	ended bool
}

func wrapRows(raw driver.Rows, c call, busy int64) driver.Rows {
	set := 0
	has[driver.RowsNextResultSet](raw, canNextResultSet, &set)
	has[driver.RowsColumnTypeScanType](raw, canScanType, &set)
	has[driver.RowsColumnTypeDatabaseTypeName](raw, canDatabaseTypeName, &set)
	has[driver.RowsColumnTypeLength](raw, canLength, &set)
	has[driver.RowsColumnTypeNullable](raw, canNullable, &set)
	has[driver.RowsColumnTypePrecisionScale](raw, canPrecisionScale, &set)
	return rowsSet(&rows{raw: raw, call: c, busy: busy}, set)
}

// Reading the clock twice is a good part of reading a row. The time of the first
// rows is exact; of the others one in sampleRows is timed and stands for them.
const (
	exactRows  = 1000
	sampleRows = 16
)

func (r *rows) next(dest []driver.Value) error {
	err := r.timedNext(dest)
	if err != nil {
		r.note(err)
		return err
	}
	r.count++
	if r.call.span.Recorded() {
		r.bytes += sizeOf(dest)
	}
	return nil
}

func (r *rows) timedNext(dest []driver.Value) error {
	weight := int64(1)
	if r.count >= exactRows {
		if r.count%sampleRows != 0 {
			return r.raw.Next(dest)
		}
		weight = sampleRows
	}
	before := instrument.Now()
	err := r.raw.Next(dest)
	now := instrument.Now()
	r.busy += (now - before) * weight
	if r.count == 0 {
		r.first = now - r.call.start
	}
	return err
}

func (r *rows) shut() error {
	before := instrument.Now()
	err := r.raw.Close()
	now := instrument.Now()
	r.busy += now - before
	r.note(err)
	r.end(now)
	return err
}

func (r *rows) note(err error) {
	if r.err == nil && err != io.EOF {
		r.err = err
	}
}

func (r *rows) end(now int64) {
	if r.ended {
		return
	}
	r.ended = true
	r.call.endRows(r, now)
}

func (r *rows) hasNextResultSet() bool {
	return r.raw.(driver.RowsNextResultSet).HasNextResultSet()
}

func (r *rows) nextResultSet() error {
	before := instrument.Now()
	err := r.raw.(driver.RowsNextResultSet).NextResultSet()
	r.busy += instrument.Now() - before
	r.note(err)
	return err
}

func (r *rows) scanType(i int) reflect.Type {
	return r.raw.(driver.RowsColumnTypeScanType).ColumnTypeScanType(i)
}

func (r *rows) databaseTypeName(i int) string {
	return r.raw.(driver.RowsColumnTypeDatabaseTypeName).ColumnTypeDatabaseTypeName(i)
}

func (r *rows) length(i int) (int64, bool) {
	return r.raw.(driver.RowsColumnTypeLength).ColumnTypeLength(i)
}

func (r *rows) nullable(i int) (nullable, ok bool) {
	return r.raw.(driver.RowsColumnTypeNullable).ColumnTypeNullable(i)
}

func (r *rows) precisionScale(i int) (precision, scale int64, ok bool) {
	return r.raw.(driver.RowsColumnTypePrecisionScale).ColumnTypePrecisionScale(i)
}

// sizeOf is about what a row's values take on the wire.
func sizeOf(row []driver.Value) (n int64) {
	for _, v := range row {
		switch v := v.(type) {
		case nil:
		case string:
			n += int64(len(v))
		case []byte:
			n += int64(len(v))
		case bool:
			n++
		default:
			n += 8
		}
	}
	return n
}
