package query

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Document is a fact about a process, as JSON: its signals, its middleware, its
// settings. A process has one of each name, the latest that it wrote.
type Document struct {
	Process int64 // Process.ID
	Name    string
	Written time.Time
	Body    []byte // JSON
}

// MaxDocument and MaxNote are how many bytes the body of a Document, and of a note on a
// Record, may have.
const (
	MaxDocument = 1 << 20
	MaxNote     = 4 << 10
)

// Documents chooses Documents. The zero value is all that are kept.
type Documents struct {
	Name      string  // exactly; "" is any
	Processes []int64 // by Process.ID; empty is all
	Limit     int     // 0: 100, the latest
}

// Mark is what a person notes on a Record.
type Mark struct {
	// Pin keeps the Record until it is unpinned; Unpin is the reverse.
	Pin, Unpin bool
	// Tag and Untag are tags to add and to take away.
	Tag, Untag []string
}

// MaxTags is how many tags a Record may have, and MaxTag how many bytes each.
const (
	MaxTags = 50
	MaxTag  = 100
)

// Audit is one action of a person in the dashboard.
type Audit struct {
	ID      int64 // grows; given by the store
	At      time.Time
	Who     string // as the app's gate names people; "" unknown
	Action  string // "pin", "delete", "job.cancel"
	Target  string // what it was done to: a Record's id, a queue's name
	Outcome string // "" when it was done, otherwise why not
}

// Setting names of package web.
const (
	// SavedFilters are the filters that people saved, as JSON.
	SavedFilters = "web.filters"
)

// Marked is what became of a Record that was marked.
type Marked struct {
	ID    instrument.ID
	Flags instrument.Flags
	Tags  []string
}
