package view

import (
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAnsi_ColoursAreKeptAndSequencesAreNot(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                             "plain",
		"\x1b[31mred\x1b[0m and back":       "[st-bad:red] and back",
		"\x1b[1;32mok\x1b[22m green\x1b[m.": "[st-ok ansi-bold:ok][st-ok: green].",
		"\x1b[2Kcleared \x1b[10;5Hmoved":    "cleared moved",
		"\x1b[38;5;196mmany colours":        "many colours",
		"cut \x1b[":                         "cut ",
		"\x1b[999999999999999999999999999m": "999999999999999999999999999m",
	} {
		got := ""
		for _, p := range ansi(in) {
			if p.class == "" {
				got += p.text
			} else {
				got += "[" + p.class + ":" + p.text + "]"
			}
		}
		if got != want {
			t.Errorf("ansi(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzAnsi(f *testing.F) {
	for _, s := range []string{"\x1b[31mred\x1b[0m", "\x1b[", "\x1b[;;m", "é\x1b[1m\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		for _, p := range ansi(s) {
			n += len(p.text)
			if strings.ContainsAny(p.class, "\"<>&") {
				t.Errorf("class %q", p.class)
			}
		}
		if n > len(s) {
			t.Errorf("%d bytes of %d", n, len(s))
		}
	})
}

func logView(query string, lines ...Span) recordView {
	spans := []Span{{Parent: -1, Kind: KindRequest, Duration: time.Second}}
	for i, l := range lines {
		l.Kind, l.Start = KindLog, time.Duration(i)*time.Millisecond
		spans = append(spans, l)
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	s := Shell{Here: URL{Path: "/r/x/logs", Query: values}}
	return newRecordView(s, Record{Spans: spans, Duration: time.Second})
}

func TestLogSet_FiltersAndFoldsRepeats(t *testing.T) {
	t.Parallel()
	lines := []Span{
		{Level: "INFO", Logger: "shop", Text: "shown"},
		{Level: "WARN", Logger: "shop", Text: "slow", Attrs: []Attr{{Key: "ms", Value: "412"}}},
		{Level: "INFO", Logger: "cache", Text: "shown"},
		{Level: "INFO", Logger: "shop", Text: "shown"},
		{Level: "DEBUG-4", Logger: "shop", Text: "deprecated: use x"},
		{Level: "ERROR", Logger: "mail", Text: "broken"},
	}
	for query, want := range map[string][]int{ // rows, lines shown
		"":                         {5, 6},
		"level=INFO":               {2, 3},
		"level=INFO&logger=shop":   {1, 2},
		"logger=mail":              {1, 1},
		"level=deprecated":         {1, 1},
		"text=412":                 {1, 1},
		"text=ms=4":                {1, 1},
		"text=SHOWN":               {2, 3},
		"level=ERROR&logger=cache": {0, 0},
		"level=FATAL":              {0, 0},
	} {
		set := newLogSet(logView(query, lines...))
		if len(set.rows) != want[0] || set.shown != want[1] || set.total != 6 {
			t.Errorf("%q: %d rows of %d lines, want %v", query, len(set.rows), set.shown, want)
		}
	}
	set := newLogSet(logView("", lines...))
	names := []string{}
	for _, l := range set.levels {
		names = append(names, l.name)
	}
	if got := strings.Join(names, " "); got != "DEBUG-4 INFO WARN ERROR deprecated" {
		t.Errorf("levels in the order %s", got)
	}
	if len(set.rows[0].members) != 2 || set.rows[0].last != 3*time.Millisecond {
		t.Errorf("the first line: %+v", set.rows[0])
	}
}

func TestRenderSet_FoldsLeavesThatRepeat(t *testing.T) {
	t.Parallel()
	spans := []Span{{Parent: -1, Kind: KindRequest, Duration: time.Second}}
	add := func(parent int, name string, from, took int) int {
		spans = append(spans, Span{Parent: parent, Kind: KindRender, Name: name, Start: time.Duration(from) * time.Millisecond, Duration: time.Duration(took) * time.Millisecond, Rendered: &Rendered{Bytes: 10}})
		return len(spans) - 1
	}
	page := add(0, "page", 0, 100)
	spans = append(spans, Span{Parent: page, Kind: KindView, Start: time.Millisecond, Duration: 80 * time.Millisecond})
	between := len(spans) - 1
	for i := range 5 {
		add(between, "row", 2+10*i, 5)
	}
	nested := add(page, "row", 85, 10)
	add(nested, "cell", 86, 4)
	set := newRenderSet(newRecordView(Shell{}, Record{Spans: spans, Duration: time.Second}))
	got := []string{}
	for _, r := range set.rows {
		got = append(got, strings.Repeat(" ", r.depth)+set.steps.v.Spans[r.first].Name+" "+Count(int64(len(r.members)))+" "+Dur(r.own))
	}
	want := []string{"page 1 65 ms", " row 5 25 ms", " row 1 6 ms", "  cell 1 4 ms"}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("rows:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
