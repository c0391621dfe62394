package otelpeers

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestMain(m *testing.M) {
	if os.Getenv("OTELPEERS_CALLEE") != "" {
		serveCallee()
		return
	}
	goleak.VerifyTestMain(m)
}

// missing names a service that is not there: under CI that is a failure.
func missing(t *testing.T, service string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s: %v", service, err)
	}
	t.Skipf("%s is not there: %v", service, err)
}

// bundle is an app with the toolbar, on loopback.
type bundle struct {
	*testing.T
	tb  *toolbar.Toolbar
	srv *httptest.Server
}

// setup gives an app whose page is served by what page holds when it is asked for.
func setup(t *testing.T, c toolbar.Config, page *http.HandlerFunc) *bundle {
	t.Helper()
	if c.Path == "" {
		c.Path = filepath.Join(t.TempDir(), "toolbar.db")
	}
	c.NotDefault = true
	tb, err := toolbar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /page", func(w http.ResponseWriter, r *http.Request) { (*page)(w, r) })
	b := &bundle{t, tb, httptest.NewServer(tb.Wrap(mux))}
	t.Cleanup(func() {
		b.srv.Close()
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
		instrument.SetBridge(nil)
	})
	return b
}

func (b *bundle) get(path string) string {
	b.Helper()
	res, err := b.srv.Client().Get(b.srv.URL + path)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != http.StatusOK {
		b.Fatalf("%s: %s %v\n%s", path, res.Status, err, body)
	}
	return string(body)
}

// record is a Record as the API gives it.
type record struct {
	ID     string
	Kind   string
	Name   string
	Path   string
	Status int
	Error  string
	Parent string
	Trace  string `json:"trace_id"`
	Span   string `json:"span_id"`
	Caller string `json:"caller_span_id"`
	Spans  []span
	Attrs  map[string]any `json:"attributes"`
}

type span struct {
	ID, Kind, Name, Error, Flags string
	Parent                       int
	Attrs                        map[string]any `json:"attributes"`
	Stack                        []struct{ Func string }
}

// records are those that a filter finds, whole, newest first.
func (b *bundle) records(filter string) (list []record) {
	b.Helper()
	if err := b.tb.Flush(context.Background()); err != nil {
		b.Fatal(err)
	}
	var page struct{ Records []record }
	b.api("requests?q="+filter, &page)
	for _, r := range page.Records {
		var whole record
		b.api("requests/"+r.ID, &whole)
		list = append(list, whole)
	}
	return list
}

func (b *bundle) api(path string, into any) {
	b.Helper()
	if err := json.Unmarshal([]byte(b.get("/_toolbar/api/v1/"+path)), into); err != nil {
		b.Fatalf("%s: %v", path, err)
	}
}

// visit asks for the page once and gives its Record.
func (b *bundle) visit() record {
	b.Helper()
	b.get("/page")
	list := b.records("path:/page")
	if len(list) == 0 {
		b.Fatal("the page has no Record")
	}
	return list[0]
}

// kinds are the spans of a kind.
func (r record) kinds(kind string) (list []span) {
	for _, s := range r.Spans {
		if s.Kind == kind {
			list = append(list, s)
		}
	}
	return list
}

func (r record) String() string {
	var b strings.Builder
	for i, s := range r.Spans {
		fmt.Fprintf(&b, "%d: %s %s below %d %v\n", i, s.Kind, s.Name, s.Parent, s.Attrs)
	}
	return b.String()
}

// shows tells that a panel of a Record shows all of the texts.
func (b *bundle) shows(r record, panel string, texts ...string) {
	b.Helper()
	page := b.get("/_toolbar/requests/" + r.ID + "/" + panel)
	for _, text := range texts {
		if !strings.Contains(page, text) {
			b.Errorf("the panel %s does not show %q", panel, text)
		}
	}
}

// hides tells that no span keeps a text.
func (b *bundle) hides(r record, text string) {
	b.Helper()
	if raw, _ := json.Marshal(r); strings.Contains(string(raw), text) {
		b.Errorf("%q was kept: %s", text, r)
	}
}
