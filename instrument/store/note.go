package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Annotate keeps something that is learned of a Record after its end, like the timing
// of its page in the browser, in the place of an earlier note of the same name. The body
// is JSON of [query.MaxNote] bytes at most; it goes when the Record goes. It gives
// [query.ErrNotFound] when there is no such Record.
func (s *Store) Annotate(ctx context.Context, id instrument.ID, name string, body []byte) error {
	what := fmt.Sprintf("annotate record %s", id)
	switch {
	case name == "":
		return fmt.Errorf("%s: the note needs a name", what)
	case len(body) > query.MaxNote:
		return fmt.Errorf("%s: the note has %d bytes, %d are allowed", what, len(body), query.MaxNote)
	case !json.Valid(body):
		return fmt.Errorf("%s: the note is no JSON", what)
	}
	return s.write(ctx, what, func(ctx context.Context, w *writer) error {
		n, err := w.execCount(ctx, "INSERT INTO note (record, name, body) SELECT id, ?, ? FROM record WHERE id = ? ON CONFLICT DO UPDATE SET body = excluded.body",
			name, body, int64(id))
		if err == nil && n == 0 {
			err = query.ErrNotFound
		}
		return err
	})
}

// Notes are what is known of a Record by name; nil when nothing is.
func (s *Store) Notes(ctx context.Context, id instrument.ID) (notes map[string][]byte, err error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	rows, err := s.db.QueryContext(ctx, "SELECT name, body FROM note WHERE record = ?", int64(id))
	if err != nil {
		return nil, fmt.Errorf("read notes of record %s: %w", id, err)
	}
	err = each(rows, func(rows *sql.Rows) error {
		var name string
		var body []byte
		err := rows.Scan(&name, &body)
		if notes == nil {
			notes = map[string][]byte{}
		}
		notes[name] = body
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read notes of record %s: %w", id, err)
	}
	return notes, nil
}

// pruneNotes removes notes of Records that are gone, a portion at a time. It tells whether
// it came to the end.
func (w *writer) pruneNotes(ctx context.Context, _ time.Time) (done bool, err error) {
	p := &w.prune
	from, portion := p.note, p.portion(ofNotes)
	var last, n int64
	err = w.query(ctx, "SELECT coalesce(max(record), 0), count(*) FROM (SELECT record FROM note WHERE record > ? ORDER BY record LIMIT ?)",
		func(rows *sql.Rows) error { return rows.Scan(&last, &n) }, from, portion)
	if err != nil || n == 0 {
		return true, err
	}
	if err := w.exec(ctx, "DELETE FROM note WHERE record > ? AND record <= ? AND NOT EXISTS (SELECT 1 FROM record WHERE id = note.record)", from, last); err != nil {
		return false, err
	}
	p.note = last
	p.did(ofNotes, n)
	return n < portion, nil
}
