package toolbar_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// left runs an app with a toolbar, asks it once, and gives the store that is left when it
// is closed.
func left(t *testing.T, c toolbar.Config, app http.Handler, r *http.Request) *store.Store {
	t.Helper()
	c.Path, c.NotDefault = filepath.Join(t.TempDir(), "toolbar.db"), true
	tb, err := toolbar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	tb.Wrap(app).ServeHTTP(&discard{http.Header{}}, r)
	if err := tb.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	db, err := sqlitefile.Open(c.Path, sqlitefile.Options{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(context.Background(), db, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		db.Close()
	})
	return s
}

type discard struct{ header http.Header }

func (d *discard) Header() http.Header         { return d.header }
func (d *discard) Write(p []byte) (int, error) { return len(p), nil }
func (d *discard) WriteHeader(int)             {}

func document[T any](t *testing.T, s *store.Store, name string) (v T, body string) {
	t.Helper()
	docs, err := s.Documents(context.Background(), query.Documents{Name: name})
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents called %s: %v", len(docs), name, err)
	}
	if err := json.Unmarshal(docs[0].Body, &v); err != nil {
		t.Fatal(err)
	}
	return v, string(docs[0].Body)
}

func request(method, body string) *http.Request {
	r, err := http.NewRequest(method, "/in", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	r.RemoteAddr = "192.0.2.9:1234"
	r.RequestURI = "/in"
	return r
}

type appSettings struct {
	Debug    bool
	Database struct{ DSN string }
	Internal string `toolbar:"-"`
	Licence  string `toolbar:"mask"`
}

func TestDocuments_VersionsSettingsAndStacksOutliveTheProcess(t *testing.T) {
	t.Setenv("SHOP_MODE", "trial")
	t.Setenv("SHOP_TOKEN", "s3cr3t")
	t.Setenv("UNLISTED", "s3cr3t")
	conf := appSettings{Debug: true, Internal: "s3cr3t", Licence: "s3cr3t"}
	conf.Database.DSN = "postgres://shop:s3cr3t@db.test/shop"
	layer := func(next http.Handler) http.Handler { return http.HandlerFunc(next.ServeHTTP) }
	app := middleware.NewStack(middleware.Named("documents: one", layer)).ThenFunc(func(http.ResponseWriter, *http.Request) {})
	s := left(t, toolbar.Config{Settings: &conf, Environment: []string{"SHOP_*"}, Token: "s3cr3t-and-long-enough"}, app, request("GET", ""))

	v, _ := document[query.Versions](t, s, query.DocVersions)
	if v.Go != runtime.Version() || v.OS != runtime.GOOS || v.Arch != runtime.GOARCH || v.MaxProcs < 1 || v.CPUs < 1 || v.GC == 0 {
		t.Errorf("versions %+v", v)
	}
	doc, text := document[query.Settings](t, s, query.DocSettings)
	if strings.Contains(text, "s3cr3t") {
		t.Errorf("a secret was kept: %s", text)
	}
	got := map[string]string{}
	for _, g := range doc.Groups {
		for _, v := range g.Values {
			got[g.Name+" "+v.Name] = v.Value
		}
	}
	for name, want := range map[string]string{
		"app Debug": "true", "app Database.DSN": "[redacted]", "app Licence": "[redacted]",
		"environment SHOP_MODE": "trial", "environment SHOP_TOKEN": "[redacted]",
		"toolbar Token": "[redacted]", "toolbar Bodies": "in development", "toolbar Inject": "true",
	} {
		if got[name] != want {
			t.Errorf("%s is %q, want %q", name, got[name], want)
		}
	}
	if _, ok := got["environment UNLISTED"]; ok || got["app Internal"] != "" {
		t.Errorf("something is shown that nobody allowed: %v", got)
	}

	stacks, _ := document[[]query.Stack](t, s, query.DocStacks)
	found := false
	for _, st := range stacks {
		found = found || len(st.Layers) == 1 && st.Layers[0].Name == "documents: one" && st.Built >= 1
	}
	if !found {
		t.Errorf("stacks %+v", stacks)
	}
}

func TestSettings_FunctionIsAskedAgain(t *testing.T) {
	t.Parallel()
	s := left(t, toolbar.Config{Settings: func() any { return map[string]int{"workers": 3} }}, http.NotFoundHandler(), request("GET", ""))
	doc, _ := document[query.Settings](t, s, query.DocSettings)
	if g := doc.Groups[0]; g.Name != "app" || len(g.Values) != 1 || g.Values[0] != (query.Named{Name: "workers", Value: "3"}) {
		t.Errorf("%+v", doc)
	}
}

func TestBodies_InDevelopmentOrWhenAsked(t *testing.T) {
	t.Parallel()
	always := collect.Keep{Share: 1}
	for name, c := range map[string]struct {
		config toolbar.Config
		kept   any
	}{
		"development":            {toolbar.Config{}, `{"password":"[redacted]"}`},
		"never":                  {toolbar.Config{Bodies: toolbar.BodiesNever}, nil},
		"production":             {toolbar.Config{Keep: always}, nil},
		"production, when asked": {toolbar.Config{Keep: always, Bodies: toolbar.BodiesAlways}, `{"password":"[redacted]"}`},
		"the first bytes":        {toolbar.Config{MaxBody: 5}, `{}`},
	} {
		r := request("POST", `{"password":"s3cr3t"}`)
		r.Header.Set("Content-Type", "application/json")
		s := left(t, c.config, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }), r)
		page, err := s.Records(context.Background(), query.Records{})
		if err != nil || len(page.Records) != 1 {
			t.Fatalf("%s: %d records, %v", name, len(page.Records), err)
		}
		rec, err := s.Record(context.Background(), page.Records[0].ID)
		if err != nil {
			t.Fatal(err)
		}
		if got := bodyOf(rec); got != c.kept {
			t.Errorf("%s: kept %v, want %v", name, got, c.kept)
		}
	}
}

func bodyOf(rec *instrument.Record) any {
	for _, kv := range rec.Attrs {
		if kv.Key == "http.request.body" {
			return kv.Value
		}
	}
	return nil
}
