package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// maxAudits is how many actions are remembered, the latest.
const maxAudits = 10_000

// AddAudit notes an action. A zero At is now.
func (s *Store) AddAudit(ctx context.Context, a query.Audit) error {
	return s.write(ctx, "note an action", func(ctx context.Context, w *writer) error {
		if a.At.IsZero() {
			a.At = w.options.Now()
		}
		id, err := w.intern(ctx, "INSERT INTO audit (at, who, action, target, outcome) VALUES (?, ?, ?, ?, ?) RETURNING id",
			a.At.UnixMilli(), a.Who, a.Action, a.Target, a.Outcome)
		if err != nil {
			return err
		}
		return w.exec(ctx, "DELETE FROM audit WHERE id <= ?", id-maxAudits)
	})
}

// Audits lists actions, the latest first: up to limit (0: 50; at most 1000) before the
// one with an id (0: from the latest).
func (s *Store) Audits(ctx context.Context, before int64, limit int) ([]query.Audit, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, "SELECT id, at, who, action, target, outcome FROM audit WHERE id < ? OR ? <= 0 ORDER BY id DESC LIMIT ?",
		before, before, min(max(cmp.Or(limit, defaultPage), 1), maxPage))
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	var list []query.Audit
	err = each(rows, func(rows *sql.Rows) error {
		var a query.Audit
		var at int64
		err := rows.Scan(&a.ID, &at, &a.Who, &a.Action, &a.Target, &a.Outcome)
		a.At = time.UnixMilli(at)
		list = append(list, a)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list actions: %w", err)
	}
	return list, nil
}
