package filter

import (
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// Field is a name that terms may begin with.
type Field struct {
	Name    string   // as it is written: "status"
	Aliases []string // other names for it
	Doc     string   // what it is, in half a line
	Example string   // a term with it
	// Values are all that the field can be, or the usual ones; nil when they are the
	// app's, which [Complete] asks for.
	Values []string

	read reader
}

// reader makes a condition of an operator and one value.
type reader func(c context, op operator, value string) (query.Where, error)

var fields = []Field{
	{Name: "kind", Doc: "what was executed", Example: "kind:request", Values: rootKinds(), read: kind},
	{Name: "status", Aliases: []string{"exit"}, Doc: "HTTP status or exit code", Example: "status:5xx", Values: []string{"2xx", "3xx", "4xx", "5xx", "404", "500"}, read: status},
	{Name: "dur", Aliases: []string{"duration"}, Doc: "duration", Example: "dur>200ms", Values: []string{"100ms", "500ms", "1s"}, read: duration(query.FieldDuration)},
	{Name: "route", Aliases: []string{"handler", "name"}, Doc: "part of the handler's name, or a pattern", Example: "route:/orders/*", read: route},
	{Name: "path", Aliases: []string{"url"}, Doc: "part of the path, or a pattern for it", Example: "path:/orders/17", read: text(query.FieldPath, query.Contains)},
	{Name: "method", Doc: "HTTP method", Example: "method:POST", Values: []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}, read: method},
	{Name: "user", Doc: "who asked", Example: "user:mara", read: text(query.FieldUser, query.Equal)},
	{Name: "tag", Doc: "one of the tags", Example: "tag:beta", read: text(query.FieldTag, query.Equal)},
	{Name: "error", Doc: "part of the error, or a pattern for it", Example: `error:"no rows"`, read: text(query.FieldError, query.Contains)},
	{Name: "text", Doc: "part of any text in it: payloads, logs, SQL, bodies", Example: `text:"out of stock"`, read: text(query.FieldText, query.Contains)},
	{Name: "is", Doc: "what happened to it", Example: "is:failed", Values: flagWords(), read: flag},
	{Name: "sql", Aliases: []string{"queries"}, Doc: "number of database statements", Example: "sql>20", read: count(instrument.KindQuery)},
	{Name: "sqltime", Doc: "time in database statements, summed", Example: "sqltime>100ms", read: duration(query.FieldQueryTime)},
	{Name: "cache", Doc: "number of cache calls", Example: "cache>10", read: count(instrument.KindCache)},
	{Name: "calls", Doc: "number of outgoing HTTP calls", Example: "calls>=3", read: count(instrument.KindCall)},
	{Name: "logs", Doc: "number of log lines", Example: "logs>100", read: count(instrument.KindLog)},
	{Name: "signals", Doc: "number of signals sent", Example: "signals>0", read: count(instrument.KindSignal)},
	{Name: "receivers", Doc: "number of receivers called", Example: "receivers>5", read: count(instrument.KindReceiver)},
	{Name: "renders", Aliases: []string{"templates"}, Doc: "number of templates rendered", Example: "renders>50", read: count(instrument.KindRender)},
	{Name: "tasks", Doc: "number of task spans", Example: "tasks>0", read: count(instrument.KindTask)},
	{Name: "exceptions", Doc: "number of reported errors and panics", Example: "exceptions>0", read: count(instrument.KindException)},
	{Name: "spans", Doc: "number of all spans", Example: "spans>1000", read: number(query.FieldSpans)},
	{Name: "failed", Doc: "number of spans that failed", Example: "failed>0", read: number(query.FieldFailed)},
	{Name: "since", Doc: "began at this time or later: an age or a time", Example: "since:1h", Values: []string{"5m", "1h", "24h", "7d"}, read: moment(query.AtLeast)},
	{Name: "until", Doc: "began before this time: an age or a time", Example: "until:2026-11-20T18:00", Values: []string{"5m", "1h", "24h", "7d"}, read: moment(query.Less)},
	{Name: "trace", Doc: "trace id, 32 hexadecimal digits", Example: "trace:4bf92f3577b34da6a3ce929d0e0e4736", read: trace},
	{Name: "id", Doc: "the Record's id", Example: "id:1tqv0k3c8p9w2", read: id(query.FieldID)},
	{Name: "parent", Doc: "id of the Record that caused it", Example: "parent:1tqv0k3c8p9w2", read: id(query.FieldParent)},
	{Name: "build", Aliases: []string{"rev"}, Doc: "revision that it ran from, or the beginning of it", Example: "build:4f2a91c", read: build},
	{Name: "service", Doc: "name of the service", Example: "service:shop", read: text(query.FieldService, query.Equal)},
	{Name: "host", Doc: "machine that it ran on", Example: "host:web-1", read: text(query.FieldHost, query.Equal)},
	{Name: "process", Doc: "number of the process in the store", Example: "process:12", read: number(query.FieldProcess)},
}

// Fields lists the fields of the language, the commonest first. The caller may keep it.
func Fields() []Field { return slices.Clone(fields) }

// fieldOf finds a field by name or alias; nil when there is none.
func fieldOf(name string) *Field {
	name = strings.ToLower(name)
	for i := range fields {
		if f := &fields[i]; f.Name == name || slices.Contains(f.Aliases, name) {
			return f
		}
	}
	return nil
}

func fieldNames() []string {
	var names []string
	for i := range fields {
		names = append(names, fields[i].Name)
	}
	return names
}

// rootKinds are the kinds of which Records are: the built-in ones, those of tests, and of
// what an app wrote to its standard output.
func rootKinds() []string {
	return []string{instrument.KindRequest.String(), instrument.KindCommand.String(), instrument.KindTask.String(), instrument.KindSignal.String(), instrument.KindCustom.String(), "test", "output"}
}

// flags are the words of "is", in the order in which they are proposed.
var flags = []struct {
	word string
	flag instrument.Flags
}{
	{"failed", instrument.FlagError},
	{"panic", instrument.FlagPanic},
	{"slow", instrument.FlagSlow},
	{"pinned", instrument.FlagPinned},
	{"tagged", instrument.FlagTagged},
	{"streamed", instrument.FlagStreamed},
	{"hijacked", instrument.FlagHijacked},
	{"gone", instrument.FlagClientGone},
	{"unfinished", instrument.FlagUnfinished},
	{"capped", instrument.FlagCapped},
	{"exception", instrument.FlagException},
}

func flagWords() []string {
	var words []string
	for _, f := range flags {
		words = append(words, f.word)
	}
	return words
}
