package app_test

import (
	"context"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/shop"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/traffic"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// open opens a shop whose mail relay takes its time, or nothing when delay is negative.
func open(t *testing.T, delay time.Duration) *app.App {
	t.Helper()
	dir := t.TempDir()
	a, err := app.New(t.Context(), app.Options{
		ToolbarFile: filepath.Join(dir, "toolbar.db"),
		ShopFile:    filepath.Join(dir, "new", "shop.db"),
		Seed:        store.Seed{Customers: 4, Orders: 12, Visits: 50},
		RelayDelay:  delay,
		Toolbar:     func(c *toolbar.Config) { c.NotDefault = true },
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

func TestVisitorsAreServed(t *testing.T) {
	a := open(t, -1)
	server := httptest.NewServer(a.Handler())
	defer server.Close()

	sum := traffic.Play(t.Context(), server.URL, traffic.Options{Visits: 24, Concurrency: 3, Pause: -1, Password: shop.DemoPassword})
	t.Log(sum)
	if sum.Failed != 0 {
		t.Errorf("%d requests failed, the first: %v", sum.Failed, sum.FirstFailure)
	}
	if sum.Visits != 24 || sum.SignUps == 0 || sum.Orders == 0 || sum.Steps == 0 {
		t.Errorf("not everything was done: %v", sum)
	}
}

func TestAnOrderShowsItsThreeReceivers(t *testing.T) {
	a := open(t, 30*time.Millisecond)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := &http.Client{Jar: jar}
	for _, step := range []struct{ path, form string }{
		{"/login", "email=" + store.CustomerEmail + "&password=" + shop.DemoPassword},
		{"/cart", "sku=FH-101&quantity=2"},
		{"/orders", "street=3+Mill+Row&city=Bath&method=card&card=424242424242"},
	} {
		res, err := browser.Post(server.URL+step.path, "application/x-www-form-urlencoded", strings.NewReader(step.form))
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s", step.path, res.Status)
		}
	}

	receivers := map[string]instrument.Stats{}
	for _, s := range a.Toolbar.Recorder().AllStats() {
		if s.Handler.Kind() == instrument.KindReceiver {
			receivers[s.Handler.Name()] = s
		}
	}
	for name, want := range map[string]struct{ errors, panics uint64 }{
		"send-confirmation":     {0, 0},
		"update-customer-stats": {1, 0},
		"sync-crm":              {1, 1},
		"reserve-stock":         {0, 0},
	} {
		got := receivers[name]
		if got.Count != 1 || got.Errors != want.errors || got.Panics != want.panics {
			t.Errorf("%s: %d calls, %d errors, %d panics; want 1, %d, %d", name, got.Count, got.Errors, got.Panics, want.errors, want.panics)
		}
		if slow := receivers["send-confirmation"]; name != "send-confirmation" && got.Max >= slow.Max {
			t.Errorf("%s took %v, send-confirmation %v: it should be the slowest", name, got.Max, slow.Max)
		}
	}
	if err := a.Toolbar.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s := a.Toolbar.Stats(); s.Stored == 0 || s.Produced != s.Stored+uint64(s.QueuedRecords) { // jobs that the order queued may end meanwhile
		t.Errorf("%d Records produced, %d stored", s.Produced, s.Stored)
	}
}

func TestVisitorsLeaveWhenTheShopCloses(t *testing.T) {
	a := open(t, -1)
	server := httptest.NewServer(a.Handler())
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if sum := traffic.Play(ctx, server.URL, traffic.Options{Visits: 5}); sum.Visits != 0 || sum.Failed != 0 {
		t.Errorf("closed at once, and yet: %v", sum)
	}
}

func TestNewFailsWithoutItsFiles(t *testing.T) {
	file := filepath.Join(t.TempDir(), "no folder")
	_, err := app.New(t.Context(), app.Options{ToolbarFile: filepath.Join(t.TempDir(), "toolbar.db"), ShopFile: file + "\x00/shop.db"})
	if err == nil || !strings.Contains(err.Error(), "folder") {
		t.Errorf("error %v, want one about the folder", err)
	}
}
