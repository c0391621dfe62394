package tasks

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

// timetable gives the ticks of a schedule.
type timetable interface {
	// Next is the first tick after t; zero when there is none.
	Next(t time.Time) time.Time
}

// fields are those of crontab, without seconds.
var fields = cron.NewParser(cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow | cron.Descriptor)

// parseCron reads a crontab line. What never comes is refused, as 30 February is.
func parseCron(spec string, zone *time.Location) (timetable, error) {
	if strings.Contains(spec, "TZ=") {
		return nil, fmt.Errorf("cron %q has a time zone: set Schedule.Zone", spec)
	}
	if strings.HasPrefix(spec, "@every") {
		return nil, fmt.Errorf("cron %q: set Schedule.Every", spec)
	}
	parsed, err := fields.Parse(spec)
	if err != nil {
		return nil, fmt.Errorf("cron %q: %w", spec, err)
	}
	table, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return nil, fmt.Errorf("cron %q is of a kind that is not known", spec)
	}
	table.Location = zone
	if table.Next(time.Unix(0, 0)).IsZero() {
		return nil, fmt.Errorf("cron %q never comes", spec)
	}
	return table, nil
}

// interval has its ticks at the whole multiples of itself since 1970, so that all
// processes agree on them without asking each other.
type interval time.Duration

// Next is the first multiple after t.
func (i interval) Next(t time.Time) time.Time {
	d := time.Duration(i)
	since := time.Duration(t.UnixNano())
	return time.Unix(0, int64(since-mod(since, d)+d)).UTC()
}

func mod(a, b time.Duration) time.Duration { return ((a % b) + b) % b }

var errTimetable = errors.New("set one of Cron and Every")

// timetable is when the schedule has its ticks.
func (s Schedule) timetable() (timetable, error) {
	switch {
	case (s.Cron == "") == (s.Every == 0):
		return nil, errTimetable
	case s.Cron != "":
		return parseCron(s.Cron, s.zone())
	case s.Every < time.Second:
		return nil, fmt.Errorf("Every is %s: a second is the least", s.Every)
	}
	return interval(s.Every), nil
}

func (s Schedule) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// spec is the timetable as a text; a schedule whose text changes begins anew.
func (s Schedule) spec() string {
	if s.Every > 0 {
		return "every " + s.Every.String()
	}
	return s.Cron + " " + s.zone().String()
}
