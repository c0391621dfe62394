package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"slices"
	"time"
)

// inProcesses is a condition on the processes of rows; "" when none are named, which is all.
func inProcesses(column string, processes []int64) string {
	if len(processes) == 0 {
		return ""
	}
	return " AND " + column + " IN (" + numbers(processes) + ")"
}

// among tells whether a process is one of those that are named; none named are all. A
// service of short commands has thousands.
func among(processes []int64) func(int64) bool {
	switch len(processes) {
	case 0:
		return func(int64) bool { return true }
	case 1:
		return func(id int64) bool { return id == processes[0] }
	}
	sorted := slices.Clone(processes)
	slices.Sort(sorted)
	return func(id int64) bool {
		_, found := slices.BinarySearch(sorted, id)
		return found
	}
}

// processesKey names processes in the name of a block, in a few bytes also when they are
// many.
func processesKey(processes []int64) string {
	if len(processes) <= 4 {
		return numbers(processes)
	}
	sum := sha256.Sum256([]byte(numbers(processes)))
	return string(sum[:])
}

// MinutesSince is from when statistics are kept by the minute and for each process: an hour
// before has those of all processes of one build and service together. Zero: there are no
// such hours.
func (s *Store) MinutesSince(ctx context.Context) (time.Time, error) {
	ctx, cancel := s.deadline(ctx)
	defer cancel()
	at, err := s.minutesSince(ctx)
	if err != nil {
		return time.Time{}, fmt.Errorf("read since when statistics are kept by the minute: %w", err)
	}
	if at == 0 {
		return time.Time{}, nil
	}
	return time.Unix(at*60, 0), nil
}

func (s *Store) minutesSince(ctx context.Context) (int64, error) {
	merged, err := s.total(ctx, totalHours)
	if err != nil {
		return 0, err
	}
	// What is being merged is the first minute that has not been: its hour may be there
	// already, as the first row of what follows.
	var first, width sql.NullInt64
	err = s.db.QueryRowContext(ctx, `SELECT minute, max(width) FROM rollup
		WHERE minute = (SELECT min(minute) FROM rollup WHERE minute >= ?)`, merged).Scan(&first, &width)
	if err != nil {
		return 0, err
	}
	if width.Int64 > 1 {
		merged = first.Int64 + width.Int64
	}
	return (merged + 59) / 60 * 60, nil
}
