package toolbar_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestHealth_SaysWhatIsCollectedBoundedAndHidden(t *testing.T) {
	t.Parallel()
	rules, err := mask.New(mask.Options{Deny: []string{"loyalty"}})
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t, toolbar.Config{Mask: rules, MaxSpans: 3}, shop(t))
	b.get("/orders/7")
	b.flush()
	_, page := b.get("/_toolbar/health")
	for _, want := range []string{
		"loyalty", "passw", "JSON Web Tokens", // masking
		"Spans of a Record", "more are counted", // limits
		"slogtap.New around", "sqltap.Open", `href="/_toolbar/handlers?kind=request"`, // collectors
		"Refused: another machine", "What is shown stays on this machine", // who gets in
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if strings.Contains(page, "Let in:") {
		t.Error("the gate lets strangers in, it says")
	}
	if strings.Contains(page, " 0 spans over the cap") {
		t.Error("of 3 spans at most nothing was left out, it says")
	}
}

func TestHealth_WarnsWhenStrangersGetIn(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{Allow: func(*http.Request) bool { return true }}, shop(t))
	_, page := b.get("/_toolbar/health")
	for _, want := range []string{"Let in: another machine", "Let in: a client that says it is this machine", "Refused: a script of another site"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}
