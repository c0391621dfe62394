package tasks

import (
	"context"
	"fmt"
	"time"
)

// ScheduleInfo is a schedule as it is shown.
type ScheduleInfo struct {
	Name    string
	Kind    string // of the task
	Spec    string // the crontab line, or "every 15m"
	Words   string // the same in English
	Zone    string
	Overlap Overlap
	Late    time.Duration // after a tick, until it is missed
	Since   time.Time     // since when the timetable is what it is; zero: never run yet
	Missed  int64         // ticks that no process was there for
	Ticks   []Tick        // the last ones, newest first
	Next    []time.Time   // the next five, in Zone
}

// Tick is a time at which a schedule was due.
type Tick struct {
	At    time.Time
	State TickState
	Job   int64 // that was queued, or that this tick was skipped for; 0: none
}

// TickState is what became of a tick.
type TickState string

// The states of a tick.
const (
	TickQueued  TickState = "queued"  // its job was queued
	TickSkipped TickState = "skipped" // the job of an earlier tick had not ended
	TickMissed  TickState = "missed"  // no process was there
)

const (
	shownNext  = 5
	shownTicks = 20
)

// Schedules tells of each schedule when it runs next and what became of its last ticks.
func (c *Client) Schedules(ctx context.Context) ([]ScheduleInfo, error) {
	var list []ScheduleInfo
	for i := range c.schedules {
		info := c.schedules[i].info(c.now())
		if err := c.readSchedule(ctx, &info); err != nil {
			return nil, fmt.Errorf("tasks: read schedule %q: %w", info.Name, err)
		}
		list = append(list, info)
	}
	return list, nil
}

// info is what is known without asking the database.
func (s *scheduled) info(now time.Time) ScheduleInfo {
	info := ScheduleInfo{
		Name: s.Name, Kind: s.Call.def.kind, Spec: s.Cron, Words: s.words(), Zone: s.zone().String(), Overlap: s.Overlap,
	}
	if s.Every > 0 {
		info.Spec = "every " + shortDuration(s.Every)
	}
	for next := now; len(info.Next) < shownNext; {
		if next = s.table.Next(next); next.IsZero() {
			break
		}
		info.Next = append(info.Next, next.In(s.zone()))
	}
	if len(info.Next) > 0 {
		info.Late = s.late(info.Next[0])
	}
	return info
}

func (c *Client) readSchedule(ctx context.Context, info *ScheduleInfo) error {
	db := c.base.sql()
	rows, err := db.QueryContext(ctx, "SELECT since, missed FROM "+c.table("toolbar_schedule")+" WHERE name = $1", info.Name)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var since int64
		if err := rows.Scan(&since, &info.Missed); err != nil {
			return err
		}
		info.Since = time.UnixMilli(since)
	}
	if err := rows.Close(); err != nil { // the one connection is needed again
		return err
	}
	ticks, err := db.QueryContext(ctx, "SELECT tick, state, job FROM "+c.table("toolbar_tick")+" WHERE schedule = $1 ORDER BY tick DESC LIMIT $2", info.Name, shownTicks)
	if err != nil {
		return err
	}
	defer ticks.Close()
	for ticks.Next() {
		var at int64
		var t Tick
		if err := ticks.Scan(&at, &t.State, &t.Job); err != nil {
			return err
		}
		t.At = time.UnixMilli(at)
		info.Ticks = append(info.Ticks, t)
	}
	return ticks.Err()
}
