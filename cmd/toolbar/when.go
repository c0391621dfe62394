package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// moments are the forms in which a point in time may be given, besides an age.
var moments = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", time.DateOnly}

// parseWhen reads a point in time: an age like "90s", "1h", "7d" or "2w", counted
// back from now, or a date with or without a time, in local time unless it names its
// zone. "" is the zero time.
func parseWhen(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	if age, ok := parseAge(s); ok {
		return now.Add(-age), nil
	}
	for _, form := range moments {
		if t, err := time.ParseInLocation(form, s, now.Location()); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf(`--%s: %q is neither an age like "90s", "1h" or "7d" nor a time like "2026-11-20 13:32"`, flag, s)
}

// parseAge is time.ParseDuration with days and weeks alone as well; not below zero.
func parseAge(s string) (time.Duration, bool) {
	for unit, hours := range map[string]float64{"d": 24, "w": 7 * 24} {
		if n, err := strconv.ParseFloat(strings.TrimSuffix(s, unit), 64); err == nil && strings.HasSuffix(s, unit) {
			age := n * hours * float64(time.Hour)
			return time.Duration(age), age >= 0 && age < 1<<62
		}
	}
	age, err := time.ParseDuration(s)
	return age, err == nil && age >= 0
}

// parseWindow reads --since and --until.
func parseWindow(since, until string, now time.Time) (from, to time.Time, err error) {
	if from, err = parseWhen("since", since, now); err != nil {
		return from, to, err
	}
	if to, err = parseWhen("until", until, now); err != nil {
		return from, to, err
	}
	if since != "" && until != "" && !from.Before(to) {
		return from, to, fmt.Errorf("--since %s is not before --until %s", since, until)
	}
	return from, to, nil
}
