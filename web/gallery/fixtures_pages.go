package main

import (
	"fmt"
	"math"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

const base = view.Base("/_toolbar/")

func link(label string, count int64, current bool) view.Choice {
	return view.Choice{Label: label, Href: "#", Count: count, Current: current}
}

// heat is an hour in which a new build adds a second band.
func heat() *view.Heat {
	h := &view.Heat{
		Label: "Requests by latency and minute. After build 9f3c2e1 at 13:41 a second band appears between 500 ms and 1 s.",
		Unit:  "requests in one minute", Start: now.Truncate(time.Minute).Add(-time.Hour), Step: time.Minute,
		Bounds: []time.Duration{ms(5), ms(10), ms(20), ms(50), ms(100), ms(200), ms(500), ms(1000), ms(2000)},
		Marks:  []view.Mark{{At: now.Truncate(time.Minute).Add(-51 * time.Minute), Label: "build 9f3c2e1"}},
	}
	shape := []float64{2, 24, 62, 48, 20, 5, 1, 0, 0, 0}
	for m := range 60 {
		col := make([]int64, len(shape))
		for r, n := range shape {
			col[r] = int64(n * (0.8 + 0.3*math.Sin(float64(m*7+r*3))))
		}
		if m >= 9 {
			col[6], col[7] = int64(2+3*math.Abs(math.Sin(float64(m)))), int64(5+2*math.Cos(float64(m)))
		}
		if m%17 == 3 {
			col[9] = 1
		}
		h.Cells = append(h.Cells, col)
	}
	return h
}

// wave is a series near a level that jumps to another.
func wave(from, to float64) []float64 {
	out := make([]float64, 12)
	for i := range out {
		level := to
		if i < 3 {
			level = from
		}
		out[i] = level * (1 + 0.06*math.Sin(float64(i*5)))
	}
	return out
}

func handlerRows() []view.HandlerRow {
	row := func(k view.Kind, name, src string, st view.Status, calls, errs int64, p50, p95, p99, total, share float64, bad bool) view.HandlerRow {
		from := 1.0
		if bad {
			from = 0.2
		}
		return view.HandlerRow{
			Kind: k, Name: name, Source: src, Status: st, Calls: calls, Errors: errs, P50: ms(p50), P95: ms(p95), P99: ms(p99),
			Max: ms(p99 * 1.2), Total: ms(total * 1000), Share: share, Trend: wave(from, 1), TrendBad: bad,
		}
	}
	return []view.HandlerRow{
		row(view.KindView, "checkout.Create", "checkout/create.go:58", view.StatusSlow, 318, 2, 598, 688, 1120, 191.4, .61, true),
		row(view.KindReceiver, "send-confirmation", "notify/mail.go:41", view.StatusSlow, 318, 0, 388, 441, 902, 126, .40, true),
		row(view.KindView, "catalog.Search", "catalog/search.go:22", view.StatusOK, 1904, 2, 14, 41, 96, 32.2, .10, false),
		row(view.KindQuery, "SELECT id, name, price FROM products WHERE id = ?", "checkout/create.go:91", view.StatusSlow, 13038, 0, 1.7, 2.6, 4.9, 23.1, .07, true),
		row(view.KindCall, "POST payments.test/charges", "checkout/pay.go:30", view.StatusOK, 318, 2, 41, 97, 310, 13.6, .04, false),
		row(view.KindLayer, "session", "web/session.go:14", view.StatusOK, 12418, 0, .8, 2.1, 9.4, 10.9, .03, false),
		row(view.KindReceiver, "update-customer-stats", "crm/stats.go:27", view.StatusBad, 318, 29, 12, 31, 58, 4.1, .01, true),
		row(view.KindReceiver, "product-viewed-counter", "catalog/seen.go:9", view.StatusOK, 4930, 0, .0019, .0031, .042, .01, 0.00003, false),
	}
}

func healthy() view.Health {
	return view.Health{
		Status: view.StatusOK, OwnCPU: .004, PerRecord: 1900 * time.Nanosecond, QueueLen: 3, QueueCap: 4096, QueueBytes: 2100, QueueLimit: 16 << 20,
		StorePath: ".toolbar/toolbar.db", StoreBytes: 212 << 20, StoreLimit: 1 << 30, StoreRecords: 186412, KeepFor: 7 * 24 * time.Hour, KeepProblemsFor: 30 * 24 * time.Hour,
		OldestRecord: now.Add(-7 * 24 * time.Hour), LastWrite: now.Add(-20 * time.Millisecond), LoopbackOnly: true,
		Processes: []view.Process{
			{Name: "web", PID: 4121, Host: "dev", Build: "9f3c2e1", Started: now.Add(-51 * time.Minute), Current: true},
			{Name: "worker", PID: 4130, Host: "dev", Build: "9f3c2e1", Started: now.Add(-51 * time.Minute)},
		},
		Notifier: &view.Notifier{Sent: 14, Quieted: 3, LastSent: now.Add(-26 * time.Minute), LastLook: now.Add(-31 * time.Second)},
		Checks:   checks(), Recording: &view.Recording{Form: &view.Form{Path: string(base) + "recording", Proof: "proof"}},
		Collectors: []view.Collector{
			{Kind: view.KindRequest, Handlers: 41, Calls: 12418, Errors: 38, Brings: "tb.Wrap(mux)"},
			{Kind: view.KindQuery, Handlers: 63, Calls: 116729, Brings: "sqltap.Open instead of sql.Open"},
			{Kind: view.KindCommand, Brings: "commands.New", Last: now.Add(-9 * time.Hour)},
			{Kind: view.KindCache, Brings: "cachetap around the cache"},
		},
		Exposure: []view.Check{
			{Status: view.StatusOK, Name: "Refused: another machine"},
			{Status: view.StatusBad, Name: "Let in: whoever comes through a proxy on this machine", Detail: "without a token: see Config.Allow"},
		},
		Limits:  []view.Attr{{Key: "Spans of a Record", Value: "1000", Type: "more are counted, and in the statistics"}},
		Masking: []view.Attr{{Key: "Names with, anywhere", Value: "apikey, passw, secret, token"}, {Key: "In any text", Value: "JSON Web Tokens; card numbers with a right check digit"}},
		Machine: []view.Attr{
			{Key: "Load", Value: "0.42, 0.51, 0.38", Type: "of 8 processors, over 1, 5 and 15 minutes"},
			{Key: "Memory", Value: "11 GiB free", Type: "of 16 GiB, 31 % used"},
			{Key: "Disk", Value: "79 GiB free", Type: "of 252 GiB where the store is, 69 % used"},
			{Key: "This process", Value: "48 MiB", Type: "in memory, 31 goroutines, 12 threads"},
			{Key: "Open files", Value: "24", Type: "of 1,048,576"},
			{Key: "Machine up", Value: "12 d"},
		},
	}
}

func checks() []view.Check {
	return []view.Check{
		{Status: view.StatusOK, Name: "Listening", Detail: "127.0.0.1:8080"},
		{Status: view.StatusOK, Name: "Store writable", Detail: ".toolbar/toolbar.db"},
		{Status: view.StatusOK, Name: "Closed to other machines", Detail: "loopback only"},
		{Status: view.StatusOK, Name: "Secrets masked", Detail: "31 names"},
		{Status: view.StatusOK, Name: "Build known", Detail: "9f3c2e1, changed tree"},
	}
}

func failing() view.Health {
	h := healthy()
	h.Status, h.Dropped, h.SpansOverCap = view.StatusBad, 1204, 4211
	h.LastError, h.LastErrorAt = "append batch: database or disk is full (SQLITE_FULL)", now.Add(-40*time.Second)
	h.DroppedBy = []view.Reason{{Name: "queue full", Count: 1100}, {Name: "store failed", Count: 104}}
	h.LoopbackOnly, h.Access = false, "whoever passes Config.Allow"
	h.OwnCPU = -1
	h.Notifier = &view.Notifier{
		Sent: 14, Failed: 2, Dropped: 1, Waiting: 3, LastSent: now.Add(-26 * time.Minute), LastLook: now.Add(-31 * time.Second),
		LastError: "post to hooks.chat.test: 503 Service Unavailable: upstream connect error", LastErrorAt: now.Add(-30 * time.Second),
	}
	h.Checks = append([]view.Check{{Status: view.StatusBad, Name: "Store writable", Detail: "disk is full"}}, h.Checks[2:]...)
	return h
}

func overview() view.Overview {
	return view.Overview{
		Window: time.Hour, Requests: 12418, Failed: 38, P50: ms(17), P95: ms(214), Slow: 331, SlowOver: ms(500), Apdex: .97, Queries: 116729, Signals: 6868, SignalErrors: 29,
		Trend: view.Trend{Requests: wave(200, 207), Failed: wave(1, 1), P95: wave(141, 214), Slow: wave(1, 30), Queries: wave(9, 9.4), Signals: wave(110, 114)},
		Problems: []view.Problem{
			{Status: view.StatusSlow, Kind: view.KindReceiver, Name: "send-confirmation", Text: "takes 441 ms at p95, over its limit of 200 ms", Last: now.Add(-4 * time.Second), Count: 317, Of: 318},
			{Status: view.StatusBad, Kind: view.KindReceiver, Name: "update-customer-stats", Text: "fails:", Code: "database is locked", Last: now.Add(-46 * time.Second), Count: 29, Of: 318},
			{Status: view.StatusSlow, Kind: view.KindView, Name: "N+1 in checkout.Create", Text: "41 queries for one order,", Code: "checkout/create.go:88", Last: now.Add(-4 * time.Second), Count: 306},
			{Status: view.StatusNew, Kind: view.KindSignal, Name: "order_refunded", Text: "is sent, nobody listens", Last: now.Add(-22 * time.Minute), Count: 14},
		},
		ProblemsTotal: 5, Health: healthy(), Heat: heat(), Handlers: handlerRows(), HandlersTotal: 214,
	}
}

// start is an app that has recorded nothing yet.
func start() view.Overview {
	return view.Overview{Start: &view.Start{
		Address: "127.0.0.1:8080",
		Steps: []view.Step{
			{Title: "Handler wrapped", Done: true, Code: "tb, err := toolbar.New(toolbar.Config{})\nif err != nil {\n\tlog.Fatal(err)\n}\ndefer tb.Close(context.Background())\n\nhttp.ListenAndServe(\"127.0.0.1:8080\", tb.Wrap(mux))"},
			{Title: "See SQL in each request", Code: "db := sql.OpenDB(sqltap.Connector(connector))"},
			{Title: "See who listens to what, and how long it takes", Code: "var OrderPlaced = signals.New[Order](\"order_placed\")"},
			{Title: "See each middleware layer", Code: "stack := middleware.NewStack(requestLog, session, csrf)"},
		},
		Checks: checks(),
		Sources: []view.Source{
			{Kind: view.KindRequest, Name: "Requests", Note: "on, 0 yet"}, {Kind: view.KindLog, Name: "slog", Note: "on, 0 yet"},
			{Kind: view.KindException, Name: "Panics and errors", Note: "on, 0 yet"}, {Kind: view.KindQuery, Name: "SQL", Note: "not connected: step 2"},
			{Kind: view.KindSignal, Name: "Signals", Note: "none declared: step 3"}, {Kind: view.KindLayer, Name: "Middleware", Note: "no stack: step 4"},
		},
	}}
}

// calm is an app in which nothing is wrong.
func calm() view.Overview {
	m := overview()
	m.Problems, m.ProblemsTotal, m.Failed, m.Slow, m.SignalErrors = nil, 0, 0, 0, 0
	m.P50, m.P95, m.Requests = ms(.0842), ms(.31), 9
	m.Trend, m.Heat = view.Trend{}, nil
	m.Handlers, m.HandlersTotal = handlerRows()[7:], 1
	return m
}

func recordRows() []view.RecordRow {
	type r struct {
		ago           float64
		method, path  string
		code          int
		dur           float64
		q             int64
		qms           float64
		sig           int64
		note, user    string
		status        view.Status
		reason, title string
	}
	var rows []view.RecordRow
	for i, x := range []r{
		{.58, "POST", "/orders", 201, 612, 48, 114, 2, "1 receiver failed", "mara", view.StatusSlow, "", ""},
		{.9, "GET", "/products/318", 200, 38, 6, 9, 0, "", "mara", view.StatusOK, "", ""},
		{1.1, "GET", "/cart", 200, 21, 4, 5, 0, "", "jon", view.StatusOK, "", ""},
		{1.7, "POST", "/orders", 502, 1204, 9, 14, 0, "payments.test timed out", "ines", view.StatusBad, "", ""},
		{2.1, "GET", "/search?q=mug", 200, 16, 3, 9, 0, "", "guest", view.StatusOK, "", ""},
		{2.4, "GET", "/api/stock?sku=A-113", 304, 4, 1, 1, 0, "", "guest", view.StatusOK, "", ""},
		{3.9, "POST", "/orders", 201, 603, 44, 101, 2, "", "jon", view.StatusSlow, "", ""},
		{4.5, "GET", "/", 200, 17, 3, 4, 0, "", "guest", view.StatusOK, "", ""},
		{5, "GET", "/account", 500, 12, 2, 2, 0, "panic: nil map", "ines", view.StatusBad, "", ""},
		{5.4, "POST", "/cart/items", 303, 29, 5, 8, 1, "", "ines", view.StatusOK, "", ""},
		{6.8, "GET", "/products?page=2", 200, 54, 7, 22, 0, "", "guest", view.StatusOK, "", ""},
		{7.3, "GET", "/products/77", 200, .9, 0, 0, 0, "client gone", "guest", view.StatusOff, "Aborted by the client", ""},
		{8.5, "GET", "/healthz", 200, .0842, 1, .0683, 0, "", "", view.StatusOK, "", ""},
		{9.9, "POST", "/orders", 201, 598, 47, 109, 2, "", "guest", view.StatusSlow, "", ""},
	} {
		id := orderID
		if i > 0 {
			id = fmt.Sprintf("0f3k9ab2%05d", i)
		}
		rows = append(rows, view.RecordRow{
			ID: id, Kind: view.KindRequest, Method: x.method, Name: x.path, Status: x.status, Reason: x.reason, Code: x.code,
			Start: now.Add(-time.Duration(x.ago * float64(time.Second))), Duration: ms(x.dur), Share: view.Share(ms(x.dur), ms(1204)),
			Queries: x.q, QueryTime: ms(x.qms), Signals: x.sig, Note: x.note, User: x.user,
		})
	}
	return rows
}

func requests() view.RecordList {
	return view.RecordList{
		Sort:   "time",
		Kinds:  []view.Choice{link("Requests", -1, true), link("Commands", -1, false), link("Loose signals", -1, false)},
		Tokens: []view.Token{{Key: "route", Value: "!/static/*", Href: "#"}, {Key: "build", Value: "9f3c2e1", Href: "#"}},
		Saved:  []view.Choice{link("All", -1, true), link("Slow", 331, false), link("Failed", 38, false), link("Checkout", 318, false)},
		Rows:   recordRows(), Total: 12418, Older: "0f3k9ab200014",
	}
}

func filtered(f func(*view.RecordList)) view.RecordList {
	m := requests()
	f(&m)
	return m
}

func receivers() []view.ReceiverRow {
	return []view.ReceiverRow{
		{Name: "reserve-stock", Source: "stock/reserve.go:24", Options: []string{"UID", "When(toConfirmed)"}, Status: view.StatusOK, Called: 318, Skipped: 295, P50: ms(29), P95: ms(44), Max: ms(61), Share: .07, Causes: []view.GraphNode{{Kind: view.KindSignal, Name: "stock_low", Count: 41, Unit: "sends"}}},
		{Name: "send-confirmation", Source: "notify/mail.go:41", Options: []string{"UID", "When(toConfirmed)"}, Status: view.StatusSlow, Called: 318, Skipped: 295, P50: ms(388), P95: ms(441), Max: ms(1210), Share: .88},
		{Name: "update-customer-stats", Source: "crm/stats.go:27", Options: []string{"UID", "When(toConfirmed)"}, Status: view.StatusBad, Called: 318, Skipped: 295, Failed: 29, P50: ms(12), P95: ms(31), Max: ms(96), Share: .04},
		{Name: "sync-crm", Source: "crm/sync.go:15", Options: []string{"Async", "When(toConfirmed)"}, Status: view.StatusOK, Called: 318, Skipped: 295, P50: ms(1.1), P95: ms(1.9), Max: ms(4), Share: .01, Async: true, Causes: []view.GraphNode{{Kind: view.KindTask, Name: "crm.sync", Count: 318, Unit: "runs", Async: true}}},
		{Name: "notify-warehouse", Source: "ship/notify.go:30", Options: []string{"When(toShipped)"}, Status: view.StatusOK, Called: 274, Skipped: 339, P50: ms(2.1), P95: ms(4), Max: ms(8.8), Share: .003},
	}
}

func signalsPage() view.Signals {
	row := func(name, src string, st view.Status, recv int, sent, calls, failed int64, p50, p95, share float64, note string) view.SignalRow {
		return view.SignalRow{Name: name, Source: src, Status: st, Receivers: recv, Sent: sent, Calls: calls, Failed: failed, P50: ms(p50), P95: ms(p95), Share: share, Note: note}
	}
	m := view.Signals{
		Order: view.Order{Column: "time", Total: 9},
		Rows: []view.SignalRow{
			row("order_status_changed", "orders/signals.go:12", view.StatusBad, 5, 613, 1546, 29, 418, 471, .78, "29 failures"),
			row("cart_changed", "cart/signals.go:10", view.StatusOK, 2, 1066, 2132, 0, .4, 1.1, .06, ""),
			row("product_viewed", "catalog/signals.go:7", view.StatusOK, 1, 4930, 4930, 0, .1, .3, .05, ""),
			row("user_signed_in", "auth/signals.go:8", view.StatusOK, 3, 204, 612, 0, 2.1, 5.2, .04, ""),
			row("stock_low", "stock/signals.go:9", view.StatusOK, 1, 41, 41, 0, 1.4, 3.9, .02, ""),
			row("order_refunded", "orders/signals.go:20", view.StatusNew, 0, 14, 0, 0, .00004, .00008, 0, "nobody listens"),
			row("coupon_expired", "promo/signals.go:6", view.StatusOff, 2, 0, 0, 0, 0, 0, 0, "never sent"),
		},
		Selected: &view.SignalDetail{Name: "order_status_changed", Type: "StatusChange", Sent: 613, Receivers: receivers(), Senders: []view.GraphNode{
			{Kind: view.KindView, Name: "checkout.Create", Count: 318}, {Kind: view.KindView, Name: "orders.Cancel", Count: 21}, {Kind: view.KindCommand, Name: "ship-orders", Count: 274},
		}},
		Alerts: []view.Alert{
			{Status: view.StatusSlow, Title: "send-confirmation holds every checkout", Text: "88 % of the send waits for the mail relay. Its result is used by nobody.", Fix: "send it through the queue, as sync-crm is.", Href: "#", Action: "Why"},
			{Status: view.StatusNew, Title: "order_refunded: sent 14 times, nobody listens", Text: "First sent 22 min ago from orders/refund.go:52.", Fix: "connect a receiver.", Href: "#", Action: "Sends"},
		},
	}
	m.Rows[0].Current = true
	m.Map = signalMap()
	d := m.Selected
	d.Doc, d.State = "An order went on to another status.", "last sent 2 min ago, suspended 3 times"
	d.Recent = []view.RecentEvent{
		{Ago: "2 min ago", At: "2026-05-20T11:58:00Z", Sender: "shop", Data: `{Order: {ID: 4711, Email: [redacted]}, Old: "pending", New: "confirmed"}`},
		{Ago: "9 min ago", At: "2026-05-20T11:51:00Z"},
	}
	return m
}

// signalMap is a few signals, of which two share a receiver.
func signalMap() view.SignalMap {
	receiver := func(name, note string, failed, idle bool) view.MapReceiver {
		return view.MapReceiver{Name: name, Note: note, Href: "#", Failed: failed, Idle: idle}
	}
	return view.SignalMap{
		Signals: []view.MapSignal{
			{Name: "order_status_changed", Note: "613 sends, orders.StatusChange", Href: "#", Links: []view.MapLink{
				{Receiver: 0, Label: "From(\"shop\"), When(toConfirmed)"}, {Receiver: 1, Failed: true}, {Receiver: 2, Idle: true},
			}},
			{Name: "user_signed_in", Note: "204 sends, auth.SignIn", Href: "#", Links: []view.MapLink{{Receiver: 3}}},
			{Name: "user_signed_out", Note: "180 sends, auth.SignIn", Href: "#", Links: []view.MapLink{{Receiver: 3}}},
			{Name: "order_refunded", Note: "14 sends, orders.Refund", Href: "#", Unheard: true},
		},
		Receivers: []view.MapReceiver{
			receiver("send-confirmation", "318 calls, 418 ms each", false, false), receiver("update-customer-stats", "318 calls, 29 failed", true, false),
			receiver("refund", "never called", false, true), receiver("audit", "384 calls, 1.2 ms each", false, false),
		},
		Left: 2,
	}
}

// unheard is a signal without receivers and with many senders.
func unheard() view.Signals {
	m := signalsPage()
	d := &view.SignalDetail{Name: "a_signal_with_a_name_that_is_longer_than_its_box", Sent: 14}
	for i := range 11 {
		d.Senders = append(d.Senders, view.GraphNode{Kind: view.KindView, Name: fmt.Sprintf("internal/orders.(*Handlers).Refund%d", i), Count: int64(20 - i)})
	}
	m.Selected, m.Alerts = d, nil
	return m
}

func layersPage() view.Layers {
	row := func(name, src string, st view.Status, calls int64, p50, p95, share float64, short, panics int64) view.LayerRow {
		r := view.LayerRow{Name: name, Source: src, Status: st, Calls: calls, Total: time.Duration(calls) * ms(p50), P50: ms(17 + p50), P95: ms(214 + p95), Share: share, CutShort: short, Errors: panics, Panics: panics}
		for i := range 60 {
			step := view.LayerStep{Calls: calls / 60, Own: time.Duration(calls/60) * ms(p50*(1+.4*math.Sin(float64(i)/5)))}
			if i > 48 && st == view.StatusSlow {
				step.Own *= 4
			}
			if i == 30 {
				step.Failed = panics
			}
			if i > 3 && i < 9 { // nobody came
				step = view.LayerStep{}
			}
			r.Over = append(r.Over, step)
		}
		return r
	}
	m := view.Layers{
		Stacks: []view.Choice{link("http.ServeMux", 6, true), link("api.Router", 3, false)}, View: "http.ServeMux",
		Records: 60, Start: now.Add(-time.Hour), Step: time.Minute,
		Rows: []view.LayerRow{
			row("recover", "web/stack.go:11", view.StatusOK, 12418, .2, .4, .05, 0, 2),
			row("request_log", "web/log.go:18", view.StatusOK, 12418, .6, .9, .15, 0, 0),
			row("session", "web/session.go:14", view.StatusOK, 12418, .8, 2.1, .21, 0, 0),
			row("gzip", "web/stack.go:14", view.StatusSlow, 12418, 1.9, 14, .49, 0, 0),
			row("csrf", "web/csrf.go:20", view.StatusOK, 12404, .4, .6, .10, 14, 0),
			{Name: "profiler", Source: "web/stack.go:19", Status: view.StatusOff, Unused: true},
		},
		Alerts: []view.Alert{{Status: view.StatusNew, Title: "csrf answered 14 requests itself", Text: "403 without reaching a view: 12 on POST /orders, 2 on POST /cart/items.", Href: "#", Action: "Show 14"}},
	}
	m.Rows[2].Headers, m.Rows[2].Context = []string{"Set-Cookie", "Vary"}, []string{"web.sessionKey"}
	m.Rows[3].Headers = []string{"-Content-Length", "Content-Encoding", "Vary"}
	m.Rows[4].Hooks = []string{"ProcessRequest", "ProcessView"}
	return m
}

// deep is a stack with more layers than the drawing holds.
func deep() view.Layers {
	m := layersPage()
	m.Stacks, m.Alerts = nil, nil
	for i := range 16 {
		r := m.Rows[i%5]
		r.Name = fmt.Sprintf("github.com/example/shop/internal/middleware.WithFeature%d", i)
		m.Rows = append(m.Rows, r)
	}
	return m
}

func commandsPage() view.Commands {
	run := func(id, name string, code int, d float64, st view.Status, note string, ago time.Duration) view.RecordRow {
		return view.RecordRow{ID: id, Kind: view.KindCommand, Name: name, Status: st, Code: code, Start: now.Add(-ago), Duration: ms(d), Share: view.Share(ms(d), ms(42170)), Queries: 120, QueryTime: ms(d / 3), Signals: 12, Note: note}
	}
	running := run("0f3k9cmd00004", "reindex --all", 0, 8123, view.StatusOK, "", 8*time.Second)
	running.Running = true
	return view.Commands{
		Order: view.Order{Column: "last", Total: 3},
		Rows: []view.CommandRow{
			{Name: "ship-orders", Help: "Hand confirmed orders to the carrier", Source: "ship/command.go:14", Status: view.StatusBad, Runs: 24, Failed: 1, P50: ms(18200), P95: ms(42170), Max: ms(42170), LastRun: now.Add(-3 * time.Hour), LastCode: 1},
			{Name: "cleanup-sessions", Help: "Delete sessions that are over", Source: "web/cleanup.go:9", Status: view.StatusOK, Runs: 24, P50: ms(310), P95: ms(420), Max: ms(512), LastRun: now.Add(-48 * time.Minute)},
			{Name: "import-products", Help: "Read the supplier's list", Source: "catalog/import.go:30", Status: view.StatusOff},
		},
		Runs: []view.RecordRow{
			running,
			run("0f3k9cmd00003", "cleanup-sessions", 0, 310, view.StatusOK, "", 48*time.Minute),
			run("0f3k9cmd00002", "ship-orders --limit 500 --carrier dhl", 1, 42170, view.StatusBad, "carrier refused 3 parcels", 3*time.Hour),
			run("0f3k9cmd00001", "ship-orders --limit 500", 0, 18200, view.StatusOK, "", 27*time.Hour),
		},
	}
}

func handlersPage() view.Handlers {
	return view.Handlers{
		Kinds: []view.Choice{link("All", -1, true), link("View", 41, false), link("Receivers", 63, false), link("Middleware", 5, false), link("SQL", 63, false)},
		Order: view.Order{Column: "own", Total: 214, Later: true, Next: "g.x"}, Rows: handlerRows(), Capped: 12, Limit: 1000,
	}
}

func slowReport() view.SlowReport {
	hist := &view.Histogram{Label: "Histogram of 318 calls, most near 390 ms", P50: ms(388), P95: ms(441), Limit: ms(200)}
	upper := 38.0
	for _, n := range []int64{0, 0, 0, 0, 0, 0, 1, 2, 9, 38, 96, 84, 41, 19, 11, 6, 4, 3, 2, 1, 1} {
		hist.Bars = append(hist.Bars, view.HistBar{Upper: ms(upper), Count: n})
		upper *= 1.27
	}
	return view.SlowReport{
		From: now.Add(-time.Hour), To: now, Build: "9f3c2e1", Handlers: 214, Requests: 12418, Commands: 6, Over: 3,
		Summary: "One cause explains two of them: the confirmation mail is sent inside the request.",
		Rows: []view.SlowRow{
			{Kind: view.KindReceiver, Name: "send-confirmation", Source: "notify/mail.go:41", Status: view.StatusSlow, Calls: 318, P50: ms(388), P95: ms(441), Limit: ms(200), Total: ms(126000)},
			{Kind: view.KindView, Name: "checkout.Create", Source: "checkout/create.go:58", Status: view.StatusSlow, Calls: 318, Errors: 2, P50: ms(598), P95: ms(688), Limit: ms(500), Total: ms(191400)},
			{Kind: view.KindReceiver, Name: "update-customer-stats", Source: "crm/stats.go:27", Status: view.StatusBad, Calls: 318, Errors: 29, P50: ms(12), P95: ms(31), Limit: ms(200), Total: ms(4100)},
			{Kind: view.KindView, Name: "catalog.Search", Source: "catalog/search.go:22", Status: view.StatusOK, Calls: 1904, Errors: 2, P50: ms(14), P95: ms(41), Total: ms(32200)},
		},
		Causes: []view.SlowCause{
			{Kind: view.KindReceiver, Name: "send-confirmation", Where: "receiver of order_status_changed, notify/mail.go:41", Hist: hist, Sample: orderID, Shares: []view.CauseShare{
				{Share: .95, Kind: view.KindCall, Text: "356 of 388 ms wait for", Code: "POST mail.internal/send"},
				{Share: .03, Kind: view.KindRender, Text: "13 ms render mail/confirmation.html"},
				{Share: .02, Kind: view.KindReceiver, Text: "4 ms own time"},
			}, Fix: "nobody uses the result, so queue it.", Code: "OrderStatusChanged.SendAsync(ctx, order, change)"},
			{Kind: view.KindReceiver, Name: "update-customer-stats", Where: "receiver of order_status_changed, crm/stats.go:27", Text: "29 of 318 calls failed with database is locked (SQLITE_BUSY).", Fix: "commit before the next receiver runs."},
		},
		Facts:   []view.Attr{{Key: "Left out", Value: "0 records dropped, 0 spans over the cap"}, {Key: "Percentiles", Value: "exponential histogram, error at most 2 %"}},
		Command: "toolbar report --since 1h --format html",
	}
}

func queriesPage() view.Queries {
	row := func(text, src string, calls, errs int64, total, share, mean, p95, high float64, b ...view.Badge) view.QueryRow {
		return view.QueryRow{Text: text, Source: src, Tables: []string{tableOf(text)}, Badges: b, Calls: calls, Errors: errs, Rows: calls, Total: ms(total), Share: share, Mean: ms(mean), P95: ms(p95), Max: ms(high), Sample: orderID}
	}
	return view.Queries{Order: view.Order{Column: "total", Total: 63, Next: "g.x"}, Time: ms(41200), Calls: 116729, Rows: []view.QueryRow{
		row("SELECT id, name, price FROM products WHERE id = ?", "checkout/create.go:91", 13038, 0, 23100, .56, 1.8, 2.6, 4.9, view.Badge{Status: view.StatusSlow, Text: "N+1"}),
		row("UPDATE stock SET qty = qty - ? WHERE sku = ?", "stock/reserve.go:33", 954, 0, 7100, .17, 7.4, 9.1, 31),
		row("UPDATE customer_stats SET orders = orders + 1 WHERE id = ?", "crm/stats.go:31", 318, 29, 3460, .08, 10.9, 28, 96, view.Badge{Status: view.StatusBad, Text: "locked"}),
		row("SELECT data FROM sessions WHERE id = ?", "web/session.go:22", 12418, 0, 2700, .07, .2, .4, 8),
	}}
}

func routesPage() view.RouteList {
	row := func(method, pattern, handler, source string, status view.Status, calls, errors int64, p95 float64, seen time.Duration, layers ...string) view.RouteRow {
		r := view.RouteRow{
			Method: method, Pattern: pattern, Handler: handler, Source: source, Layers: layers, Status: status,
			Calls: calls, Errors: errors, P95: ms(p95),
		}
		if seen >= 0 {
			r.Last, r.Names = now.Add(-seen), []string{method + " " + pattern}
		}
		if method == "" {
			r.Names = []string{"GET " + pattern, "HEAD " + pattern}
		}
		return r
	}
	old := row("GET", "/v1/orders/{id}", "", "", view.StatusSlow, 12, 0, 412, 9*time.Minute)
	old.Unlisted = true
	return view.RouteList{
		Known: true, All: 42, Never: 7, Unlisted: 1,
		Show:   []view.Choice{link("All", 42, true), link("Called", 31, false), link("Never called", 7, false), link("Failed", 2, false), link("Not listed", 1, false)},
		Hidden: []view.Attr{{Key: "range", Value: "1h"}},
		Order:  view.Order{Column: "name", Asc: true, Total: 42},
		Rows: []view.RouteRow{
			row("GET", "/{$}", "shop.(*Shop).home", "shop/home.go:21", view.StatusOK, 4930, 0, 18, time.Minute, "request log", "session"),
			row("GET", "/admin/orders", "shop.(*Shop).adminOrders", "shop/admin.go:14", view.StatusOff, 0, 0, 0, 26*time.Hour, "request log", "session", "admin only"),
			row("POST", "/admin/orders/{id}/refund", "shop.(*Shop).refund", "shop/admin.go:58", view.StatusOff, 0, 0, 0, -1, "request log", "session", "admin only"),
			row("POST", "/orders", "shop.(*Shop).placeOrder", "shop/checkout.go:33", view.StatusBad, 613, 29, 471, time.Minute, "request log", "session", "csrf"),
			row("", "/static/", "http.StripPrefix", "", view.StatusOK, 18204, 0, .8, time.Minute, "request log"),
			old,
		},
	}
}
