package exceptions_test

import (
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/exceptions"
)

func TestShape_LeavesOutWhatDiffers(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"order 17 not found":                   "order 0 not found",
		`no user "mara" in 'x'`:                "no user … in …",
		"dial tcp 127.0.0.1:5432: refused":     "dial tcp 0.0.0.0:0: refused",
		"id 4bf92f35-77b3-4da6 is bad":         "id 0 is bad",
		"it isn't there":                       "it isn't there",
		"":                                     "",
		"über 3 €":                             "über 0 €",
		"context deadline exceeded":            "context deadline exceeded",
		"UNIQUE constraint failed: t.a (2067)": "UNIQUE constraint failed: t.a (0)",
	} {
		if got := exceptions.Shape(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
