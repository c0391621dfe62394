package view

import "time"

// Overview is the first page: six figures, what is wrong, whether the toolbar is healthy, latency, handlers.
type Overview struct {
	Window time.Duration // what the figures cover

	Requests     int64
	Failed       int64         // requests that ended in an error, a panic or a 5xx
	P50, P95     time.Duration // of requests
	Slow         int64         // requests over SlowOver
	SlowOver     time.Duration
	Apdex        float64 // how content users may be, 0 to 1; below 0: not known
	Queries      int64   // SQL statements in these requests
	Signals      int64   // sends
	SignalErrors int64   // receivers that failed

	Trend Trend

	Problems      []Problem // worst first
	ProblemsTotal int       // with those not shown

	Health Health
	Heat   *Heat // nil: nothing to draw yet

	Handlers      []HandlerRow // by total time
	HandlersTotal int

	Cards []CustomCard // the app's own

	// Start is shown instead of all this while nothing has been recorded; nil hides it.
	Start *Start
}

// Trend holds one value per time step of the window, oldest first, for the line under each figure.
// A nil series draws no line.
type Trend struct {
	Requests, Failed, P95, Slow, Queries, Signals []float64
}

// Problem is one finding in one sentence that begins with the place.
type Problem struct {
	Status Status
	Rule   string // by which it was found, as Alert has it
	Kind   Kind   // "" shows no kind
	Name   string // the place, set as a link: "send-confirmation"
	Href   string
	Text   string // the rest: "is 9.5 times slower: p50 41 to 388 ms"
	Code   string // set as code after the text; "" for none
	Last   time.Time
	Count  int64 // how often
	Of     int64 // out of; 0 not known
}

// Heat is a heat map: how many requests of which latency in which time step.
type Heat struct {
	Title string // of the card; "" is "Request latency"
	Label string // one sentence that says what is to be seen, read aloud
	Unit  string // what a cell counts: "requests in one minute"
	Start time.Time
	Step  time.Duration // width of a column
	// Bounds are the upper bounds of the rows, lowest first; the last row is open at the top.
	Bounds []time.Duration
	// Cells[column][row], oldest column first, lowest row first.
	Cells [][]int64
	Marks []Mark
}

// Mark is an instant worth a line in a chart: a new build, a restart.
type Mark struct {
	At    time.Time
	Label string
}

// Start is the first page of an app that has recorded nothing.
type Start struct {
	Address string // where the app listens, "127.0.0.1:8080"; "" leaves the command out
	Steps   []Step
	Checks  []Check
	Sources []Source
}

// Step is one line of code that connects something.
type Step struct {
	Title string
	Code  string // Go
	Done  bool
}

// Check is one thing that was looked at.
type Check struct {
	Status Status
	Name   string
	Detail string
}

// Source is something that can be recorded.
type Source struct {
	Kind Kind
	Name string
	Note string // "on, 0 yet", "not connected: step 2"
}
