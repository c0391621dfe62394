package view

import "time"

// Commands is the page of management commands: what there is, and what ran.
type Commands struct {
	Order Order
	Rows  []CommandRow
	Runs  []RecordRow // newest first
	Newer string      // cursors as in [RecordList]
	Older string
}

// CommandRow is one command with its statistics.
type CommandRow struct {
	Name     string
	Help     string
	Source   string
	Status   Status
	Runs     int64
	Failed   int64
	P50, P95 time.Duration
	Max      time.Duration
	LastRun  time.Time // zero: never
	LastCode int
}
