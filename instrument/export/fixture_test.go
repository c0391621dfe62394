package export_test

import (
	"flag"
	"go/format"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; if that is right: go test ./instrument/export -update\ngot\n%s\nwant\n%s", file, got, want)
	}
}

func kv(key string, value any) instrument.KV { return instrument.KV{Key: key, Value: value} }

// record is a request as a store gives it back.
func record(method, path string, status int, attrs ...instrument.KV) *instrument.Record {
	h := instrument.HandlerInfo{Kind: instrument.KindRequest, Name: method + " " + path}
	rec := &instrument.Record{Handler: h, Attrs: attrs, Spans: []instrument.RecordSpan{{Handler: h, Parent: -1, Duration: 12345678}}}
	rec.ID = 4567890123456789
	rec.Method, rec.Path, rec.Status = method, path, status
	rec.Start, rec.Duration = time.Date(2026, 3, 4, 5, 6, 7, 89e6, time.UTC).UnixNano(), 12345678*time.Nanosecond
	rec.Attrs = append([]instrument.KV{
		kv("url.scheme", "http"), kv("server.address", "shop.test"), kv("server.port", int64(8080)),
		kv("network.protocol.version", "1.1"), kv("user_agent.original", "Browser/1.0"),
	}, attrs...)
	return rec
}

// checkout is a request with all that there may be.
func checkout() *instrument.Record {
	rec := record("POST", "/orders/7/items", 201,
		kv("url.query", "dry=1&q=a+b&access_token=[redacted]"),
		kv("http.request.header.accept", "application/json"),
		kv("http.request.header.accept-encoding", "gzip, br"),
		kv("http.request.header.content-type", "application/json"),
		kv("http.request.header.content-length", "60"),
		kv("http.request.header.traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
		kv("http.request.headers_hidden", "Authorization, Cookie, X-Api-Key"),
		kv("http.request.cookies", "session=[redacted]; theme=dark"),
		kv("http.request.body.kind", "json"), kv("http.request.body.read", int64(60)), kv("http.request.body.size", int64(60)),
		kv("http.request.body", `{"sku":"it's \"fine\"","password":"[redacted]","token":"[redacted]"}`),
		kv("http.response.header.content-type", "application/json"),
		kv("http.response.header.location", "/orders/7/items/1"),
		kv("http.response.headers_hidden", "Set-Cookie, X-Internal"),
		kv("http.response.set_cookies", "session=[redacted]; Path=/; HttpOnly\nlang=de; Path=/"),
		kv("http.response.body.kind", "json"), kv("http.response.body.read", int64(8)), kv("http.response.body", `{"id":1}`),
		kv("http.response.body.size", int64(8)),
	)
	rec.Handler.Name = "POST /orders/{id}/items"
	rec.User, rec.Tags, rec.Parent = "ann", []string{"checkout"}, 4567890123456700
	view := instrument.HandlerInfo{Kind: instrument.KindView, Name: "shop.(*Server).addItem", Source: instrument.Source{File: "/src/shop/cart.go", Line: 12}}
	query := instrument.HandlerInfo{Kind: instrument.KindQuery, Name: "SELECT * FROM item WHERE sku = ? -- | `x`"}
	log := instrument.HandlerInfo{Kind: instrument.KindLog, Name: "log"}
	rec.Spans = append(rec.Spans,
		instrument.RecordSpan{Handler: view, Parent: 0, Start: 1e6, Duration: 11e6, Flags: instrument.FlagError, Error: "no such item <b>",
			Stack: []instrument.Frame{{Func: "shop.find", File: "/src/shop/item.go", Line: 3}}},
		instrument.RecordSpan{Handler: query, Parent: 1, Start: 2e6, Duration: 3456789},
		instrument.RecordSpan{Handler: query, Parent: 1, Start: 6e6, Duration: 1e6, Flags: instrument.FlagSlow},
		instrument.RecordSpan{Handler: log, Parent: 1, Start: 8e6, Attrs: []instrument.KV{kv("log.severity", "WARN"), kv("log.message", "stock is low\x1b[2J"), kv("sku", "a1")}},
	)
	return rec
}

// upload is a multipart form.
func upload() *instrument.Record {
	return record("POST", "/photos", 200,
		kv("http.request.header.content-type", "multipart/form-data; boundary=x"),
		kv("http.request.body.kind", "multipart"), kv("http.request.body.read", int64(3000)), kv("http.request.body.size", int64(3000)),
		kv("http.request.form", "title=My+photo&note=it%27s&pin=%5Bredacted%5D"),
		kv("http.request.files", `[{"field":"photo","name":"../holiday \"1\".png","type":"image/png","size":2000}]`),
	)
}

func mustBeFormatted(t *testing.T, text string) {
	t.Helper()
	if clean, err := format.Source([]byte(text)); err != nil || string(clean) != text {
		t.Errorf("not as gofmt has it: %v\n%s", err, text)
	}
}
