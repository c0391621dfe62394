package view_test

import (
	"os"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

// The list of keys is one: the script acts on those that the page of help and the document name.
func TestKeys_AreThoseOfTheScriptAndOfTheDocument(t *testing.T) {
	t.Parallel()
	read := func(name string) string {
		t.Helper()
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	script, doc := read("../static/app.js"), read("../../docs/dashboard.md")
	acted := map[string]bool{"'Escape'": true}
	for line := range strings.Lines(script) {
		if key, _, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && strings.HasPrefix(key, "'") {
			acted[key] = true
		}
	}
	names := map[string]string{"←": "ArrowLeft", "→": "ArrowRight", "Esc": "Escape"}
	for _, k := range view.Keys() {
		for _, name := range k.Keys {
			key := name
			if other, ok := names[name]; ok {
				key = other
			} else if len(name) == 1 {
				key = strings.ToLower(name)
			}
			if !acted["'"+key+"'"] {
				t.Errorf("the script does nothing on %s", name)
			}
			if !strings.Contains(doc, "`"+name+"`") {
				t.Errorf("docs/dashboard.md does not name %s", name)
			}
		}
		if !strings.Contains(doc, "| "+k.Does+" |") && k.Keys[0] != "?" {
			t.Errorf("docs/dashboard.md does not say that %q %s", k.Keys, k.Does)
		}
	}
}

func TestHelp_NamesEveryKindAndStatus(t *testing.T) {
	t.Parallel()
	page := draw(t, view.HelpPage(view.Shell{Base: "/_toolbar/"}, view.Help{Fields: []view.FilterField{{Name: "dur", Aliases: []string{"duration"}, Doc: "duration", Example: "dur>200ms"}}}))
	for _, k := range []view.Kind{view.KindRequest, view.KindLayer, view.KindView, view.KindSignal, view.KindReceiver, view.KindCommand, view.KindTask, view.KindQuery, view.KindCache, view.KindCall, view.KindRender, view.KindLog, view.KindException, view.KindCustom} {
		if !strings.Contains(page, k.Label()+"</dt>") {
			t.Errorf("kind %s is missing", k)
		}
	}
	for _, s := range []view.Status{view.StatusOK, view.StatusSlow, view.StatusBad, view.StatusNew, view.StatusOff} {
		if !strings.Contains(page, s.Label()+"</dt>") {
			t.Errorf("status %s is missing", s)
		}
	}
	if !strings.Contains(page, "dur, duration") || !strings.Contains(page, "dur&gt;200ms") {
		t.Error("the filter's fields are missing")
	}
}
