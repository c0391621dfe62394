package view

import "time"

// Signals is the catalogue of signals and one of them in detail.
type Signals struct {
	Order    Order
	Rows     []SignalRow
	Selected *SignalDetail
	Map      SignalMap
	Alerts   []Alert
}

// SignalRow is one signal in the catalogue.
type SignalRow struct {
	Name      string
	Source    string // where it is declared
	Status    Status
	Receivers int
	Sent      int64
	Calls     int64 // of receivers
	Failed    int64
	Panics    int64
	P50, P95  time.Duration // of a send; 0 with Sent 0
	Total     time.Duration
	Share     float64 // of all signal time
	Note      string  // "nobody listens"
	Current   bool
}

// SignalDetail is one signal: who sends it, who receives it, what they cause.
type SignalDetail struct {
	Name      string
	Type      string // of the payload; "" not known
	Doc       string // what it means; "" not said
	State     string // what the running app adds: "last sent 2 min ago, paused"; "" nothing
	Recent    []RecentEvent
	Sent      int64
	Senders   []GraphNode
	Receivers []ReceiverRow
	// Records is how many of the newest Records say who sent it and what was skipped;
	// 0: Senders and Skipped are of all calls.
	Records int64
}

// GraphNode is something that sends a signal, or that a receiver causes.
type GraphNode struct {
	Kind  Kind
	Name  string
	Href  string // "" no link
	Count int64
	Unit  string // "sends", "runs"
	Async bool   // reached through a queue
}

// ReceiverRow is one receiver in order of call.
type ReceiverRow struct {
	Name     string
	Source   string
	Options  []string // "UID", "When(toConfirmed)", "Async"
	Status   Status
	Called   int64
	Skipped  int64
	Failed   int64
	Panics   int64
	P50, P95 time.Duration
	Max      time.Duration
	Total    time.Duration
	Share    float64 // of the send
	Async    bool
	Causes   []GraphNode
}

// Alert is a finding with its evidence and a fix.
type Alert struct {
	Status Status
	Rule   string // by which it was found, as the configuration names it; "" cannot be switched off
	Title  string
	Text   string
	Fix    string // in words; "" none
	Code   string // the fix as code; "" none
	Href   string // where to look further; "" none
	Action string // label of that link

	// Span is what it is about, where HasSpan says so: the page links to it.
	Span    int
	HasSpan bool
	Loop    bool // the span's statement runs once for each row of another
}
