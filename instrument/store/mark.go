package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Mark pins a Record, tags it, or takes that back, and says what it has then. It gives
// [query.ErrNotFound] when there is no such Record. A Record with a tag counts as
// tagged by the app: it is kept longer.
func (s *Store) Mark(ctx context.Context, id instrument.ID, m query.Mark) (marked query.Marked, err error) {
	what := fmt.Sprintf("mark record %s", id)
	if m.Pin && m.Unpin {
		return marked, fmt.Errorf("%s: it cannot be pinned and unpinned at once", what)
	}
	if err := checkTags(m.Tag); err != nil {
		return marked, fmt.Errorf("%s: %w", what, err)
	}
	marked.ID = id
	err = s.write(ctx, what, func(ctx context.Context, w *writer) error {
		var tags sql.NullString
		found := false
		err := w.query(ctx, "SELECT flags, tags FROM record WHERE id = ?", func(rows *sql.Rows) error {
			found = true
			return rows.Scan(&marked.Flags, &tags)
		}, int64(id))
		if err != nil {
			return err
		}
		if !found {
			return query.ErrNotFound
		}
		marked.Tags = splitTags(tags.String)
		if err := applyMark(&marked, m); err != nil {
			return err
		}
		return w.exec(ctx, "UPDATE record SET flags = ?, tags = ? WHERE id = ?", int64(marked.Flags), joinTags(marked.Tags), int64(id))
	})
	return marked, err
}

func checkTags(tags []string) error {
	for _, t := range tags {
		switch {
		case strings.TrimSpace(t) == "":
			return errors.New("a tag is empty")
		case len(t) > query.MaxTag:
			return fmt.Errorf("a tag has %d bytes, %d are allowed", len(t), query.MaxTag)
		case strings.ContainsAny(t, "\r\n"):
			return errors.New("a tag is one line")
		}
	}
	return nil
}

func applyMark(r *query.Marked, m query.Mark) error {
	if m.Pin {
		r.Flags |= instrument.FlagPinned
	}
	if m.Unpin {
		r.Flags &^= instrument.FlagPinned
	}
	for _, t := range m.Tag {
		if t = strings.TrimSpace(t); !slices.Contains(r.Tags, t) {
			r.Tags = append(r.Tags, t)
		}
	}
	r.Tags = slices.DeleteFunc(r.Tags, func(t string) bool { return slices.Contains(m.Untag, t) })
	if len(r.Tags) > query.MaxTags {
		return fmt.Errorf("it would have %d tags, %d are allowed: take some away first", len(r.Tags), query.MaxTags)
	}
	r.Flags &^= instrument.FlagTagged
	if len(r.Tags) > 0 {
		r.Flags |= instrument.FlagTagged
	}
	return nil
}

// Delete removes Records, pinned ones too, and says how many there were. Statistics
// keep what they counted.
func (s *Store) Delete(ctx context.Context, ids ...instrument.ID) (removed int64, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	rows := make([]int64, len(ids))
	for i, id := range ids {
		rows[i] = int64(id)
	}
	err = s.write(ctx, "delete records", func(ctx context.Context, w *writer) error {
		r, err := w.conn.ExecContext(ctx, "DELETE FROM record WHERE id IN ("+numbers(rows)+")")
		if err != nil {
			return err
		}
		if removed, err = r.RowsAffected(); err != nil {
			return err
		}
		if _, err := w.conn.ExecContext(ctx, "DELETE FROM note WHERE record IN ("+numbers(rows)+")"); err != nil {
			return err
		}
		return w.addTotal(ctx, totalRecords, -removed)
	})
	return removed, err
}
