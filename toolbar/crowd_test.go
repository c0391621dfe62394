package toolbar_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

var (
	crowdQuery = instrument.NewHandler(instrument.KindQuery, "SELECT crowd", instrument.Source{})
	crowdLog   = instrument.NewHandler(instrument.KindLog, "crowd", instrument.Source{})
	markerKey  = instrument.NewKey("crowd.marker")
	marker     = regexp.MustCompile(`marker-\d+`)
)

// TestT19_F22_TenThousandRequestsAtOnceKeepTheirOwn has all requests in flight before the
// first goes on. Half of their spans are found by ctx, half by the goroutine, from the
// request's own and from one that it starts.
func TestT19_F22_TenThousandRequestsAtOnceKeepTheirOwn(t *testing.T) {
	path := filepath.Join(t.TempDir(), "toolbar.db")
	tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true, QueueRecords: 2 * atOnce, QueueBytes: 256 << 20})
	if err != nil {
		t.Fatal(err)
	}
	var arrived, done sync.WaitGroup
	arrived.Add(atOnce)
	h := tb.Wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mine := "marker-" + r.URL.Query().Get("n")
		arrived.Done()
		arrived.Wait()
		for range 5 {
			instrument.Leaf(r.Context(), crowdQuery, markerKey.String(mine)).End(nil)
			instrument.Leaf(context.Background(), crowdQuery, markerKey.String(mine)).End(nil)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			for range 5 {
				instrument.Leaf(context.Background(), crowdLog, markerKey.String(mine)).End(nil)
			}
		}()
		<-ended
		fmt.Fprint(w, mine)
	}))
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	failed := make(chan string, atOnce)
	for i := range atOnce {
		done.Go(func() {
			r := httptest.NewRequest(http.MethodGet, fmt.Sprintf("http://shop.test/crowd?n=%d", i), nil)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if want := fmt.Sprintf("marker-%d", i); w.Code != http.StatusOK || w.Body.String() != want {
				failed <- fmt.Sprintf("%d: %d, %.100s", i, w.Code, w.Body)
			}
		})
	}
	arrived.Wait()
	runtime.ReadMemStats(&after)
	done.Wait()
	close(failed)
	for f := range failed {
		t.Errorf("a request failed: %s", f)
	}
	if err := tb.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d requests at once; %d KiB of heap each", atOnce, (after.HeapAlloc-before.HeapAlloc)/atOnce>>10)
	checkCrowd(t, path)
}

// checkCrowd reads every Record and looks for what belongs to another.
func checkCrowd(t *testing.T, path string) {
	t.Helper()
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	st, err := store.Open(t.Context(), db, store.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer st.Close()
	seen := map[string]bool{}
	for q := (query.Records{Limit: 1000}); ; {
		page, err := st.Records(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for i := range page.Records {
			rec, err := st.Record(t.Context(), page.Records[i].ID)
			if err != nil {
				t.Fatal(err)
			}
			own, spans := "", 0
			for _, s := range rec.Spans {
				for _, a := range s.Attrs {
					for _, m := range marker.FindAllString(fmt.Sprint(a.Value), -1) {
						if own == "" {
							own = m
						}
						if m != own {
							t.Fatalf("record %s of %s has %s", rec.ID, own, m)
						}
					}
					if a.Key == markerKey.Name() {
						spans++
					}
				}
			}
			if spans != 15 || seen[own] || !strings.HasPrefix(own, "marker-") {
				t.Fatalf("record %s: %d of 15 spans, marker %q", rec.ID, spans, own)
			}
			seen[own] = true
		}
		if !page.More {
			break
		}
		q.After = page.Next
	}
	if len(seen) != atOnce {
		t.Errorf("%d records of %d requests", len(seen), atOnce)
	}
}
