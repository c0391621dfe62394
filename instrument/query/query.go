// Package query is the vocabulary in which a store is asked and answers: data only, so
// that pages, reports and the command line ask any store in the same words.
package query

import (
	"cmp"
	"errors"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// ErrNotFound says that there is no such Record: it was never stored, or it was
// removed when its time had come.
var ErrNotFound = errors.New("not found")

// Sort is the order of a list of Records.
type Sort uint8

// The orders of Records.
const (
	Newest   Sort = iota // the latest id first
	Oldest               // the earliest id first
	Slowest              // the longest duration first
	ByColumn             // what Records.By says, the largest first
)

// Column is what a list of Records can be ordered by.
type Column uint8

// The columns. Of Records with the same value the latest id is first, or last with
// Records.Asc.
const (
	ColumnDuration  Column = iota
	ColumnStatus           // of the response, or the exit code
	ColumnQueries          // how many statements
	ColumnQueryTime        // the time in statements
	ColumnSignals          // how many signals were sent
	ColumnName             // the path, or the handler's name where there is none; by bytes
	ColumnUser             // by bytes
	ColumnError            // the error's first line, by bytes
	ColumnSize             // of the answer, in bytes: Row.Size
	ColumnCost             // what recording took: Row.Cost
)

// Key is the value that a column has in a Record: a number, or a text.
func (c Column) Key(r *Row) (number int64, text string) {
	switch c {
	case ColumnDuration:
		return int64(r.Duration), ""
	case ColumnStatus:
		return int64(r.Status), ""
	case ColumnQueries:
		return int64(r.Count(instrument.KindQuery)), ""
	case ColumnQueryTime:
		return int64(r.QueryTime), ""
	case ColumnSignals:
		return int64(r.Count(instrument.KindSignal)), ""
	case ColumnName:
		return 0, cmp.Or(r.Path, r.Handler.Name)
	case ColumnUser:
		return 0, r.User
	case ColumnError:
		return 0, r.Error
	case ColumnSize:
		return r.Size, ""
	case ColumnCost:
		return int64(r.Cost), ""
	}
	return 0, ""
}

// Records chooses Records. The zero value gives the newest fifty of all.
type Records struct {
	Kinds   []instrument.Kind // empty is all
	Handler string            // the handler's name, exactly; "" is any
	Name    string            // as Handlers.Name

	Path      string // what the path contains
	Method    string // exactly
	User      string // exactly
	Tag       string // one of the tags, exactly
	Error     string // what the error's first line contains
	StatusMin int    // 404, 404 is 404; 500, 599 is every 5xx; 0 is open
	StatusMax int

	MinDuration time.Duration
	MaxDuration time.Duration // 0 is open
	MinQueries  int

	FlagsAny  instrument.Flags // at least one of them; 0 is any
	FlagsAll  instrument.Flags // each of them
	FlagsNone instrument.Flags // none of them

	Trace     instrument.TraceID
	Parent    instrument.ID
	Processes []int64 // by Process.ID; empty is all

	Since, Until time.Time // when it began; zero is open

	Where Where // what they must be besides; zero is anything

	Sort  Sort
	By    Column // the column of ByColumn
	Asc   bool   // of ByColumn: the least first
	After Cursor // RecordPage.Next of the page before; zero is the first page
	Limit int    // 0: 50; at most 1000
	// Budget is how long the search may take when the filter passes few Records.
	// 0: 250 ms. What has not been searched by then is missing; the page says so.
	Budget time.Duration
}

// Cursor is a place in an ordered list of Records. Records that are added or
// removed meanwhile do not shift it.
type Cursor struct {
	ID       instrument.ID
	Duration time.Duration // only for Slowest
	Number   int64         // only for ByColumn, as Text: what Column.Key gives
	Text     string
}

// Row is a Record in a list.
type Row struct {
	instrument.Summary                        // its Handler is nil: the Record may be another program's
	Handler            instrument.HandlerInfo // what its Summary's Handler was
	Process            int64                  // Process.ID

	// Size is how many bytes the answer had, -1 where that is not known, and Cost what
	// recording took, as far as it says. They stand in the Record itself and not in its
	// line: only a list by ColumnSize has the one, a list by ColumnCost the other.
	Size int64
	Cost time.Duration
}

// RecordPage is a part of a list of Records.
type RecordPage struct {
	Records []Row
	// Next is where the following page begins; More tells that there may be one.
	Next Cursor
	More bool
	// Complete is false when the Budget ran out: of Total Records that could be in
	// the list, Searched were looked at. In the orders Newest and Oldest the next
	// page goes on there; for Slowest and ByColumn, whose first Record may be among
	// those that are left, ask again with a larger Budget.
	Complete        bool
	Searched, Total int64
}

// Handlers chooses statistics. The zero value is all of all time.
type Handlers struct {
	// Since and Until bound the time; zero is open. Statistics are kept by the
	// minute, and after a day by the hour: Since is rounded down, Until up.
	Since, Until time.Time
	// Kinds of handlers; empty is all.
	Kinds []instrument.Kind
	// Handler is a handler's name, exactly; "" is any.
	Handler string
	// Name is what a handler's name contains, whatever the case. With a "*" it is a
	// pattern for the whole name, in which "*" stands for anything.
	Name string
	// Processes are those whose calls count, by Process.ID; empty is all. Hours hold
	// those of all processes of a build under the first of them.
	Processes []int64
}

// HandlerStats is what one handler did in a window of time, in all processes.
type HandlerStats struct {
	Handler instrument.HandlerInfo
	// RollRow holds the numbers. Its own Handler is nil, because the handler may be
	// another program's; its Slowest may name Records that are gone.
	instrument.RollRow
	// Last is the minute in which it was called last in the window; where statistics are
	// kept by the hour, the hour.
	Last time.Time
}

// Series chooses what a Series counts.
type Series struct {
	// Handlers says whose calls, and from when to when. Here zero times are not
	// open: Until is now, Since an hour before Until.
	Handlers
	// Step is the stretch of each point, rounded up to whole minutes. 0: a minute.
	Step time.Duration
}

// MaxPoints is how many points a series may have.
const MaxPoints = 10_000

// Point is what happened in one step.
type Point struct {
	Start time.Time
	instrument.Stats
}

// KindCounts is what all handlers of a kind did.
type KindCounts struct {
	Handlers                    int // called at all
	Count, Errors, Panics, Slow uint64
}

// Process is one run of a program that wrote to the store.
type Process struct {
	ID      int64  // of the row; never given twice
	Number  uint16 // in record ids
	PID     int
	Host    string
	Service string
	Build   Build
	Started time.Time
	Seen    time.Time // the last sign of life
	Ended   time.Time // zero: it is alive, or it died without a word
	Alive   bool      // what it has not finished may still be
}

// Build is what a process was built from. Two processes of one build can be
// compared with those of another.
type Build struct {
	Revision string // of the version control system; "" unknown
	Dirty    bool   // there were changes that had not been committed
	Go       string // version of the toolchain
	Main     string // path of the main package
	Modules  []Module
}

// Name is the build as exceptions name it: its revision, with "+" when there were changes
// that had not been committed; "" unknown.
func (b Build) Name() string {
	if b.Revision != "" && b.Dirty {
		return b.Revision + "+"
	}
	return b.Revision
}

// Module is a dependency as it was linked.
type Module struct {
	Path, Version string
}

// Health is the state of the store.
type Health struct {
	Path          string // "" in memory
	SchemaVersion int
	FileBytes     int64 // of the database file, or of the memory
	WALBytes      int64 // what was written and is not in the file yet
	MaxBytes      int64 // what the two may be together
	PageSize      int64
	Pages         int64
	FreePages     int64 // of these, empty
	Records       int64
	Oldest        time.Time // when the oldest Record began; zero without Records
	Newest        time.Time
	Processes     int  // known
	Gone          bool // the file was deleted or replaced: the next write goes to a new one
}

// HandlerTrend is a handler's statistics with how it went over the window.
type HandlerTrend struct {
	HandlerStats
	Trend []TrendPoint // in equal steps
}

// TrendPoint is what a handler did in one step of a trend.
type TrendPoint struct {
	Start         time.Time
	Count, Errors uint64
	Sum           time.Duration
}

// Avg is the average duration; 0 without calls.
func (p TrendPoint) Avg() time.Duration {
	if p.Count == 0 {
		return 0
	}
	return p.Sum / time.Duration(p.Count)
}
