package shop_test

import (
	"database/sql"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	_ "modernc.org/sqlite"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/neighbours"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
)

// bench is an open shop with a browser in front of it.
type bench struct {
	t      *testing.T
	store  *store.Store
	server *httptest.Server
	client *http.Client
}

func setup(t *testing.T) *bench {
	t.Helper()
	return setupWith(t, nil)
}

func setupWith(t *testing.T, log *slog.Logger) *bench {
	t.Helper()
	t.Parallel()
	db, err := sql.Open("sqlite", store.DSN(filepath.Join(t.TempDir(), "shop.db")))
	if err != nil {
		t.Fatal(err)
	}
	st, err := store.New(t.Context(), db)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := shop.Stock(t.Context(), st, store.Seed{Customers: 4, Orders: 12, Visits: 50}); err != nil {
		t.Fatal(err)
	}
	near, err := neighbours.Open(nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := shop.New(shop.Config{Store: st, Logger: log, RelayDelay: -1, Neighbours: httptap.Transport(near.Transport())})
	b := &bench{t: t, store: st, server: httptest.NewServer(s.Handler())}
	t.Cleanup(func() {
		b.server.Close()
		s.Close()
		if err := near.Close(); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	b.client = b.browser()
	return b
}

func (b *bench) browser() *http.Client {
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.t.Fatal(err)
	}
	return &http.Client{Jar: jar, Transport: b.server.Client().Transport}
}

// shown is a page as the visitor sees it after redirects.
type shown struct {
	status int
	path   string
	body   string
	header http.Header
}

func (b *bench) get(path string) shown {
	b.t.Helper()
	res, err := b.client.Get(b.server.URL + path)
	return b.read(res, err)
}

func (b *bench) post(path string, pairs ...string) shown {
	b.t.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	res, err := b.client.PostForm(b.server.URL+path, form)
	return b.read(res, err)
}

func (b *bench) read(res *http.Response, err error) shown {
	b.t.Helper()
	if err != nil {
		b.t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return shown{res.StatusCode, res.Request.URL.Path, string(body), res.Header}
}

// want fails the test unless the page has the status and all the texts.
func (b *bench) want(page shown, status int, texts ...string) shown {
	b.t.Helper()
	if page.status != status {
		b.t.Fatalf("%s: status %d, want %d\n%s", page.path, page.status, status, page.body)
	}
	for _, text := range texts {
		if !strings.Contains(page.body, text) {
			b.t.Errorf("%s: %q is not on the page\n%s", page.path, text, page.body)
		}
	}
	return page
}

func (b *bench) login(email string) {
	b.t.Helper()
	b.want(b.post("/login", "email", email, "password", shop.DemoPassword), 200, "Welcome")
}

// buy puts a piece into the cart and orders it; the page of the order is returned.
func (b *bench) buy(sku, quantity, method string) shown {
	b.t.Helper()
	b.want(b.post("/cart", "sku", sku, "quantity", quantity), 200, sku)
	return b.want(b.post("/orders", "street", "3 Mill Row", "city", "Bath", "method", method, "card", "4242 4242 4242 4242"), 200)
}

// count runs a SELECT COUNT(*).
func (b *bench) count(query string, args ...any) int {
	b.t.Helper()
	var n int
	if err := b.store.DB().QueryRow(query, args...).Scan(&n); err != nil {
		b.t.Fatal(err)
	}
	return n
}

var number = regexp.MustCompile(`Order (\d+)`)

func orderNumber(t *testing.T, page shown) string {
	t.Helper()
	m := number.FindStringSubmatch(page.body)
	if m == nil {
		t.Fatalf("no order number on %s\n%s", page.path, page.body)
	}
	return m[1]
}

func TestPagesThatAnybodySees(t *testing.T) {
	b := setup(t)
	for _, tt := range []struct {
		path   string
		status int
		text   string
	}{
		{"/", 200, "From the last kiln"},
		{"/shelves/mugs", 200, "Stoneware mug, ash"},
		{"/shelves/guns", 404, "Not on our shelves"},
		{"/search?q=teapot", 200, "3 found"},
		{"/search?q=%3Cb%3E", 200, "Nothing found for “&lt;b&gt;”"},
		{"/products/FH-203", 200, "Serving bowl, moss"},
		{"/products/FH-406", 200, "Sold out"},
		{"/products/FH-999", 404, "Not on our shelves"},
		{"/cart", 200, "nothing in it yet"},
		{"/feedback", 200, "Write to us"},
		{"/orders", 200, "Log in"},
		{"/admin/orders", 200, "Log in"},
		{"/no/such/page", 404, "Not on our shelves"},
		{"/static/shop.css", 200, "Fernhill"},
		{"/api/stock?sku=FH-101", 200, `"stock":64`},
		{"/api/stock?sku=none", 404, ""},
		{"/api/recommendations?sku=FH-101", 200, `"products":[{`},
		{"/api/recommendations", 200, `"products":[{`},
	} {
		t.Run(tt.path, func(t *testing.T) {
			page := b.get(tt.path)
			if page.status != tt.status || !strings.Contains(page.body, tt.text) {
				t.Errorf("status %d, want %d with %q:\n%s", page.status, tt.status, tt.text, page.body)
			}
			if !strings.Contains(page.header.Get("Content-Security-Policy"), "script-src 'self';") {
				t.Error("no strict policy")
			}
			if strings.Contains(page.body, " style=") || strings.Contains(page.body, "<style") {
				t.Error("inline style")
			}
		})
	}
}

func TestStockAnswersNotModified(t *testing.T) {
	b := setup(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.server.URL+"/api/stock?sku=FH-101", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("If-None-Match", b.get("/api/stock?sku=FH-101").header.Get("ETag"))
	res, err := b.client.Do(req)
	if page := b.read(res, err); page.status != http.StatusNotModified || page.body != "" {
		t.Errorf("status %d, body %q; want an empty 304", page.status, page.body)
	}
}

func TestA08_SignUpRunsItsFourReceiversOnce(t *testing.T) {
	b := setup(t)
	b.want(b.post("/signup", "name", "Ada Fern", "email", "ada@example.test", "password", "long enough"), 200, "Welcome, Ada.", "Log out")
	for what, query := range map[string]string{
		"profile":      "SELECT COUNT(*) FROM profiles JOIN users ON id = user_id WHERE email = ?",
		"letter":       "SELECT COUNT(*) FROM mails WHERE recipient = ? AND subject LIKE 'Welcome%'",
		"registration": "SELECT COUNT(*) FROM registrations JOIN users ON id = user_id WHERE email = ?",
	} {
		if n := b.count(query, "ada@example.test"); n != 1 {
			t.Errorf("%s: %d rows, want 1", what, n)
		}
	}
	if n := b.count("SELECT COUNT(*) FROM user_groups JOIN users ON id = user_id WHERE email = 'ada@example.test'"); n != 2 {
		t.Errorf("in %d groups, want 2", n)
	}
}

func TestSignUpRefuses(t *testing.T) {
	b := setup(t)
	for outcome, tt := range map[string]struct{ name, email, password, text string }{
		"no name":        {" ", "a@example.test", "long enough", "your name"},
		"no address":     {"Ada", "not an address", "long enough", "email address"},
		"short password": {"Ada", "a@example.test", "short", "8 to 72"},
		"known address":  {"Ada", "MARA@example.test", "long enough", "already an account"},
	} {
		t.Run(outcome, func(t *testing.T) {
			b.want(b.post("/signup", "name", tt.name, "email", tt.email, "password", tt.password), 422, tt.text)
		})
	}
}

func TestLoginAndLogout(t *testing.T) {
	b := setup(t)
	b.want(b.post("/login", "email", store.CustomerEmail, "password", "wrong"), 422, "do not fit together")
	b.want(b.post("/login", "email", "nobody@example.test", "password", "wrong"), 422, "do not fit together")
	b.want(b.get("/orders"), 200, "Log in")
	page := b.want(b.post("/login", "email", store.CustomerEmail, "password", shop.DemoPassword), 200, "Mara")
	if page.path != "/orders" {
		t.Errorf("came to %s, want back to /orders", page.path)
	}
	b.want(b.get("/admin/orders"), 404)
	b.want(b.post("/logout"), 200, "Log in")
}

func TestCart(t *testing.T) {
	b := setup(t)
	b.want(b.post("/cart", "sku", "FH-101", "quantity", "2"), 200, "Stoneware mug, ash is in your cart.", "Cart (2)", "£36.00")
	b.want(b.post("/cart", "sku", "FH-203", "quantity", "1"), 200, "Cart (3)", "£78.00")
	b.want(b.post("/cart/FH-101", "quantity", "99"), 200, "Cart (11)")
	b.want(b.post("/cart/FH-101", "quantity", "0"), 200, "Cart (1)", "£42.00")
	b.want(b.post("/cart", "sku", "FH-406", "quantity", "1"), 200, "is sold out.", "Cart (1)")
	b.want(b.post("/cart", "sku", "none"), 404)
}

func TestOrderSucceedsAlthoughReceiversFail(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	page := b.buy("FH-101", "2", "card")
	b.want(page, 200, "Thank you, Mara", "is confirmed. We wrote to mara@example.test.", "£36.00", "confirmed by checkout", "Cart (0)")
	if n := b.count("SELECT COUNT(*) FROM mails WHERE recipient = ? AND sent_at IS NOT NULL AND subject = 'Your order "+orderNumber(t, page)+"'", store.CustomerEmail); n != 1 {
		t.Errorf("%d letters handed over, want 1", n)
	}
	if n := b.count("SELECT stock FROM products WHERE sku = 'FH-101'"); n != 62 {
		t.Errorf("%d mugs left, want 62", n)
	}
	b.want(b.get("/orders"), 200, orderNumber(t, page))
}

func TestOrderRefuses(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	b.want(b.get("/checkout"), 200, "nothing in it yet")
	b.post("/cart", "sku", "FH-101", "quantity", "1")
	b.want(b.post("/orders", "street", "", "city", "Bath", "method", "card", "card", "4242424242424242"), 422, "Where shall we send")
	b.want(b.post("/orders", "street", "1 A", "city", "Bath", "method", "shells", "card", "4242424242424242"), 422, "how to pay")
	b.want(b.post("/orders", "street", "1 A", "city", "Bath", "method", "card", "card", "4242"), 422, "12 to 19 digits")
	b.want(b.get("/cart"), 200, "Cart (1)")
}

func TestA12_LowStockIsToldOnce(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	b.buy("FH-109", "3", "card") // 12 to 9
	b.buy("FH-109", "1", "card") // 9 to 8
	if n := b.count("SELECT COUNT(*) FROM mails WHERE subject = 'Few left: Camping mug, speckled'"); n != 1 {
		t.Errorf("%d warnings, want 1", n)
	}
	if n := b.count("SELECT COUNT(*) FROM restocks"); n != 1 {
		t.Errorf("%d orders to the pottery, want 1", n)
	}
	b.want(b.get("/products/FH-109"), 200, "Only eight left")
	b.buy("FH-109", "10", "card") // more than are left: the delivery is taken in
	if n := b.count("SELECT stock FROM products WHERE sku = 'FH-109'"); n != 58 {
		t.Errorf("%d left, want 58", n)
	}
}

func TestA14_EachStepRunsItsOwnReceivers(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	waiting := b.buy("FH-101", "2", "transfer")
	b.want(waiting, 200, "waits for your transfer of £36.00")
	paid, other := orderNumber(t, waiting), orderNumber(t, b.buy("FH-102", "1", "transfer"))
	shippedLetter := "SELECT COUNT(*) FROM mails WHERE subject = 'Order " + paid + " is on its way'"

	b.client = b.browser()
	b.login(store.KeeperEmail)
	step := func(order, to string) shown { return b.post("/orders/"+order+"/status", "status", to) }

	b.want(step(paid, "confirmed"), 200, "Order "+paid+" is confirmed.")
	if n := b.count("SELECT stock FROM products WHERE sku = 'FH-101'"); n != 62 {
		t.Errorf("confirmed: %d mugs left, want 62", n)
	}
	b.want(step(paid, "shipped"), 200, "is shipped.")
	if n := b.count(shippedLetter); n != 1 {
		t.Errorf("shipped: %d letters, want 1", n)
	}
	b.want(b.get("/orders/"+paid), 200, "The parcel&#39;s number is PF")
	b.want(step(paid, "cancelled"), 409, "moved on")
	b.want(step(other, "cancelled"), 200, "is cancelled.")
	if n := b.count("SELECT COUNT(*) FROM payments WHERE order_id = ?", other); n != 0 {
		t.Errorf("an unpaid order was paid back")
	}
	if n := b.count("SELECT COUNT(*) FROM order_status_log WHERE order_id = ?", paid); n != 2 {
		t.Errorf("%d lines in the log, want 2", n)
	}
}

func TestA14_CancellingAPaidOrderPaysBackAndReleases(t *testing.T) {
	b := setup(t)
	b.login(store.KeeperEmail)
	order := orderNumber(t, b.buy("FH-101", "2", "card"))
	b.want(b.post("/orders/"+order+"/status", "status", "cancelled"), 200, "is cancelled.")
	if n := b.count("SELECT COUNT(*) FROM payments WHERE order_id = ? AND refunded_at IS NOT NULL", order); n != 1 {
		t.Errorf("%d payments paid back, want 1", n)
	}
	if n := b.count("SELECT stock FROM products WHERE sku = 'FH-101'"); n != 64 {
		t.Errorf("%d mugs in stock, want 64 again", n)
	}
}

func TestA13_TheSameStatusAgainTellsNobody(t *testing.T) {
	b := setup(t)
	b.login(store.KeeperEmail)
	order := orderNumber(t, b.buy("FH-101", "1", "card"))
	before := b.count("SELECT COUNT(*) FROM mails")
	b.want(b.post("/orders/"+order+"/status", "status", "confirmed"), 200)
	if n := b.count("SELECT COUNT(*) FROM mails"); n != before {
		t.Errorf("%d letters more", n-before)
	}
}

func TestOtherPeoplesOrdersDoNotExist(t *testing.T) {
	b := setup(t)
	b.login(store.KeeperEmail)
	path := b.buy("FH-101", "1", "card").path
	b.client = b.browser()
	b.login(store.CustomerEmail)
	b.want(b.get(path), 404)
	b.want(b.post(path+"/status", "status", "shipped"), 404)
}

func TestFeedback(t *testing.T) {
	b := setup(t)
	b.want(b.post("/feedback", "name", "Ada", "email", "ada@example.test", "rating", "6", "message", "Fine."), 422, "One to five")
	b.want(b.post("/feedback", "name", "Ada", "email", "ada@example.test", "rating", "5", "message", " "), 422, "write something")
	b.want(b.post("/feedback", "name", "Ada", "email", "ada@example.test", "rating", "5", "message", "Fine."), 200, "Friday, with tea")
	if n := b.count("SELECT COUNT(*) FROM feedback WHERE name = 'Ada'"); n != 1 {
		t.Errorf("%d rows, want 1", n)
	}
}

func TestA47_AFormOfAnotherSiteIsRefused(t *testing.T) {
	b := setup(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, b.server.URL+"/logout", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Origin", "https://evil.example")
	res, err := b.client.Do(req)
	if page := b.read(res, err); page.status != http.StatusForbidden {
		t.Errorf("status %d, want 403", page.status)
	}
}

func TestA42_EveryPageLeavesOneLineOfActivity(t *testing.T) {
	b := setup(t)
	b.login(store.CustomerEmail)
	b.get("/products/FH-101")
	b.get("/static/shop.css")
	if n := b.count("SELECT COUNT(*) FROM activity WHERE user_id = 1 AND method = 'GET' AND path = '/products/FH-101'"); n != 1 {
		t.Errorf("%d lines for the page, want 1", n)
	}
	if n := b.count("SELECT COUNT(*) FROM activity WHERE path LIKE '/static/%'"); n != 0 {
		t.Errorf("%d lines for static files, want none", n)
	}
}
