package app_test

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/manage"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

func openApp(t *testing.T, log slog.Handler) (*app.App, *httptest.Server) {
	t.Helper()
	dir := t.TempDir()
	a, err := app.New(t.Context(), app.Options{
		ToolbarFile: filepath.Join(dir, "toolbar.db"), ShopFile: filepath.Join(dir, "shop.db"),
		Seed: store.Seed{Customers: 3, Orders: 5, Visits: 10}, RelayDelay: -1, Log: log,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(a.Handler())
	t.Cleanup(func() {
		server.Close()
		http.DefaultClient.CloseIdleConnections()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a, server
}

func get(t *testing.T, url string) *http.Response {
	t.Helper()
	res, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	return res
}

func TestA26_TheCommandAsksTheRunningShop(t *testing.T) {
	a, server := openApp(t, nil)
	for range 3 {
		get(t, server.URL+"/")
	}
	root := manage.New(a.Store, nil)
	res := commandstest.Call(t, root, "signal_performance", "--threshold", "1ns", "--shop", server.URL)
	want := regexp.MustCompile(`(?s)\nHandler: log-activity\n Executions: 3\n Average duration: \d\.\d{4}s\n Max duration: \d\.\d{4}s\n Errors: 0\n` +
		`.*\nSlow handlers \(>1ns\):\n.* log-activity: 3/3 slow executions\n`)
	if res.Code != 0 || !want.MatchString(res.Stdout) {
		t.Errorf("code %d, printed\n%s%s", res.Code, res.Stdout, res.Stderr)
	}
	if res := commandstest.Call(t, root, "signal_performance", "--shop", "http://127.0.0.1:1"); res.Code != 1 || !strings.Contains(res.Stderr, "is it open?") {
		t.Errorf("a closed shop: %+v", res)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/internal/signal-performance?threshold=1s", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Forwarded-For", "203.0.113.5")
	foreign, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	foreign.Body.Close()
	if foreign.StatusCode != http.StatusNotFound {
		t.Errorf("who asks from outside gets %s", foreign.Status)
	}
	if res := get(t, server.URL+"/internal/signal-performance"); res.StatusCode != http.StatusBadRequest {
		t.Errorf("without a threshold: %s", res.Status)
	}
}

func TestSG53_TheAppHearsOfExceptions(t *testing.T) {
	var log bytes.Buffer
	a, _ := openApp(t, slog.NewTextHandler(&log, nil))
	_, rec := a.Toolbar.Recorder().Begin(t.Context(), instrument.Begin{
		Handler: instrument.NewHandler(instrument.KindRequest, "GET /broken", instrument.Source{}),
	})
	rec.Fail(errors.New("the kiln is cold"))
	rec.End()
	if text := log.String(); !strings.Contains(text, `msg="nobody handled this" err="the kiln is cold" record=`+rec.ID().String()) {
		t.Errorf("log:\n%s", text)
	}
}
