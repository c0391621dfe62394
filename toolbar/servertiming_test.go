package toolbar_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

var (
	timedRender = instrument.NewHandler(instrument.KindRender, "page", instrument.Source{})
	timedQuery  = instrument.NewHandler(instrument.KindQuery, "SELECT 1", instrument.Source{})
	timedMail   = instrument.NewHandler(instrument.RegisterKind("timed: mail"), "welcome", instrument.Source{})
	timedLog    = instrument.NewHandler(instrument.KindLog, "INFO", instrument.Source{})
)

// took records a span that took exactly d, and gives the context below it.
func took(ctx context.Context, h *instrument.Handler, d time.Duration) context.Context {
	start := instrument.Now()
	below, span := instrument.StartAt(ctx, start, h)
	span.EndAt(start+int64(d), nil)
	return below
}

// timings are the metrics that came, with what is not the same each time left out.
func timings(res *http.Response) []string {
	var all []string
	for _, v := range res.Header.Values("Server-Timing") {
		for _, m := range strings.Split(v, ", ") {
			name, _, _ := strings.Cut(m, ";")
			if name == "total" || name == "layers" || name == "view" {
				m = regexp.MustCompile(`dur=[0-9.]+`).ReplaceAllString(m, "dur=?")
			}
			all = append(all, m)
		}
	}
	return all
}

func TestWrap_ServerTimingTellsWhereTheTimeWentUntilTheHeader(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) {
		page := took(r.Context(), timedRender, 20*time.Millisecond)
		took(page, timedQuery, 5*time.Millisecond)
		took(page, timedQuery, 7250*time.Microsecond)
		took(r.Context(), timedMail, 3*time.Millisecond)
		took(r.Context(), timedLog, 0)
		io.WriteString(w, "the header is on its way")
		took(r.Context(), timedQuery, time.Second)
	})
	plain := func(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }
	b := setup(t, toolbar.Config{}, middleware.NewStack(middleware.Named("timed: plain", plain)).Then(mux))
	res, _ := b.get("/page")
	want := []string{
		`total;dur=?;desc="until the header"`, `layers;dur=?;desc="1 layer"`, `view;dur=?;desc="1 view"`,
		`db;dur=12.25;desc="2 queries"`, `template;dur=7.75;desc="1 template"`, `timed--mail;dur=3;desc="1 span"`,
		`debug-toolbar;desc="` + res.Header.Get(toolbar.HeaderID) + `"`,
	}
	if got := timings(res); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if res, _ := b.get("/page", "X-Forwarded-For", "192.0.2.1"); len(res.Header.Values("Server-Timing")) != 0 {
		t.Errorf("who may not see the toolbar gets %q", res.Header.Values("Server-Timing"))
	}
}

// TestWrap_ServerTimingIsAddedToTheApps: neither takes the other's place, and a metric that
// the app has is not there twice.
func TestWrap_ServerTimingIsAddedToTheApps(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Server-Timing", "DB;dur=1.5")
		w.Header().Add("Server-Timing", `hit;desc="cached, template;1 \", http"`)
		took(r.Context(), timedQuery, time.Millisecond)
		took(r.Context(), timedRender, time.Millisecond)
	}))
	res, _ := b.get("/")
	got := res.Header.Values("Server-Timing")
	if len(got) != 4 || got[0] != "DB;dur=1.5" || !strings.HasPrefix(got[1], "hit;") || got[3] != `debug-toolbar;desc="`+res.Header.Get(toolbar.HeaderID)+`"` {
		t.Fatalf("got %q, want the app's two, ours and the id", got)
	}
	if !regexp.MustCompile(`^total;dur=[0-9.]+;desc="until the header", template;dur=1;desc="1 template"$`).MatchString(got[2]) {
		t.Errorf("ours are %q, want total and template, and no second db", got[2])
	}
}
