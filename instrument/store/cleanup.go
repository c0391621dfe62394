package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// cleanEvery is how often processes that left nothing behind are looked for.
const cleanEvery = time.Hour

// stageTexts is the stage of pruneProcesses that needs to know which texts are unused.
const stageTexts = 3

// pruneProcesses forgets what nothing refers to any more: the names of processes
// whose Records are gone, and the processes that statistics do not need either.
func (w *writer) pruneProcesses(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	p := &w.prune
	if d := now.Sub(p.cleaned); d >= 0 && d < cleanEvery {
		return false, nil
	}
	stages := []func(context.Context, time.Time) (done bool, err error){w.forgetProcesses, w.failDeadOnce, w.pruneNotes, stageTexts: w.pruneTexts}
	for p.stage < len(stages) {
		if p.spent() {
			return true, nil
		}
		done, err := stages[p.stage](ctx, now)
		switch {
		case err != nil:
			return false, err
		case done:
			p.stage++
		case p.stage == stageTexts && p.unused == nil:
			return true, nil // it is found out without the lock
		}
	}
	p.stage, p.process, p.note, p.unused, p.cleaned = 0, 0, 0, nil, now
	return false, nil
}

func (w *writer) failDeadOnce(ctx context.Context, _ time.Time) (done bool, err error) {
	return true, w.failDead(ctx)
}

// processes reads some.
func (w *writer) processes(ctx context.Context, where string, args ...any) (list []query.Process, err error) {
	err = w.query(ctx, processQuery+where, func(rows *sql.Rows) error {
		p, err := scanProcess(rows, w.options)
		list = append(list, p)
		return err
	}, args...)
	return list, err
}

// forgetProcesses goes through the next processes, and tells whether these were the last.
func (w *writer) forgetProcesses(ctx context.Context, now time.Time) (done bool, err error) {
	portion := w.prune.portion(ofProcesses)
	list, err := w.processes(ctx, " WHERE p.id > ? ORDER BY p.id LIMIT ?", w.prune.process, portion)
	if err != nil {
		return false, err
	}
	merged := now.Add(-w.options.MinuteAge - 2*time.Hour) // before this only the first of a build is referred to
	for i := range list {
		p := &list[i]
		if !p.Alive && p.ID != w.self.ID {
			first, err := w.firstProcesses(ctx, now)
			if err != nil {
				return false, err
			}
			gone := p.Seen.Before(merged) && first[p.ID] != p.ID || p.Seen.Before(now.Add(-w.options.RollupAge))
			if whole, err := w.forgetProcess(ctx, p, gone); err != nil || !whole {
				return false, err
			}
		}
		w.prune.process, w.prune.looked = p.ID, 0
	}
	w.prune.did(ofProcesses, int64(len(list)))
	return int64(len(list)) < portion, nil
}

// forgetProcess removes a process's names when none of its Records is left, and
// the process itself when nothing else needs it. It tells whether it came to the end.
func (w *writer) forgetProcess(ctx context.Context, p *query.Process, gone bool) (whole bool, err error) {
	used, whole, err := w.hasRecords(ctx, p)
	if err != nil || used || !whole {
		return whole, err
	}
	for _, t := range []struct{ name, key string }{{"name", "process, space, id"}, {"frame", "process, pc, depth"}, {"document", "process, name"}} {
		if _, err := w.removeAll(ctx, ofNames, t.name, t.key, "process = ?", p.ID); err != nil || w.prune.spent() {
			return false, err
		}
	}
	if !gone {
		return true, nil
	}
	if w.prune.first[p.ID] == p.ID {
		w.prune.first = nil // another one is the first now
	}
	return true, w.exec(ctx, "DELETE FROM process WHERE id = ?", p.ID)
}

// hasRecords looks among the Records that the process can have made. It is only
// sure of a no where pruning has been; elsewhere looking would take long, and there
// is likely one. Without whole it is to be asked again.
func (w *writer) hasRecords(ctx context.Context, p *query.Process) (used, whole bool, err error) {
	from, to := firstOf(minuteOf(p.Started)-1), firstOf(minuteOf(p.Seen)+2)
	if to > w.prune.plain {
		var oldest sql.NullInt64
		err := w.conn.QueryRowContext(ctx, "SELECT min(id) FROM record").Scan(&oldest)
		return err != nil || oldest.Valid && int64(to) > oldest.Int64, true, err
	}
	for {
		found, last, all, err := w.look(ctx, max(from-1, w.prune.looked), to, "process = ?", p.ID)
		if err != nil || found != 0 {
			return true, true, err
		}
		w.prune.looked = last
		if all {
			w.prune.looked = to // it is not looked for again when its names take several steps
			return false, true, nil
		}
		if w.prune.spent() {
			return true, false, nil
		}
	}
}

// unusedTexts are rows of texts that no process names.
type unusedTexts struct {
	since time.Time // what they are was read after this
	key   []int64
	// Handlers stay for as long as there may be statistics of them.
	handler []int64
	source  []int64
}

// mostUnused is how many of each are found at a time; the others an hour later.
const mostUnused = 2000

// findUnused finds them. It reads every name of every process, and holds nobody up.
func (s *Store) findUnused(ctx context.Context) error {
	now := s.options.Now()
	u := &unusedTexts{since: now}
	for _, q := range []struct {
		text string
		dst  *[]int64
		args []any
	}{
		{"SELECT id FROM key WHERE id NOT IN (SELECT ref FROM name WHERE space = 1) LIMIT ?", &u.key, nil},
		{"SELECT id FROM handler WHERE seen < ? AND id NOT IN (SELECT ref FROM name WHERE space = 0) LIMIT ?", &u.handler,
			[]any{now.Add(-s.options.RollupAge).UnixMilli()}},
		{`SELECT id FROM source WHERE id NOT IN (SELECT source FROM frame)
			AND id NOT IN (SELECT source FROM name WHERE source IS NOT NULL)
			AND id NOT IN (SELECT source FROM handler WHERE source IS NOT NULL) LIMIT ?`, &u.source, nil},
	} {
		rows, err := s.db.QueryContext(ctx, q.text, append(q.args, mostUnused)...)
		if err != nil {
			return fmt.Errorf("prune: find texts that are not used: %w", err)
		}
		err = each(rows, func(rows *sql.Rows) error {
			var id int64
			err := rows.Scan(&id)
			*q.dst = append(*q.dst, id)
			return err
		})
		if err != nil {
			return fmt.Errorf("prune: find texts that are not used: %w", err)
		}
	}
	s.writer.mu.Lock()
	defer s.writer.mu.Unlock()
	s.writer.prune.unused = u
	return nil
}

// pruneTexts removes texts that no process names any more, a portion at a time. It tells
// whether these were the last. What was found to be unused may be in use again, by a
// process that has not ended since.
func (w *writer) pruneTexts(ctx context.Context, now time.Time) (done bool, err error) {
	u := w.prune.unused
	if u == nil {
		return false, nil
	}
	const writing = "process IN (SELECT id FROM process WHERE ended IS NULL OR ended >= ?)"
	n := int(w.prune.portion(ofTexts))
	for _, t := range []struct {
		ids  *[]int64
		text string
		uses int // how often it asks who may have written
	}{
		{&u.key, "DELETE FROM key WHERE id IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT ref FROM name WHERE space = 1 AND " + writing + ")", 1},
		{&u.handler, "DELETE FROM handler WHERE id IN (SELECT value FROM json_each(?)) AND id NOT IN (SELECT ref FROM name WHERE space = 0 AND " + writing + ")", 1},
		{&u.source, `DELETE FROM source WHERE id IN (SELECT value FROM json_each(?))
			AND id NOT IN (SELECT source FROM frame WHERE ` + writing + `)
			AND id NOT IN (SELECT source FROM name WHERE source IS NOT NULL AND ` + writing + `)
			AND id NOT IN (SELECT source FROM handler WHERE source IS NOT NULL)`, 2},
	} {
		if len(*t.ids) == 0 {
			continue
		}
		part := (*t.ids)[:min(n, len(*t.ids))]
		list, err := json.Marshal(part)
		if err != nil {
			return false, err
		}
		args := []any{string(list)}
		for range t.uses {
			args = append(args, u.since.Add(-cleanEvery).UnixMilli()) // clocks differ
		}
		if err := w.exec(ctx, t.text, args...); err != nil {
			return false, err
		}
		*t.ids = (*t.ids)[len(part):]
		w.prune.did(ofTexts, int64(len(part)))
		return false, nil
	}
	return true, w.exec(ctx, "DELETE FROM build WHERE id NOT IN (SELECT build FROM process)")
}
