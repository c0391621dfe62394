package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// PutDocument keeps a fact about this process, in the place of an earlier one of its
// name. The body is JSON of [query.MaxDocument] bytes at most.
func (s *Store) PutDocument(ctx context.Context, name string, body []byte) error {
	what := fmt.Sprintf("keep document %q", name)
	switch {
	case name == "":
		return fmt.Errorf("%s: it needs a name", what)
	case len(body) > query.MaxDocument:
		return fmt.Errorf("%s: it has %d bytes, %d are allowed: leave out what pages do not show", what, len(body), query.MaxDocument)
	case !json.Valid(body):
		return fmt.Errorf("%s: its body is no JSON", what)
	}
	return s.write(ctx, what, func(ctx context.Context, w *writer) error {
		return w.exec(ctx, "INSERT INTO document (process, name, written, body) VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET written = excluded.written, body = excluded.body",
			w.self.ID, name, w.options.Now().UnixMilli(), body)
	})
}

// Documents lists facts about processes, those written last first.
func (s *Store) Documents(ctx context.Context, q query.Documents) ([]query.Document, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	text, args := "SELECT process, name, written, body FROM document WHERE 1", []any{}
	if q.Name != "" {
		text, args = text+" AND name = ?", append(args, q.Name)
	}
	if len(q.Processes) > 0 {
		text += " AND process IN (" + numbers(q.Processes) + ")"
	}
	rows, err := s.db.QueryContext(ctx, text+" ORDER BY written DESC, process DESC, name LIMIT ?", append(args, min(max(cmp.Or(q.Limit, 100), 1), maxPage))...)
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	var list []query.Document
	err = each(rows, func(rows *sql.Rows) error {
		var d query.Document
		var written int64
		err := rows.Scan(&d.Process, &d.Name, &written, &d.Body)
		d.Written = time.UnixMilli(written)
		list = append(list, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list documents: %w", err)
	}
	return list, nil
}

// Setting is what was set under a name; "" when nothing was.
func (s *Store) Setting(ctx context.Context, name string) (value string, err error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	err = s.db.QueryRowContext(ctx, "SELECT value FROM setting WHERE name = ?", name).Scan(&value)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("read setting %q: %w", name, err)
	}
	return value, nil
}

// SetSetting keeps a value for all processes that share the store; "" removes it. It has
// the limits of a Document.
func (s *Store) SetSetting(ctx context.Context, name, value string) error {
	what := fmt.Sprintf("keep setting %q", name)
	switch {
	case name == "":
		return fmt.Errorf("%s: it needs a name", what)
	case len(value) > query.MaxDocument:
		return fmt.Errorf("%s: it has %d bytes, %d are allowed", what, len(value), query.MaxDocument)
	}
	return s.write(ctx, what, func(ctx context.Context, w *writer) error {
		if value == "" {
			return w.exec(ctx, "DELETE FROM setting WHERE name = ?", name)
		}
		return w.exec(ctx, "INSERT INTO setting (name, value) VALUES (?, ?) ON CONFLICT DO UPDATE SET value = excluded.value", name, value)
	})
}
