package app

import (
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/framework"
	"github.com/go-debug-toolbar/debugtoolbar/signals/monitor"
)

// watchSignals measures all receivers for the command signal_performance, and hears of requests that nobody answered properly.
func (a *App) watchSignals() {
	a.monitor = monitor.New(monitor.Options{})
	remove := a.monitor.Install()
	open, shut := context.WithCancel(context.Background())
	a.unwatch = func() { remove(); shut() }
	signals.SetEnvironment(func() string { return cmp.Or(os.Getenv("APP_ENV"), "demo") })
	framework.GotRequestException.Connect(a.noteException, signals.UID("note-exception"), signals.Until(open))
}

// noteException says where to look. The receiver hears the requests of all apps of the process, which is one outside of tests.
func (a *App) noteException(ctx context.Context, e signals.Event[framework.Exception]) error {
	a.Log.ErrorContext(ctx, "nobody handled this", slog.Any("err", e.Payload.Err), slog.String("record", e.Payload.Record.ID().String()))
	return nil
}

// performancePath is where the command signal_performance asks.
const performancePath = "/internal/signal-performance"

// internal answers those who sit at this machine, beside the shop itself.
func (a *App) internal(shop http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		if r.URL.Path != performancePath || err != nil || !peer.Addr().IsLoopback() || r.Header.Get("X-Forwarded-For") != "" {
			shop.ServeHTTP(w, r)
			return
		}
		threshold, err := time.ParseDuration(r.FormValue("threshold"))
		if err != nil {
			http.Error(w, "threshold: "+err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a.monitor.Report(threshold)) // who asked may have left
	})
}
