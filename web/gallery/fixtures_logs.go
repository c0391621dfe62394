package main

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

var logsForm = &view.Form{Path: string(base) + "logs", Proof: "proof"}

// browserLogs are two browsers that are followed, of which one has asked for pages.
func browserLogs() view.BrowserLogs {
	follow := func(name, by string, left time.Duration, current bool) view.FollowedBrowser {
		link := "/?toolbar-logs=" + name + ".1795271528.mzxw6ytboi"
		return view.FollowedBrowser{
			Name: name, By: by, Until: now.Add(left), Href: string(base) + "logs?browser=" + name, Current: current,
			Link: link, Address: "http://127.0.0.1:8080" + link,
		}
	}
	m := view.BrowserLogs{
		Form: logsForm, Chosen: "k7qz2mfa",
		Browsers: []view.FollowedBrowser{follow("k7qz2mfa", "127.0.0.1", 52*time.Minute, true), follow("p3xw9bde", "mara@fernhill.test", 8*time.Minute, false)},
	}
	line := func(id string, ago time.Duration, name, level, logger, text string, attrs ...view.Attr) {
		m.Lines = append(m.Lines, view.BrowserLine{
			ID: id + "-4", Record: id, Name: name, At: now.Add(-ago), Line: view.Span{Kind: view.KindLog, Level: level, Logger: logger, Text: text, Attrs: attrs},
		})
	}
	line(orderID, 2*time.Second, "POST /orders", "ERROR", "notify", "the letter was not sent", view.Attr{Key: "relay", Value: "mail.internal"}, view.Attr{Key: "token", Masked: true})
	line("0f3k9ab27d0e3", 3*time.Second, "POST /orders", "INFO", "shop", "order placed", view.Attr{Key: "order", Value: "20417"}, view.Attr{Key: "total", Value: "36.00"})
	line("0f3k9ab27d0e2", 9*time.Second, "GET /checkout", "WARN", "storeroom", "few pieces are left", view.Attr{Key: "sku", Value: "FH-101"})
	line("0f3k9ab27d0e1", 14*time.Second, "GET /products/FH-101", "DEBUG", "cache", "not there", view.Attr{Key: "key", Value: "product:FH-101"})
	return m
}

func helpPage() view.Help {
	return view.Help{Fields: []view.FilterField{
		{Name: "status", Aliases: []string{"exit"}, Doc: "HTTP status or exit code", Example: "status:5xx", Href: base.Search("status:5xx")},
		{Name: "dur", Aliases: []string{"duration"}, Doc: "duration", Example: "dur>200ms", Href: base.Search("dur>200ms")},
		{Name: "is", Doc: "what happened to it", Example: "is:failed", Href: base.Search("is:failed"), Values: []string{"failed", "panic", "slow"}},
		{Name: "trace", Doc: "trace id, 32 hexadecimal digits", Example: "trace:4bf92f3577b34da6a3ce929d0e0e4736", Href: base.Search("trace:4bf92f3577b34da6a3ce929d0e0e4736")},
	}}
}
