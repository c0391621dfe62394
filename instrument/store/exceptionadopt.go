package store

import (
	"context"
	"database/sql"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// maxAdopted is how many failed Records of a store that knew no exceptions are read for
// them: a start must not take long.
const maxAdopted = 500

// adoptExceptions counts what the newest failed Records of an older store tell. Their
// builds are left open: what of these Records somebody has repaired meanwhile is not known.
func (s *Store) adoptExceptions(ctx context.Context) error {
	rows, err := s.db.QueryContext(ctx, "SELECT id FROM record WHERE flags & 3 <> 0 AND flags & 16 = 0 ORDER BY id DESC LIMIT ?", maxAdopted)
	if err != nil {
		return err
	}
	var ids []instrument.ID
	err = each(rows, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, instrument.ID(id))
		return err
	})
	if err != nil {
		return err
	}
	found := map[exceptions.Fingerprint]*occurrences{}
	for _, id := range ids {
		if rec, err := s.record(ctx, id); err == nil {
			addOccurrences(found, rec, query.Build{}, "")
		}
	}
	return s.write(ctx, "adopt exceptions", func(ctx context.Context, w *writer) error { return w.writeFound(ctx, found) })
}
