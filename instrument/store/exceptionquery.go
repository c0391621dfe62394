package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

const exceptionColumns = `id, type, message, flags, kind, handler, func, file, line, count, first, last, first_build, last_build,
	users, handlers, sample, state, state_at, state_by, next_build, reopened, reopened_in`

func scanException(rows *sql.Rows, e *query.Exception) (flags int64, err error) {
	var kind string
	var first, last, stateAt, reopened int64
	err = rows.Scan((*int64)(&e.ID), &e.Type, &e.Message, &flags, &kind, &e.Handler.Name, &e.Source.Func, &e.Source.File, &e.Source.Line,
		&e.Count, &first, &last, &e.FirstBuild, &e.LastBuild, &e.Users, &e.Handlers, (*int64)(&e.Sample),
		&e.State, &stateAt, &e.StateBy, &e.NextBuild, &reopened, &e.ReopenedIn)
	e.Handler.Kind = kindOf(kind)
	e.Panic, e.Reported, e.Uncaught = flags&exceptionPanic != 0, flags&exceptionReported != 0, flags&exceptionUncaught != 0
	e.First, e.Last, e.StateAt, e.Reopened = time.UnixMilli(first), time.UnixMilli(last), timeOrZero(stateAt), timeOrZero(reopened)
	return flags, err
}

func timeOrZero(unixMilli int64) time.Time {
	if unixMilli == 0 {
		return time.Time{}
	}
	return time.UnixMilli(unixMilli)
}

// ofService is a table of the exceptions of a service: how often they came in it and when
// last, all else as in every service.
const ofService = `(SELECT e.id, e.type, e.message, e.flags, e.kind, e.handler, e.func, e.file, e.line, o.count AS count, e.first, o.last AS last,
	e.first_build, e.last_build, e.users, e.handlers, e.sample, e.state, e.state_at, e.state_by, e.next_build, e.reopened, e.reopened_in
	FROM exception_of o JOIN exception e ON e.id = o.exception WHERE o.kind = '` + serviceKind + `' AND o.name = ?) AS exception`

// exceptionOrders are the columns of the orders.
var exceptionOrders = map[query.ExceptionSort]string{
	query.LastSeen: "last", query.FirstSeen: "first", query.MostOften: "count", query.MostUsers: "users",
}

// Exceptions lists what went wrong, alike ones together: errors that nobody caught,
// reported ones and panics.
func (s *Store) Exceptions(ctx context.Context, q query.Exceptions) (page query.ExceptionPage, err error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	if page, err = s.exceptions(ctx, q); err != nil {
		return page, fmt.Errorf("list exceptions: %w", err)
	}
	return page, nil
}

func (s *Store) exceptions(ctx context.Context, q query.Exceptions) (page query.ExceptionPage, err error) {
	order, known := exceptionOrders[q.Sort]
	if !known {
		return page, fmt.Errorf("there is no order %d", q.Sort)
	}
	where, args := exceptionWhere(&q)
	from := "exception"
	if q.Service != "" {
		const unknown = " AND id NOT IN (SELECT exception FROM exception_of WHERE kind = ?)"
		if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM exception WHERE "+where+unknown, append(args, serviceKind)...).Scan(&page.Unknown); err != nil {
			return page, err
		}
		from, args = ofService, append([]any{q.Service}, args...)
	}
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM "+from+" WHERE "+where, args...).Scan(&page.Total); err != nil {
		return page, err
	}
	limit := min(max(cmp.Or(q.Limit, defaultPage), 1), maxPage)
	text := "SELECT " + exceptionColumns + " FROM " + from + " WHERE " + where
	if q.After != (query.ExceptionCursor{}) {
		text += fmt.Sprintf(" AND (%s, id) < (?, ?)", order)
		args = append(args, q.After.Value, int64(q.After.ID))
	}
	rows, err := s.db.QueryContext(ctx, fmt.Sprintf("%s ORDER BY %s DESC, id DESC LIMIT %d", text, order, limit+1), args...)
	if err != nil {
		return page, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		var e query.Exception
		_, err := scanException(rows, &e)
		page.Exceptions = append(page.Exceptions, e)
		return err
	})
	if err != nil {
		return page, err
	}
	if page.More = len(page.Exceptions) > limit; page.More {
		page.Exceptions = page.Exceptions[:limit]
		page.Next = cursorOf(&page.Exceptions[limit-1], q.Sort)
	}
	return page, s.exceptionTrends(ctx, &q, page.Exceptions)
}

func cursorOf(e *query.Exception, sort query.ExceptionSort) query.ExceptionCursor {
	c := query.ExceptionCursor{ID: e.ID}
	switch sort {
	case query.LastSeen:
		c.Value = e.Last.UnixMilli()
	case query.FirstSeen:
		c.Value = e.First.UnixMilli()
	case query.MostOften:
		c.Value = int64(e.Count)
	case query.MostUsers:
		c.Value = int64(e.Users)
	}
	return c
}

func exceptionWhere(q *query.Exceptions) (where string, args []any) {
	parts := []string{"1"}
	add := func(part string, values ...any) {
		parts, args = append(parts, part), append(args, values...)
	}
	if len(q.States) > 0 {
		states := make([]int64, len(q.States))
		for i, st := range q.States {
			states[i] = int64(st)
		}
		add("state IN (" + numbers(states) + ")")
	}
	if q.Reopened {
		add("state = 0 AND reopened <> 0")
	}
	if !q.New.IsZero() {
		add("state = 0 AND first >= ?", q.New.UnixMilli())
	}
	if q.Panics {
		add("flags & 1 <> 0")
	}
	if q.Reported {
		add("flags & 2 <> 0")
	}
	if q.Kind != 0 {
		add("kind = ?", q.Kind.String())
	}
	if q.Handler != "" {
		add("handler = ?", q.Handler)
	}
	if q.Text != "" {
		add("instr(lower(type || char(10) || message || char(10) || handler || char(10) || func || char(10) || file), lower(?)) > 0", q.Text)
	}
	if !q.Since.IsZero() {
		add("last >= ?", q.Since.UnixMilli())
	}
	if !q.Until.IsZero() {
		add("first < ?", q.Until.UnixMilli())
	}
	return strings.Join(parts, " AND "), args
}

// exceptionTrends fills in how often each came in equal steps.
func (s *Store) exceptionTrends(ctx context.Context, q *query.Exceptions, list []query.Exception) error {
	if q.Trend <= 0 || len(list) == 0 {
		return nil
	}
	now := s.options.Now()
	since := q.Since
	if since.IsZero() {
		since = now.Add(-30 * day)
	}
	n := min(q.Trend, 200)
	step := max(now.Sub(since)/time.Duration(n), time.Hour)
	place := map[int64]*query.Exception{}
	ids := make([]int64, len(list))
	for i := range list {
		ids[i] = int64(list[i].ID)
		list[i].Trend = make([]uint64, n)
		place[ids[i]] = &list[i]
	}
	rows, err := s.db.QueryContext(ctx, "SELECT exception, hour, count FROM exception_hour WHERE exception IN ("+numbers(ids)+") AND hour >= ?", hourOf(now.Add(-time.Duration(n)*step)))
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var id, hour int64
		var count uint64
		if err := rows.Scan(&id, &hour, &count); err != nil {
			return err
		}
		back := int(max(now.Sub(time.Unix((hour+1)*3600, 0)), 0) / step)
		if at := n - 1 - back; at >= 0 {
			place[id].Trend[at] += count
		}
		return nil
	})
}

// Exception is all that is known of one. It gives [query.ErrNotFound] when there is none
// of that fingerprint.
func (s *Store) Exception(ctx context.Context, id exceptions.Fingerprint) (*query.ExceptionDetail, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	d, err := s.exception(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("read exception %s: %w", id, err)
	}
	return d, nil
}

func (s *Store) exception(ctx context.Context, id exceptions.Fingerprint) (*query.ExceptionDetail, error) {
	d := &query.ExceptionDetail{}
	rows, err := s.db.QueryContext(ctx, "SELECT "+exceptionColumns+" FROM exception WHERE id = ?", int64(id))
	if err != nil {
		return nil, err
	}
	err = each(rows, func(rows *sql.Rows) error {
		flags, err := scanException(rows, &d.Exception)
		d.PlaceOnly = flags&exceptionPlace != 0
		return err
	})
	if err == nil && d.ID == 0 {
		err = query.ErrNotFound
	}
	if err != nil {
		return nil, err
	}
	for _, part := range []func(context.Context, *query.ExceptionDetail) error{s.readSample, s.readAffected, s.readExceptionHours, s.readExceptionRecords} {
		if err := part(ctx, d); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (s *Store) readSample(ctx context.Context, d *query.ExceptionDetail) error {
	var body []byte
	err := s.db.QueryRowContext(ctx, "SELECT main, build, body FROM exception_sample WHERE exception = ?", int64(d.ID)).Scan(&d.Main, &d.Build, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	var sample exceptionSample
	if json.Unmarshal(body, &sample) != nil {
		return nil // a damaged sample: the rest can be shown
	}
	d.Causes = sample.Causes
	for _, f := range sample.Stack {
		d.Stack = append(d.Stack, exceptions.Frame{Frame: instrument.Frame{Func: f.Func, File: f.File, Line: f.Line}, Own: f.Own})
	}
	return nil
}

func (s *Store) readAffected(ctx context.Context, d *query.ExceptionDetail) error {
	rows, err := s.db.QueryContext(ctx, "SELECT kind, name, count, last FROM exception_of WHERE exception = ? ORDER BY count DESC, last DESC, name", int64(d.ID))
	if err != nil {
		return err
	}
	defer func() {
		slices.SortStableFunc(d.Builds, func(a, b query.ExceptionBuild) int { return b.Last.Compare(a.Last) })
	}()
	return each(rows, func(rows *sql.Rows) error {
		var kind, name string
		var last int64
		var a query.Affected
		err := rows.Scan(&kind, &name, &a.Count, &last)
		a.Last = time.UnixMilli(last)
		switch kind {
		case "":
			a.User = name
		case buildKind:
			d.Builds = append(d.Builds, query.ExceptionBuild{Name: name, Count: a.Count, Last: a.Last})
			return err
		case serviceKind:
			d.Services = append(d.Services, query.ExceptionService{Name: name, Count: a.Count, Last: a.Last})
			return err
		default:
			a.Handler = instrument.HandlerInfo{Kind: kindOf(kind), Name: name}
		}
		d.Affected = append(d.Affected, a)
		return err
	})
}

func (s *Store) readExceptionHours(ctx context.Context, d *query.ExceptionDetail) error {
	rows, err := s.db.QueryContext(ctx, "SELECT hour, count FROM exception_hour WHERE exception = ? ORDER BY hour", int64(d.ID))
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var hour int64
		var h query.ExceptionHour
		err := rows.Scan(&hour, &h.Count)
		h.Start = time.Unix(hour*3600, 0)
		d.Hours = append(d.Hours, h)
		return err
	})
}

func (s *Store) readExceptionRecords(ctx context.Context, d *query.ExceptionDetail) error {
	rows, err := s.db.QueryContext(ctx, `SELECT e.record FROM exception_record e JOIN record r ON r.id = e.record WHERE e.exception = ? ORDER BY e.record DESC`, int64(d.ID))
	if err != nil {
		return err
	}
	return each(rows, func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		d.Records = append(d.Records, instrument.ID(id))
		return err
	})
}

// ChangeExceptions notes what a person says of exceptions, and how many there were of
// those named. Nothing that was counted changes.
func (s *Store) ChangeExceptions(ctx context.Context, c query.ExceptionChange, ids ...exceptions.Fingerprint) (changed int64, err error) {
	switch {
	case c.To > query.Ignored:
		return 0, fmt.Errorf("change exceptions: %w", errors.New("an exception is unresolved, resolved or ignored"))
	case c.NextBuild && c.To != query.Resolved:
		return 0, fmt.Errorf("change exceptions: %w", errors.New("NextBuild is for those that are resolved"))
	}
	rows := make([]int64, len(ids))
	for i, id := range ids {
		rows[i] = int64(id)
	}
	err = s.write(ctx, "change exceptions", func(ctx context.Context, w *writer) error {
		r, err := w.conn.ExecContext(ctx, "UPDATE exception SET state = ?, state_at = ?, state_by = ?, next_build = ?, reopened = 0, reopened_in = '' WHERE id IN ("+numbers(rows)+")",
			int64(c.To), w.options.Now().UnixMilli(), c.By, c.NextBuild)
		if err != nil {
			return err
		}
		changed, err = r.RowsAffected()
		return err
	})
	return changed, err
}
