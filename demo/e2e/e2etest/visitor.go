package e2etest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// Visitor is somebody with cookies, without a browser.
type Visitor struct {
	tb     testing.TB
	base   string
	client *http.Client
}

// NewVisitor lets somebody into the shop at base.
func NewVisitor(tb testing.TB, base string) *Visitor {
	jar, err := cookiejar.New(nil)
	if err != nil {
		tb.Fatal(err)
	}
	transport := &http.Transport{}
	tb.Cleanup(transport.CloseIdleConnections)
	return &Visitor{tb, base, &http.Client{
		Jar: jar, Transport: transport, Timeout: timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Get opens a page, without following a redirect, and returns its Record's id.
func (v *Visitor) Get(path string) (id string) {
	v.tb.Helper()
	return v.do(http.MethodGet, path, nil)
}

// Post sends a form, given as names and values in turn, and returns its Record's id.
func (v *Visitor) Post(path string, pairs ...string) (id string) {
	v.tb.Helper()
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return v.do(http.MethodPost, path, form)
}

func (v *Visitor) do(method, path string, form url.Values) (id string) {
	v.tb.Helper()
	req, err := http.NewRequestWithContext(v.tb.Context(), method, v.base+path, strings.NewReader(form.Encode()))
	if err != nil {
		v.tb.Fatal(err)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Sec-Fetch-Dest", "document")
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	res, err := v.client.Do(req)
	if err != nil {
		v.tb.Fatal(err)
	}
	defer res.Body.Close()
	if body, err := io.ReadAll(res.Body); err != nil || res.StatusCode >= http.StatusInternalServerError {
		v.tb.Fatalf("%s %s: %s, %v\n%.500s", method, path, res.Status, err, body)
	}
	return res.Header.Get(toolbar.HeaderID)
}

// LogIn logs in as the customer that every shop has.
func (v *Visitor) LogIn() {
	v.tb.Helper()
	v.Post("/login", "email", store.CustomerEmail, "password", shop.DemoPassword)
}

// Order logs in, puts a piece into the cart and orders it by card. It returns the id of the Record of POST /orders.
func (v *Visitor) Order() (id string) {
	v.tb.Helper()
	v.LogIn()
	v.Post("/cart", "sku", "FH-101", "quantity", "1")
	return v.Post("/orders", "street", "3 Mill Row", "city", "Bath", "method", "card", "card", "4242 4242 4242 4242")
}

// Session is the value of the cookie by which the shop knows the visitor.
func (v *Visitor) Session() string {
	v.tb.Helper()
	base, err := url.Parse(v.base)
	if err != nil {
		v.tb.Fatal(err)
	}
	for _, c := range v.client.Jar.Cookies(base) {
		if c.Name == "fernhill" {
			return c.Value
		}
	}
	v.tb.Fatal("the visitor has no session")
	return ""
}
