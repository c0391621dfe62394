package toolbar_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// TestDescribeKind_ReachesPagesThroughTheStore reads what one toolbar has stored with
// another, as a later process does.
func TestDescribeKind_ReachesPagesThroughTheStore(t *testing.T) {
	t.Parallel()
	kind := instrument.RegisterKind("ai call")
	instrument.DescribeKind(kind, instrument.KindDescription{
		Label: "AI <calls>", One: "Model",
		Columns: []instrument.KindColumn{{Title: "Tokens in", Key: "gen_ai.usage.input_tokens", Sum: true}, {Title: "Size", Key: "ai.answer.size", Unit: "B"}},
	})
	in, size := instrument.NewKey("gen_ai.usage.input_tokens"), instrument.NewKey("ai.answer.size")
	c := toolbar.Config{Path: filepath.Join(t.TempDir(), "toolbar.db"), NotDefault: true}
	tb, err := toolbar.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, rec := tb.Recorder().Begin(t.Context(), instrument.Begin{Handler: instrument.NewHandler(instrument.KindRequest, "GET /ask", instrument.Source{})})
	for range 2 {
		instrument.Leaf(ctx, instrument.NewHandler(kind, "large-2", instrument.Source{}), in.Int(1050), size.Int(77)).End(nil)
	}
	rec.End()
	if err := tb.Close(context.Background()); err != nil {
		t.Fatal(err)
	}

	if tb, err = toolbar.New(c); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := tb.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}()
	page := func(panel string) (int, string) {
		r := httptest.NewRequestWithContext(t.Context(), "GET", "/_toolbar/requests/"+rec.ID().String()+panel, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:1234", "localhost:8080"
		w := httptest.NewRecorder()
		tb.Handler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if code, text := page(""); code != http.StatusOK || !strings.Contains(text, "/kind-ai-call\"") || !strings.Contains(text, "AI &lt;calls&gt;") || strings.Contains(text, "AI <calls>") {
		t.Errorf("the Record's page has no tab of the kind: %d\n%s", code, text)
	}
	code, text := page("/kind-ai-call")
	for _, want := range []string{"Tokens in", "2,100", "77 B", "Model", "large-2"} {
		if code != http.StatusOK || !strings.Contains(text, want) {
			t.Errorf("the panel does not say %q: %d\n%s", want, code, text)
		}
	}
	if _, text := page("/kind-nothing"); !strings.Contains(text, "No such panel") {
		t.Error("a panel of a kind that is not there is drawn")
	}
	if _, text := page("/custom"); strings.Contains(text, "large-2</a>") {
		t.Error("the kind is in the panel of custom spans, too")
	}
}
