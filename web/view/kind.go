package view

// Kind is the kind of a span or Record, by the name that instrument gives it. A kind that this package does
// not know, registered by an integration, is drawn with the icon and colour of [KindCustom].
type Kind string

// The kinds that have an icon and a colour of their own.
const (
	KindRequest   Kind = "request"
	KindLayer     Kind = "layer"
	KindView      Kind = "view"
	KindSignal    Kind = "signal"
	KindReceiver  Kind = "receiver"
	KindCommand   Kind = "command"
	KindTask      Kind = "task"
	KindQuery     Kind = "query"
	KindCache     Kind = "cache"
	KindCall      Kind = "call"
	KindRender    Kind = "render"
	KindLog       Kind = "log"
	KindException Kind = "exception"
	KindCustom    Kind = "custom"
)

var kindLabels = map[Kind]string{
	KindRequest: "Requests", KindLayer: "Middleware", KindView: "View", KindSignal: "Signals",
	KindReceiver: "Receivers", KindCommand: "Commands", KindTask: "Tasks", KindQuery: "SQL",
	KindCache: "Cache", KindCall: "Outgoing calls", KindRender: "Templates", KindLog: "Logs",
	KindException: "Exceptions", KindCustom: "Custom",
}

// Label returns the kind as a heading: "SQL" for query, "Outgoing calls" for call.
func (k Kind) Label() string {
	if s, ok := kindLabels[k]; ok {
		return s
	}
	return string(k)
}

// icon returns the name of the kind's icon, which is also the suffix of its colour class.
func (k Kind) icon() string {
	if _, ok := kindLabels[k]; ok {
		return string(k)
	}
	return string(KindCustom)
}

// Status is what happened, shown as a shape and a colour. The zero Status shows nothing.
type Status string

// What can have happened.
const (
	StatusOK   Status = "ok"   // circle with a tick
	StatusSlow Status = "slow" // clock: slow, or a warning
	StatusBad  Status = "bad"  // octagon with a cross: failed
	StatusNew  Status = "new"  // star: not seen before
	StatusOff  Status = "off"  // circle with a dash: skipped, idle, not called
)

var statusLabels = map[Status]string{
	StatusOK: "OK", StatusSlow: "Slow", StatusBad: "Failed", StatusNew: "New", StatusOff: "Not run",
}

// Label returns the status in a word, for readers that do not see the icon.
func (s Status) Label() string { return statusLabels[s] }
