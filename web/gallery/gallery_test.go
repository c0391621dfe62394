package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/web/view"
)

var update = flag.Bool("update", false, "write the golden files anew")

// drawn draws a sample with fixed names for the assets.
func drawn(t *testing.T, s sample) []byte {
	t.Helper()
	var buf bytes.Buffer
	c := s.draw(shell(s, func(name string) string { return string(base) + "static/" + name }))
	if err := c.Render(context.Background(), &buf); err != nil {
		t.Fatalf("draw: %v", err)
	}
	return buf.Bytes()
}

// each runs a test for every sample.
func each(t *testing.T, f func(t *testing.T, s sample, html string)) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			f(t, s, string(drawn(t, s)))
		})
	}
}

func TestSamples_MatchTheirGoldenFiles(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s sample, html string) {
		name := filepath.Join("testdata", s.name+".html")
		// A line per element makes a difference readable; the pages themselves have hardly any.
		got := strings.ReplaceAll(html, "><", ">\n<")
		// The longest page repeats one row hundreds of times: its beginning is enough.
		got = got[:min(len(got), 96<<10)]
		if *update {
			if err := os.WriteFile(name, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatalf("%v: run go test ./web/gallery -update, and look at the page", err)
		}
		if got != string(want) {
			t.Errorf("differs from %s at %s\nlook at the page and run go test ./web/gallery -update", name, firstDifference(got, string(want)))
		}
	})
}

// firstDifference names the first line that differs.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range g {
		if i >= len(w) || g[i] != w[i] {
			old := ""
			if i < len(w) {
				old = w[i]
			}
			return "line\n got: " + g[i] + "\nwant: " + old
		}
	}
	return "the end"
}

func TestGolden_HasNoFilesLeftOver(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, s := range samples {
		if known[s.name+".html"] {
			t.Errorf("two samples are named %s", s.name)
		}
		known[s.name+".html"] = true
	}
	files, err := os.ReadDir("testdata")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !known[f.Name()] {
			t.Errorf("testdata/%s belongs to no sample", f.Name())
		}
	}
}

var (
	usedIcon  = regexp.MustCompile(`<use href="#(i-[a-z-]+)"`)
	givenIcon = regexp.MustCompile(`<symbol id="(i-[a-z-]+)"`)
	fillsUse  = regexp.MustCompile(`class="(gap|fail)"`)
)

func TestSamples_CarryTheIconsTheyUse(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s sample, html string) {
		if s.name == "rows" {
			t.Log("rows go into a list that has the icons")
			return
		}
		given := map[string]bool{}
		for _, m := range givenIcon.FindAllStringSubmatch(html, -1) {
			given[m[1]] = true
		}
		used := map[string]bool{}
		for _, m := range usedIcon.FindAllStringSubmatch(html, -1) {
			used[m[1]] = true
			if !given[m[1]] {
				t.Errorf("icon %s is used and not defined", m[1])
			}
		}
		for id := range given {
			if !used[id] && !strings.Contains(html, "data-live-rows") {
				t.Errorf("icon %s is defined and not used", id)
			}
		}
		for _, m := range fillsUse.FindAllStringSubmatch(html, -1) {
			if id := map[string]string{"gap": `id="hatch"`, "fail": `id="hatch-bad"`}[m[1]]; !strings.Contains(html, id) {
				t.Errorf("a %s is drawn without %s", m[1], id)
			}
		}
	})
}

var (
	inlineStyle   = regexp.MustCompile(`\sstyle="|<style`)
	inlineHandler = regexp.MustCompile(`<[^>]*\son[a-z]+="`)
	inlineScript  = regexp.MustCompile(`<script(?: src="/_toolbar/static/[a-z]+\.js")?(?: defer)?></script>|<script`)
	foreign       = regexp.MustCompile(`(?:src|href|action)="(?:https?:)?//`)
)

func TestT07_PagesNeedNoInlineStyleOrScript(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, _ sample, html string) {
		if m := inlineStyle.FindString(html); m != "" {
			t.Errorf("inline style: %s", m)
		}
		if m := inlineHandler.FindString(html); m != "" {
			t.Errorf("inline handler: %s", m)
		}
		for _, m := range inlineScript.FindAllString(html, -1) {
			if !strings.HasPrefix(m, `<script src="`) {
				t.Errorf("inline script: %s", m)
			}
		}
		if m := foreign.FindString(html); m != "" {
			t.Errorf("loads or links to another host: %s", m)
		}
	})
}

func TestT06_CapturedTextStaysText(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, s sample, html string) {
		for _, bad := range []string{"<img", "<script>", "</table><!--", `"><i>`, `href="javascript:`, "\u202e", "\u2028"} {
			if strings.Contains(html, bad) {
				t.Errorf("the page contains %q", bad)
			}
		}
		if strings.Contains(s.name, "hostile") && !strings.Contains(html, "&lt;img src=x onerror=alert(1)&gt;") {
			t.Error("the hostile text is not shown at all")
		}
	})
}

func TestPages_AreLightEnough(t *testing.T) {
	t.Parallel()
	for _, s := range samples {
		if s.name != "record" && s.name != "overview" && s.name != "requests" {
			continue
		}
		var buf bytes.Buffer
		w := gzip.NewWriter(&buf)
		_, _ = w.Write(drawn(t, s))
		_ = w.Close()
		if buf.Len() > 14<<10 {
			t.Errorf("%s is %d bytes compressed, want at most 14 KiB", s.name, buf.Len())
		}
	}
}

func TestRoutes_ServeEachSample(t *testing.T) {
	t.Parallel()
	h := routes()
	for _, s := range samples {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", "/s/"+s.name, nil))
		if w.Code != http.StatusOK || w.Header().Get("Content-Security-Policy") != policy {
			t.Errorf("%s: status %d", s.name, w.Code)
		}
	}
	for _, target := range []string{"/", "/page", "/_toolbar/", "/_toolbar/signals", "/_toolbar/requests/" + orderID + "/sql?fragment=1", "/_toolbar/api/v1/requests/x"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("GET", target, nil))
		if w.Code != http.StatusOK {
			t.Errorf("%s: status %d", target, w.Code)
		}
	}
}

func TestPanels_AreAllShownInTheGallery(t *testing.T) {
	t.Parallel()
	for _, p := range view.Panels {
		found := p.Name == ""
		for _, s := range samples {
			found = found || s.name == "record-"+p.Name
		}
		if !found {
			t.Errorf("no sample shows the panel %s", p.Name)
		}
	}
}

// TestPages_AreShownInEachOfTheirStates: with data, without any, and in what else can befall them.
func TestPages_AreShownInEachOfTheirStates(t *testing.T) {
	t.Parallel()
	states := map[string][]string{
		"overview": {"start", "calm", "cards"}, "custom": {"failed"}, "requests": {"empty", "nothing", "readonly", "paused", "slowest", "chosen", "hostile"},
		"record":  {"readonly", "capped", "empty", "failed-only", "hostile", "long", "command", "zoomed", "deep", "cache-delete"},
		"signals": {"empty", "unheard"}, "middleware": {"empty", "deep"}, "commands": {"empty"}, "tasks": {"empty", "none", "readonly"},
		"handlers": {"empty", "capped"}, "routes": {"never", "untold", "empty", "nothing", "hostile"}, "handler": {"quick", "silent"}, "slow": {"fine"}, "queries": {"empty"}, "exceptions": {"empty"},
		"alerts": {"none"}, "health": {"failing", "readonly"}, "compare": {"builds", "none", "silent"}, "panel": {"failed"},
		"missing": {"page"}, "failed": nil, "watch": nil, "help": nil, "logs": {"waiting", "none", "readonly", "hostile"}, "question": nil, "job": {"hostile"},
	}
	shown := map[string]bool{}
	for _, s := range samples {
		shown[s.name] = true
	}
	for page, more := range states {
		for _, name := range append([]string{page}, more...) {
			if name != page {
				name = page + "-" + name
			}
			if !shown[name] {
				t.Errorf("no sample shows %s", name)
			}
		}
	}
}
