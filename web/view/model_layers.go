package view

import "time"

// Layers is the middleware page: a stack with the time of each layer.
type Layers struct {
	Stacks []Choice   // when there are several
	Rows   []LayerRow // outermost first
	View   string     // what the stack ends in; "" is "view"
	Alerts []Alert
}

// LayerRow is one layer. Times are its own: without the layers inside it.
type LayerRow struct {
	Name     string
	Source   string
	Status   Status
	Calls    int64
	P50, P95 time.Duration
	Total    time.Duration
	Share    float64 // of all middleware time
	CutShort int64   // requests that it answered itself
	Errors   int64
	Panics   int64
}
