package browser_test

import (
	"flag"
	"path/filepath"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
)

var playFor = flag.Duration("traffic", 0, "how long visitors come before TestScreenshots takes its pictures; charts are by the minute")

// TestScreenshots opens what the README shows, and takes the pictures when it is told where to:
//
//	go test ./e2e/browser -run '^TestScreenshots$' -args -traffic 5m -shots ../../../docs/pictures
func TestScreenshots(t *testing.T) {
	a, _ := busy(t, 8)
	if *playFor > 0 {
		traffic.Play(t.Context(), a.URL, traffic.Options{For: *playFor, Concurrency: 2, Password: shop.DemoPassword})
	}
	order := e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	p := openBrowser(t).tab()
	p.prefer("light")
	take := func(name string, height int64) {
		t.Helper()
		p.quiet()
		if *shots != "" {
			run(p, "set the size", chromedp.EmulateViewport(wide, height))
			p.picture(filepath.Join(*shots, name+".png"))
			p.size(wide)
		}
	}
	p.open(a.Page("?range=15m"))
	take("overview", height)
	p.open(a.Page("requests/" + order))
	take("record", 1400) // down to the receivers
	p.open(a.Page("signals?signal=order_status_changed#g"))
	take("signals", height)

	p.open(a.URL + "/login")
	p.write(`input[name="email"]`, store.CustomerEmail)
	p.write(`input[name="password"]`, shop.DemoPassword)
	p.leave(`form[action="/login"] button`)
	p.open(a.URL + "/products/FH-101")
	p.press(handle)
	p.press(button("page"))
	p.until(root + `.querySelectorAll('.drawer ol li').length === 3`)
	p.press(button("tab-"))
	p.until(root + `.querySelector('.drawer .content table.wf') && ` + root + `.querySelector('.drawer .content').textContent.includes('log-activity')`)
	take("toolbar", height)
}
