package main

import (
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// exceptionsPage has one in every state that differs to the eye.
func exceptionsPage() view.Exceptions {
	row := func(id, typ, message, source string, k view.Kind, handler, state string, n int64, first, last time.Duration) view.ExceptionRow {
		return view.ExceptionRow{
			ID: id, Href: "/_toolbar/exceptions/" + id, Type: typ, Message: message, Source: source, Kind: k, Handler: handler,
			State: view.ExceptionState{Word: state, At: now.Add(-time.Hour), By: "ann"}, Count: n, Users: n / 3, First: now.Add(-first), Last: now.Add(-last),
			FirstIn: "4b81d0758f2c", LastIn: "9e1c2b7a40d3+", Sample: orderID, Trend: line(30, func(i int) float64 { return float64((i * int(n)) % 13) }),
		}
	}
	again := row("38z63jtwdzsfb", "*sqlite.Error", "database is locked (SQLITE_BUSY)", "crm/stats.go:31", view.KindReceiver, "update-customer-stats", "reopened", 1229, 300*time.Hour, 46*time.Second)
	again.State.In = "9e1c2b7a40d3+"
	again.Users, again.MostUsers = 200, true
	panics := row("38z63jtwdzsfc", "runtime.Error", "assignment to entry in nil map", "account/show.go:52", view.KindView, "account.Show", "new", 2, 31*time.Minute, 5*time.Second)
	panics.Panic = true
	open := row("38z63jtwdzsfd", "*url.Error", "Post \"https://payments.test/charges\": context deadline exceeded", "checkout/pay.go:30", view.KindView, "checkout.Create", "open", 20, 50*time.Hour, 2*time.Second)
	open.Users = 0
	reported := row("38z63jtwdzsfe", "*errors.errorString", "no recommendations: the page is shown without", "shop/page.go:18", view.KindView, "shop.Home", "resolved", 7, 90*time.Hour, 40*time.Hour)
	reported.Reported = true
	reported.State.NextBuild = true
	ignored := row("38z63jtwdzsff", "*net.OpError", "read tcp: connection reset by peer", "", view.KindCommand, "ship-orders", "ignored", 31, 9*time.Hour, 3*time.Hour)
	ignored.Trend = nil
	return view.Exceptions{
		Total: 63, Sort: "last", Older: "abc-38z63jtwdzsff", Rows: []view.ExceptionRow{again, panics, open, reported, ignored},
		States: []view.Choice{
			{Label: "Open", Href: "/_toolbar/exceptions", Count: 63, Current: true}, {Label: "New", Href: "/_toolbar/exceptions?is=new", Count: 1},
			{Label: "Came again", Href: "/_toolbar/exceptions?is=reopened", Count: 1}, {Label: "Resolved", Href: "/_toolbar/exceptions?is=resolved", Count: 12},
			{Label: "Ignored", Href: "/_toolbar/exceptions?is=ignored"}, {Label: "All", Href: "/_toolbar/exceptions?is=all", Count: 75},
		},
		Kinds: []view.Choice{
			{Label: "all", Href: "/_toolbar/exceptions", Count: -1, Current: true}, {Label: "panics", Href: "/_toolbar/exceptions?only=panics", Count: -1},
			{Label: "reported", Href: "/_toolbar/exceptions?only=reported", Count: -1},
		},
		Form: view.ExceptionForm{May: true, Path: "/_toolbar/exceptions", Proof: "p", Back: "/_toolbar/exceptions"},
	}
}

// oneException came again after it had been resolved.
func oneException() view.Exception {
	lines := strings.Split("func (s *Stats) Add(ctx context.Context, customer int64) error {\n\tctx, cancel := context.WithTimeout(ctx, time.Second)\n\tdefer cancel()\n\t// The orders of a customer are counted where they are shown.\n\tif _, err := s.db.ExecContext(ctx, addOrder, customer); err != nil {\n\t\treturn fmt.Errorf(\"count order of customer %d: %w\", customer, err)\n\t}\n\treturn nil\n}", "\n")
	m := view.Exception{
		ExceptionRow: exceptionsPage().Rows[0], StackOf: "9e1c2b7a40d3+", Gone: 1227,
		Causes: []view.Cause{{Depth: 1, Type: "*fmt.wrapError", Message: "exec: database is locked (SQLITE_BUSY)"}, {Depth: 2, Type: "*sqlite.Error", Message: "database is locked (SQLITE_BUSY)"}},
		Stack: []view.Frame{
			{Func: "sqlite.(*conn).exec", Source: "sqlite/conn.go:118"}, {Func: "sql.(*DB).execDC", Source: "sql/sql.go:1711"},
			{Func: "crm.(*Stats).Add", Source: "crm/stats.go:31", Own: true, Excerpt: &view.Excerpt{First: 27, Line: 31, Lines: lines}},
			{Func: "crm.Connect.func1", Source: "crm/receivers.go:12", Own: true, Excerpt: &view.Excerpt{First: 12, Line: 12, Lines: []string{"\treturn stats.Add(ctx, e.Payload.Customer)"}, Changed: true}},
			{Func: "signals.(*Signal).Send", Source: "signals/send.go:40"},
			{Func: "checkout.Create", Source: "checkout/create.go:58", Own: true}, {Func: "http.HandlerFunc.ServeHTTP", Source: "http/server.go:2322"},
		},
		Services: []view.ExceptionIn{{Name: "shop", Count: 1200, Share: .98, Last: now.Add(-46 * time.Second)}, {Name: "shop-mail", Count: 29, Share: .02, Last: now.Add(-80 * time.Hour)}},
		Builds:   []view.ExceptionIn{{Name: "9e1c2b7a40d3+", Count: 29, Share: .02, Last: now.Add(-46 * time.Second)}, {Name: "4b81d0758f2c", Count: 1180, Share: .96, Last: now.Add(-80 * time.Hour)}, {Count: 20, Share: .02, Last: now.Add(-200 * time.Hour)}},
		UserRows: []view.ExceptionIn{{Name: "ann@example.org", Count: 301, Last: now.Add(-46 * time.Second)}, {Name: "a \"b\"", Count: 2, Last: now.Add(-time.Hour)}},
		In:       []view.ExceptionIn{{Name: "POST /orders", Kind: view.KindRequest, Count: 1200, Last: now.Add(-46 * time.Second)}, {Name: "ship-orders", Kind: view.KindCommand, Count: 29, Last: now.Add(-9 * time.Hour)}},
		Records: []view.RecordRow{
			{ID: orderID, Kind: view.KindRequest, Method: "POST", Name: "/orders", Status: view.StatusBad, Code: 500, Start: now.Add(-46 * time.Second), Duration: ms(612), User: "ann@example.org"},
			{ID: "0f3k9ab200008", Kind: view.KindCommand, Name: "ship-orders", Status: view.StatusBad, Start: now.Add(-9 * time.Hour), Duration: ms(42000)},
		},
		Form: view.ExceptionForm{May: true, Path: "/_toolbar/exceptions", Proof: "p", Back: "/_toolbar/exceptions/38z63jtwdzsfb"},
	}
	return m
}

// resolvedException has no stack, and nobody may change it.
func resolvedException() view.Exception {
	m := view.Exception{ExceptionRow: exceptionsPage().Rows[3], Gone: 7, PlaceOnly: true}
	m.Users = 0
	return m
}

// hostileException is captured text that wants to be markup.
func hostileException() view.Exception {
	m := oneException()
	m.Message, m.Type, m.Handler, m.State.By, m.State.In, m.FirstIn = hostile, hostile, hostile, hostile, hostile, hostile
	m.Causes[0].Message, m.Stack[2].Func, m.Stack[2].Source, m.UserRows[0].Name, m.Builds[0].Name = hostile, hostile, hostile, hostile, hostile
	m.Stack[2].Excerpt.Lines[4] = hostile
	return m
}
