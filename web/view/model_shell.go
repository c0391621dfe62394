package view

import "time"

// Shell is what surrounds every page: navigation, theme switch, foot.
type Shell struct {
	App    string // name of the app; "" shows "app"
	Title  string // what this page is, for the tab and the history
	Active string // page in the navigation: "overview", "requests", "signals", ...
	Base   Base   // where the dashboard is mounted
	Here   URL    // the address of this page

	CSS     []string // addresses of the stylesheets, in order
	Script  string   // address of app.js; "" leaves it out
	Scripts []string // further scripts that this page needs, in order
	Origin  string   // of the app as the viewer reaches it: "http://127.0.0.1:8080"; "" not needed

	Counts Counts
	Custom []NavPage // the app's own pages
	Build  Build
	Store  StoreUse
	Now    time.Time // relative times are counted from here

	Paused bool // recording is switched off in this process

	Ranges  []Range  // time ranges to choose from; empty shows none
	Chooser *Chooser // of services and processes; nil: there is nothing to choose
	Live    *Live    // nil: the page does not update by itself
}

// Counts are the figures beside the navigation. A negative count is not known and not shown.
type Counts struct {
	Requests, Commands, Tasks                      int64
	Handlers, Signals, Layers, Queries, Exceptions int64
	Slow                                           int64
}

// Build is the build that runs. An empty Revision shows that none is known.
type Build struct {
	Revision string    // short vcs revision
	Dirty    bool      // built from a changed tree
	Since    time.Time // when this build was first seen; zero leaves it out
}

// StoreUse is how full the store is.
type StoreUse struct {
	Bytes, MaxBytes int64 // MaxBytes 0: no limit
	Dropped         int64 // Records that were not kept because a queue was full
}

// Range is one choice of a time range.
type Range struct {
	Label   string // "15 m"
	Value   string // value of the parameter "range"
	Current bool
}

// Live says how a page gets its news.
type Live struct {
	// URL is a stream of server-sent events. Each event "record" carries [RecordRows]; a row whose id is shown
	// already replaces that row. On connecting, the parameter "last" names the newest row
	// that is shown; what the URL brings as "last" stands for a list without rows. An empty
	// URL fetches the page again every 5 seconds.
	URL string
	// Paused starts the page paused, as the parameter "live=off" asks.
	Paused bool
}

// Audit is one action of a viewer, done or refused.
type Audit struct {
	At      time.Time
	Who     string
	Action  string
	Target  string
	Outcome string // "" when it was done, otherwise why not
}

// Question is asked before something is done that cannot be undone.
type Question struct {
	Title, Text string
	Action      string // on the button that does it
	Path        string // where the form goes
	Proof       string
	Back        string // where a refusal leads
	Fields      []Attr // hidden
}
