package collect_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

func TestIgnoreMatchesByKindAndPattern(t *testing.T) {
	t.Parallel()
	ignore := &collect.Ignore{
		Paths:    []string{"/healthz", "/static/*", "*.map", "/v?/ping", "GET /internal/*"},
		Commands: []string{"shell", "debug:*"},
		Signals:  []string{"heartbeat*"},
		Tasks:    []string{"tick"},
	}
	for _, tc := range []struct {
		kind       instrument.Kind
		name, path string
		want       bool
	}{
		{instrument.KindRequest, "", "/healthz", true},
		{instrument.KindRequest, "", "/healthz/", false},
		{instrument.KindRequest, "", "/x/healthz", false},
		{instrument.KindRequest, "", "/static/js/app.js", true},
		{instrument.KindRequest, "", "/static", false},
		{instrument.KindRequest, "", "/assets/a/b.map", true},
		{instrument.KindRequest, "", "/v2/ping", true},
		{instrument.KindRequest, "", "/v22/ping", false},
		{instrument.KindRequest, "GET /internal/{id}", "/internal/7", true},
		{instrument.KindRequest, "shell", "/shell", false},
		{instrument.KindRequest, "", "", false},
		{instrument.KindCommand, "shell", "", true},
		{instrument.KindCommand, "debug:dump", "", true},
		{instrument.KindCommand, "debug", "", false},
		{instrument.KindCommand, "/healthz", "", false},
		{instrument.KindSignal, "heartbeat_sent", "", true},
		{instrument.KindSignal, "shell", "", false},
		{instrument.KindTask, "tick", "", true},
		{instrument.KindTask, "ticks", "", false},
		{instrument.KindQuery, "tick", "/healthz", false},
	} {
		if got := ignore.Match(tc.kind, tc.name, tc.path); got != tc.want {
			t.Errorf("%v %q %q: got %v, want %v", tc.kind, tc.name, tc.path, got, tc.want)
		}
	}
	var nothing *collect.Ignore
	if nothing.Match(instrument.KindRequest, "x", "/x") || (&collect.Ignore{}).Match(instrument.KindRequest, "x", "/x") {
		t.Error("the zero Ignore ignores")
	}
}

// A hostile path must not cost more than its length times the pattern's.
func TestT17_HostilePathIsCheap(t *testing.T) {
	t.Parallel()
	ignore := &collect.Ignore{Paths: []string{strings.Repeat("*a", 30) + "b"}}
	began := time.Now()
	if ignore.Match(instrument.KindRequest, "", strings.Repeat("a", 100_000)) {
		t.Error("matches")
	}
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("it took %v", took)
	}
}

// FuzzIgnore compares patterns with the regular expressions that they stand for.
func FuzzIgnore(f *testing.F) {
	for _, s := range [][2]string{{"/static/*", "/static/a"}, {"*a*b", "xaxb"}, {"?*", ""}, {"**", "é"}, {"a*a", "a"}} {
		f.Add(s[0], s[1])
	}
	f.Fuzz(func(t *testing.T, pattern, path string) {
		if len(pattern) > 100 || len(path) > 1000 || path == "" {
			return
		}
		latin := func(s string) string { // a byte each, as patterns see them
			r := make([]rune, 0, len(s))
			for _, b := range []byte(s) {
				r = append(r, rune(b))
			}
			return string(r)
		}
		expr := regexp.QuoteMeta(latin(pattern))
		expr = strings.NewReplacer(`\*`, `.*`, `\?`, `.`).Replace(expr)
		want := regexp.MustCompile(`(?s)\A(?:` + expr + `)\z`).MatchString(latin(path))
		ignore := collect.Ignore{Paths: []string{pattern}}
		if got := ignore.Match(instrument.KindRequest, "", path); got != want {
			t.Errorf("pattern %q, path %q: got %v, want %v", pattern, path, got, want)
		}
	})
}
