package toolbar_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// A page of one app asks another one, whose Record is in the same store: the call is linked
// with it, and its panel tells everything.
func TestTransport_ACallIsLinkedWithTheRecordThatAnswered(t *testing.T) {
	var client *http.Client
	var address string
	mux := http.NewServeMux()
	mux.HandleFunc("GET /rates", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		io.WriteString(w, `{"EUR":1.08,"secret":"hunter2Canary"}`)
	})
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		req, _ := http.NewRequestWithContext(r.Context(), "GET", address+"/rates?api_key=hunter2Canary", nil)
		res, err := client.Do(req)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer res.Body.Close()
		io.Copy(w, res.Body)
	})
	b := setup(t, toolbar.Config{}, mux)
	own := &http.Transport{}
	client, address = &http.Client{Transport: b.tb.Transport(own, httptap.Name(func(r *http.Request) string { return "rates" }))}, b.srv.URL
	t.Cleanup(own.CloseIdleConnections)

	res, _ := b.get("/page")
	b.flush()
	_, page := b.get("/_toolbar/requests/" + res.Header.Get(toolbar.HeaderID) + "/calls")
	for _, want := range []string{"answered by GET /rates", "Waiting for the answer", "api_key=[redacted]", "curl &#39;http://127.0.0.1", "EUR", "taps_test.go"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel lacks %q", want)
		}
	}
	if strings.Contains(page, "hunter2Canary") {
		t.Error("the panel shows a secret")
	}
}

func TestLogHandler_LinesCarryTheRequestsIDs(t *testing.T) {
	var out bytes.Buffer
	var log *slog.Logger
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { log.InfoContext(r.Context(), "seen") }))
	log = slog.New(b.tb.LogHandler(slog.NewJSONHandler(&out, nil)))
	res, _ := b.get("/")
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	if line["request_id"] != res.Header.Get(toolbar.HeaderID) || len(line["trace_id"].(string)) != 32 {
		t.Errorf("%v, of the request %s", line, res.Header.Get(toolbar.HeaderID))
	}
	b.flush()
	if _, page := b.get("/_toolbar/requests/" + res.Header.Get(toolbar.HeaderID) + "/logs"); !strings.Contains(page, "seen") {
		t.Error("the line is not in the panel")
	}
}

// Taps of a disabled toolbar are nothing at all.
func TestTaps_OfADisabledToolbar(t *testing.T) {
	t.Parallel()
	tb, err := toolbar.New(toolbar.Config{Disabled: true})
	if err != nil {
		t.Fatal(err)
	}
	base := &http.Transport{}
	if tb.Transport(base) != base || tb.Transport(nil) != http.DefaultTransport {
		t.Error("the transport is not the app's own")
	}
	if h := slog.DiscardHandler; tb.LogHandler(h) != h {
		t.Error("the log handler is not the app's own")
	}
	tb.Cache("x").Get(context.Background(), "key").Hit(1)
}
