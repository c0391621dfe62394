package tasks

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
)

// Schedule queues a call again and again. However many processes have the schedule, each
// of its ticks is one job: the first to come claims the tick in the transaction that
// queues the job. A tick that no process was there for is missed: it is not made up for,
// and [Client.Schedules] shows it.
type Schedule struct {
	// Name is what the schedule is known by, also in the database: of letters, digits and
	// "-_./". No two schedules may share one.
	Name string
	// Cron is a crontab line of five fields: minute, hour, day of month, month, day of week,
	// or one of "@hourly", "@daily", "@weekly", "@monthly", "@yearly". When both days are
	// given, either of them will do. Sunday is 0.
	Cron string
	// Every is an interval instead, a second at least. Its ticks are the multiples of it
	// since 1970, UTC: an hour is each full hour, so the first tick is sooner than after a
	// whole interval.
	Every time.Duration
	// Zone is where Cron's clock hangs. Nil: UTC. When clocks go forward, a time that does
	// not exist that day has no tick; when they go back, one that comes twice has two.
	Zone *time.Location
	// Call is what is queued: Task.Call, or Command.
	Call Call
	// Overlap says what happens at a tick when the job of an earlier one has not ended.
	Overlap Overlap
	// Late is how much later than its tick a job may still be queued, for instance since a
	// new release was starting just then. After that the tick is missed. 0: a minute, or
	// until the next tick if that is sooner.
	Late time.Duration
}

// Overlap says what a schedule does while its last job has not ended.
type Overlap uint8

// The ways to overlap.
const (
	Allow   Overlap = iota // queue the next job: both may run at once
	Skip                   // leave this tick out
	Replace                // cancel the last job and queue the next
)

// String is the way as pages show it.
func (o Overlap) String() string {
	if o > Replace {
		return fmt.Sprintf("overlap(%d)", uint8(o))
	}
	return [...]string{"allow", "skip", "replace"}[o]
}

const defaultLate = time.Minute

// scheduled is a schedule that was checked.
type scheduled struct {
	Schedule
	table timetable
}

// schedule checks the Client's schedules.
func (c *Client) schedule() error {
	var errs []error
	seen := map[string]bool{}
	for _, s := range c.config.Schedules {
		table, err := s.timetable()
		if err == nil {
			err = c.checkSchedule(s)
		}
		if err == nil && seen[s.Name] {
			err = errors.New("another schedule has this name")
		}
		seen[s.Name] = true
		if err != nil {
			errs = append(errs, fmt.Errorf("tasks: schedule %q: %w", s.Name, err))
		}
		c.schedules = append(c.schedules, scheduled{s, table})
	}
	return errors.Join(errs...)
}

func (c *Client) checkSchedule(s Schedule) error {
	switch {
	case !kindPattern.MatchString(s.Name):
		return fmt.Errorf("the name must match %s", kindPattern)
	case s.Overlap > Replace:
		return fmt.Errorf("Overlap is %d: use Allow, Skip or Replace", s.Overlap)
	case s.Late < 0:
		return errors.New("Late cannot be less than 0")
	}
	if err := s.Call.check(nil); err != nil {
		return err
	}
	if c.defs[s.Call.def.kind] == nil {
		return fmt.Errorf("task %q is not among Config.Tasks", s.Call.def.kind)
	}
	if s.Call.def == commandTask && c.config.Commands == nil {
		return errors.New("it runs a command: set Config.Commands")
	}
	_, err := c.insertParams(s.Call.def, s.Call.options, s.Call.encoded, nil)
	return err
}

// late is how much later than tick the job may be queued.
func (s *scheduled) late(tick time.Time) time.Duration {
	limit := cmp.Or(s.Late, defaultLate)
	if next := s.table.Next(tick); !next.IsZero() {
		limit = min(limit, next.Sub(tick))
	}
	return limit
}

func init() { backgrounds = append(backgrounds, runSchedules) }

// runSchedules queues what is due until ctx is done.
func runSchedules(ctx context.Context, c *Client) {
	if len(c.schedules) == 0 || c.config.Now != nil {
		return
	}
	for {
		pause := c.untilNext()
		if err := c.RunSchedules(ctx); err != nil && ctx.Err() == nil {
			c.config.Logger.ErrorContext(ctx, "tasks: schedules", "error", err)
			pause = min(pause, time.Second)
		}
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
		}
	}
}

// untilNext is how long to wait for the next tick; not long in any case, since the clock
// may be set, and the machine may sleep.
func (c *Client) untilNext() time.Duration {
	now := c.now()
	pause := time.Minute
	for i := range c.schedules {
		if next := c.schedules[i].table.Next(now); !next.IsZero() {
			pause = min(pause, next.Sub(now))
		}
	}
	return pause
}

// RunSchedules queues what is due at this moment and notes what was missed. A Client that
// was started does this by itself, unless Config.Now is set; tests with a clock of their
// own call it, and so may a program that is itself started by a timer.
func (c *Client) RunSchedules(ctx context.Context) error {
	var errs []error
	for i := range c.schedules {
		if err := c.runSchedule(ctx, &c.schedules[i]); err != nil {
			errs = append(errs, fmt.Errorf("schedule %q: %w", c.schedules[i].Name, err))
		}
	}
	return errors.Join(errs...)
}

func (c *Client) runSchedule(ctx context.Context, s *scheduled) error {
	now := c.now()
	done, err := c.lastTick(ctx, s, now)
	if err != nil {
		return err
	}
	var missed []time.Time
	for tick := s.table.Next(done); !tick.IsZero() && !tick.After(now); tick = s.table.Next(tick) {
		if now.Sub(tick) >= s.late(tick) {
			missed = append(missed, tick)
			continue
		}
		if err := c.miss(ctx, s, done, missed); err != nil {
			return err
		}
		missed = nil
		if err := c.fire(ctx, s, tick); err != nil {
			return err
		}
		done = tick
	}
	return c.miss(ctx, s, done, missed)
}

// lastTick is the tick up to which the schedule is done with. A schedule that is new, or
// whose timetable has changed, begins now.
func (c *Client) lastTick(ctx context.Context, s *scheduled, now time.Time) (time.Time, error) {
	table, db := c.table("toolbar_schedule"), c.base.sql()
	var done int64
	err := db.QueryRowContext(ctx, "SELECT done FROM "+table+" WHERE name = $1 AND spec = $2", s.Name, s.spec()).Scan(&done)
	if err == nil {
		return time.UnixMilli(done), nil
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return now, err
	}
	_, err = db.ExecContext(ctx, "INSERT INTO "+table+" (name, spec, since, done, missed) VALUES ($1, $2, $3, $4, 0) "+
		"ON CONFLICT (name) DO UPDATE SET spec = excluded.spec, since = excluded.since, done = excluded.done WHERE "+table+".spec <> excluded.spec",
		s.Name, s.spec(), now.UnixMilli(), now.UnixMilli())
	return now, err
}

var errClaimed = errors.New("another process has this tick")

// fire queues the job of a tick, unless another process has done so.
func (c *Client) fire(ctx context.Context, s *scheduled, tick time.Time) error {
	params, err := c.insertParams(s.Call.def, s.Call.options, s.Call.encoded, map[string]any{
		MetaSchedule: s.Name, MetaTick: tick.UTC(),
	})
	if err != nil {
		return err
	}
	last, err := c.unended(ctx, s)
	if err != nil {
		return err
	}
	err = c.engine.within(ctx, nil, func(x transaction) error { return c.claim(ctx, x, s, tick, last, params) })
	if errors.Is(err, errClaimed) {
		return nil
	}
	return err
}

// claim takes a tick and queues its job, all or nothing.
func (c *Client) claim(ctx context.Context, x transaction, s *scheduled, tick time.Time, last *rivertype.JobRow, params river.InsertManyParams) error {
	var got int64
	err := x.QueryRow(ctx, "INSERT INTO "+c.table("toolbar_tick")+" VALUES ($1, $2, $3, 0) ON CONFLICT (schedule, tick) DO NOTHING RETURNING tick",
		s.Name, tick.UnixMilli(), string(TickQueued)).Scan(&got)
	if errors.Is(err, sql.ErrNoRows) {
		return errClaimed
	}
	if err != nil {
		return err
	}
	if err := c.advance(ctx, x, s, tick); err != nil {
		return err
	}
	if last != nil && s.Overlap == Skip {
		return c.setTick(ctx, x, s, tick, TickSkipped, last.ID)
	}
	results, err := x.insert(ctx, []river.InsertManyParams{params})
	if err != nil {
		return err
	}
	return c.setTick(ctx, x, s, tick, TickQueued, results[0].Job.ID)
}

// unended is the last job of the schedule if it matters that it has not ended; with
// Replace it is cancelled.
func (c *Client) unended(ctx context.Context, s *scheduled) (*rivertype.JobRow, error) {
	if s.Overlap == Allow {
		return nil, nil
	}
	var id int64
	err := c.base.sql().QueryRowContext(ctx, "SELECT job FROM "+c.table("toolbar_tick")+" WHERE schedule = $1 AND state = 'queued' AND job > 0 ORDER BY tick DESC LIMIT 1", s.Name).Scan(&id)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	job, err := c.JobGet(ctx, id)
	if errors.Is(err, river.ErrNotFound) || err == nil && job.FinalizedAt != nil {
		return nil, nil
	}
	if err == nil && s.Overlap == Replace {
		_, err = c.JobCancel(ctx, id)
	}
	return job, err
}

// advance notes that the schedule is done up to a tick.
func (c *Client) advance(ctx context.Context, x transaction, s *scheduled, tick time.Time) error {
	return x.Exec(ctx, "UPDATE "+c.table("toolbar_schedule")+" SET done = $1 WHERE name = $2 AND done < $3", tick.UnixMilli(), s.Name, tick.UnixMilli())
}

// keptTicks is how many ticks of a schedule are kept to be shown.
const keptTicks = 100

func (c *Client) setTick(ctx context.Context, x transaction, s *scheduled, tick time.Time, state TickState, job int64) error {
	table := c.table("toolbar_tick")
	if err := x.Exec(ctx, "UPDATE "+table+" SET state = $1, job = $2 WHERE schedule = $3 AND tick = $4", string(state), job, s.Name, tick.UnixMilli()); err != nil {
		return err
	}
	return x.Exec(ctx, "DELETE FROM "+table+" WHERE schedule = $1 AND tick < (SELECT min(tick) FROM (SELECT tick FROM "+table+
		" WHERE schedule = $2 ORDER BY tick DESC LIMIT $3) AS kept)", s.Name, s.Name, keptTicks)
}

// miss notes ticks that nobody was there for. Of several processes that find them at
// once, one notes them.
func (c *Client) miss(ctx context.Context, s *scheduled, done time.Time, missed []time.Time) error {
	if len(missed) == 0 {
		return nil
	}
	last := missed[len(missed)-1]
	err := c.engine.within(ctx, nil, func(x transaction) error {
		var name string
		err := x.QueryRow(ctx, "UPDATE "+c.table("toolbar_schedule")+" SET done = $1, missed = missed + $2 WHERE name = $3 AND done = $4 RETURNING name",
			last.UnixMilli(), len(missed), s.Name, done.UnixMilli()).Scan(&name)
		if errors.Is(err, sql.ErrNoRows) {
			return errClaimed
		}
		if err != nil {
			return err
		}
		for _, tick := range missed[max(len(missed)-keptTicks, 0):] {
			err := x.Exec(ctx, "INSERT INTO "+c.table("toolbar_tick")+" VALUES ($1, $2, $3, 0) ON CONFLICT (schedule, tick) DO NOTHING", s.Name, tick.UnixMilli(), string(TickMissed))
			if err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, errClaimed) {
		return nil
	}
	return err
}
