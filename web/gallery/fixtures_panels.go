package main

import "github.com/go-debug-toolbar/debugtoolbar/web/view"

// browsed is the order with everything that panels show beside the spans.
func browsed() view.Record {
	m := order()
	t := &tree{spans: m.Spans}
	t.add(0, view.KindTask, "crm.sync", 600, 0.2, attrs("task.queue", "default"), note("queued"))
	t.add(0, view.KindCustom, "resize image", 160, 12, attrs("width", "640"))
	t.add(0, view.Kind("search"), "index product", 175, 5, attrs("index", "products"))
	t.add(0, view.Kind("dump"), "cart before discounts", 181, 0, attrs("dump.type", "shop.Cart", "dump.value",
		"shop.Cart{\n\tUser: \"ann@example.com\"\n\tCard: [redacted]\n\tItems: []shop.Item[\n\t\tshop.Item{\n\t\t\tSKU: \"FH-101\"\n\t\t\tPrice: 3.5\n\t\t}\n\t]\n}"))
	m.Spans = t.spans
	m.DerivesFindings = true
	m.Findings = []view.Alert{{
		Status: view.StatusBad, Title: "An error was swallowed in update-customer-stats", Text: "The receiver failed and the view answered 201.",
		Fix: "use the error that Send returns, or SendRobust where a failure may be passed over.",
	}}
	for i, sp := range m.Spans {
		if sp.Name == "UPDATE stock" {
			m.Spans[i].Duplicates = 3
		}
	}
	for i, sp := range m.Spans {
		if sp.Name == "SELECT products" {
			m.Findings = append(m.Findings, view.Alert{
				Status: view.StatusSlow, Title: "N+1: the same query 41 times", Text: "One for each row of SELECT order_items, from checkout/create.go:91: 73.8 ms together.",
				Fix: "load what the loop needs in one query before it.", Code: "SELECT id, name, price FROM products WHERE id IN (?, ?, …)", Span: i, HasSpan: true, Loop: true,
			})
			break
		}
	}
	r := *m.Request
	r.Redirects = []view.Redirect{
		{ID: "0f3k9ab27d0e0", Method: "POST", URL: "/checkout", Code: 303, Location: "/orders"},
		{ID: m.ID, Method: "POST", URL: "/orders", Code: 201, Current: true},
	}
	r.Session, r.SessionChanged = []view.Attr{{Key: "cart", Value: "3 items"}, {Key: "csrf", Masked: true}}, "cart changed; flash removed"
	r.Files = []view.Attr{{Key: "photo", Value: "mug.png", Type: "image/png, 412 KiB"}}
	r.Body = &view.Body{Kind: "multipart", Why: "Only its values and the names of its files are kept.", Bytes: 422000, Read: 1200, Cut: true}
	m.Request = &r
	m.QueryNotes = []view.QueryNote{
		{Title: "By database", Items: []view.NoteItem{{Text: "shop: 48 statements", Time: ms(86), Span: -1}, {Text: "audit: 2 statements", Time: ms(3), Span: -1}}},
		{Title: "Transactions", Items: []view.NoteItem{{Text: "Transaction of 4 statements, committed", Time: ms(12), Span: 8}}},
		{Title: "Pauses between statements, and what ran in them", Items: []view.NoteItem{{Text: "388 ms without a query: send-confirmation", Time: ms(388), Span: 50}}},
	}
	m.Inferred = 1
	m.Forms, m.Compare, m.Pinned = forms(true), "/_toolbar/compare?a="+m.ID+"&b=median", true
	m.CopyAs = []view.CopyAs{{Label: "cURL", Href: "/_toolbar/requests/" + m.ID + "/as/curl"}, {Label: "Markdown", Href: "/_toolbar/requests/" + m.ID + "/as/markdown"}}
	m.Runtime = []view.Attr{{Key: "Allocated", Value: "1.4 MiB", Type: "by the whole process meanwhile"}, {Key: "Goroutines started", Value: "42", Type: "by the whole process meanwhile"}}
	m.Page = &view.PageTiming{Type: "navigate", Bytes: 14210, Shift: 0.14, Millis: map[string]float64{
		"ttfb": 640, "response": 4.2, "fcp": 890, "interactive": 940, "content_loaded": 951, "lcp": 2710, "load": 1480, "inp": 96,
	}}
	m.Versions = []view.Attr{{Key: "Program", Value: "example.test/shop"}, {Key: "Revision", Value: "9f3c2e1a77"}, {Key: "Go", Value: "go1.26.0"}, {Key: "Process", Value: "pid 4711 on kiln"}}
	m.Modules = []view.Attr{{Key: "github.com/a-h/templ", Value: "v0.3.1020"}, {Key: "modernc.org/sqlite", Value: "v1.60.1"}}
	m.ModulesChanged = []view.Attr{{Key: "modernc.org/sqlite", Value: "v1.60.0 → v1.60.1"}}
	m.Settings = []view.AttrGroup{
		{Title: "Shop", Attrs: []view.Attr{{Key: "SMTP_HOST", Value: "mail.internal"}, {Key: "SMTP_PASSWORD", Masked: true}}},
		{Title: "Toolbar", Attrs: []view.Attr{{Key: "Keep", Value: "everything"}, {Key: "MaxSpans", Value: "1,000", Type: "a record"}}},
	}
	return m
}

// served is a request for which static files were served, in each way in which a browser may keep them.
func served() view.Record {
	return with(quick(), func(m *view.Record) {
		t := &tree{spans: m.Spans}
		file := func(at float64, path, source, code string, pairs ...string) {
			t.add(0, view.KindFile, "static", at, 0.011, attrs("file.path", path, "file.source", source, "http.response.status_code", code), attrs(pairs...))
		}
		file(0.01, "css/app.9f3c2e1.css", "embedded", "200", "file.size", "18230", "http.response.header.cache-control", "public, max-age=31536000, immutable")
		file(0.02, "img/logo.svg", "disk", "304", "file.size", "2210", "http.response.header.last-modified", "Fri, 20 Nov 2026 14:00:00 GMT")
		file(0.03, "docs/index.html", "disk", "200", "file.size", "4096", "http.response.header.etag", `"5f-1a"`)
		file(0.04, "js/app.js", "embedded", "200", "file.size", "91234")
		file(0.05, "/missing.png", "embedded", "404")
		m.Spans = t.spans
	})
}

// described is the order with calls of a kind that the app has described.
func described() view.Record {
	m := order()
	t := &tree{spans: m.Spans}
	for i, tokens := range []string{"812", "1,310"} {
		t.add(0, view.Kind("ai call"), "chat large-2", 180+float64(i)*90, 80, func(s *view.Span) {
			s.Attrs = []view.Attr{
				{Key: "gen_ai.provider.name", Value: "example"}, {Key: "gen_ai.usage.input_tokens", Value: tokens},
				{Key: "gen_ai.usage.output_tokens", Value: "96"}, {Key: "ai.answer.size", Value: "412"},
			}
		})
	}
	m.Spans = t.spans
	m.Kinds = []view.KindShape{{Kind: "ai call", Label: "AI calls", One: "Model", Columns: []view.KindShapeColumn{
		{Title: "Provider", Key: "gen_ai.provider.name"}, {Title: "Tokens in", Key: "gen_ai.usage.input_tokens", Sum: true},
		{Title: "Tokens out", Key: "gen_ai.usage.output_tokens", Sum: true}, {Title: "Size", Key: "ai.answer.size", Unit: "B"},
	}}}
	return m
}
