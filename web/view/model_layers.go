package view

import "time"

// Layers is the middleware page: a stack with the time of each layer.
type Layers struct {
	Stacks []Choice   // when there are several
	Rows   []LayerRow // outermost first
	View   string     // what the stack ends in; "" is "view"
	Alerts []Alert
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
	CutShort int64         // requests that it answered itself; negative is not known
	Errors   int64
	Panics   int64
}

// own is the mean own time of a call.
func (r LayerRow) own() time.Duration {
	if r.Calls == 0 {
		return 0
	}
	return r.Total / time.Duration(r.Calls)
}
