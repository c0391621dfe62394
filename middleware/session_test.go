package middleware_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

type sessionKey struct{}

// openSession is a session library in small: a map in the context.
func openSession(values map[string]any) middleware.Layer {
	return middleware.Named("session", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), sessionKey{}, values)))
		})
	})
}

func sessionOf(r *http.Request) map[string]any {
	return r.Context().Value(sessionKey{}).(map[string]any)
}

func TestShowSession_ValuesAndChanges(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{Bodies: true})
	items := map[string]int{"shoes": 1}
	stack := middleware.NewStack(
		openSession(map[string]any{"cart": items, "flash": "saved", "csrf_token": "s3cr3t", "lang": "de"}),
		middleware.ShowSession(middleware.SessionFunc(sessionOf)),
	)
	request(record(stack.ThenFunc(func(_ http.ResponseWriter, r *http.Request) {
		s := sessionOf(r)
		items["shoes"] = 2 // in its place
		delete(s, "flash")
		s["user"] = struct {
			Name     string
			Password string
		}{"ann", "s3cr3t"}
	})), httptest.NewRequest("GET", "/", nil))
	wantAttrs(t, m.one(t), map[string]any{
		"session.values":  `{"cart":"map[shoes:2]","csrf_token":"[redacted]","lang":"de","user":"{Name:\"ann\" Password:[redacted]}"}`,
		"session.changed": "cart changed; flash removed; user added",
	})
}

func TestShowSession_ReadsNothingUnlessAsked(t *testing.T) {
	t.Parallel()
	read := middleware.SessionFunc(func(*http.Request) map[string]any {
		t.Error("the session was read")
		return nil
	})
	h := middleware.NewStack(middleware.ShowSession(read)).ThenFunc(checkout)
	request(h, httptest.NewRequest("GET", "/", nil))
	record, m := recording(middleware.RecordOptions{})
	request(record(h), httptest.NewRequest("GET", "/", nil))
	wantAttrs(t, m.one(t), map[string]any{"session.values": nil})
}

func TestShowSession_ReaderThatPanicsIsNoSession(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{Bodies: true})
	h := middleware.NewStack(middleware.ShowSession(middleware.SessionFunc(sessionOf))).ThenFunc(checkout)
	rec, panicked := request(record(h), httptest.NewRequest("GET", "/", nil))
	if rec.Body.String() != "done" || panicked != nil {
		t.Errorf("got %q, panic %v", rec.Body, panicked)
	}
	wantAttrs(t, m.one(t), map[string]any{"session.values": nil, "session.changed": nil})
}
