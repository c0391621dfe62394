package browser_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
)

// Elements of the toolbar in the page, as expressions.
const (
	root   = `document.querySelector('debug-toolbar').shadowRoot`
	handle = root + `.querySelector('.handle')`
	bar    = root + `.querySelector('.bar-tb')`
	drawer = root + `.querySelector('.drawer')`
)

// button is a part of the toolbar, by the name that the toolbar gives it.
func button(name string) string { return fmt.Sprintf(`%s.querySelector('[data-k="%s"]')`, root, name) }

// The receivers of an order that is paid, in the order in which they run, and how each ends.
var receivers = []struct {
	name           string
	errors, panics uint64
}{{"send-confirmation", 0, 0}, {"update-customer-stats", 1, 0}, {"sync-crm", 1, 1}}

func TestBrowser_AVisitorOrders(t *testing.T) {
	t.Parallel()
	a := e2etest.Open(t)
	b := openBrowser(t)
	p := b.tab()

	p.open(a.URL + "/signup")
	p.until(handle)
	p.write(`input[name="name"]`, "Wren Calloway")
	p.write(`input[name="email"]`, "wren@example.test")
	p.write(`input[name="password"]`, "slip and glaze")
	p.leave(`form[action="/signup"] button`)
	p.open(a.URL + "/products/FH-101")
	p.leave(`form[action="/cart"] button`)
	p.leave(`a[href="/checkout"]`)
	p.write(`input[name="street"]`, "3 Mill Row")
	p.write(`input[name="city"]`, "Bath")
	p.press(`document.querySelector('input[name="method"][value="card"]')`)
	p.leave(`form[action="/orders"] button`)
	p.until(`location.pathname.startsWith('/orders/')`)
	p.until(handle)
	p.shoot("shop-ordered")
	p.quiet()

	id := orderIn(t, a)
	q := b.tab()
	q.open(a.Page("requests"))
	q.leave(`tr[data-id="` + id + `"] a`)
	compareTree(q, a, id)
	q.shoot("record-order")
	q.open(a.Page("requests/" + id + "/exceptions"))
	q.until(`[...document.querySelectorAll('ol.trace')].some((trace) => trace.textContent.includes('crm.go'))`)
	q.shoot("record-order-exceptions")
	q.quiet()
	compareFigures(q, a)
	q.quiet()
}

// orderIn returns the id of the one order that was placed.
func orderIn(t *testing.T, a *e2etest.App) string {
	t.Helper()
	a.Flush()
	all := e2etest.Get[e2etest.Records](t, a.API("requests")).Records
	i := slices.IndexFunc(all, func(r e2etest.Record) bool { return r.Name == "POST /orders" })
	if i < 0 {
		t.Fatalf("no order among %d Records", len(all))
	}
	if r := all[i]; r.User != "Wren Calloway" || r.Status != 303 {
		t.Errorf("the order is by %q with status %d, want Wren Calloway with 303", r.User, r.Status)
	}
	return all[i].ID
}

// row is a line of the waterfall.
type row struct {
	Index                   int
	Kind, Title, Above, Own string
}

const waterfall = `[...document.querySelectorAll('table.wf tbody tr')].map((tr) => ({
	Index: Number(tr.dataset.row), Above: tr.dataset.under.trim(), Kind: tr.querySelector('.name svg[role=img]').getAttribute('aria-label'),
	Title: tr.querySelector('.name a').title, Own: tr.querySelector('.name').textContent }))`

// compareTree compares the waterfall with what the Record holds, and the Record with what the shop does.
func compareTree(p *tab, a *e2etest.App, id string) {
	p.t.Helper()
	r := e2etest.Get[e2etest.Record](p.t, a.API("requests/"+id))
	shown := map[int]row{}
	for _, line := range value[[]row](p, waterfall) {
		shown[line.Index] = line
	}
	signal := r.Find("signal", "order_status_changed")
	if len(signal) != 1 {
		p.t.Fatalf("order_status_changed was sent %d times", len(signal))
	}
	var around []string
	for _, s := range r.Above(signal[0]) {
		around = append(around, s.Kind+" "+s.Name)
	}
	want := "request POST /orders, layer request-log, layer security-headers, layer compress, layer cors, layer csrf, layer check-forms, layer signal-scope, layer session, layer show-session, layer auth, layer activity, view shop.(*Shop).placeOrder"
	if got := strings.Join(around, ", "); got != want {
		p.t.Errorf("the signal is below\n%s, want\n%s", got, want)
	}
	if line := shown[signal[0]]; line.Kind != "signal" || line.Title != "order_status_changed" || len(strings.Fields(line.Above)) != len(around) {
		p.t.Errorf("the waterfall has %+v at the signal, want it below %d others", line, len(around))
	}
	for _, want := range receivers {
		found := r.Find("receiver", want.name)
		if len(found) != 1 || r.Spans[found[0]].Parent != signal[0] {
			p.t.Errorf("%s is not once below the signal: %v", want.name, found)
			continue
		}
		compareReceiver(p, &r, found[0], shown, want.errors > 0, want.panics > 0)
	}
}

func compareReceiver(p *tab, r *e2etest.Record, i int, shown map[int]row, failed, panicked bool) {
	p.t.Helper()
	s, line := r.Spans[i], shown[i]
	mark := ""
	if failed {
		mark = "failed"
	}
	if panicked {
		mark = "panic"
	}
	if (s.Error != "") != failed || (len(s.Stack) > 0) != panicked || !strings.Contains(s.Flags, strings.ReplaceAll(mark, "failed", "error")) {
		p.t.Errorf("%s: error %q, flags %q, %d frames", s.Name, s.Error, s.Flags, len(s.Stack))
	}
	if line.Title != s.Name || !strings.Contains(line.Own, mark) {
		p.t.Errorf("the waterfall has %+v for %s, want it marked %q", line, s.Name, mark)
	}
	if panicked {
		return // before it could ask the database anything
	}
	queries := 0
	for _, k := range r.Below(i) {
		if r.Spans[k].Kind == "query" && shown[k].Kind == "query" {
			queries++
		}
	}
	if queries == 0 {
		p.t.Errorf("no statement is below %s", s.Name)
	}
}
