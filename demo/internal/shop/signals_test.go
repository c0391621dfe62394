package shop_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/signalstest"
)

// ship buys a mug by transfer until an order has a number for which want holds, and has the keeper ship it.
func (b *bench) ship(want func(order int) bool) (order string) {
	b.t.Helper()
	for n := 0; n == 0 || !want(n); n = b.count("SELECT MAX(id) FROM orders") {
		b.login(store.CustomerEmail)
		order = orderNumber(b.t, b.buy("FH-101", "1", "transfer"))
	}
	b.client = b.browser()
	b.login(store.KeeperEmail)
	b.want(b.post("/orders/"+order+"/status", "status", "confirmed"), 200)
	b.want(b.post("/orders/"+order+"/status", "status", "shipped"), 200, "is shipped.")
	return order
}

func TestA38_TheCourierIsCalledAgainAndWrittenTo(t *testing.T) {
	b := setup(t)
	letters := "SELECT COUNT(*) FROM mails WHERE recipient = 'bookings@courier.test'"
	sent := signalstest.Capture(t, shop.OrderStatusChanged, signals.When(func(_ context.Context, e signals.Event[shop.StatusChange]) bool {
		return e.Payload.New == store.Shipped && e.Payload.Order.User.Email == store.CustomerEmail
	}))
	b.ship(func(n int) bool { return n%2 == 0 && n%7 != 0 }) // the line is busy at first
	if n := b.count(letters); n != 0 {
		t.Errorf("%d letters to the courier, who answered the second call", n)
	}
	b.ship(func(n int) bool { return n%7 == 0 })
	if n := b.count(letters); n != 1 {
		t.Errorf("%d letters to the courier, who does not answer; want 1", n)
	}
	if n := len(sent.Events()); n < 2 {
		t.Errorf("%d orders shipped", n)
	}
}

func TestA35_StepsAreAudited(t *testing.T) {
	b, log := setupLogged(t)
	b.login(store.CustomerEmail)
	b.buy("FH-101", "1", "card")
	line := log.line(t, "msg=audit")
	for _, want := range []string{"to=confirmed", `by="Mara Lindqvist"`, "from=127.0.0.1", "failed=2"} {
		if !strings.Contains(line, want) {
			t.Errorf("%s is not in %q", want, line)
		}
	}
}

func TestOnce_TheFirstSaleOfTheDay(t *testing.T) {
	b, log := setupLogged(t)
	b.login(store.CustomerEmail)
	b.buy("FH-101", "1", "card")
	b.buy("FH-101", "1", "card")
	if n := log.count("first sale of the day"); n != 1 {
		t.Errorf("%d first sales", n)
	}
}

func TestSG10_NobodyListensWhenTheShopIsClosed(t *testing.T) {
	b := setup(t)
	of := func(s *shop.Shop) (n int) {
		for _, sig := range []signals.Info{shop.OrderStatusChanged.Info(), shop.PaymentProcessed.Info()} {
			for _, r := range sig.Receivers {
				if r.Sender() == s {
					n++
				}
			}
		}
		return n
	}
	s := shop.New(shop.Config{Store: b.store, RelayDelay: -1})
	if n := of(s); n != 11 || !shop.UserActivity.HasListeners(s) {
		t.Errorf("%d receivers of an open shop, want 11, and one of its visitors: %v", n, shop.UserActivity.HasListeners(s))
	}
	s.Close()
	if n := of(s); n != 0 || shop.UserActivity.HasListeners(s) { // others may listen to all shops meanwhile
		t.Errorf("%d receivers of a closed shop, and of its visitors: %v", n, shop.UserActivity.HasListeners(s))
	}
}

func TestA21_APriceIsLoggedOnlyWhenItChanges(t *testing.T) {
	b := setup(t)
	old, err := b.store.Product(t.Context(), "FH-101")
	if err != nil {
		t.Fatal(err)
	}
	save := func(change func(*store.Product)) error {
		p := old
		change(&p)
		return shop.SaveProduct(t.Context(), b.store, &p, &old)
	}
	if err := save(func(p *store.Product) { p.Stock = 3 }); err != nil {
		t.Error(err)
	}
	if err := save(func(p *store.Product) { p.Price = 1999 }); err != nil {
		t.Error(err)
	}
	if err := save(func(p *store.Product) { p.Price = 0 }); err == nil || !strings.Contains(err.Error(), "nothing is free") {
		t.Errorf("a price of nothing: %v", err)
	}
	log, err := b.store.PriceLog(t.Context())
	if err != nil || len(log) != 1 || log[0].SKU != "FH-101" || log[0].Old != old.Price || log[0].New != 1999 {
		t.Errorf("price log %+v, %v", log, err)
	}
}

func TestA20_NewPiecesAreAnnouncedInProduction(t *testing.T) {
	b := setup(t)
	letters := "SELECT COUNT(*) FROM mails WHERE subject = 'New on the shelf: Milk jug'"
	for env, want := range map[string]int{"test": 0, "production": 1} {
		p := store.Product{SKU: "NEW-" + env, Name: " Milk jug ", Category: "mugs", Shape: "mug", Glaze: "Sand", Price: 2100, Stock: 4}
		if err := shop.SaveProduct(signals.WithEnvironment(t.Context(), env), b.store, &p, nil); err != nil {
			t.Fatal(err)
		}
		if n := b.count(letters); env == "production" && n != want {
			t.Errorf("%s: %d letters, want %d", env, n, want)
		}
	}
	if n := b.count(letters); n != 1 {
		t.Errorf("%d letters, want the one of production", n)
	}
	b.want(b.get("/products/NEW-test"), 200, "Milk jug in Sand.") // what pre_save filled in
}

func TestSG16_AnImportIsQuietAndTellsOnce(t *testing.T) {
	b := setup(t)
	ctx, rows := signalstest.CaptureIn(signals.WithEnvironment(t.Context(), "production"), t, shop.Products.PostSave)
	ctx, done := signalstest.CaptureIn(ctx, t, shop.CatalogueImported)
	pieces := []*store.Product{
		{SKU: "IM-1", Name: "Egg cup", Category: "mugs", Shape: "mug", Glaze: "Sand", Price: 800, Stock: 10},
		{SKU: "IM-2", Name: "Salt pot", Category: "mugs", Shape: "mug", Glaze: "Sand", Price: 900, Stock: 10},
	}
	if err := shop.ImportProducts(ctx, b.store, "pieces.csv", pieces); !errors.Is(err, signals.ErrDenied) {
		t.Errorf("nobody answers for the import: %v", err)
	}
	if n := b.count("SELECT COUNT(*) FROM products WHERE sku LIKE 'IM-%'"); n != 0 {
		t.Errorf("%d pieces imported although it was denied", n)
	}
	ctx = signals.WithUser(ctx, "Maud")
	if err := shop.ImportProducts(ctx, b.store, "pieces.csv", pieces); err != nil {
		t.Fatal(err)
	}
	rows.Never()
	done.Once(shop.Import{File: "pieces.csv", Pieces: 2})
	if n := b.count("SELECT COUNT(*) FROM mails WHERE subject LIKE 'New on the shelf%'"); n != 0 {
		t.Errorf("%d letters about single pieces", n)
	}
	if n := b.count("SELECT COUNT(*) FROM mails WHERE subject = '2 new pieces' AND body LIKE 'Maud imported pieces.csv.%'"); n != 1 {
		t.Errorf("%d letters about the import, want 1", n)
	}
	twin := []*store.Product{{SKU: "IM-3", Name: "Egg cup", Category: "mugs", Shape: "mug", Glaze: "Sand", Price: 1, Stock: 1}}
	if err := shop.ImportProducts(ctx, b.store, "twin.csv", twin); err == nil || !strings.Contains(err.Error(), "two pieces called Egg cup") {
		t.Errorf("a twin: %v", err)
	}
	free := []*store.Product{{SKU: "IM-4", Name: "Cup", Category: "mugs", Price: 5}, {SKU: "IM-5", Name: "Gift", Category: "mugs"}}
	if err := shop.ImportProducts(ctx, b.store, "free.csv", free); err == nil || b.count("SELECT COUNT(*) FROM products WHERE sku = 'IM-4'") != 0 {
		t.Errorf("half of a file was imported, %v", err)
	}
}

func TestA02_TheLastLowStocksAreKept(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	b.buy("FH-109", "3", "card") // 11 are there
	recent := shop.InventoryLow.Recent(20)
	if len(recent) == 0 || recent[len(recent)-1].Payload.Product.SKU != "FH-109" {
		t.Errorf("recent events %+v", recent)
	}
}
