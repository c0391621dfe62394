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

// kindList are these kinds in their usual order, with what each is for the page of help.
var kindList = []struct {
	kind        Kind
	label, says string
}{
	{KindRequest, "Requests", "an HTTP request, from its first byte to its last"},
	{KindLayer, "Middleware", "a layer of a middleware stack, with all that is inside it"},
	{KindView, "View", "the handler that the router chose"},
	{KindSignal, "Signals", "something was announced to whoever listens"},
	{KindReceiver, "Receivers", "a function that listens to a signal, called once for each"},
	{KindCommand, "Commands", "a command of the app, run by a person, a timer or the app itself"},
	{KindTask, "Tasks", "work that was queued: its putting there, or a run of it"},
	{KindQuery, "SQL", "a statement that a database was asked"},
	{KindCache, "Cache", "a call of a cache"},
	{KindCall, "Outgoing calls", "an HTTP request that the app made to another service"},
	{KindRender, "Templates", "a template that was executed"},
	{KindLog, "Logs", "a line that was logged"},
	{KindException, "Exceptions", "a panic, or an error that nobody dealt with"},
	{KindCustom, "Custom", "what the app, or an integration, measures itself"},
}

var kindLabels = func() map[Kind]string {
	labels := map[Kind]string{}
	for _, k := range kindList {
		labels[k.kind] = k.label
	}
	return labels
}()

// rootLabels are kinds of Records that come with a tool beside the app: they have a name,
// and the icon and colour of [KindCustom].
var rootLabels = map[Kind]string{"test": "Tests", "output": "Output"}

// Label returns the kind as a heading: "SQL" for query, "Outgoing calls" for call.
func (k Kind) Label() string {
	if s, ok := kindLabels[k]; ok {
		return s
	}
	if s, ok := rootLabels[k]; ok {
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

// statusList are these with their words, and with what each says for the page of help.
var statusList = []struct {
	status      Status
	label, says string
}{
	{StatusOK, "OK", "it went as it should"},
	{StatusSlow, "Slow", "it took longer than its limit, or is worth a thought"},
	{StatusBad, "Failed", "an error, a panic, or a status of 500 and above"},
	{StatusNew, "New", "not seen before, or worth knowing"},
	{StatusOff, "Not run", "it was skipped, is idle, or was not called"},
}

var statusLabels = func() map[Status]string {
	labels := map[Status]string{}
	for _, s := range statusList {
		labels[s.status] = s.label
	}
	return labels
}()

// Label returns the status in a word, for readers that do not see the icon.
func (s Status) Label() string { return statusLabels[s] }
