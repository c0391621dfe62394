package tasks

import (
	"fmt"
	"time"
)

// moment reads a time as either database gives it: PostgreSQL as a time, SQLite as text
// where the column's type is not known. NULL is the zero time.
type moment struct{ time.Time }

// sqliteTime is how River writes times in SQLite; they compare as text.
const sqliteTime = "2006-01-02 15:04:05.000"

// Scan reads v.
func (m *moment) Scan(v any) (err error) {
	switch v := v.(type) {
	case nil:
		m.Time = time.Time{}
	case time.Time:
		m.Time = v.UTC()
	case string:
		m.Time, err = time.Parse("2006-01-02 15:04:05.999999999", v)
	case []byte:
		return m.Scan(string(v))
	default:
		err = fmt.Errorf("a %T is no time", v)
	}
	return err
}

// timeArg is a time as the database compares it.
func (c *Client) timeArg(t time.Time) any {
	if c.base.postgres() {
		return t
	}
	return t.UTC().Round(time.Millisecond).Format(sqliteTime)
}

// text reads a text of which NULL is "".
type text string

// Scan reads v.
func (t *text) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*t = ""
	case string:
		*t = text(v)
	case []byte:
		*t = text(v)
	default:
		return fmt.Errorf("a %T is no text", v)
	}
	return nil
}
