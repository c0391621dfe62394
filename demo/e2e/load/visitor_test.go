package load_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
)

// visitor calls the shop's handler without a network, which would be most of the work.
type visitor struct {
	ctx     context.Context
	handler http.Handler
	cookie  string
	longest time.Duration // request, but for the login
	bought  int           // orders; some find a piece sold out, until the pottery has made more
}

// answer is a response of which status and header are kept.
type answer struct {
	header http.Header
	status int
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
}

func (a *answer) Write(b []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return len(b), nil
}

// ask sends a request, as a browser on this machine does, and fails unless it is answered with the status. It returns where
// the answer leads to, if anywhere.
func (v *visitor) ask(method, url, form string, status int) (location string, err error) {
	r, err := http.NewRequestWithContext(v.ctx, method, "http://127.0.0.1"+url, strings.NewReader(form))
	if err != nil {
		return "", err
	}
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "document")
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if v.cookie != "" {
		r.Header.Set("Cookie", v.cookie)
	}
	a := answer{header: http.Header{}}
	begun := time.Now()
	v.handler.ServeHTTP(&a, r)
	v.longest = max(v.longest, time.Since(begun))
	if set := a.header.Get("Set-Cookie"); set != "" {
		v.cookie, _, _ = strings.Cut(set, ";")
	}
	if a.status != status {
		return "", fmt.Errorf("%s %s: status %d, want %d", method, url, a.status, status)
	}
	return a.header.Get("Location"), nil
}

func (v *visitor) logIn() error {
	_, err := v.ask(http.MethodPost, "/login", "email="+store.CustomerEmail+"&password="+shop.DemoPassword, http.StatusSeeOther)
	return err
}

// order takes two requests.
func (v *visitor) order(n int) error {
	if _, err := v.ask(http.MethodPost, "/cart", fmt.Sprintf("sku=FH-10%d&quantity=1", 1+n%3), http.StatusSeeOther); err != nil {
		return err
	}
	to, err := v.ask(http.MethodPost, "/orders", "street=3+Mill+Row&city=Bath&method=card&card=424242424242", http.StatusSeeOther)
	if strings.HasPrefix(to, "/orders/") {
		v.bought++
	}
	return err
}

// look is one of the requests that cost little, most often the cheapest.
func (v *visitor) look(n int) error {
	type page struct {
		url    string
		status int
	}
	p := [...]page{
		{"/static/shop.css", 200}, {"/static/shop.js", 200}, {"/static/pots.svg", 200}, {"/static/shop.css", 200}, {"/static/shop.js", 200},
		{"/static/pots.svg", 200}, {"/api/stock?sku=FH-101", 200}, {"/signup", 200}, {"/products/FH-102", 200}, {"/no-such-page", 404},
	}[n%10]
	_, err := v.ask(http.MethodGet, p.url, "", p.status)
	return err
}

// play sends total requests, in which the given number of orders take two each, and says how many of these were placed and how
// long the longest request took. Everybody logs in before; these requests come on top.
func play(t *testing.T, h http.Handler, total, orders int) (bought int, longest time.Duration) {
	t.Helper()
	var looks, ordered atomic.Int64
	var mu sync.Mutex // guards the results
	var all sync.WaitGroup
	send := func(done *atomic.Int64, n int, do func(v *visitor, n int) error) {
		all.Go(func() {
			v := &visitor{ctx: t.Context(), handler: h}
			err := v.logIn()
			v.longest = 0 // a password takes its time, and all come at once
			for i := int(done.Add(1)); err == nil && i <= n; i = int(done.Add(1)) {
				err = do(v, i)
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			longest = max(longest, v.longest)
			bought += v.bought
		})
	}
	for range lookers {
		send(&looks, total-2*orders, (*visitor).look)
	}
	for range buyers {
		send(&ordered, orders, (*visitor).order)
	}
	all.Wait()
	return bought, longest
}
