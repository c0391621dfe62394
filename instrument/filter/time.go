package filter

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moments are the forms in which a point in time may be given, besides an age.
var moments = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// ParseTime reads a point in time: an age like "90s", "1h", "7d" or "2w", counted back
// from now; a date with or without a time of day; or a time of day alone, "15:04", which
// is the last one that was. Times are in now's zone unless they name their own.
func ParseTime(s string, now time.Time) (time.Time, error) {
	if age, ok := parseAge(s); ok {
		return now.Add(-age), nil
	}
	for _, form := range moments {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, nil
		}
	}
	for _, form := range []string{"15:04", "15:04:05"} {
		if t, err := time.Parse(form, s); err == nil {
			return lastTimeOfDay(t, now), nil
		}
	}
	return time.Time{}, fmt.Errorf(`%q is neither an age like "90s", "1h" or "7d" nor a time like "13:32" or "2026-11-20 13:32"`, s)
}

func lastTimeOfDay(clock, now time.Time) time.Time {
	y, m, d := now.Date()
	t := time.Date(y, m, d, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
	if t.After(now) {
		t = time.Date(y, m, d-1, clock.Hour(), clock.Minute(), clock.Second(), 0, now.Location())
	}
	return t
}

// parseAge is time.ParseDuration with days and weeks alone as well; not below zero.
func parseAge(s string) (time.Duration, bool) {
	for unit, hours := range map[string]float64{"d": 24, "w": 7 * 24} {
		number, ok := strings.CutSuffix(s, unit)
		if !ok {
			continue
		}
		if n, err := strconv.ParseFloat(number, 64); err == nil {
			age := n * hours * float64(time.Hour)
			return time.Duration(age), age >= 0 && age < 1<<62
		}
	}
	age, err := time.ParseDuration(s)
	return age, err == nil && age >= 0
}
