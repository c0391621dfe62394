package browser_test

import (
	"path/filepath"
	"testing"
)

// TestScreenshots takes the pictures of the README from a shop with some traffic. It does so when it is told where to:
//
//	go test ./e2e/browser -run '^TestScreenshots$' -args -shots ../../../docs/pictures
func TestScreenshots(t *testing.T) {
	a, order := busy(t, 8)
	p := openBrowser(t).tab()
	p.prefer("light")
	take := func(name string) {
		t.Helper()
		p.quiet()
		if *shots != "" {
			p.picture(filepath.Join(*shots, name+".png"))
		}
	}
	p.open(a.Page(""))
	take("overview")
	p.open(a.Page("requests/" + order))
	take("record")
	p.open(a.Page("signals?signal=order_status_changed"))
	take("signals")

	p.open(a.URL + "/login")
	p.write(`input[name="email"]`, "mara@example.test")
	p.write(`input[name="password"]`, "stoneware")
	p.leave(`form[action="/login"] button`)
	p.open(a.URL + "/products/FH-101")
	p.press(handle)
	p.press(button("signals"))
	p.until(root + `.querySelector('.drawer .content').textContent.includes('log-activity')`)
	take("toolbar")
}
