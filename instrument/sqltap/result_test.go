package sqltap_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// slowResult is one that would have to wait for its server.
type slowResult struct{ asked *int }

func (r slowResult) LastInsertId() (int64, error) { *r.asked++; return 7, nil }
func (r slowResult) RowsAffected() (int64, error) { *r.asked++; return 8, nil }

type resultConn struct {
	nowhere
	res driver.Result
}

func (c resultConn) Connect(context.Context) (driver.Conn, error) { return c, nil }
func (c resultConn) ExecContext(context.Context, string, []driver.NamedValue) (driver.Result, error) {
	return c.res, nil
}

func TestF06_ResultsAreNotAskedInTheAppsPlace(t *testing.T) {
	t.Parallel()
	asked := 0
	db := sql.OpenDB(sqltap.Connector(resultConn{res: slowResult{&asked}}))
	defer db.Close()
	spans := traced(t, func(ctx context.Context) {
		res := must(db.ExecContext(ctx, "DELETE FROM t"))
		if asked != 0 {
			t.Error("the driver's result was asked before the app asked")
		}
		if n := must(res.RowsAffected()); n != 8 || asked != 1 {
			t.Errorf("%d rows after %d questions", n, asked)
		}
	})
	if got := attr(spans[0], "db.response.affected_rows"); got != "" {
		t.Errorf("affected rows %s, want them unknown", got)
	}
}

func TestResult_OfKnownKindIsNoted(t *testing.T) {
	t.Parallel()
	db := sql.OpenDB(sqltap.Connector(resultConn{res: driver.RowsAffected(3)}))
	defer db.Close()
	spans := traced(t, func(ctx context.Context) { must(db.ExecContext(ctx, "DELETE FROM t")) })
	if got := attr(spans[0], "db.response.affected_rows"); got != "3" {
		t.Errorf("affected rows %q, want 3", got)
	}
}
