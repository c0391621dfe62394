package main

import (
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// tapped is a request that calls others, asks caches, renders and logs: what those panels draw.
func tapped() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /products/FH-101", 0, 240)
	v := t.add(root, view.KindView, "shop.Product", 2, 236, source("shop/product.go:18"))

	call := func(c view.Call) func(*view.Span) { return func(s *view.Span) { s.Call = &c } }
	phase := func(name string, millis float64) view.Phase { return view.Phase{Name: name, Time: ms(millis)} }
	t.add(v, view.KindCall, "GET rates.internal/v1/rates", 4, 62, source("shop/rates.go:31"), func(s *view.Span) { s.Stack = stack() }, call(view.Call{
		Method: "GET", URL: "https://[redacted]@rates.internal/v1/rates?key=[redacted]&to=EUR", Host: "rates.internal", Code: 200, Proto: "1.1", Peer: "10.0.0.7:443",
		Phases:     []view.Phase{phase("queue", 0.4), phase("dns", 6), phase("connect", 9), phase("tls", 14), phase("send", 0.3), phase("wait", 28), phase("transfer", 4.3)},
		Connection: "new", Sent: -1, Received: 1240, Unzipped: true,
		Header: "Accept: application/json\nAuthorization: [redacted]", ResponseHeader: "Content-Type: application/json", ResponseBody: `{"EUR":1.08,"token":"[redacted]"}`,
		Callee: &view.Link{ID: "0f3k9b00c66ra", Kind: view.KindRequest, Name: "GET /v1/rates", Status: view.StatusOK, Duration: ms(24)},
		Curl:   "# Hidden when it was recorded; set before: HTTPS KEY AUTHORIZATION\ncurl 'https://'\"$HTTPS\"'@rates.internal/v1/rates?key='\"$KEY\"'&to=EUR' \\\n  -H 'Accept: application/json' \\\n  -H 'Authorization: '\"$AUTHORIZATION\"\n",
	}))
	t.add(v, view.KindCall, "GET rates.internal/v1/taxes/{id}", 68, 31, source("shop/rates.go:44"), failed("503 Service Unavailable"), call(view.Call{
		Method: "GET", URL: "https://rates.internal/v1/taxes/7", Host: "rates.internal", Code: 503, Proto: "1.1", Connection: "used again", Idle: 2 * time.Second, Sent: -1, Received: 19,
		Phases: []view.Phase{phase("queue", 0.1), phase("send", 0.2), phase("wait", 30.1), phase("transfer", 0.6)},
	}))
	t.add(v, view.KindCall, "GET rates.internal/v1/taxes/{id}", 99, 12, source("shop/rates.go:44"), call(view.Call{
		Method: "GET", URL: "https://rates.internal/v1/taxes/7", Host: "rates.internal", Code: 200, Proto: "1.1", Connection: "used again", Sent: -1, Received: 240, Resent: 1,
		Phases: []view.Phase{phase("queue", 0.1), phase("send", 0.2), phase("wait", 11.4), phase("transfer", 0.3)},
	}))
	t.add(v, view.KindCall, "GET pictures.test/mug.png", 112, 9, source("shop/picture.go:12"), call(view.Call{
		Method: "GET", URL: "https://pictures.test/mug.png", Host: "pictures.test", Code: 404, Proto: "2", Connection: "used again", Sent: -1, Received: 0, Redirects: 1, Early: true,
		Phases: []view.Phase{phase("wait", 9)},
	}))
	t.add(v, view.KindCall, "POST audit.test/events", 122, 20, source("shop/audit.go:9"), failed("dial tcp 10.0.0.9:443: connect: connection refused"), call(view.Call{
		Method: "POST", URL: "https://audit.test/events", Host: "audit.test", Sent: 96, Received: -1, FailedIn: "connect",
		Phases: []view.Phase{phase("dns", 3), phase("connect", 17)}, Body: `{"what":"viewed"}`, BodyCut: true,
	}))

	cached := func(c view.CacheCall, attrs ...view.Attr) func(*view.Span) {
		return func(s *view.Span) {
			s.Cached = &c
			s.Attrs = append(s.Attrs, view.Attr{Key: "cache.name", Value: c.Cache})
		}
	}
	get := func(at, took float64, key, group, result string, size int64) {
		t.add(v, view.KindCache, "redis GET "+group, at, took, source("shop/cache.go:22"), cached(view.CacheCall{Cache: "redis", Operation: "GET", Key: key, Group: group, Result: result, Size: size, Text: "GET " + key}))
	}
	get(144, 0.4, "session:[redacted]", "session:{id}", "hit", 412)
	get(145, 0.3, "product:FH-101", "product:FH-{id}", "miss", -1)
	t.add(v, view.KindCache, "redis SET product:FH-{id}", 146, 0.5, cached(view.CacheCall{Cache: "redis", Operation: "SET", Key: "product:FH-101", Group: "product:FH-{id}", Size: 1840, TTL: time.Hour, Text: "SET product:FH-101 text(1840) EX 3600"}))
	get(147, 0.3, "product:FH-102", "product:FH-{id}", "hit", 1711)
	t.add(v, view.KindCache, "redis MGET stock:{id}", 148, 0.9, cached(view.CacheCall{Cache: "redis", Operation: "MGET", Key: "stock:101", Group: "stock:{id}", Result: "partial", Keys: 3, Hits: 2, Size: -1}))
	t.add(v, view.KindCache, "pages DELETE page:{id}", 150, 0.2, failed("redis: connection pool timeout"), cached(view.CacheCall{Cache: "pages", Operation: "DELETE", Key: "page:7", Group: "page:{id}", Size: -1}))

	render := func(engine string, bytes int64, data string) func(*view.Span) {
		return func(s *view.Span) { s.Rendered = &view.Rendered{Engine: engine, Bytes: bytes, Data: data} }
	}
	page := t.add(v, view.KindRender, "product.html", 160, 60, source("shop/product.go:40"), render("html/template", 18400, "Title, Product, Reviews, Footer"))
	t.add(page, view.KindRender, "head.html", 161, 4, render("html/template", 900, ""))
	reviews := t.add(page, view.KindRender, "reviews.html", 168, 44, render("html/template", 14200, ""))
	for i := range 12 {
		t.add(reviews, view.KindRender, "review.html", 169+3.5*float64(i), 3, render("html/template", 1100, ""))
	}
	t.add(page, view.KindRender, "footer.html", 214, 3, render("html/template", 1200, ""), failed("template: footer.html:3:9: executing \"footer.html\" at <.Year>: can't evaluate field Year"))

	line := func(at float64, level, logger, text string, attrs ...view.Attr) {
		t.add(v, view.KindLog, level, at, 0, logLine(level, text), source("shop/product.go:22"), func(s *view.Span) { s.Logger, s.Attrs = logger, attrs })
	}
	line(3, "INFO", "shop", "product shown", view.Attr{Key: "sku", Value: "FH-101"}, view.Attr{Key: "api_key", Masked: true})
	line(100, "WARN", "rates", "rates are old", view.Attr{Key: "age", Value: "3m"})
	for i := range 60 {
		line(150+float64(i), "DEBUG", "cache", "not there", view.Attr{Key: "key", Value: fmt.Sprintf("stock:%d", 100+i)})
	}
	line(215, "ERROR", "shop", "\x1b[31;1mtemplate failed\x1b[0m and \x1b[33mgoes on\x1b[0m", view.Attr{Key: "error", Value: "no field Year"})
	line(216, "INFO+2", "shop", "Deprecated: use Reviews")

	return view.Record{
		ID: "0f3k9tap0000a", Short: "tap0000a", Kind: view.KindRequest, Method: "GET", Name: "/products/FH-101", Route: "GET /products/{sku}", Code: 200, CodeText: "OK",
		Status: view.StatusOK, Start: now.Add(-time.Minute), Duration: ms(240), Spans: t.spans, BytesOut: 18400,
		CacheGroups: []view.CacheGroup{{Cache: "redis", Group: "session:{id}", Hits: 981, Misses: 19}, {Cache: "redis", Group: "product:FH-{id}", Hits: 402, Misses: 98}},
		OtherCaches: []string{"carts", "sessions"},
	}
}

// deletable is tapped for a viewer who may delete keys of one cache.
func deletable() view.Record {
	m := tapped()
	m.CacheForm = &view.Form{Path: string(base) + "cache", Proof: "proof"}
	for i := range m.Spans {
		switch c := m.Spans[i].Cached; {
		case c == nil || c.Cache != "redis":
		case c.Key == "session:[redacted]":
			c.Kept = "the key was masked or cut when it was recorded, so it is not known any more"
		case c.Keys > 1:
			c.Kept = "the call was about several keys, of which only the first was kept"
		case c.Key == "product:FH-102":
			c.Deletable, c.Deleted = true, now.Add(-4*time.Second)
		default:
			c.Deletable = true
		}
	}
	return m
}

// crowdedTaps is more of everything than a Record keeps.
func crowdedTaps() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /export", 0, 9800)
	v := t.add(root, view.KindView, "export.All", 1, 9790)
	page := t.add(v, view.KindRender, "export.html", 9000, 700, func(s *view.Span) {
		s.Rendered = &view.Rendered{Engine: "html/template", Bytes: 4 << 20, Data: "Items"}
	})
	for i := range 250 {
		at := 5 + float64(i)*30
		t.add(v, view.KindCall, "GET stock.internal/items/{id}", at, 20, source("export/stock.go:12"), func(s *view.Span) {
			s.Call = &view.Call{
				Method: "GET", URL: fmt.Sprintf("https://stock.internal/items/%d", i), Host: "stock.internal", Code: 200, Proto: "2", Connection: "used again", Sent: -1, Received: 90,
				Phases: []view.Phase{{Name: "wait", Time: ms(19)}, {Name: "transfer", Time: ms(1)}},
			}
		})
		t.add(v, view.KindCache, "items GET item:{id} miss", at+21, 0.2, source("export/cache.go:30"), func(s *view.Span) {
			s.Cached = &view.CacheCall{Cache: "items", Operation: "GET", Key: fmt.Sprintf("item:%d", i), Group: "item:{id}", Result: "miss", Size: -1}
		})
		t.add(v, view.KindLog, "WARN", at+22, 0, logLine("WARN", fmt.Sprintf("item %d is not there", i)), source("export/all.go:40"), func(s *view.Span) { s.Logger = "export" })
		part := t.add(page, view.KindRender, "item.html", 9001+2*float64(i), 1.8, func(s *view.Span) { s.Rendered = &view.Rendered{Engine: "html/template", Bytes: 900} })
		t.add(part, view.KindRender, "price.html", 9001.2+2*float64(i), 0.4, func(s *view.Span) { s.Rendered = &view.Rendered{Engine: "html/template", Bytes: 40} })
	}
	return view.Record{
		ID: "0f3k9af33capd", Kind: view.KindRequest, Method: "GET", Name: "/export", Route: "GET /export", Code: 200, CodeText: "OK", Status: view.StatusSlow,
		Start: now.Add(-time.Minute), Duration: ms(9800), SlowOver: ms(500), Spans: t.spans, BytesOut: 4 << 20,
		Caps: []view.Cap{
			{Kind: view.KindCall, Name: "GET stock.internal/items/{id}", Count: 4211, Limit: 1252}, {Kind: view.KindCache, Name: "items GET item:{id} miss", Count: 4211, Limit: 1252},
			{Kind: view.KindLog, Name: "WARN", Count: 4211, Limit: 1252}, {Kind: view.KindRender, Name: "item.html", Count: 4211, Limit: 1252},
		},
	}
}

// otherTaps is what OpenTelemetry's libraries tell: less.
func otherTaps() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /", 0, 50)
	t.add(root, view.KindCall, "HTTP GET", 5, 20)
	t.add(root, view.KindCache, "redis get", 30, 4)
	t.add(root, view.KindRender, "index", 36, 6)
	t.add(root, view.KindLog, "INFO", 44, 0, logLine("INFO", "done"))
	return view.Record{ID: "0f3k9otel000a", Kind: view.KindRequest, Method: "GET", Name: "/", Route: "GET /", Code: 200, CodeText: "OK", Status: view.StatusOK, Start: now, Duration: ms(50), Spans: t.spans}
}

// hostileTaps is captured text that wants to be markup, in these panels.
func hostileTaps() view.Record {
	t := &tree{}
	root := t.add(-1, view.KindRequest, "GET /", 0, 50)
	t.add(root, view.KindCall, hostile, 5, 20, func(s *view.Span) {
		s.Call = &view.Call{
			Method: hostile, URL: "https://" + hostile, Host: hostile, Code: 200, Proto: hostile, Peer: hostile, Phases: []view.Phase{{Name: hostile, Time: ms(20)}}, Connection: hostile, FailedIn: hostile,
			Header: hostile, Body: hostile, ResponseHeader: hostile, ResponseBody: hostile, Curl: hostile, Callee: &view.Link{ID: hostile, Name: hostile},
		}
	})
	t.add(root, view.KindCache, hostile, 30, 4, func(s *view.Span) {
		s.Cached = &view.CacheCall{Cache: hostile, Operation: hostile, Key: hostile, Group: hostile, Result: "hit", Text: hostile, Value: hostile}
	})
	t.add(root, view.KindRender, hostile, 36, 6, func(s *view.Span) { s.Rendered = &view.Rendered{Engine: hostile, Data: hostile, Values: hostile} })
	t.add(root, view.KindLog, hostile, 44, 0, logLine(hostile, "\x1b[31m"+hostile), func(s *view.Span) { s.Logger, s.Attrs = hostile, []view.Attr{{Key: hostile, Value: hostile}} })
	return view.Record{
		ID: "0f3k9host000a", Kind: view.KindRequest, Method: "GET", Name: "/", Route: "GET /", Code: 200, CodeText: "OK", Status: view.StatusOK, Start: now, Duration: ms(50), Spans: t.spans,
		OtherCaches: []string{hostile},
	}
}
