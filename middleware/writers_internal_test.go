package middleware

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// TestWriters_EachHasItsSet checks the generated types: all 256 combinations.
func TestWriters_EachHasItsSet(t *testing.T) {
	t.Parallel()
	res := &Response{w: httptest.NewRecorder()}
	for set := range writers {
		w := writers[set](bare{res})
		if got := capabilities(w); got != capability(set) {
			t.Errorf("writer %08b has %08b", set, got)
		}
		if w.(interface{ Unwrap() http.ResponseWriter }).Unwrap() != res.w {
			t.Errorf("writer %08b does not unwrap", set)
		}
	}
}
