package web_test

import (
	"encoding/json"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// TestOverview_OfAnAppThatHasJustBegunIsOfAQuarterOfAnHour: an hour would be empty but for a corner. Whatever was before,
// or a range that is asked for, makes it that of the others.
func TestOverview_OfAnAppThatHasJustBegunIsOfAQuarterOfAnHour(t *testing.T) {
	t.Parallel()
	db, err := sqlitefile.Open(filepath.Join(t.TempDir(), "overview.db"), sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	st, err := store.Open(t.Context(), db, store.Options{Service: "shop"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = st.Close() })
	d, err := web.New(web.Config{App: "shop", Store: st, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	r := instrument.New(instrument.Config{})
	t.Cleanup(func() { r.SetEnabled(false) })
	happened := func(k instrument.Kind, ago time.Duration) {
		t.Helper()
		r.Observe(instrument.NewHandler(k, t.Name(), instrument.Source{}), time.Millisecond, nil)
		var rows []instrument.RollRow
		r.Roll(func(s instrument.Stats) { rows = append(rows, instrument.RollRow{Stats: s}) })
		if err := st.Roll(t.Context(), time.Now().Add(-ago), rows); err != nil {
			t.Fatal(err)
		}
	}
	is := func(when, path string, want time.Duration) {
		t.Helper()
		_, body := look(d, path, "application/json")
		var got struct{ Since, Until time.Time }
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatal(err)
		}
		if got.Until.Sub(got.Since) != want {
			t.Errorf("%s: of %v, want %v", when, got.Until.Sub(got.Since), want)
		}
		label := map[time.Duration]string{15 * time.Minute: "15 m", time.Hour: "1 h"}[want]
		if _, page := look(d, path, "text/html"); !strings.Contains(page, "in the last "+label) && !strings.Contains(page, "in "+label) {
			t.Errorf("%s: the page is not of %s", when, label)
		}
	}
	happened(instrument.KindRequest, time.Minute)
	is("just begun", "", 15*time.Minute)
	is("an hour is asked for", "?range=1h", time.Hour)
	happened(instrument.KindTask, 40*time.Minute)
	is("a worker had begun before", "", time.Hour)
	is("a quarter is asked for", "?range=15m", 15*time.Minute)
	happened(instrument.KindRequest, 30*time.Minute)
	is("requests before", "", time.Hour)
}
