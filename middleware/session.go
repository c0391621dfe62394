package middleware

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// SessionReader reads the session of a request: what the app's session library has to
// offer for ShowSession. ReadSession gives the values that are in it by their names; nil
// or none for a request without a session. It must not change the session.
type SessionReader interface {
	ReadSession(r *http.Request) map[string]any
}

// SessionFunc is a function as a SessionReader.
type SessionFunc func(r *http.Request) map[string]any

// ReadSession calls f.
func (f SessionFunc) ReadSession(r *http.Request) map[string]any { return f(r) }

var (
	keySession        = instrument.NewKey("session.values")
	keySessionChanged = instrument.NewKey("session.changed")
)

// ShowSession returns a layer that shows the session in the request's Record: its values,
// masked, as they are when what is inside has returned, and the names of those that were
// added, changed or removed by then. Put it right inside the layer that opens sessions.
// With alexedwards/scs:
//
//	middleware.NewStack(sessions.LoadAndSave, middleware.ShowSession(middleware.SessionFunc(
//		func(r *http.Request) map[string]any {
//			values := map[string]any{}
//			for _, name := range sessions.Keys(r.Context()) {
//				values[name] = sessions.Get(r.Context(), name)
//			}
//			return values
//		})))
//
// Sessions are read only where RecordOptions.Bodies keeps what is private. A panic of the
// reader counts as no session.
func ShowSession(s SessionReader) Layer {
	if s == nil {
		panic("middleware: ShowSession: the SessionReader is nil: give it what reads the app's sessions")
	}
	return Named("show session", func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			c := callOf(r.Context())
			if c == nil || c.x.res == nil || c.x.res.tapes == nil {
				next.ServeHTTP(w, r)
				return
			}
			before := fingerprints(readSession(s, r))
			defer func() { showSession(c.x.rec, c.x.res.tapes.rules, before, readSession(s, r)) }()
			next.ServeHTTP(w, r)
		})
	})
}

func readSession(s SessionReader, r *http.Request) (values map[string]any) {
	defer func() { _ = recover() }() // a library without a session in this request
	return s.ReadSession(r)
}

// fingerprints are the values as text, by which a change shows: what a value points to
// may be changed in its place.
func fingerprints(values map[string]any) map[string]string {
	prints := make(map[string]string, len(values))
	for name, v := range values {
		prints[name] = fmt.Sprintf("%T %+v", v, v)
	}
	return prints
}

const (
	maxSessionValues = 100
	maxSessionValue  = 1 << 10 // bytes of one
)

func showSession(rec *instrument.Recording, rules *mask.Rules, before map[string]string, values map[string]any) {
	if len(values) == 0 && len(before) == 0 {
		return
	}
	shown := make(map[string]string, min(len(values), maxSessionValues))
	for name, v := range values {
		if len(shown) < maxSessionValues {
			shown[rules.Text(name)] = shownValue(rules, name, v)
		}
	}
	b, err := json.Marshal(shown)
	if err != nil {
		return // a map of texts is always JSON
	}
	rec.Attach(keySession.Masked(string(b)))
	if changes := sessionChanges(before, fingerprints(values)); len(changes) > 0 {
		rec.Set(keySessionChanged.Masked(rules.Text(strings.Join(changes, "; "))))
	}
}

func shownValue(rules *mask.Rules, name string, v any) string {
	if text, ok := v.(string); ok {
		return cutText(rules.Value(name, text), maxSessionValue)
	}
	if rules.Key(name) {
		return mask.Redacted
	}
	return rules.Struct(v, maxSessionValue)
}

// cutText cuts s to about n bytes, between characters.
func cutText(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}

// sessionChanges says what became of each value.
func sessionChanges(before, after map[string]string) (changes []string) {
	for name, v := range after {
		switch old, ok := before[name]; {
		case !ok:
			changes = append(changes, name+" added")
		case old != v:
			changes = append(changes, name+" changed")
		}
	}
	for name := range before {
		if _, ok := after[name]; !ok {
			changes = append(changes, name+" removed")
		}
	}
	slices.Sort(changes)
	return changes[:min(len(changes), maxSessionValues)]
}
