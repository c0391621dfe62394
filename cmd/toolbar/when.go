package main

import (
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/filter"
)

// parseWhen reads a point in time as filters do; "" is the zero time.
func parseWhen(flag, s string, now time.Time) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	t, err := filter.ParseTime(s, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("--%s: %w", flag, err)
	}
	return t, nil
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
