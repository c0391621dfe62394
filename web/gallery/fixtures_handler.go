package main

import (
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// oneHandler is a receiver that a build has made slower.
func oneHandler() view.Handler {
	m := view.Handler{
		HandlerRow: view.HandlerRow{
			Kind: view.KindReceiver, Name: "send-confirmation", Source: "notify/mail.go:41", Status: view.StatusSlow,
			Calls: 318, SlowCalls: 317, P50: ms(388), P95: ms(441), P99: ms(902), Max: ms(1210), Total: ms(126000), InFlight: 2,
		},
		Limit: ms(200), Self: ms(1300), Window: time.Hour, Apdex: .12, WhyCalls: 3, WhyTime: ms(2524),
		Why: []view.CauseShare{
			{Share: .95, Kind: view.KindCall, Text: "in 3 ×", Code: "POST mail.internal/send"},
			{Share: .03, Kind: view.KindRender, Text: "in 3 ×", Code: "mail/confirmation.html"}, {Share: .02, Text: "its own code"},
		},
		Hist: &view.Histogram{Label: "Distribution of 318 calls", P50: ms(388), P95: ms(441), Limit: ms(200)},
		Builds: []view.BuildRow{
			{Name: "9f3c2e1", Since: now.Add(-51 * time.Minute), Alive: true, Calls: 318, P50: ms(388), P95: ms(441), P99: ms(902), Change: 8.46, HasChange: true},
			{Name: "4b81d07", Since: now.Add(-26 * time.Hour), Calls: 6204, Errors: 3, P50: ms(41), P95: ms(66), P99: ms(118), Change: -.02, HasChange: true},
			{Name: "e07aa1c", Since: now.Add(-60 * time.Hour), Calls: 8871, Errors: 1, P50: ms(42), P95: ms(64), P99: ms(121)},
		},
		Slowest: []view.SlowSample{
			{Link: view.Link{ID: "0f3k9ab200001", Kind: view.KindRequest, Name: "POST /orders", Status: view.StatusSlow}, Start: now.Add(-20 * time.Minute), Took: ms(1210), Span: 50},
			{Link: view.Link{ID: orderID, Kind: view.KindRequest, Name: "POST /orders", Status: view.StatusBad}, Start: now, Took: ms(395), Span: 50},
		},
		Callers: []view.Caller{{Kind: view.KindSignal, Name: "order_status_changed", Calls: 3}},
	}
	for i := range 32 {
		m.Hist.Bars = append(m.Hist.Bars, view.HistBar{Upper: ms(100 + float64(i)*40), Count: int64((i * 7) % 23)})
	}
	heat := view.Heat{Title: "Latency over time", Label: "Latency of send-confirmation over time", Unit: "calls in one minute", Start: now.Add(-time.Hour), Step: time.Minute, Bounds: []time.Duration{ms(100), ms(200), ms(500), ms(1000)}}
	for i := range 60 {
		heat.Cells = append(heat.Cells, []int64{0, int64(i % 3), int64(i % 7), int64(i % 2)})
		m.Points = append(m.Points, view.Point{Start: now.Add(time.Duration(i-60) * time.Minute), Calls: int64(i % 4), P50: ms(380 + float64(i)), P95: ms(440), P99: ms(900)})
	}
	m.Heat = &heat
	return m
}
