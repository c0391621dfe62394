package toolbar

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// timed is how a kind of span is called in the header Server-Timing, which browsers show
// beside their own timing of a request.
type timed struct{ metric, one, many string }

var timedKinds = map[instrument.Kind]timed{
	instrument.KindLayer:    {"layers", "layer", "layers"},
	instrument.KindView:     {"view", "view", "views"},
	instrument.KindSignal:   {"signals", "signal", "signals"},
	instrument.KindReceiver: {"receivers", "receiver", "receivers"},
	instrument.KindCommand:  {"commands", "command", "commands"},
	instrument.KindTask:     {"tasks", "task", "tasks"},
	instrument.KindQuery:    {"db", "query", "queries"},
	instrument.KindCache:    {"cache", "call", "calls"},
	instrument.KindCall:     {"http", "call", "calls"},
	instrument.KindRender:   {"template", "template", "templates"},
	instrument.KindCustom:   {"custom", "span", "spans"},
}

// addTimings tells where the time up to the header went, by kind. What the app says itself
// stays: a metric that it has a name for already is left out of ours.
func addTimings(h http.Header, rec *instrument.Recording) {
	elapsed, kinds := rec.SoFar()
	if kinds == nil && elapsed == 0 {
		return
	}
	own := metricsIn(h.Values("Server-Timing"))
	var metrics []string
	add := func(name string, d time.Duration, desc string) {
		if !own[strings.ToLower(name)] {
			metrics = append(metrics, fmt.Sprintf(`%s;dur=%s;desc="%s"`, name, milliseconds(d), desc))
		}
	}
	add("total", elapsed, "until the header")
	for _, k := range kinds {
		if k.Kind == instrument.KindLog || k.Kind == instrument.KindException {
			continue // they take no time
		}
		t, ok := timedKinds[k.Kind]
		if !ok {
			t = timed{token(k.Kind.String()), "span", "spans"}
		}
		word := t.many
		if k.Count == 1 {
			word = t.one
		}
		add(t.metric, k.Self, fmt.Sprintf("%d %s", k.Count, word))
	}
	if len(metrics) > 0 {
		h.Add("Server-Timing", strings.Join(metrics, ", "))
	}
}

// milliseconds are what the header counts in, down to a microsecond.
func milliseconds(d time.Duration) string {
	return strconv.FormatFloat(float64(d.Microseconds())/1e3, 'f', -1, 64)
}

// metricsIn are the names in a header Server-Timing, in small letters. A quoted description
// may hold commas.
func metricsIn(values []string) map[string]bool {
	names := map[string]bool{}
	for _, v := range values {
		quoted, escaped, start := false, false, 0
		for i := 0; i <= len(v); i++ {
			switch {
			case i == len(v) || v[i] == ',' && !quoted:
				name, _, _ := strings.Cut(v[start:i], ";")
				names[strings.ToLower(strings.TrimSpace(name))] = true
				start = i + 1
			case escaped:
				escaped = false
			case v[i] == '\\' && quoted:
				escaped = true
			case v[i] == '"':
				quoted = !quoted
			}
		}
	}
	return names
}

// token makes a name of a kind that somebody has registered fit for a header.
func token(name string) string {
	return strings.Map(func(c rune) rune {
		if c < 0x80 && (c == '-' || c == '_' || c == '.' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z') {
			return c
		}
		return '-'
	}, name)
}
