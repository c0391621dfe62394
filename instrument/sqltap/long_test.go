package sqltap_test

import (
	"context"
	"database/sql"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// A text of 20 MB costs what its first 16 KiB cost: as much memory, and so as much work.
func TestF27_AHugeStatementIsNamedByItsBeginning(t *testing.T) {
	const size = 20 << 20
	db := sql.OpenDB(sqltap.Connector(nowhere{}))
	defer db.Close()
	for name, c := range map[string]struct{ text, want string }{
		"rows":       {"INSERT INTO t (a, b) VALUES " + strings.Repeat("(1, 'canary'), ", size/15), "INSERT INTO t (a, b) VALUES (?, ?) …"},
		"a list":     {"DELETE FROM t WHERE id IN (" + strings.Repeat("12345, ", size/7) + "1)", "DELETE FROM t WHERE id IN …"},
		"a string":   {"INSERT INTO t VALUES ('" + strings.Repeat("canary ", size/7) + "')", "INSERT INTO t VALUES …"},
		"a comment":  {"DELETE FROM t /* " + strings.Repeat("canary ", size/7) + "*/", "DELETE FROM t …"},
		"a quoted $": {"DELETE FROM t WHERE a = $x$" + strings.Repeat("canary ", size/7) + "$x$", "DELETE FROM t WHERE a = …"},
		"many":       {strings.Repeat("DELETE FROM t WHERE a = 'canary'; ", size/34), ""},
	} {
		w := &weigher{}
		r := instrument.New(instrument.Config{Sink: w})
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, t.Name(), instrument.Source{})})
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		rows, err := db.QueryContext(ctx, c.text)
		if err != nil {
			t.Fatal(err)
		}
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		rec.End()
		r.SetEnabled(false)
		if n := after.TotalAlloc - before.TotalAlloc; n > 512<<10 {
			t.Errorf("%s: %d bytes were allocated", name, n)
		}
		q := w.rec.Spans[len(w.rec.Spans)-1].Handler
		if q.Kind != instrument.KindQuery || c.want != "" && q.Name != c.want || len(q.Name) > 4<<10 {
			t.Errorf("%s: it is named %.100q", name, q.Name)
		}
		if strings.Contains(q.Name, "canary") {
			t.Errorf("%s: a value is in the name: %.100q", name, q.Name)
		}
		if w.len > 20<<10 {
			t.Errorf("%s: the Record has %d bytes", name, w.len)
		}
	}
}
