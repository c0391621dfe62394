package main

import (
	"slices"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// now is the instant at which every preview is drawn, so that the golden files do not change.
var now = time.Date(2026, 11, 20, 14, 32, 8, 0, time.UTC)

// orderID is the Record that most previews link to.
const orderID = "0f3k9ab27d0e4"

// ms turns milliseconds into a duration.
func ms(f float64) time.Duration { return time.Duration(f * float64(time.Millisecond)) }

// tree builds the spans of a Record from nested calls.
type tree struct{ spans []view.Span }

// add appends a span and returns its index.
func (t *tree) add(parent int, k view.Kind, name string, start, dur float64, more ...func(*view.Span)) int {
	s := view.Span{Parent: parent, Kind: k, Name: name, Handler: name, Start: ms(start), Duration: ms(dur), Rows: -1}
	for _, f := range more {
		f(&s)
	}
	t.spans = append(t.spans, s)
	return len(t.spans) - 1
}

func failed(err string) func(*view.Span) { return func(s *view.Span) { s.Err = err } }
func source(src string) func(*view.Span) { return func(s *view.Span) { s.Source = src } }
func note(n string) func(*view.Span)     { return func(s *view.Span) { s.Note = n } }

// attrs are attributes, names and values by turns.
func attrs(pairs ...string) func(*view.Span) {
	return func(s *view.Span) {
		for i := 0; i+1 < len(pairs); i += 2 {
			s.Attrs = append(s.Attrs, view.Attr{Key: pairs[i], Value: pairs[i+1]})
		}
	}
}

func slowOver(limit float64) func(*view.Span) {
	return func(s *view.Span) { s.Slow, s.Limit = true, ms(limit) }
}

// query fills in what a statement has.
func query(text, src string, rows int64) func(*view.Span) {
	return func(s *view.Span) {
		s.Text, s.Group, s.Source, s.Rows = text, text, src, rows
		s.Attrs = []view.Attr{{Key: "Database", Value: "shop.db, sqlite"}, {Key: "Param 1", Value: "318", Type: "int64"}}
		s.Stack = stack()
		s.Verb, s.Tables = strings.Fields(text)[0], []string{tableOf(text)}
	}
}

// tableOf is the table of the fixtures' statements, which have one each.
func tableOf(text string) string {
	words := strings.Fields(text)
	for i, w := range words[:len(words)-1] {
		if w == "FROM" || w == "INTO" || w == "UPDATE" {
			return words[i+1]
		}
	}
	return words[0]
}

func logLine(level, msg string) func(*view.Span) {
	return func(s *view.Span) {
		s.Level, s.Text = level, msg
		s.Attrs = []view.Attr{{Key: "relay", Value: "mail.internal"}, {Key: "took", Value: "395ms"}, {Key: "token", Masked: true}}
	}
}

func stack() []view.Frame {
	return []view.Frame{
		{Func: "checkout.(*Service).product", Source: "checkout/create.go:91", Own: true},
		{Func: "checkout.(*Service).Create", Source: "checkout/create.go:88", Own: true},
		{Func: "checkout.Handler.ServeHTTP", Source: "checkout/http.go:40", Own: true},
		{Func: "net/http.HandlerFunc.ServeHTTP", Source: "net/http/server.go:2294"},
		{Func: "middleware.(*Stack).Then.func1", Source: "middleware/stack.go:120"},
	}
}

// orderSpans is POST /orders: one slow receiver, one failing, an N+1, and all of it inside five layers.
func orderSpans() []view.Span {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "POST /orders", 0, 612.4)
	rec := t.add(root, view.KindLayer, "recover", 0.05, 612.3, source("web/stack.go:11"))
	lg := t.add(rec, view.KindLayer, "request_log", 0.12, 612.1, source("web/log.go:18"))
	ses := t.add(lg, view.KindLayer, "session", 0.4, 611.5, source("web/session.go:14"))
	t.add(ses, view.KindQuery, "SELECT sessions", 0.6, 2.2, query("SELECT data FROM sessions WHERE id = ?", "web/session.go:22", 1))
	gz := t.add(ses, view.KindLayer, "gzip", 3.0, 608.7, source("web/stack.go:14"))
	csrf := t.add(gz, view.KindLayer, "csrf", 3.1, 608.5, source("web/csrf.go:20"))
	v := t.add(csrf, view.KindView, "checkout.Create", 3.3, 608.1, source("checkout/create.go:58"))
	t.add(v, view.KindQuery, "INSERT orders", 6.0, 3.1, query("INSERT INTO orders (user_id, total, state) VALUES (?, ?, ?)", "checkout/create.go:64", 1))
	for i := range 41 {
		t.add(v, view.KindQuery, "SELECT products", 10.2+2.15*float64(i), 1.8, query("SELECT id, name, price FROM products WHERE id = ?", "checkout/create.go:91", 1))
	}
	t.add(v, view.KindCall, "POST payments.test/charges", 99.4, 41.6, source("checkout/pay.go:30"))
	orderSignal(t, v)
	t.add(v, view.KindCache, "SET order:20417", 603.5, 0.8)
	t.add(v, view.KindRender, "orders/created.html", 604.6, 6.4)
	return t.spans
}

// orderSignal is the signal of the order with its five receivers.
func orderSignal(t *tree, v int) {
	sig := t.add(v, view.KindSignal, "order_status_changed", 141.6, 457.8, source("orders/signals.go:12"), attrs("signal.sender", "checkout",
		"signal.payload", "orders.StatusChange{\n\tOrder: 20417\n\tTo: \"confirmed\"\n\tToken: [redacted]\n}"))
	r1 := t.add(sig, view.KindReceiver, "reserve-stock", 141.7, 31.2, source("stock/reserve.go:24"), attrs("signal.value", "3"))
	for i := range 3 {
		t.add(r1, view.KindQuery, "UPDATE stock", 143+7.6*float64(i), 7.2, query("UPDATE stock SET qty = qty - ? WHERE sku = ?", "stock/reserve.go:33", 1))
	}
	low := t.add(r1, view.KindSignal, "stock_low", 167.5, 1.6, note("1 receiver"))
	t.add(low, view.KindReceiver, "reorder", 167.7, 1.1, source("stock/reorder.go:18"))
	r2 := t.add(sig, view.KindReceiver, "send-confirmation", 172.9, 412, source("notify/mail.go:41"), slowOver(200))
	t.add(r2, view.KindRender, "mail/confirmation.html", 174.1, 13.4)
	t.add(r2, view.KindCall, "POST mail.internal/send", 188.2, 394.9, source("notify/mail.go:77"))
	t.add(r2, view.KindLog, "WARN mail relay slow", 583.4, 0, logLine("WARN", "mail relay slow"), source("notify/mail.go:80"))
	r3 := t.add(sig, view.KindReceiver, "update-customer-stats", 584.9, 12.7, source("crm/stats.go:27"), failed("database is locked (SQLITE_BUSY)"))
	t.add(r3, view.KindQuery, "UPDATE customer_stats", 586, 10.9, query("UPDATE customer_stats SET orders = orders + 1 WHERE id = ?", "crm/stats.go:31", 0), failed("database is locked (SQLITE_BUSY)"))
	t.add(r3, view.KindException, "database is locked", 596.9, 0, func(s *view.Span) {
		s.Text, s.Stack = "database is locked (SQLITE_BUSY)", stack()
	})
	r4 := t.add(sig, view.KindReceiver, "sync-crm", 597.9, 1.2, source("crm/sync.go:15"), func(s *view.Span) { s.Queued, s.Note = true, "queued: crm.sync" })
	t.add(r4, view.KindQuery, "INSERT river_job", 598.1, 0.9, query("INSERT INTO river_job (kind, args, queue) VALUES (?, ?, ?)", "crm/sync.go:19", 1))
	t.add(sig, view.KindReceiver, "notify-warehouse", 599.1, 0, func(s *view.Span) { s.Skipped = "When(toShipped)" })
}

// queuedSignals is the order with the job that one of its receivers became.
func queuedSignals() view.Record {
	return with(order(), func(m *view.Record) {
		i := slices.IndexFunc(m.Spans, func(s view.Span) bool { return s.Queued })
		m.Spans = append(m.Spans, view.Span{
			Parent: i, Kind: view.KindTask, Name: "enqueue signal.deliver", Start: ms(598.2), Duration: ms(0.6), Rows: -1,
			Attrs: []view.Attr{{Key: "task.id", Value: "417"}},
		})
		m.Jobs = []view.JobRow{{ID: "417", Href: "/_toolbar/tasks/417", Kind: "signal.deliver", Queue: "default", State: "completed", Status: view.StatusOK, Attempt: 1, Max: 25, Created: now}}
	})
}

// order is POST /orders as a whole.
func order() view.Record {
	return view.Record{
		ID: orderID, Short: orderID[:8], Kind: view.KindRequest, Method: "POST", Name: "/orders", Route: "POST /orders",
		Code: 201, CodeText: "Created", Status: view.StatusSlow, Start: now.Add(-582 * time.Millisecond), Duration: ms(612.4),
		User: "mara@example.test", Build: "9f3c2e1", BytesIn: 412, BytesOut: 1843, OwnCost: ms(0.04), Median: ms(598), SlowOver: ms(500),
		TraceID: "4bf92f3577b34da6a3ce929d0e0e4736", Spans: orderSpans(), Request: orderRequest(),
		Causes:       []view.Link{{ID: "0f3k9a8zz10aa", Kind: view.KindRequest, Name: "GET /checkout"}},
		Consequences: []view.Link{{ID: "0f3k9b00c55xy", Kind: view.KindTask, Name: "crm.sync", Status: view.StatusOK, Duration: ms(184), Note: "ran 2.1 s later, attempt 1"}},
		Prev:         "0f3k9a91q2w3e", Next: "0f3k9ac44r5t6",
	}
}

func orderRequest() *view.Request {
	return &view.Request{
		Proto: "HTTP/2.0", Host: "shop.test", Remote: "127.0.0.1:52114", Scheme: "https", URL: "/orders?ref=cart", Pattern: "POST /orders", View: "checkout.Create",
		Query:   []view.Attr{{Key: "ref", Value: "cart"}},
		Form:    []view.Attr{{Key: "cart", Value: "8812"}, {Key: "card_number", Masked: true}, {Key: "csrf_token", Masked: true}},
		Cookies: []view.Attr{{Key: "session", Masked: true}, {Key: "theme", Value: "dark"}},
		Header: []view.Attr{
			{Key: "Accept", Value: "text/html,application/xhtml+xml"}, {Key: "Authorization", Masked: true},
			{Key: "User-Agent", Value: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36"},
		},
		ResponseHeader: []view.Attr{{Key: "Content-Type", Value: "text/html; charset=utf-8"}, {Key: "Set-Cookie", Masked: true}},
		Body:           &view.Body{Kind: "json", Read: -1, Text: "cart=8812&card_number=•••", Bytes: 412},
		ResponseBody:   &view.Body{Kind: "json", Read: -1, Bytes: 181230},
	}
}

// with changes a model for another preview.
func with[M any](m M, f func(*M)) M {
	f(&m)
	return m
}

// quick is a request of microseconds: units must follow.
func quick() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /healthz", 0, 0.0842)
	l := t.add(root, view.KindLayer, "request_log", 0.0006, 0.0829, source("web/log.go:18"))
	v := t.add(l, view.KindView, "ops.Health", 0.0021, 0.0771, source("ops/health.go:9"))
	t.add(v, view.KindQuery, "SELECT 1", 0.0034, 0.0683, query("SELECT 1", "ops/health.go:14", 1))
	return view.Record{
		ID: "0f3k9ad00h341", Kind: view.KindRequest, Method: "GET", Name: "/healthz", Route: "GET /healthz", Code: 200, CodeText: "OK",
		Status: view.StatusOK, Start: now.Add(-26 * time.Hour), Duration: ms(0.0842), Spans: t.spans, BytesOut: 2, Inferred: 1,
	}
}

// nightly is a command that failed.
func nightly() view.Record {
	t, run := &tree{}, shipped()
	root := t.add(-1, view.KindCommand, "ship-orders", 0, 42170, failed("carrier refused 3 parcels"), func(s *view.Span) {
		for _, a := range run.Options {
			s.Attrs = append(s.Attrs, view.Attr{Key: "arg." + strings.TrimPrefix(a.Key, "--"), Value: a.Value, Masked: a.Masked})
		}
		s.Attrs = append(s.Attrs, view.Attr{Key: "arg.1.file", Value: run.Args[0].Value}, view.Attr{Key: "default.dry-run", Value: "false"}, view.Attr{Key: "default.retries", Value: "3"})
	})
	for i := range 12 {
		s := t.add(root, view.KindSignal, "order_status_changed", 900+float64(i)*3300, 2900, note("5 receivers"))
		t.add(s, view.KindReceiver, "notify-warehouse", 910+float64(i)*3300, 2870)
	}
	t.add(root, view.KindException, "carrier refused 3 parcels", 42000, 0, func(s *view.Span) { s.Text = "carrier refused 3 parcels" })
	return view.Record{
		ID: "0f3k9ae11c0md", Kind: view.KindCommand, Name: run.Line, Route: "ship-orders", Code: 1, Command: run, BytesIn: -1,
		Status: view.StatusBad, Start: now.Add(-3 * time.Hour), Duration: ms(42170), Spans: t.spans, Process: "shop, pid 5120 on kiln", Build: "9f3c2e1", BytesOut: -1,
	}
}

// shipped is what package commands keeps of the nightly run.
func shipped() *view.Command {
	return &view.Command{
		Line:     "ship-orders --limit 500 --carrier dhl --api-key [redacted] orders-2026-11-20.csv",
		Args:     []view.Attr{{Key: "1 FILE", Value: "orders-2026-11-20.csv"}},
		Options:  []view.Attr{{Key: "--api-key", Value: "[redacted]", Masked: true}, {Key: "--carrier", Value: "dhl"}, {Key: "--limit", Value: "500"}},
		Defaults: []view.Attr{{Key: "--dry-run", Value: "false"}, {Key: "--retries", Value: "3"}},
		Error:    "carrier refused 3 parcels",
		Out:      view.Output{Text: "handed over 482 of 485 parcels\nrefused: 20418, 20431, 20477\n", Bytes: 60},
		Err: view.Output{Bytes: 18022, Text: "\x1b[33mWARN\x1b[0m carrier slow parcel=20391 took=2.9s\n" +
			"\x1b[31;1mERROR\x1b[0m parcel refused parcel=20477 reason=\"<no house number>\"\n\x1b]0;a title\x07ship-orders: carrier refused 3 parcels\n"},
		Done: 482, Total: 485, CPU: 3812 * time.Millisecond, Peak: 48 << 20, Profile: "ship-orders.cpu.pprof",
	}
}

// killed is a run that its caller's deadline ended.
func killed() view.Record {
	m := nightly()
	m.Code, m.Spans[0].Err = 130, "interrupted"
	m.Causes = []view.Link{{ID: "0f3k9cause00t", Kind: view.KindTask, Name: "nightly", Status: view.StatusOK, Duration: ms(42210)}}
	m.Command = &view.Command{
		Line: "ship-orders", Parent: "0f3k9cause00t", Signal: "interrupt", Error: "interrupted", Out: view.Output{Bytes: 0}, Err: view.Output{Bytes: 9120}, Done: 12,
		Defaults: m.Command.Defaults,
	}
	m.Name = m.Command.Line
	return m
}

// crowd is a Record at its caps.
func crowd() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /export", 0, 9800)
	v := t.add(root, view.KindView, "export.All", 1, 9790)
	for i := range 600 {
		q := t.add(v, view.KindCall, "GET inventory.internal/items", 5+float64(i)*16, 14)
		t.add(q, view.KindLog, "DEBUG item", 5+float64(i)*16, 0, logLine("DEBUG", "item"))
	}
	return view.Record{
		ID: "0f3k9af22capd", Kind: view.KindRequest, Method: "GET", Name: "/export", Route: "GET /export", Code: 200, CodeText: "OK", Status: view.StatusSlow,
		Start: now.Add(-time.Minute), Duration: ms(9800), SlowOver: ms(500), Spans: t.spans, BytesOut: 52 << 20,
		Caps: []view.Cap{{Kind: view.KindQuery, Name: "SELECT name FROM items WHERE id = ?", Count: 4211, Limit: 1000}},
	}
}

// hostile is what an attacker sends to be seen here: it must stay text.
const hostile = `"><img src=x onerror=alert(1)><script>alert(2)</script></table><!-- ${7*7} {{7*7}} javascript:alert(3) ` + "\u202e\u2028"

func attacked() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, hostile, 0, 20)
	v := t.add(root, view.KindView, hostile, 1, 18, source(hostile), failed(hostile), note(hostile))
	t.add(v, view.KindQuery, hostile, 2, 4, query(hostile, hostile, 1))
	t.add(v, view.KindSignal, hostile, 7, 2)
	t.add(v, view.KindLog, hostile, 10, 0, logLine(hostile, hostile))
	t.add(v, "javascript:alert(4)", hostile, 12, 1)
	m := view.Record{
		ID: `0f3"><i>`, Kind: view.KindRequest, Method: hostile, Name: hostile, Route: hostile, Code: 200, CodeText: hostile, Status: view.StatusOK,
		Start: now, Duration: ms(20), User: hostile, Build: hostile, Tags: []string{hostile}, Spans: t.spans, ClientErr: hostile,
		Caps: []view.Cap{{Kind: view.KindQuery, Name: hostile, Count: 2}},
	}
	m.Request = &view.Request{URL: hostile, Header: []view.Attr{{Key: hostile, Value: hostile, Type: hostile}}, Body: &view.Body{Text: hostile, Kind: hostile}}
	return m
}

// long is text that must not widen the page.
func long() view.Record {
	word := strings.Repeat("averyveryverylongword", 20)
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /"+word, 0, 33)
	v := t.add(root, view.KindView, "internal/"+word+".(*Server).Handle", 1, 31, source(word+".go:1"), failed(word))
	t.add(v, view.KindQuery, "SELECT "+word, 3, 20, query("SELECT "+word+" FROM t WHERE "+word+" = ?", word+".go:20", 1))
	t.add(v, view.KindException, word, 30, 0, func(s *view.Span) { s.Text = word; s.Stack = []view.Frame{{Func: word, Source: word, Own: true}} })
	return view.Record{
		ID: "0f3k9ag33long", Kind: view.KindRequest, Method: "GET", Name: "/" + word, Route: "GET /{page}", Code: 500, CodeText: "Internal Server Error",
		Status: view.StatusBad, Start: now, Duration: ms(33), User: word, Spans: t.spans, Tags: []string{word},
		Request: &view.Request{URL: "/" + word, Header: []view.Attr{{Key: "X-" + word, Value: word}}, Body: &view.Body{Kind: "json", Read: -1, Text: word, Bytes: 400}},
	}
}

// stacked is a request below twenty layers.
func stacked() view.Record {
	t := &tree{}
	at := t.add(-1, view.KindRequest, "GET /reports/{year}", 0, 96)
	for i, name := range []string{
		"recover", "request_id", "request_log", "metrics", "real_ip", "hosts", "https", "headers", "cors", "compress",
		"timeout", "body_limit", "session", "csrf", "locale", "user", "tenant", "rights", "features", "etag",
	} {
		at = t.add(at, view.KindLayer, name, .1*float64(i+1), 96-.2*float64(i+1), source("web/stack.go:14"))
	}
	v := t.add(at, view.KindView, "reports.Year", 3, 90, source("reports/year.go:31"))
	t.add(v, view.KindQuery, "SELECT figures", 8, 61, query("SELECT month, sum(total) FROM figures WHERE year = ? GROUP BY month", "reports/year.go:40", 12))
	send := t.add(v, view.KindSignal, "report_shown", 72, 12, source("reports/year.go:52"))
	t.add(send, view.KindReceiver, "log-activity", 73, 10, source("activity/log.go:9"))
	return view.Record{
		ID: "0f3k9deep000a", Kind: view.KindRequest, Method: "GET", Name: "/reports/2026", Route: "GET /reports/{year}", Code: 200, CodeText: "OK",
		Status: view.StatusOK, Start: now.Add(-time.Minute), Duration: ms(96), Spans: t.spans,
	}
}
