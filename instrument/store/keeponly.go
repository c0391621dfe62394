package store

import (
	"context"
	"fmt"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// KeepOnly removes all Records but some, with everything else that is not needed to read
// these: statistics, other processes, settings, notes and the audit log. It is for a
// copy that is handed to somebody else; there is no way back.
func (s *Store) KeepOnly(ctx context.Context, ids []instrument.ID) error {
	return s.write(ctx, "keep only some records", func(ctx context.Context, w *writer) error {
		if _, err := w.conn.ExecContext(ctx, "CREATE TEMP TABLE kept (id INTEGER PRIMARY KEY)"); err != nil {
			return err
		}
		for _, id := range ids {
			if err := w.exec(ctx, "INSERT OR IGNORE INTO temp.kept VALUES (?)", int64(id)); err != nil {
				return err
			}
		}
		const needed = "SELECT process FROM record"
		for _, text := range []string{
			"DELETE FROM record WHERE id NOT IN (SELECT id FROM temp.kept)",
			"DELETE FROM rollup", "DELETE FROM slowest", "DELETE FROM audit", "DELETE FROM setting",
			"DELETE FROM note WHERE record NOT IN (SELECT id FROM record)",
			"DELETE FROM document WHERE process NOT IN (" + needed + ")",
			"DELETE FROM name WHERE process NOT IN (" + needed + ")",
			"DELETE FROM frame WHERE process NOT IN (" + needed + ")",
			"DELETE FROM process WHERE id NOT IN (" + needed + fmt.Sprintf(") AND id <> %d", w.self.ID),
			"DELETE FROM handler WHERE id NOT IN (SELECT ref FROM name WHERE space = 0) AND id NOT IN (SELECT handler FROM record)",
			"DELETE FROM build WHERE id NOT IN (SELECT build FROM process)",
			"DELETE FROM key WHERE id NOT IN (SELECT ref FROM name WHERE space = 1)",
			"DELETE FROM source WHERE id NOT IN (SELECT source FROM frame)" +
				" AND id NOT IN (SELECT source FROM name WHERE source IS NOT NULL)" +
				" AND id NOT IN (SELECT source FROM handler WHERE source IS NOT NULL)",
		} {
			if _, err := w.conn.ExecContext(ctx, text); err != nil {
				return err
			}
		}
		_, err := w.conn.ExecContext(ctx, "UPDATE total SET value = (SELECT count(*) FROM record) WHERE name = 'records'")
		return err
	})
}
