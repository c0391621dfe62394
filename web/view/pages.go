package view

import "github.com/a-h/templ"

// OverviewPage is the first page. With m.Start set it says what to do next instead.
func OverviewPage(s Shell, m Overview) templ.Component { return page(s, overview(s, m)) }

// RecordListPage lists requests, or Records of another kind.
func RecordListPage(s Shell, m RecordList) templ.Component { return page(s, recordList(s, m)) }

// RecordPage is one Record with the panel that m.Panel names.
func RecordPage(s Shell, m Record) templ.Component { return page(s, record(s, newRecordView(s, m))) }

// SignalsPage is the catalogue of signals.
func SignalsPage(s Shell, m Signals) templ.Component { return page(s, signals(s, m)) }

// LayersPage is the middleware stack.
func LayersPage(s Shell, m Layers) templ.Component { return page(s, layers(s, m)) }

// CommandsPage lists commands and their runs.
func CommandsPage(s Shell, m Commands) templ.Component { return page(s, commands(s, m)) }

// RouteListPage lists all routes of the app.
func RouteListPage(s Shell, m RouteList) templ.Component { return page(s, routeList(s, m)) }

// HandlersPage lists everything that has statistics.
func HandlersPage(s Shell, m Handlers) templ.Component { return page(s, handlers(s, m)) }

// SlowPage is the report of slow handlers.
func SlowPage(s Shell, m SlowReport) templ.Component { return page(s, slow(s, m)) }

// QueriesPage lists statements by fingerprint.
func QueriesPage(s Shell, m Queries) templ.Component { return page(s, queries(s, m)) }

// ExceptionPage is one kind of error or panic.
func ExceptionPage(s Shell, m Exception) templ.Component { return page(s, exception(s, m)) }

// ExceptionsPage lists errors and panics.
func ExceptionsPage(s Shell, m Exceptions) templ.Component { return page(s, exceptions(s, m)) }

// HealthPage is the toolbar about itself.
func HealthPage(s Shell, m Health) templ.Component { return page(s, health(s, m)) }

// MissingPage says that something is not there, or not any more.
func MissingPage(s Shell, m Missing) templ.Component { return page(s, missing(s, m)) }

// RecordRows are rows of a Record list, for the stream that a live list listens to. The list that receives
// them has the icons already. Of s only Base, Here and Now matter.
func RecordRows(s Shell, rows []RecordRow) templ.Component {
	return cleanRows(recordRows(s, rows, s.Here.Get("ticks") != ""))
}

// RecordPanel is the panel that m.Panel names, for the drawer of the element in the page: the markup of
// [RecordPage] without its head. Wrap it in [Fragment].
func RecordPanel(s Shell, m Record) templ.Component {
	v := newRecordView(s, m)
	v.drawer = true
	return panelBody(s, v)
}

// PanelFailed stands in for a panel that could not be drawn; the others are not affected.
func PanelFailed(panel, reason string) templ.Component { return panelFailed(panel, reason) }

// WatchPage is a page of nothing but the toolbar; css are the addresses of its stylesheets, with spaces between.
func WatchPage(s Shell, css string) templ.Component { return page(s, watch(s, css)) }

// QuestionPage asks before something is done that cannot be undone.
func QuestionPage(s Shell, q Question) templ.Component { return page(s, question(s, q)) }

// ComparePage is two Records side by side.
func ComparePage(s Shell, c Compare) templ.Component { return page(s, compare(s, c)) }

// HandlerPage is one handler with its statistics.
func HandlerPage(s Shell, m Handler) templ.Component { return page(s, handler(s, m)) }

// CompareSidesPage is what handlers did on two sides.
func CompareSidesPage(s Shell, m CompareSides) templ.Component { return page(s, compareSides(s, m)) }

// AlertsPage is everything that is wrong.
func AlertsPage(s Shell, m Alerts) templ.Component { return page(s, alertsOf(s, m)) }
