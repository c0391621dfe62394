package view

import "time"

// Layers is the middleware page: a stack with the time of each layer.
type Layers struct {
	Stacks  []Choice   // when there are several
	Rows    []LayerRow // outermost first
	View    string     // what the stack ends in; "" is "view"
	Alerts  []Alert
	Records int64 // of how many of the newest requests CutShort, Headers and Context are

	Start time.Time     // of the first step of each row's Over
	Step  time.Duration // of one
}

// LayerRow is one layer.
type LayerRow struct {
	Name     string
	Source   string
	Status   Status
	Calls    int64
	Total    time.Duration // own time of all calls: without the layers and the view inside
	Share    float64       // of the own time of all layers
	P50, P95 time.Duration // of a call, with all that runs inside
	CutShort int64         // requests that it answered itself
	Errors   int64         // calls that failed, by a panic or otherwise
	Panics   int64         // of these
	Unused   bool          // it said that it is not used here
	Hooks    []string      // the phases in which it acts, beside being called
	Headers  []string      // of the response, that it sets, changes or, with "-", removes
	Context  []string      // keys that it adds to the context

	Over []LayerStep // over time; empty: not known
}

// LayerStep is what a layer did in one step of time.
type LayerStep struct {
	Calls, Failed int64
	Own           time.Duration // of all calls
}

// own is the mean own time of a call.
func (r LayerRow) own() time.Duration { return LayerStep{Calls: r.Calls, Own: r.Total}.own() }

func (s LayerStep) own() time.Duration {
	if s.Calls <= 0 {
		return 0
	}
	return s.Own / time.Duration(s.Calls)
}
