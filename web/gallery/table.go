package main

import (
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"github.com/go-debug-toolbar/debugtoolbar/web/static"
	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// sample is one component in one state.
type sample struct {
	name string // of its address and of its golden file
	says string // what is to be seen
	draw func(view.Shell) templ.Component
	// at is the page that it belongs to, with its parameters: "requests/ID?span=15".
	at string
}

// tapsAt is where the Record of the taps' panels is.
const tapsAt = "requests/0f3k9tap0000a"

// samples is every component in every state that differs to the eye. The previews and the golden tests both
// come from it.
var samples = []sample{
	{"overview", "a busy hour with problems", page(view.OverviewPage, overview), ""},
	{"overview-start", "nothing recorded yet: what to do next", page(view.OverviewPage, start), ""},
	{"overview-calm", "nothing wrong, hardly any data, no charts", page(view.OverviewPage, calm), ""},

	{"overview-cards", "cards of the app's own, of which one failed", page(view.OverviewPage, customCards), ""},
	{"custom", "a page of the app's own, of all parts that there are", page(view.CustomPageOf, customPage), "pages/stock"},
	{"custom-classes", "markup of an app's own, of all classes that it may use", page(view.CustomPageOf, customClasses), "pages/stock"},
	{"custom-failed", "a page of the app's own that failed", page(view.CustomPageOf, func() view.CustomPage {
		return view.CustomPage{Failed: "count the shelves: dial tcp 10.0.0.7:5432: connect: connection refused"}
	}), "pages/stock"},
	{"overview-services", "several services, all of them shown", serviced(page(view.OverviewPage, overview), ""), ""},
	{"overview-service", "one service alone", serviced(page(view.OverviewPage, overview), "service"), "?service=shop"},
	{"handlers-process", "one process alone, of which older statistics are not told apart", serviced(page(view.HandlersPage, handlersPage), "process"), "handlers?process=41"},
	{"exceptions-service", "exceptions of a service, and some of which it is not known", serviced(page(view.ExceptionsPage, func() view.Exceptions {
		return with(exceptionsPage(), func(m *view.Exceptions) { m.Unknown = 7 })
	}), "exceptions"), "exceptions?service=shop"},
	{"missing-service", "a service that is not there any more", serviced(page(view.MissingPage, func() view.Missing {
		return view.Missing{
			Title: "Nobody to show", Text: `No process of a service "old" has written to this store, or all are forgotten. Processes are forgotten when nothing that they brought is kept any more.`,
			Href: "/_toolbar/handlers", Action: "All services",
		}
	}), ""), "handlers?service=old"},

	{"requests", "a list that updates", page(view.RecordListPage, requests), "requests"},
	{"requests-empty", "nothing yet", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) { m.Rows, m.Total, m.Older, m.Tokens = nil, 0, "", nil })
	}), "requests"},
	{"requests-nothing", "a filter that matches nothing, and an error in it", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) {
			m.Rows, m.Total, m.Older, m.Query, m.Error = nil, 0, "", "dur:fast", "dur: \"fast\" is no duration; write dur:>200ms"
		})
	}), "requests?q=dur%3Afast"},
	{"requests-chosen", "columns and a filter that a viewer chose, ready to be saved", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) {
			m.Forms = forms(true)
			m.Filter = "dur>200ms"
			m.Columns = view.RecordColumns(view.URL{Query: url.Values{"col": {"time", "size", "cost", "tags", "id"}}})
			m.Rows[0].Size, m.Rows[0].Cost, m.Rows[1].Size = 181230, 41*time.Microsecond, -1
			m.Rows[0].Pinned, m.Rows[0].Tags = true, []string{"beta", "checkout"}
		})
	}), "requests?col=time&col=size&col=cost&col=tags&col=id&q=dur%3E200ms"},
	{"requests-readonly", "a viewer who may look and nothing else", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) { m.Forms = forms(false) })
	}), "requests"},
	{"requests-paused", "a list that was stopped", func(s view.Shell) templ.Component {
		s.Live.Paused = true
		return view.RecordListPage(s, requests())
	}, "requests?live=off"},
	{"requests-slowest", "sorted, searched only in part", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) {
			m.Sort, m.Searched, m.All, m.SearchOn = "duration", 312000, 1000000, "/_toolbar/requests?deeper=1"
		})
	}), "requests?sort=duration"},
	{"requests-hostile", "captured text that wants to be markup", page(view.RecordListPage, func() view.RecordList {
		return filtered(func(m *view.RecordList) {
			m.Query, m.Rows = hostile, m.Rows[:1]
			r := &m.Rows[0]
			r.ID, r.Method, r.Name, r.Note, r.User, r.Reason = `x"><i>`, hostile, hostile, hostile, hostile, hostile
		})
	}), "requests"},
	{"rows", "rows as a live list receives them", func(s view.Shell) templ.Component { return view.RecordRows(s, recordRows()[:3]) }, "requests"},

	{"record", "a slow request with a failing receiver and an N+1", recordPage(order), "requests/" + orderID},
	{"record-readonly", "a viewer who may look and nothing else", recordPage(func() view.Record {
		return with(order(), func(m *view.Record) { m.Forms = forms(false) })
	}), "requests/" + orderID},
	{"record-tree", "what a request led to, over several steps", recordPage(func() view.Record {
		return with(order(), func(m *view.Record) {
			m.Consequences = []view.Link{
				{ID: "0f3k9ab27d001", Kind: view.KindTask, Name: "crm.sync", Status: view.StatusOK, Duration: ms(412), Note: "began 2.1 s later"},
				{ID: "0f3k9ab27d002", Kind: view.KindSignal, Name: "customer_synced", Status: view.StatusOK, Duration: ms(3), Note: "began 2.4 s later", Depth: 1},
				{ID: "0f3k9ab27d003", Kind: view.KindTask, Name: "mail.send", Status: view.StatusBad, Duration: ms(30), Note: "began 4 s later", Depth: 2},
			}
		})
	}), "requests/" + orderID},
	{"record-open", "a group opened, another span selected", recordPage(order), "requests/" + orderID + "?open=9&span=50"},
	{"record-zoomed", "a part of the time, and only some kinds", recordPage(order), "requests/" + orderID + "?from=100000000&to=300000000&kinds=query,receiver&span=50"},
	{"record-failed-only", "only what failed", recordPage(order), "requests/" + orderID + "?show=failed"},
	{"record-deep", "a stack of twenty layers: beyond a depth it is said and not indented", recordPage(stacked), "requests/0f3k9deep000a"},
	{"record-cache-delete", "a viewer who may delete keys; some of them are not known", recordPanel(deletable, "cache"), tapsAt + "/cache"},
	{"record-sql", "the SQL panel", recordPanel(order, "sql"), "requests/" + orderID + "/sql"},
	{"record-signals", "the signals panel", recordPanel(order, "signals"), "requests/" + orderID + "/signals"},
	{"record-middleware", "the middleware panel", recordPanel(order, "middleware"), "requests/" + orderID + "/middleware"},
	{"record-logs", "the log panel", recordPanel(order, "logs"), "requests/" + orderID + "/logs"},
	{"record-exceptions", "the exceptions panel", recordPanel(order, "exceptions"), "requests/" + orderID + "/exceptions"},
	{"record-request", "the request panel, with masked values", recordPanel(order, "request"), "requests/" + orderID + "/request"},
	{"record-sql-order", "statements in the order of time, with connections, prepares and waits", recordPanel(waited, "sql"), "requests/" + orderID + "/sql?by=order&run=66"},
	{"record-sql-plans", "a statement with the plan that it had when it was slow, and with today's", recordPanel(planned, "sql"), "requests/" + orderID + "/sql"},
	{"record-sql-notes", "what statements show together", recordPanel(browsed, "sql"), "requests/" + orderID + "/sql"},
	{"record-cache", "cache calls, by group of keys", recordPanel(tapped, "cache"), tapsAt + "/cache"},
	{"record-cache-none", "no cache call; caches that other requests use", recordPanel(func() view.Record {
		return with(quick(), func(m *view.Record) { m.OtherCaches = []string{"products", "redis"} })
	}, "cache"), "requests/0f3k9ad00h341/cache"},
	{"record-cache-foreign", "a cache call of which little is known", recordPanel(otherTaps, "cache"), "requests/0f3k9otel000a/cache"},
	{"record-calls", "outgoing calls with their phases, the longest in detail", recordPanel(tapped, "calls"), tapsAt + "/calls"},
	{"record-calls-failed", "a call that found nobody", recordPanel(tapped, "calls"), tapsAt + "/calls?call=6"},
	{"record-calls-foreign", "a call of which little is known", recordPanel(otherTaps, "calls"), "requests/0f3k9otel000a/calls"},
	{"record-calls-none", "no outgoing call", recordPanel(quick, "calls"), "requests/0f3k9ad00h341/calls"},
	{"record-renders", "templates as they called each other", recordPanel(tapped, "templates"), tapsAt + "/templates"},
	{"record-renders-foreign", "a template of which little is known", recordPanel(otherTaps, "templates"), "requests/0f3k9otel000a/templates"},
	{"record-loglines", "log lines, repeats folded, with colours of a terminal", recordPanel(tapped, "logs"), tapsAt + "/logs"},
	{"record-loglines-filtered", "only the lines of a level and a logger", recordPanel(tapped, "logs"), tapsAt + "/logs?level=ERROR&logger=shop"},
	{"record-loglines-nothing", "a filter that no line matches", recordPanel(tapped, "logs"), tapsAt + "/logs?text=nothing"},
	{"record-loglines-none", "no log line; the line of code that brings them", recordPanel(quick, "logs"), "requests/0f3k9ad00h341/logs"},
	{"record-cache-empty", "no cache is known; the line of code that wraps one", recordPanel(quick, "cache"), "requests/0f3k9ad00h341/cache"},
	{"record-calls-capped", "more outgoing calls than are kept and drawn", recordPanel(crowdedTaps, "calls"), "requests/0f3k9af33capd/calls"},
	{"record-cache-capped", "more cache calls than are kept and drawn", recordPanel(crowdedTaps, "cache"), "requests/0f3k9af33capd/cache"},
	{"record-loglines-capped", "more log lines than are kept and drawn", recordPanel(crowdedTaps, "logs"), "requests/0f3k9af33capd/logs"},
	{"record-renders-capped", "more templates than are kept and drawn", recordPanel(crowdedTaps, "templates"), "requests/0f3k9af33capd/templates"},
	{"record-hostile-calls", "captured text that wants to be markup, in a call", recordPanel(hostileTaps, "calls"), "requests/x/calls"},
	{"record-hostile-cache", "the same in a cache call", recordPanel(hostileTaps, "cache"), "requests/x/cache"},
	{"record-hostile-templates", "the same in a template", recordPanel(hostileTaps, "templates"), "requests/x/templates"},
	{"record-hostile-logs", "the same in a log line", recordPanel(hostileTaps, "logs"), "requests/x/logs"},
	{"record-templates", "templates, none rendered", recordPanel(quick, "templates"), "requests/0f3k9ad00h341/templates"},
	{"record-tasks", "tasks queued", recordPanel(browsed, "tasks"), "requests/" + orderID + "/tasks"},
	{"record-described", "spans of a kind that the app has described", recordPanel(described, "kind-ai-call"), "requests/" + orderID + "/kind-ai-call"},
	{"record-custom", "spans of the app's own and of an integration's kind", recordPanel(browsed, "custom"), "requests/" + orderID + "/custom"},
	{"record-alerts", "what was found wrong", recordPanel(browsed, "alerts"), "requests/" + orderID + "/alerts"},
	{"record-alerts-none", "nothing was found wrong", recordPanel(quick, "alerts"), "requests/0f3k9ad00h341/alerts"},
	{"record-request-more", "a request after a redirect, with uploads and a session", recordPanel(browsed, "request"), "requests/" + orderID + "/request"},
	{"record-time", "time by kind, and what a browser measured", recordPanel(browsed, "time"), "requests/" + orderID + "/time"},
	{"record-time-alone", "no browser has sent its timing", recordPanel(quick, "time"), "requests/0f3k9ad00h341/time"},
	{"record-versions", "the build, with what changed", recordPanel(browsed, "versions"), "requests/" + orderID + "/versions"},
	{"record-settings", "the app's configuration, masked", recordPanel(browsed, "settings"), "requests/" + orderID + "/settings"},
	{"record-settings-none", "the app hands nothing over", recordPanel(quick, "settings"), "requests/0f3k9ad00h341/settings"},
	{"record-quick", "microseconds: the units follow", recordPage(quick), "requests/0f3k9ad00h341"},
	{"record-files", "static files: kept, unchanged, sent each time, missing", recordPanel(served, "files"), "requests/" + orderID + "/files"},
	{"record-files-none", "no static file", recordPanel(quick, "files"), "requests/0f3k9ad00h341/files"},
	{"record-signals-queued", "a receiver whose call became a job", recordPanel(queuedSignals, "signals"), "requests/" + orderID + "/signals"},
	{"record-quick-signals", "an empty panel says how to fill it", recordPanel(quick, "signals"), "requests/0f3k9ad00h341/signals"},
	{"record-command", "a command that failed", recordPage(nightly), "requests/0f3k9ae11c0md"},
	{"record-command-panel", "a command's panel: what it was given, how it ended, what it printed", recordPanel(nightly, "command"), "requests/0f3k9ae11c0md/command"},
	{"record-command-interrupted", "a command that a task called and a signal ended, without output", recordPanel(killed, "command"), "requests/0f3k9ae11c0md/command"},
	{"record-command-hostile", "captured text that wants to be markup", recordPanel(func() view.Record {
		return with(nightly(), func(m *view.Record) {
			h, as := hostile, []view.Attr{{Key: hostile, Value: hostile, Type: hostile}}
			m.Name = h
			m.Command = &view.Command{Line: h, Args: as, Options: as, Defaults: as, Signal: h, Error: h, Profile: h, Parent: h, Attrs: as,
				Out: view.Output{Text: "\x1b[31m" + h + "\x1b]8;;javascript:alert(1)\x07\u202e\x00", Bytes: 4}, Err: view.Output{Text: h, Bytes: -1}}
		})
	}, "command"), "requests/0f3k9ae11c0md/command"},
	{"record-capped", "more spans than are kept, more rows than are drawn", recordPage(crowd), "requests/0f3k9af22capd"},
	{"record-empty", "no span was recorded", recordPage(func() view.Record {
		return with(quick(), func(m *view.Record) { m.Spans = nil })
	}), "requests/0f3k9ad00h341"},
	{"record-long", "text that is too long", recordPage(long), "requests/0f3k9ag33long"},
	{"record-long-sql", "a statement that is too long", recordPanel(long, "sql"), "requests/0f3k9ag33long/sql"},
	{"record-hostile", "captured text that wants to be markup", recordPage(attacked), "requests/x"},
	{"record-hostile-request", "the same in the request panel", recordPanel(attacked, "request"), "requests/x/request"},
	{"panel", "a panel as the drawer receives it", func(s view.Shell) templ.Component {
		return view.Fragment(view.RecordPanel(s, with(order(), func(m *view.Record) { m.Panel = "signals" })))
	}, "requests/" + orderID + "/signals"},
	{"panel-failed", "a panel that could not be drawn", func(view.Shell) templ.Component {
		return view.Fragment(view.PanelFailed("signals", "decode record: unexpected end."))
	}, ""},

	{"signals", "the catalogue with one signal in detail", page(view.SignalsPage, signalsPage), "signals"},
	{"signals-unheard", "many senders, nobody listens", page(view.SignalsPage, unheard), "signals"},
	{"signals-empty", "no signal declared", page(view.SignalsPage, zero[view.Signals]), "signals"},
	{"middleware", "a stack", page(view.LayersPage, layersPage), "middleware"},
	{"middleware-deep", "more layers than the drawing holds", page(view.LayersPage, deep), "middleware"},
	{"middleware-empty", "no stack used", page(view.LayersPage, zero[view.Layers]), "middleware"},
	{"commands", "commands and their runs", page(view.CommandsPage, commandsPage), "commands"},
	{"commands-empty", "no command has run", page(view.CommandsPage, zero[view.Commands]), "commands"},
	{"tasks", "queues, jobs, workers and schedules", page(view.TasksPage, tasksPage), "tasks"},
	{"tasks-readonly", "a viewer who may look and nothing else; a search that is not through", page(view.TasksPage, func() view.Tasks {
		m := tasksPage()
		m.Form, m.Jobs.Complete, m.Jobs.Filtered, m.Jobs.Text = view.JobForm{}, false, true, "refused"
		m.Jobs.Filters = []view.Attr{{Key: "queue", Value: "bulk", Type: "/_toolbar/tasks"}}
		return m
	}), "tasks?q=refused&queue=bulk"},
	{"tasks-kind", "jobs of one kind, and a form that queues another", page(view.TasksPage, func() view.Tasks {
		m := tasksPage()
		m.Jobs.Filtered, m.Jobs.Filters = true, []view.Attr{{Key: "kind", Value: "mail.send", Type: "/_toolbar/tasks"}}
		m.Enqueue = &view.EnqueueForm{Kind: "mail.send", Args: "{\n  \"to\": \"\",\n  \"order\": 0\n}", Path: string(base) + "enqueue", Proof: "proof", Back: string(base) + "tasks?kind=mail.send"}
		return m
	}), "tasks?kind=mail.send"},
	{"tasks-empty", "a queue in which nothing was ever put", page(view.TasksPage, func() view.Tasks {
		return view.Tasks{Engine: "River on SQLite", Queues: []view.QueueRow{{Name: "default"}}, Jobs: view.JobList{Complete: true}}
	}), "tasks"},
	{"tasks-quiet", "a queue that has just been opened: two minutes, one burst", page(view.TasksPage, func() view.Tasks {
		m := tasksPage()
		m.Queues = []view.QueueRow{{Name: "default", Slots: 10, DoneCount: 40, History: hour(2, func(i int) view.QueueStep {
			return view.QueueStep{Done: int64(40 * i), Latency: time.Duration(i) * ms(7.25)}
		})}}
		m.Schedules, m.Kinds = nil, nil
		return m
	}), "tasks"},
	{"tasks-many", "more queues than have colours, a gap in which nobody measured", page(view.TasksPage, func() view.Tasks {
		m := tasksPage()
		m.Queues = manyQueues()
		return m
	}), "tasks"},
	{"tasks-none", "no queue is handed over", page(view.TasksPage, zero[view.Tasks]), "tasks"},
	{"job", "one job that is to be tried again", page(view.JobPage, oneJob), "tasks/9031"},
	{"job-hostile", "captured text that wants to be markup", page(view.JobPage, func() view.Job {
		m := oneJob()
		m.Kind, m.Args, m.Error, m.Attempts[0].Error, m.Attempts[0].Stack, m.Worker, m.Tags, m.Status = hostile, hostile, hostile, hostile, hostile, hostile, []string{hostile}, view.StatusBad
		return m
	}), "tasks/9031"},
	{"record-jobs", "what a request queued, and what became of it", recordPanel(func() view.Record {
		return with(browsed(), func(m *view.Record) { m.Jobs = jobRows() })
	}, "tasks"), "requests/" + orderID + "/tasks"},
	{"routes", "all routes of the app, some never called", page(view.RouteListPage, routesPage), "routes"},
	{"routes-never", "those that were never called", page(view.RouteListPage, func() view.RouteList {
		return with(routesPage(), func(m *view.RouteList) {
			m.Rows, m.Order.Total = []view.RouteRow{m.Rows[2]}, 1
			for i := range m.Show {
				m.Show[i].Current = i == 2
			}
		})
	}), "routes?show=never"},
	{"routes-untold", "the app has told no routes", page(view.RouteListPage, func() view.RouteList {
		return with(routesPage(), func(m *view.RouteList) {
			m.Known, m.All, m.Never, m.Unlisted, m.Show, m.Rows = false, 2, 0, 2, m.Show[:2], m.Rows[4:]
		})
	}), "routes"},
	{"routes-empty", "nothing is known of routes", page(view.RouteListPage, zero[view.RouteList]), "routes"},
	{"routes-nothing", "no route is like that", page(view.RouteListPage, func() view.RouteList {
		return with(routesPage(), func(m *view.RouteList) { m.Text, m.Rows, m.Order.Total = "invoices", nil, 0 })
	}), "routes?find=invoices"},
	{"routes-hostile", "patterns and names that are long, or markup", page(view.RouteListPage, func() view.RouteList {
		return with(routesPage(), func(m *view.RouteList) {
			m.Left = 118
			m.Rows[0].Pattern, m.Rows[0].Handler = "/"+strings.Repeat("very-long-segment/", 14)+"{id}", "shop.(*"+strings.Repeat("Generic[", 12)+"int"+strings.Repeat("]", 12)+").serve"
			m.Rows[1].Method, m.Rows[1].Pattern, m.Rows[1].Handler, m.Rows[1].Source = hostile, hostile, hostile, hostile
			m.Rows[1].Names, m.Rows[1].Layers, m.Text = []string{hostile, hostile + "2"}, []string{hostile, strings.Repeat("layer ", 40)}, hostile
		})
	}), "routes"},
	{"handlers", "everything with statistics", page(view.HandlersPage, handlersPage), "handlers"},
	{"handlers-empty", "nothing has run", page(view.HandlersPage, zero[view.Handlers]), "handlers"},
	{"handlers-capped", "more handlers than are told apart", page(view.HandlersPage, func() view.Handlers {
		return with(handlersPage(), func(m *view.Handlers) { m.Capped, m.Limit = 48_211, 1000 })
	}), "handlers"},
	{"handler-silent", "a handler that was not called in this time", page(view.MissingPage, func() view.Missing {
		return view.Missing{Title: "send-confirmation", Text: "It was not called in this time.", Action: "The last 7 days", Href: "?range=7d"}
	}), "handlers/one?kind=receiver&name=send-confirmation"},
	{"handler", "one handler, slower since the last build", page(view.HandlerPage, oneHandler), "handlers/one?kind=receiver&name=send-confirmation"},
	{"handler-quick", "one that has no slow sample", page(view.HandlerPage, func() view.Handler {
		m := oneHandler()
		m.Why, m.Slowest, m.Callers, m.Builds, m.Status, m.SlowCalls, m.Limit, m.Points, m.Heat = nil, nil, nil, m.Builds[1:2], view.StatusOK, 0, 0, nil, nil
		return m
	}), "handlers/one?kind=receiver&name=send-confirmation"},
	{"slow", "the report", page(view.SlowPage, slowReport), "slow"},
	{"slow-fine", "nothing is slow", page(view.SlowPage, func() view.SlowReport {
		m := slowReport()
		m.Over, m.Summary, m.Causes, m.Rows = 0, "", nil, m.Rows[3:]
		return m
	}), "slow"},
	{"queries", "statements", page(view.QueriesPage, queriesPage), "queries"},
	{"queries-empty", "no statement", page(view.QueriesPage, zero[view.Queries]), "queries"},
	{"exceptions", "errors and panics", page(view.ExceptionsPage, exceptionsPage), "exceptions"},
	{"exceptions-empty", "nothing failed", page(view.ExceptionsPage, zero[view.Exceptions]), "exceptions"},
	{"exceptions-none", "none is like this, and nobody may change any", page(view.ExceptionsPage, func() view.Exceptions {
		m := exceptionsPage()
		m.Rows, m.Filtered, m.Text, m.Form, m.Total = nil, true, "no such word", view.ExceptionForm{}, 0
		return m
	}), "exceptions"},
	{"exception", "one that came again after it had been resolved", page(view.ExceptionPage, oneException), "exceptions/38z63jtwdzsfb"},
	{"exception-resolved", "one without a stack, which nobody may change", page(view.ExceptionPage, resolvedException), "exceptions/38z63jtwdzsfe"},
	{"exception-hostile", "captured text that wants to be markup", page(view.ExceptionPage, hostileException), "exceptions/38z63jtwdzsfb"},
	{"health", "healthy", page(view.HealthPage, healthy), "health"},
	{"health-failing", "the store fails", page(view.HealthPage, failing), "health"},
	{"health-paused", "recording is paused in this process", func(s view.Shell) templ.Component {
		s.Paused = true
		return view.HealthPage(s, with(healthy(), func(m *view.Health) { m.Recording.Paused = true }))
	}, "health"},
	{"overview-paused", "recording is paused: each page says so", func(s view.Shell) templ.Component {
		s.Paused = true
		return view.OverviewPage(s, calm())
	}, ""},
	{"health-readonly", "a viewer who may look and nothing else", page(view.HealthPage, func() view.Health {
		return with(healthy(), func(m *view.Health) { m.ReadOnly, m.Recording.Form = true, nil })
	}), "health"},
	{"failed", "the store did not answer", page(view.MissingPage, func() view.Missing {
		return view.Missing{Title: "This page failed", Text: "The store could not answer: read records: database is locked"}
	}), "requests"},
	{"missing", "a record that expired", page(view.MissingPage, func() view.Missing {
		return view.Missing{Title: "Record expired", Text: "It was older than 7 days and was removed. The statistics of its handler are still here.", Expired: true, Href: string(base) + "handlers", Action: "Statistics"}
	}), "requests/0f0000000000a"},
	{"alerts", "worse since the last build, and findings", page(view.AlertsPage, func() view.Alerts {
		o := overview()
		return view.Alerts{
			Window: o.Window, Problems: o.Problems, WorseThan: "4b81d07", Records: 60,
			Worse:    []view.Problem{{Status: view.StatusNew, Kind: view.KindReceiver, Name: "send-confirmation", Text: "it became slower: p50 388 ms instead of 41 ms", Count: 318}},
			Findings: []view.FoundAlert{{Alert: browsed().Findings[0], Kind: view.KindRequest, Name: "POST /orders", Count: 12}},
			Own:      []view.Alert{{Status: view.StatusBad, Title: "14 records were dropped", Text: "Statistics have them all; their details are lost.", Fix: "raise QueueRecords."}},
		}
	}), "alerts"},
	{"alerts-none", "nothing is wrong", page(view.AlertsPage, func() view.Alerts { return view.Alerts{Window: time.Hour, WorseThan: "4b81d07", Records: 60} }), "alerts"},
	{"compare", "a slow request beside the median of its route", page(view.ComparePage, func() view.Compare {
		return view.Compare{A: order(), B: with(browsed(), func(m *view.Record) { m.Spans, m.Duration = m.Spans[:20], ms(210) }), MedianOf: 200}
	}), "compare?a=" + orderID + "&b=median"},
	{"compare-builds", "handlers in two builds", page(view.CompareSidesPage, func() view.CompareSides {
		return view.CompareSides{
			What: "builds", A: "build 4b81d07", B: "build 9f3c2e1", Verdict: "3 handlers: 1 slower, 1 new, 1 too few calls.", Total: 3,
			Old: []view.Choice{link("9f3c2e1 of 20 Nov 13:41", -1, false), link("4b81d07 of 19 Nov 17:02", -1, true), link("e07aa1c of 18 Nov 09:15", -1, false)},
			New: []view.Choice{link("9f3c2e1 of 20 Nov 13:41", -1, true), link("4b81d07 of 19 Nov 17:02", -1, false), link("e07aa1c of 18 Nov 09:15", -1, false)},
			Rows: []view.ComparedRow{
				{Kind: view.KindReceiver, Name: "send-confirmation", Source: "notify/mail.go:41", Status: view.StatusBad, Change: "slower", Sentence: "It became slower: p50 388 ms instead of 41 ms.", CallsA: 6204, CallsB: 318, P50A: ms(41), P50B: ms(388), P95A: ms(66), P95B: ms(441), Ratio: 9.46, Low: 9.1, High: 9.9},
				{Kind: view.KindView, Name: "shop.Gifts", Status: view.StatusNew, Change: "new", CallsB: 12, P50B: ms(3), P95B: ms(8)},
				{Kind: view.KindRequest, Name: "GET /about", Change: "too few calls", CallsA: 3, CallsB: 4, P50A: ms(1), P50B: ms(1.1), P95A: ms(2), P95B: ms(2)},
			},
		}
	}), "compare?what=builds"},
	{"compare-none", "only one build is known", page(view.CompareSidesPage, func() view.CompareSides { return view.CompareSides{What: "builds"} }), "compare?what=builds"},
	{"compare-silent", "nothing is kept of the time before", page(view.CompareSidesPage, func() view.CompareSides {
		return view.CompareSides{What: "window", A: "the 24 h before", B: "the last 24 h", Silent: "the 24 h before", Total: 146}
	}), "compare?what=window"},
	{"question", "before something is done that cannot be undone", page(view.QuestionPage, func() view.Question {
		return view.Question{Title: "Delete Records", Text: "12 of the Records will be removed from the store. This cannot be undone.", Action: "Delete 12", Path: string(base) + "marks", Back: string(base) + "requests"}
	}), "requests"},
	{"logs", "one browser's log lines as they come", page(view.BrowserLogsPage, browserLogs), "logs"},
	{"logs-waiting", "an address was made, and nobody has opened it", page(view.BrowserLogsPage, func() view.BrowserLogs {
		return with(browserLogs(), func(m *view.BrowserLogs) { m.Lines, m.Browsers = nil, m.Browsers[:1] })
	}), "logs"},
	{"logs-none", "no browser is followed", page(view.BrowserLogsPage, func() view.BrowserLogs { return view.BrowserLogs{Form: logsForm} }), "logs"},
	{"logs-readonly", "a viewer who may look and nothing else", page(view.BrowserLogsPage, zero[view.BrowserLogs]), "logs"},
	{"logs-hostile", "captured text that wants to be markup", page(view.BrowserLogsPage, func() view.BrowserLogs {
		return with(browserLogs(), func(m *view.BrowserLogs) {
			m.Browsers[0].By = hostile
			m.Lines = m.Lines[:1]
			l := &m.Lines[0]
			l.Name, l.Line.Text, l.Line.Level, l.Line.Logger, l.Line.Attrs = hostile, hostile, hostile, hostile, []view.Attr{{Key: hostile, Value: hostile}}
		})
	}), "logs"},
	{"help", "keys, filters, icons and words", page(view.HelpPage, helpPage), "help"},
	{"watch", "the toolbar alone, for apps without pages", func(s view.Shell) templ.Component {
		s.Origin = "http://127.0.0.1:8080"
		return view.WatchPage(s, "tokens.css toolbar.css app.css")
	}, "watch"},
	{"missing-page", "no such page", page(view.MissingPage, func() view.Missing {
		return view.Missing{Title: "No such page", Text: "The dashboard has no page of this name."}
	}), "nothing"},
}

// forms are the actions on Records, for who has all rights or none.
func forms(all bool) *view.RecordForms {
	return &view.RecordForms{Proof: "proof", Marks: string(base) + "marks", Filters: string(base) + "filters", Pin: all, Tag: all, Delete: all}
}

func zero[M any]() (m M) { return m }

// page draws a page from its fixture.
func page[M any](draw func(view.Shell, M) templ.Component, model func() M) func(view.Shell) templ.Component {
	return func(s view.Shell) templ.Component { return draw(s, model()) }
}

func recordPage(model func() view.Record) func(view.Shell) templ.Component {
	return page(view.RecordPage, model)
}

func recordPanel(model func() view.Record, panel string) func(view.Shell) templ.Component {
	return func(s view.Shell) templ.Component {
		return view.RecordPage(s, with(model(), func(m *view.Record) { m.Panel = panel }))
	}
}

// shell surrounds a preview. The golden test gives fixed names for the assets.
func shell(smp sample, assets func(string) string) view.Shell {
	u, err := url.Parse(string(base) + smp.at)
	if err != nil {
		panic(err)
	}
	s := view.Shell{
		App: "shop", Title: smp.name, Active: active(smp.name), Base: base, Here: view.URL{Path: u.Path, Query: u.Query()},
		CSS: []string{assets("tokens.css"), assets("app.css")}, Script: assets("app.js"),
		Counts: view.Counts{Requests: 12418, Commands: 6, Handlers: 214, Signals: 9, Layers: 5, Queries: 63, Exceptions: 4, Slow: 3},
		Build:  view.Build{Revision: "9f3c2e1", Since: now.Add(-51 * time.Minute)},
		Store:  view.StoreUse{Bytes: 212 << 20, MaxBytes: 1 << 30}, Now: now,
		Ranges: []view.Range{{Label: "15 m", Value: "15m"}, {Label: "1 h", Value: "1h", Current: true}, {Label: "24 h", Value: "24h"}, {Label: "7 d", Value: "7d"}},
		Live:   &view.Live{},
	}
	if s.Active == "requests" || s.Active == "logs" {
		s.Live.URL = string(base) + "events"
	}
	if strings.HasPrefix(smp.at, "pages/") {
		s.Active, s.Title, s.Custom = smp.at, "Stock", customNav
	}
	if smp.at == "tasks" || strings.HasPrefix(smp.at, "pages/") || strings.HasPrefix(smp.at, "tasks?") || strings.HasPrefix(smp.at, "handlers/one") { // pages with time series
		s.CSS = append(s.CSS, assets("uplot.css"))
		s.Scripts = []string{assets("uplot.js"), assets("plot.js")}
	}
	return s
}

// active is the page of the navigation that a sample belongs to.
func active(name string) string {
	for _, p := range []string{"overview", "requests", "signals", "middleware", "commands", "routes", "handlers", "slow", "queries", "exception", "health", "logs", "help"} {
		if len(name) >= len(p) && name[:len(p)] == p {
			if p == "exception" {
				p = "exceptions"
			}
			return p
		}
	}
	return "requests"
}

// hashed is where the gallery serves an asset.
func hashed(name string) string { return string(base) + static.Path(name) }
