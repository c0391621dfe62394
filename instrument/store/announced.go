package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// A Record that was announced is a row like others, marked unfinished, until the same
// Record comes again. One whose process died stays, and is an error.

// latest leaves out what comes again later in the batch, finished or further on.
// Without unfinished Records, which is nearly always, it is the batch as it is.
func (w *writer) latest(items []instrument.Item) []instrument.Item {
	if !slices.ContainsFunc(items, func(it instrument.Item) bool { return it.Summary.Unfinished() }) {
		return items
	}
	last := make(map[instrument.ID]int, len(items))
	for i := range items {
		id := items[i].Summary.ID
		if j, ok := last[id]; !ok || items[j].Summary.Unfinished() {
			last[id] = i
		}
	}
	kept := make([]instrument.Item, 0, len(last))
	for i := range items {
		if last[items[i].Summary.ID] == i {
			kept = append(kept, items[i])
		}
	}
	return kept
}

// removeAnnounced makes room for Records that were stored unfinished before.
func (w *writer) removeAnnounced(ctx context.Context, items []instrument.Item) (removed int64, err error) {
	for i := range items {
		id := items[i].Summary.ID
		if !w.announced[id] {
			continue
		}
		n, err := w.execCount(ctx, "DELETE FROM record WHERE id = ? AND flags & ? <> 0", int64(id), int64(instrument.FlagUnfinished))
		if err != nil {
			return removed, err
		}
		removed += n
	}
	return removed, nil
}

// settle notes what a batch that is in the store has announced and finished.
func (w *writer) settle(items []instrument.Item) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range items {
		s := &items[i].Summary
		switch {
		case !s.Unfinished():
			if len(w.announced) > 0 {
				delete(w.announced, s.ID)
			}
		case w.announced == nil:
			w.announced = map[instrument.ID]bool{s.ID: true}
		default:
			w.announced[s.ID] = true
		}
	}
}

// didNotFinish is the error of a Record whose process died without a word.
const didNotFinish = "did not finish: its process ended without a word"

// failUnfinished makes errors of the announced Records of a process that is dead: they
// lasted until its last sign of life, or longer.
func (w *writer) failUnfinished(ctx context.Context, p *query.Process) error {
	type row struct{ id, duration int64 }
	var rows []row
	err := w.query(ctx, fmt.Sprintf("SELECT id, duration FROM record WHERE process = ? AND flags & %d <> 0 AND flags & ? = 0", instrument.FlagUnfinished),
		func(r *sql.Rows) error {
			var one row
			err := r.Scan(&one.id, &one.duration)
			rows = append(rows, one)
			return err
		}, p.ID, int64(instrument.FlagError))
	if err != nil {
		return err
	}
	for _, r := range rows {
		lasted := max(int64(p.Seen.Sub(instrument.ID(r.id).Time())/time.Nanosecond), r.duration)
		if err := w.exec(ctx, "UPDATE record SET flags = flags | ?, error = ?, duration = ? WHERE id = ?",
			int64(instrument.FlagError), didNotFinish, lasted, r.id); err != nil {
			return err
		}
	}
	return nil
}

// failDead looks for Records that dead processes have left unfinished.
func (w *writer) failDead(ctx context.Context) error {
	var unfinished []int64
	err := w.query(ctx, fmt.Sprintf("SELECT DISTINCT process FROM record WHERE flags & %d <> 0", instrument.FlagUnfinished),
		func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			unfinished = append(unfinished, id)
			return err
		})
	if err != nil || len(unfinished) == 0 {
		return err
	}
	for _, id := range unfinished {
		list, err := w.processes(ctx, " WHERE p.id = ?", id)
		if err != nil {
			return err
		}
		for i := range list {
			if list[i].Alive || id == w.self.ID {
				continue
			}
			if err := w.failUnfinished(ctx, &list[i]); err != nil {
				return err
			}
		}
	}
	return nil
}
