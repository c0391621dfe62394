package toolbar_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/dump"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

type stockChange struct {
	SKU      string
	Password string
}

func TestSignalPanel_ShowsWhatWasSentAndReturned(t *testing.T) {
	signals.SetRenderer(mask.Default().Struct) // as the toolbar that is the default does; it is the program's
	t.Cleanup(func() { signals.SetRenderer(nil) })
	changed := signals.New[stockChange](t.Name()+"/changed", signals.Unlisted())
	changed.Connect(func(_ context.Context, e signals.Event[stockChange]) error {
		e.Return("reserved 3")
		return nil
	}, signals.UID("reserve"))
	changed.Connect(func(context.Context, signals.Event[stockChange]) error { return nil }, signals.UID("mail"),
		signals.When(func(context.Context, signals.Event[stockChange]) bool { return false }))
	changed.Connect(func(context.Context, signals.Event[stockChange]) error { return errors.New("shelf 7 is locked") }, signals.UID("count"))
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = changed.Send(r.Context(), "shop", stockChange{SKU: "FH-101", Password: "hunter2Canary"})
	}))
	res, _ := b.get("/")
	b.flush()
	_, page := b.get("/_toolbar/requests/" + res.Header.Get(toolbar.HeaderID) + "/signals")
	for _, want := range []string{"FH-101", "returned <code>", "reserved 3", "sender <code>", "not called: ", "shelf 7 is locked"} {
		if !strings.Contains(page, want) {
			t.Errorf("the panel lacks %q", want)
		}
	}
	if strings.Contains(page, "hunter2Canary") {
		t.Error("the panel shows a secret")
	}
	if !regexp.MustCompile(`<a class="name" href="[^"]*/requests/[^"/]+\?span=\d+#s\d+"[^>]*>reserve</a>`).MatchString(page) {
		t.Error("a row does not lead to its span in the waterfall")
	}
}

func TestCounts_CustomSpansAndDumpsAreCountedForTheDrawer(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		dump.Value(r.Context(), "cart", []int{1, 2})
	}))
	res, _ := b.get("/")
	b.flush()
	_, body := b.get("/_toolbar/api/v1/requests/" + res.Header.Get(toolbar.HeaderID))
	var rec struct {
		Counts struct{ Custom *int }
	}
	if err := json.Unmarshal([]byte(body), &rec); err != nil {
		t.Fatal(err)
	}
	if rec.Counts.Custom == nil || *rec.Counts.Custom != 1 {
		t.Errorf("got %v of %s, want one dump", rec.Counts.Custom, body)
	}
}
