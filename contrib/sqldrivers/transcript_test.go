package sqldrivers

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"reflect"
	"regexp"
)

// transcript is what an app saw of its database.
type transcript struct{ lines []string }

func (t *transcript) say(format string, args ...any) {
	t.lines = append(t.lines, fmt.Sprintf(format, args...))
}

// changing are the parts of errors that differ from run to run.
var changing = regexp.MustCompile(`sqldrivers_\d+_\d+|0x[0-9a-f]+`)

// err notes an error by its type, text and identity.
func (t *transcript) err(what string, err error) {
	line := fmt.Sprintf("%s: %T %s", what, err, changing.ReplaceAllString(fmt.Sprint(err), "#"))
	for _, known := range []error{driver.ErrBadConn, driver.ErrSkip, sql.ErrNoRows, sql.ErrTxDone, sql.ErrConnDone, context.Canceled, context.DeadlineExceeded} {
		line += fmt.Sprintf(" %t/%t", err == known, errors.Is(err, known))
	}
	t.lines = append(t.lines, line)
}

func (t *transcript) result(what string, res sql.Result, err error) {
	t.err(what, err)
	if err != nil {
		return
	}
	// A driver without a result for an empty statement makes database/sql panic here.
	defer func() {
		if v := recover(); v != nil {
			t.say("%s panics: %v", what, v)
		}
	}()
	n, err := res.RowsAffected()
	t.err(fmt.Sprintf("%s affected %d", what, n), err)
	id, err := res.LastInsertId()
	t.err(fmt.Sprintf("%s inserted %d", what, id), err)
}

func (t *transcript) rows(what string, rows *sql.Rows, err error) {
	t.err(what, err)
	if err != nil {
		return
	}
	defer rows.Close()
	for set := 0; ; set++ {
		types, err := rows.ColumnTypes()
		t.err(fmt.Sprint("types of set ", set), err)
		for _, c := range types {
			l, okL := c.Length()
			n, okN := c.Nullable()
			p, s, okP := c.DecimalSize()
			t.say("type %s %s %v %d %t %t %t %d %d %t", c.Name(), c.DatabaseTypeName(), c.ScanType(), l, okL, n, okN, p, s, okP)
		}
		for rows.Next() {
			t.row(rows, len(types))
		}
		t.err("rows", rows.Err())
		if !rows.NextResultSet() {
			break
		}
	}
	t.err("close", rows.Close())
}

func (t *transcript) row(rows *sql.Rows, columns int) {
	values, dest := make([]any, columns), make([]any, columns)
	for i := range dest {
		dest[i] = &values[i]
	}
	t.err("scan", rows.Scan(dest...))
	for _, v := range values {
		t.say("value %v %v", reflect.TypeOf(v), v)
	}
}
