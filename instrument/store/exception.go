package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

const (
	// placeTexts is how many messages of one place are told apart; more become one.
	placeTexts = 20
	// maxExceptions is how many kinds of exceptions a store has; those that were not seen
	// for longest go first. A small store has fewer: one for each of bytesPerException.
	maxExceptions     = 10_000
	bytesPerException = 32 << 10
	// exceptionRecords is how many Records of each are remembered.
	exceptionRecords = 100
	// resample is how old a sample is before it is replaced by one of the same build.
	resample = time.Minute

	maxSampleFrames = 48
	maxExceptionMsg = 2 << 10
)

// The bits of column exception.flags.
const (
	exceptionPanic = 1 << iota
	exceptionReported
	exceptionUncaught
	exceptionPlace
)

// occurrences are the exceptions that are alike in one batch.
type occurrences struct {
	latest      exceptions.Exception
	sample      instrument.ID
	flags       int64
	count       int64
	first, last time.Time
	hours       map[int64]int64
	affected    map[affected]int64
	records     []instrument.ID
	build, main string // of the process
	service     string // that it belongs to; "" unknown
}

// affected is a row of exception_of without its numbers.
type affected struct {
	kind, name string // kind is "" for a user, buildKind for a build, serviceKind for a service
}

// buildKind and serviceKind stand in exception_of for a build and a service; no kind of
// handler has such a name.
const (
	buildKind   = "+build"
	serviceKind = "+service"
)

// exceptionSample is the JSON of a sample.
type exceptionSample struct {
	Causes []exceptions.Cause `json:"causes,omitempty"`
	Stack  []sampleFrame      `json:"stack,omitempty"`
}

type sampleFrame struct {
	Func string `json:"f"`
	File string `json:"p"`
	Line int    `json:"l"`
	Own  bool   `json:"o,omitempty"`
}

// writeExceptions counts what went wrong in the Records of a batch. Called before they
// are inserted: what is stored already was counted then.
func (w *writer) writeExceptions(ctx context.Context, items []instrument.Item) error {
	var found map[exceptions.Fingerprint]*occurrences
	for i := range items {
		it := &items[i]
		if !exceptions.Worth(&it.Summary) || it.Summary.Unfinished() {
			continue
		}
		if known, err := w.hasRecord(ctx, it.Summary.ID); err != nil || known {
			if err != nil {
				return err
			}
			continue
		}
		rec, err := instrument.Decode(it.Summary, it.Blob, w.live)
		if err != nil {
			continue // a damaged body is no reason to keep nothing
		}
		if found == nil {
			found = map[exceptions.Fingerprint]*occurrences{}
		}
		addOccurrences(found, rec, w.self.Build, w.self.Service)
	}
	return w.writeFound(ctx, found)
}

func (w *writer) writeFound(ctx context.Context, found map[exceptions.Fingerprint]*occurrences) error {
	for id, o := range found {
		if err := w.writeException(ctx, id, o); err != nil {
			return fmt.Errorf("write exception %s: %w", id, err)
		}
	}
	return nil
}

func (w *writer) hasRecord(ctx context.Context, id instrument.ID) (known bool, err error) {
	err = w.query(ctx, "SELECT 1 FROM record WHERE id = ?", func(*sql.Rows) error { known = true; return nil }, int64(id))
	return known, err
}

func addOccurrences(found map[exceptions.Fingerprint]*occurrences, rec *instrument.Record, b query.Build, service string) {
	for _, e := range exceptions.Of(rec) {
		if !e.Kept() {
			continue
		}
		at := rec.StartTime().Add(e.Start)
		o := found[e.Fingerprint]
		if o == nil {
			o = &occurrences{first: at, hours: map[int64]int64{}, affected: map[affected]int64{}, build: b.Name(), main: b.Main, service: service}
			found[e.Fingerprint] = o
		}
		o.count++
		o.flags |= exceptionFlags(&e)
		if at.Before(o.first) {
			o.first = at
		}
		if o.count == 1 || !at.Before(o.last) {
			o.latest, o.last, o.sample = e, at, rec.ID
		}
		o.hours[hourOf(at)]++
		o.affected[affected{rec.Handler.Kind.String(), rec.Handler.Name}]++
		if rec.User != "" {
			o.affected[affected{"", rec.User}]++
		}
		if len(o.records) < exceptionRecords && !slices.Contains(o.records, rec.ID) {
			o.records = append(o.records, rec.ID)
		}
	}
}

func exceptionFlags(e *exceptions.Exception) (flags int64) {
	for bit, set := range map[int64]bool{exceptionPanic: e.Panic, exceptionReported: e.Reported, exceptionUncaught: e.Uncaught} {
		if set {
			flags |= bit
		}
	}
	return flags
}

func hourOf(t time.Time) int64 { return t.Unix() / 3600 }

// exceptionRow is what writing needs of a row that is there.
type exceptionRow struct {
	found           bool
	last, stateAt   int64
	state           query.ExceptionState
	nextBuild       bool
	users, handlers int64
}

func (w *writer) readException(ctx context.Context, id exceptions.Fingerprint) (row exceptionRow, err error) {
	err = w.query(ctx, "SELECT last, state, state_at, next_build, users, handlers FROM exception WHERE id = ?", func(rows *sql.Rows) error {
		row.found = true
		return rows.Scan(&row.last, &row.state, &row.stateAt, &row.nextBuild, &row.users, &row.handlers)
	}, int64(id))
	return row, err
}

func (w *writer) writeException(ctx context.Context, id exceptions.Fingerprint, o *occurrences) error {
	row, err := w.readException(ctx, id)
	if err != nil {
		return err
	}
	if !row.found {
		if id, row, err = w.newException(ctx, id, o); err != nil {
			return err
		}
	}
	reopened, err := w.updateException(ctx, id, &row, o)
	if err != nil {
		return err
	}
	if err := w.writeSample(ctx, id, o, reopened); err != nil {
		return err
	}
	if err := w.writeExceptionIn(ctx, id, buildKind, o.build, o); err != nil {
		return err
	}
	if o.service != "" {
		if err := w.writeExceptionIn(ctx, id, serviceKind, o.service, o); err != nil {
			return err
		}
	}
	for hour, n := range o.hours {
		if err := w.exec(ctx, `INSERT INTO exception_hour (exception, hour, count) VALUES (?, ?, ?)
			ON CONFLICT DO UPDATE SET count = count + excluded.count`, int64(id), hour, n); err != nil {
			return err
		}
	}
	return w.writeExceptionRecords(ctx, id, o)
}

// newException makes the row, or gives that of the place where it has too many messages.
func (w *writer) newException(ctx context.Context, id exceptions.Fingerprint, o *occurrences) (exceptions.Fingerprint, exceptionRow, error) {
	var alike int
	err := w.query(ctx, "SELECT count(*) FROM exception WHERE place = ?", func(rows *sql.Rows) error { return rows.Scan(&alike) }, int64(o.latest.Place))
	if err != nil {
		return id, exceptionRow{}, err
	}
	if alike >= placeTexts {
		id = o.latest.Place
		o.flags |= exceptionPlace
		if row, err := w.readException(ctx, id); err != nil || row.found {
			return id, row, err
		}
	}
	if err := w.roomForException(ctx); err != nil {
		return id, exceptionRow{}, err
	}
	err = w.exec(ctx, `INSERT INTO exception (id, place, type, message, flags, kind, handler, func, file, line, count, users, handlers,
		first, last, first_build, last_build, sample) VALUES (?, ?, '', '', 0, '', '', '', '', 0, 0, 0, 0, ?, 0, ?, '', 0)`,
		int64(id), int64(o.latest.Place), o.first.UnixMilli(), o.build)
	return id, exceptionRow{found: true}, err
}

// roomForException removes the one that was not seen for longest when there are too many.
func (w *writer) roomForException(ctx context.Context) error {
	_, err := w.removeExceptions(ctx, "SELECT id FROM exception ORDER BY last DESC LIMIT -1 OFFSET ?", w.maxExceptions()-1)
	return err
}

func (w *writer) maxExceptions() int64 {
	return min(maxExceptions, max(w.options.MaxBytes/bytesPerException, 100))
}

// updateException adds to the row, and says whether the exception came again although it
// was resolved.
func (w *writer) updateException(ctx context.Context, id exceptions.Fingerprint, row *exceptionRow, o *occurrences) (reopened bool, err error) {
	if err := w.writeAffected(ctx, id, row, o); err != nil {
		return false, err
	}
	e, src := &o.latest, o.latest.Source()
	if o.last.UnixMilli() >= row.last {
		err = w.exec(ctx, `UPDATE exception SET type = ?, message = ?, kind = ?, handler = ?, func = ?, file = ?, line = ?, last = ?, last_build = ?, sample = ?
			WHERE id = ?`, e.Type, cutText(e.Message, maxExceptionMsg), e.Handler.Kind.String(), e.Handler.Name, src.Func, src.File, src.Line,
			o.last.UnixMilli(), o.build, int64(o.sample), int64(id))
		if err != nil {
			return false, err
		}
	}
	err = w.exec(ctx, "UPDATE exception SET count = count + ?, flags = flags | ?, first = min(first, ?), users = ?, handlers = ? WHERE id = ?",
		o.count, o.flags, o.first.UnixMilli(), row.users, row.handlers, int64(id))
	if err != nil || row.state != query.Resolved || o.last.UnixMilli() <= row.stateAt || row.nextBuild && w.buildSince.UnixMilli() <= row.stateAt {
		return false, err
	}
	return true, w.exec(ctx, "UPDATE exception SET state = 0, next_build = 0, reopened = ?, reopened_in = ? WHERE id = ?",
		o.last.UnixMilli(), o.build, int64(id))
}

// writeAffected counts users and kinds of Records, up to so many of each.
func (w *writer) writeAffected(ctx context.Context, id exceptions.Fingerprint, row *exceptionRow, o *occurrences) error {
	for a, n := range o.affected {
		known, err := w.execCount(ctx, "UPDATE exception_of SET count = count + ?, last = max(last, ?) WHERE exception = ? AND kind = ? AND name = ?",
			n, o.last.UnixMilli(), int64(id), a.kind, a.name)
		if err != nil {
			return err
		}
		total := &row.handlers
		if a.kind == "" {
			total = &row.users
		}
		if known > 0 || *total >= query.MaxAffected {
			continue
		}
		*total++
		if err := w.exec(ctx, "INSERT INTO exception_of (exception, kind, name, count, last) VALUES (?, ?, ?, ?, ?)",
			int64(id), a.kind, a.name, n, o.last.UnixMilli()); err != nil {
			return err
		}
	}
	return nil
}

// writeExceptionIn counts by build or service, and forgets those that were not seen for
// longest.
func (w *writer) writeExceptionIn(ctx context.Context, id exceptions.Fingerprint, kind, name string, o *occurrences) error {
	known, err := w.execCount(ctx, "UPDATE exception_of SET count = count + ?, last = max(last, ?) WHERE exception = ? AND kind = ? AND name = ?",
		o.count, o.last.UnixMilli(), int64(id), kind, name)
	if err != nil || known > 0 {
		return err
	}
	if err := w.exec(ctx, "INSERT INTO exception_of (exception, kind, name, count, last) VALUES (?, ?, ?, ?, ?)",
		int64(id), kind, name, o.count, o.last.UnixMilli()); err != nil {
		return err
	}
	return w.exec(ctx, `DELETE FROM exception_of WHERE exception = ? AND kind = ? AND name NOT IN
		(SELECT name FROM exception_of WHERE exception = ? AND kind = ? ORDER BY last DESC LIMIT ?)`,
		int64(id), kind, int64(id), kind, query.MaxExceptionBuilds)
}

// writeSample keeps a stack with its chain: one of this build that is not old, so that
// what people look at is the present code and a storm of errors does not write it over
// and over.
func (w *writer) writeSample(ctx context.Context, id exceptions.Fingerprint, o *occurrences, now bool) error {
	fresh := false
	err := w.query(ctx, "SELECT 1 FROM exception_sample WHERE exception = ? AND build = ? AND at > ?", func(*sql.Rows) error { fresh = true; return nil },
		int64(id), o.build, o.last.Add(-resample).UnixMilli())
	if err != nil || fresh && !now {
		return err
	}
	s := exceptionSample{Causes: o.latest.Causes}
	for i := range s.Causes {
		s.Causes[i].Message = cutText(s.Causes[i].Message, maxExceptionMsg)
	}
	for _, f := range o.latest.Stack[:min(len(o.latest.Stack), maxSampleFrames)] {
		s.Stack = append(s.Stack, sampleFrame{f.Func, f.File, f.Line, f.Own})
	}
	body, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return w.exec(ctx, "INSERT OR REPLACE INTO exception_sample (exception, at, main, build, body) VALUES (?, ?, ?, ?, ?)",
		int64(id), o.last.UnixMilli(), o.main, o.build, body)
}

func (w *writer) writeExceptionRecords(ctx context.Context, id exceptions.Fingerprint, o *occurrences) error {
	for _, r := range o.records {
		if err := w.exec(ctx, "INSERT OR IGNORE INTO exception_record (exception, record) VALUES (?, ?)", int64(id), int64(r)); err != nil {
			return err
		}
	}
	return w.exec(ctx, `DELETE FROM exception_record WHERE exception = ? AND record <=
		(SELECT record FROM exception_record WHERE exception = ? ORDER BY record DESC LIMIT 1 OFFSET ?)`, int64(id), int64(id), exceptionRecords)
}

// noteBuild finds out since when this process's build has been seen. Where builds cannot
// be told apart every start is one.
func (w *writer) noteBuild(ctx context.Context, build int64) error {
	w.buildSince = w.self.Started
	if w.self.Build.Revision == "" || w.self.Build.Dirty {
		return nil
	}
	var since int64
	err := w.query(ctx, "SELECT min(started) FROM process WHERE build = ?", func(rows *sql.Rows) error { return rows.Scan(&since) }, build)
	w.buildSince = time.UnixMilli(since)
	return err
}

// pruneExceptions removes those that nobody has seen for long, and merges their hours
// into days.
func (w *writer) pruneExceptions(ctx context.Context, _ *Store, now time.Time) (more bool, err error) {
	p := &w.prune
	if d := now.Sub(p.exceptions); d >= 0 && d < rescanEvery {
		return false, nil
	}
	before := now.Add(-w.options.RollupAge).UnixMilli()
	days := hourOf(now.Add(-30*day)) / 24 * 24
	for !p.spent() {
		n := int64(0)
		if !p.merging {
			n, err = w.removeExceptions(ctx, "SELECT id FROM exception WHERE last < ? ORDER BY last LIMIT ?", before, p.portion(ofExceptions))
			if err != nil {
				return false, fmt.Errorf("remove exceptions: %w", err)
			}
			p.did(ofExceptions, n)
		}
		if n > 0 {
			continue
		}
		if !p.merging {
			p.merging, p.exception = true, math.MinInt64
		}
		whole, err := w.mergeExceptionHours(ctx, days)
		if err != nil {
			return false, fmt.Errorf("merge hours of exceptions: %w", err)
		}
		if whole {
			p.exceptions, p.merging = now, false
			return false, nil
		}
	}
	return true, nil
}

// removeExceptions removes the exceptions that a query finds, and what belongs to them.
func (w *writer) removeExceptions(ctx context.Context, text string, args ...any) (n int64, err error) {
	var ids []int64
	err = w.query(ctx, text, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		ids = append(ids, id)
		return err
	}, args...)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		for _, table := range []string{"exception_sample", "exception_hour", "exception_of", "exception_record"} {
			if err := w.exec(ctx, "DELETE FROM "+table+" WHERE exception = ?", id); err != nil {
				return 0, err
			}
		}
		if err := w.exec(ctx, "DELETE FROM exception WHERE id = ?", id); err != nil {
			return 0, err
		}
	}
	return int64(len(ids)), nil
}

// mergeExceptionHours merges the hours of the next exceptions that are before one, and
// tells whether these were the last.
func (w *writer) mergeExceptionHours(ctx context.Context, before int64) (whole bool, err error) {
	from, portion := w.prune.exception, w.prune.portion(ofExceptions)
	var last sql.NullInt64
	var n int64
	err = w.query(ctx, "SELECT max(id), count(*) FROM (SELECT id FROM exception WHERE id > ? ORDER BY id LIMIT ?)",
		func(rows *sql.Rows) error { return rows.Scan(&last, &n) }, from, portion)
	if err != nil || n == 0 {
		return true, err
	}
	for _, text := range []string{
		`INSERT INTO exception_hour (exception, hour, count)
			SELECT exception, hour / 24 * 24, sum(count) FROM exception_hour
			WHERE exception > ? AND exception <= ? AND hour < ? AND hour % 24 <> 0 GROUP BY 1, 2
			ON CONFLICT DO UPDATE SET count = count + excluded.count`,
		"DELETE FROM exception_hour WHERE exception > ? AND exception <= ? AND hour < ? AND hour % 24 <> 0",
	} {
		if err := w.exec(ctx, text, from, last.Int64, before); err != nil {
			return false, err
		}
	}
	w.prune.exception = last.Int64
	w.prune.did(ofExceptions, n)
	return n < portion, nil
}

// cutText keeps whole characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
