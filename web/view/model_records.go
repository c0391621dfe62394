package view

import "time"

// RecordList is the list of requests, or of Records of another kind.
type RecordList struct {
	Kind  Kind // what is listed; requests when empty
	Kinds []Choice

	Filter  string  // the filter that applies, as one text
	Query   string  // what was typed and cannot be read
	Error   string  // what is wrong with it; "" nothing
	Pointer string  // two lines: the text, and a mark under the mistake
	Tokens  []Token // the filter, taken apart
	Saved   []Choice

	Columns []Column     // to choose from
	Forms   *RecordForms // nil: nothing can be done with the rows

	// Sort is the column that orders the list: "time", "duration", "code", "sql", "sqltime", "signals", "name", "user",
	// "note". Only "time" updates live.
	Sort string
	Asc  bool

	Rows []RecordRow

	Total    int64 // how many match; negative is not known
	Searched int64 // of All, when the search ran out of time; 0: the search was complete
	All      int64
	SearchOn string // the same list, with more time for the search; "" when it is complete or has had the most

	Newer, Older string // cursors for the parameters "after" and "before"; "" at the end
}

// Choice is one of several links of which one is current.
type Choice struct {
	Label   string
	Href    string
	Count   int64 // negative shows none
	Current bool
	Own     bool // saved by a viewer, who may remove it
}

// Column is a column of the list of Records that can be shown or not.
type Column struct {
	Name, Label string
	Shown       bool
}

// RecordForms are what may be done with the rows of a list.
type RecordForms struct {
	Proof            string
	Marks, Filters   string // where the forms go
	Pin, Tag, Delete bool   // the rights to it
}

// Token is one condition of a filter. Its Href is the list without it.
type Token struct {
	Key, Value string // "dur", ">200ms"; an empty Key is free text
	Href       string
}

// RecordRow is one Record in a list.
type RecordRow struct {
	ID     string
	Kind   Kind
	Method string // "" outside requests
	Name   string // path with query, command line, job kind
	Title  string // full text, when Name is cut; "" is Name
	Status Status
	Reason string // the status in words: "Aborted by the client"; "" is the usual word

	Code int // HTTP status or exit code; for kinds without one, 0
	// Running marks a Record that has not ended; its Duration is what it has taken so far.
	Running bool

	Start    time.Time
	Duration time.Duration
	Share    float64 // of the slowest shown, 0 to 1; [Share] computes it

	Queries   int64
	QueryTime time.Duration
	Signals   int64
	Note      string // what went wrong: "payments.test timed out"
	User      string
	Tags      []string
	Pinned    bool

	// Read where a column shows them; see [ReadsRecords].
	Size int64         // of the answer's body; negative not known
	Cost time.Duration // what recording it took; 0 not known
}
