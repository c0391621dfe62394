package toolbar_test

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// telling is an app in whose Records there are texts of many kinds.
func telling(t *testing.T) http.Handler {
	type item struct {
		Name, Password string
	}
	sold := signals.New[item](t.Name()+"/sold", signals.Unlisted())
	sold.Connect(func(context.Context, signals.Event[item]) error { return nil }, signals.UID("reserve-stock"))
	log := slog.New(slogtap.New(slog.NewTextHandler(io.Discard, nil)))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /sold", func(w http.ResponseWriter, r *http.Request) {
		log.WarnContext(r.Context(), "Out of Stock", "order", 4711, "password", "hunter2Canary", "item", item{"Espresso cup", "hunter2Canary"})
		_, _ = sold.Send(r.Context(), "shop", item{"Espresso cup", "hunter2Canary"})
		w.Header().Set("Content-Type", "text/plain")
		_, _ = io.WriteString(w, "we are sorry")
	})
	mux.HandleFunc("GET /quiet", func(http.ResponseWriter, *http.Request) {})
	return mux
}

// found are the paths of what a filter chooses, as the API lists them.
func (b *bundle) found(filter string) string {
	b.Helper()
	var list struct {
		Records []struct{ Path string }
	}
	b.api("requests?q="+url.QueryEscape(filter), &list)
	var paths []string
	for _, r := range list.Records {
		paths = append(paths, r.Path)
	}
	return strings.Join(paths, " ")
}

func TestText_FindsWhatIsShownAndNothingThatIsHidden(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, telling(t))
	b.get("/quiet")
	b.get("/sold")
	b.flush()
	for filter, want := range map[string]string{
		`text:"out of stock"`:  "/sold", // a log message
		"text:4711":            "/sold", // its attribute
		"text:471":             "",
		`text:"espresso CUP"`:  "/sold", // a struct in a log line
		"text:reserve-stock":   "/sold", // a receiver's name
		`text:"are sorry"`:     "/sold", // a response's body
		"text:hunter2":         "",      // masked before it was kept
		"text:redacted":        "/sold",
		`-text:"out of stock"`: "/quiet",
		"text:quiet":           "/quiet", // the path
		"text:nothing-of-it":   "",
		"text:stock method:GET status:200 text:espresso": "/sold",
	} {
		if got := b.found(filter); got != want {
			t.Errorf("%s finds %q, want %q", filter, got, want)
		}
	}
	if _, page := b.get("/_toolbar/requests?q=" + url.QueryEscape(`text:"out of stock"`)); !strings.Contains(page, "/sold") || strings.Contains(page, "/quiet") {
		t.Error("the page lists something else")
	}
}

func TestText_LiveListsLookIntoWhatCame(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, telling(t))
	stream := b.streamOf("/_toolbar/requests?q=" + url.QueryEscape(`text:"out of stock" -status:404`))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.srv.URL+stream, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	lines := bufio.NewScanner(res.Body)
	for lines.Scan() && !strings.HasPrefix(lines.Text(), "retry:") { // then the stream waits for what comes
	}
	b.get("/quiet")
	b.get("/sold")
	b.flush()
	for lines.Scan() {
		if strings.Contains(lines.Text(), "/quiet") {
			t.Fatal("the stream brings what its filter hides")
		}
		if strings.Contains(lines.Text(), "/sold") {
			return
		}
	}
	t.Fatalf("the stream ended before it brought the request: %v", lines.Err())
}
