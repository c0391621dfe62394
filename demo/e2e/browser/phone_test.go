package browser_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// inView tells whether the one element that a selector finds lies within the window and within the row that it scrolls in.
func inView(selector, row string) string {
	return fmt.Sprintf(`(() => {
		const [e, more] = document.querySelectorAll(%q);
		if (!e || more) return false;
		const by = e.getBoundingClientRect(), of = e.closest(%q).getBoundingClientRect();
		return by.left >= Math.max(0, of.left) - 1 && by.right <= Math.min(innerWidth, of.right) + 1;
	})()`, selector, row)
}

var recordPanels = []string{"", "/sql", "/signals", "/middleware", "/logs", "/exceptions", "/request", "/cache", "/calls", "/templates", "/alerts", "/tasks", "/time", "/versions", "/settings"}

func TestBrowser_OnAPhoneWhatIsOpenIsInView(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	order := e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	p := openBrowser(t).tab()
	p.size(narrow)
	for _, panel := range recordPanels {
		p.open(a.Page("requests/" + order + panel))
		if !value[bool](p, inView(`.tabs [aria-current]`, ".tabs")) {
			t.Errorf("%s: the tab is out of view", panel)
		}
		if top := value[float64](p, `scrollY`); top != 0 {
			t.Errorf("%s: the page was scrolled down by %v px", panel, top)
		}
	}
	for _, page := range []string{"", "requests", "queries", "alerts", "health", "help"} {
		p.open(a.Page(page))
		if !value[bool](p, inView(`.nav nav [aria-current]`, ".nav")) {
			t.Errorf("%q: its entry in the navigation is out of view", page)
		}
	}
	// Without a script the tabs stand in several rows.
	call(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	p.open(a.Page("requests/" + order + "/settings"))
	if !value[bool](p, inView(`.tabs [aria-current]`, ".tabs")) {
		t.Error("without a script the tab is out of view")
	}
	p.fits("without a script")
	p.shoot("phone-no-script")
	p.quiet()
}

func TestBrowser_OnAPhoneSignalsAreAListAndNamesHaveRoom(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	order := e2etest.NewVisitor(t, a.URL).Order()
	a.Flush()
	p := openBrowser(t).tab()
	for _, width := range []int64{narrow, wide} {
		p.size(width)
		p.open(a.Page("signals?signal=order_status_changed"))
		const shown = `[...document.querySelectorAll('%s')].filter((e) => e.getClientRects().length).length`
		lists, graphs := value[int](p, fmt.Sprintf(shown, ".flow")), value[int](p, fmt.Sprintf(shown, "svg.graph"))
		if phone := width == narrow; phone && (lists != 2 || graphs != 0) || !phone && (lists != 0 || graphs != 2) {
			t.Errorf("at %d px there are %d lists and %d graphs", width, lists, graphs)
		}
		p.open(a.Page("requests/" + order))
		p.shoot(fmt.Sprintf("record-names-%d", width))
		// A name has room for some letters, or is shorter than that.
		const least = `[...document.querySelectorAll('table.wf .name a:not(.tw)')].filter((e) => e.getClientRects().length)
			.filter((e) => e.clientWidth < Math.min(e.scrollWidth, %d)).map((e) => e.textContent.trim() + ': ' + e.clientWidth + ' px')`
		room := 56
		if width == wide {
			room = 96
		}
		if tight := value[[]string](p, fmt.Sprintf(least, room)); len(tight) > 0 {
			t.Errorf("at %d px these names have no room: %q", width, tight)
		}
	}
	p.size(narrow)
	p.open(a.Page("signals?signal=order_status_changed"))
	p.somewhere(p.texts(".flow > li"), "order_status_changed", "send")
	p.somewhere(p.texts(".flow > li"), "send-confirmation", "call")
	for i, where := range []string{"of-one", "of-all"} {
		value[bool](p, fmt.Sprintf(`(document.querySelectorAll(".flow")[%d].scrollIntoView(), true)`, i))
		p.shoot("phone-signals-" + where)
	}
	p.quiet()
}
