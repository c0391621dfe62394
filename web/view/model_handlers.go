package view

import "time"

// Handlers is the list of everything that has statistics.
type Handlers struct {
	Kinds  []Choice
	Name   string // narrowed to one handler; "" all
	Order  Order
	Rows   []HandlerRow
	Capped int64 // handlers beyond the limit, counted together
	Limit  int64
}

// HandlerRow is one handler with its statistics in the chosen time.
type HandlerRow struct {
	Kind          Kind
	Name          string
	Source        string // file:line; "" not known
	Status        Status
	Calls         int64
	Errors        int64
	Panics        int64
	SlowCalls     int64
	P50, P95, P99 time.Duration
	Max           time.Duration
	Own           time.Duration // of Total, outside of what it calls
	Total         time.Duration
	Share         float64 // of all request time, 0 to 1; what it calls included
	InFlight      int64
	Trend         []float64 // nil: none
	TrendBad      bool
}

// SlowReport is the report of slow handlers as a page.
type SlowReport struct {
	From, To time.Time
	Build    string
	Handlers int64
	Requests int64
	Commands int64
	Tasks    int64

	Over    int    // handlers that broke a limit
	Summary string // a sentence after that count; "" none
	Rows    []SlowRow
	Causes  []SlowCause
	Facts   []Attr // how it was measured
	Command string // the command line that prints the same
}

// SlowRow is one handler of the report.
type SlowRow struct {
	Kind     Kind
	Name     string
	Source   string
	Status   Status
	Calls    int64
	Errors   int64
	P50, P95 time.Duration
	Limit    time.Duration // 0: none set
	Total    time.Duration
}

// SlowCause says why one handler is slow.
type SlowCause struct {
	Kind   Kind
	Name   string
	Where  string // "receiver of order_status_changed, notify/mail.go:41"
	Text   string // a sentence instead of shares; "" none
	Shares []CauseShare
	Hist   *Histogram // nil: none
	Fix    string
	Code   string
	Sample string // id of a Record that shows it; "" none
}

// CauseShare is one part of the time of a handler.
type CauseShare struct {
	Share float64
	Kind  Kind // "" shows no icon
	Text  string
	Code  string // set as code after the text
}

// Histogram is a distribution of durations.
type Histogram struct {
	Label string // a sentence, read aloud
	Bars  []HistBar
	P50   time.Duration
	P95   time.Duration
	Limit time.Duration // bars above it are coloured; 0 none
}

// HistBar counts the durations up to Upper and above the bar before it.
type HistBar struct {
	Upper time.Duration
	Count int64
}

// Queries is the list of statements by fingerprint.
type Queries struct {
	Order Order
	Rows  []QueryRow
	Time  time.Duration // of all statements
	Calls int64
}

// QueryRow is one statement.
type QueryRow struct {
	Text   string   // normalised
	Source string   // first caller
	Tables []string // that it reads or writes
	Badges []Badge
	Calls  int64
	Errors int64
	Rows   int64 // negative not known
	Total  time.Duration
	Share  float64
	Mean   time.Duration
	P95    time.Duration // 0 not known
	Max    time.Duration
	Sample string // id of a Record with it; "" none
}

// Missing is the page for what is not there.
type Missing struct {
	Title string // "Record expired"
	Text  string
	// Expired marks a Record that did exist; its handler may still have statistics.
	Expired bool
	Href    string // where to go instead; "" is the overview
	Action  string
}
