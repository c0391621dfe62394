package e2e_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// The catalogue is the same from the running app and from what it wrote down, and the page draws it.
func TestA01_TheCatalogueOfTheShop(t *testing.T) {
	a := e2etest.Open(t, func(o *app.Options) { o.Toolbar = nil }) // the default one shows payloads
	v := e2etest.NewVisitor(t, a.URL)
	v.LogIn()
	v.Order()
	v.Post("/cart", "sku", "FH-109", "quantity", "3") // 11 are left, then 8: inventory_low
	v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", "424242424242")
	a.Flush()

	all := e2etest.Get[[]signals.Description](t, a.API("signals/catalogue"))
	i := slices.IndexFunc(all, func(s signals.Description) bool { return s.Name == "order_status_changed" })
	if i < 0 || all[i].Sends < 2 || all[i].LastSend.IsZero() || len(all[i].Receivers) < 8 || all[i].Payload != "shop.StatusChange" {
		t.Fatalf("the catalogue has %+v", all)
	}
	if r := all[i].Receivers[1]; r.Name != "update-customer-stats" || r.Errors < 2 || !slices.Contains(r.Conditions, "shop.toConfirmed") {
		t.Errorf("the second receiver is %+v", r)
	}

	for _, want := range []string{"order_status_changed  shop.StatusChange  shop/signals.go:", " 1. send-confirmation ", "When(shop.toConfirmed)",
		"OnError(Retry(2), Fallback(shop.(*Shop).writeToCourier))", "Never called:"} {
		if text := e2etest.Tool(t, a.File, "signals", "order_*"); !strings.Contains(text, want) {
			t.Errorf("%q is not in what the command prints of the store:\n%s", want, text)
		}
	}
	live := e2etest.Run(t, t.TempDir(), e2etest.CLI(t), "signals", "--url", a.Page(""), "--format", "dot")
	if live.Code != 0 || !strings.Contains(live.Out, `label="order_status_changed\nshop.StatusChange"`) {
		t.Errorf("of the running app: %+v", live)
	}

	page := e2etest.Text(t, a.Page("signals?range=1h&signal="+url.QueryEscape("inventory_low")))
	for _, want := range []string{"Who hears what", "order_status_changed calls send-confirmation as number 1", "Few pieces of a kind are left.",
		"Recent events", "FH-109", "signals were never sent", "product.pre_delete"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
}
