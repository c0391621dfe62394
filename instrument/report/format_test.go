package report_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

var update = flag.Bool("update", false, "write the golden files anew")

func requireGolden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; run the test with -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; look at it, then run with -update.\ngot:\n%s\nwant:\n%s", path, got, want)
	}
}

func write(t *testing.T, r *report.Report, f report.Format, o report.TextOptions) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := r.Write(&b, f, o); err != nil {
		t.Fatalf("Write %s: %v", f, err)
	}
	return b.Bytes()
}

func TestWrite_Golden(t *testing.T) {
	t.Parallel()
	slow := hour()
	slow.Slow, slow.Sort, slow.Limit = 390*time.Millisecond, report.SortSlow, 3
	for _, c := range []struct {
		file   string
		o      report.Options
		format report.Format
		text   report.TextOptions
	}{
		{"text-80.txt", hour(), report.FormatText, report.TextOptions{}},
		{"text-200.txt", hour(), report.FormatText, report.TextOptions{Width: 200}},
		{"text-40.txt", hour(), report.FormatText, report.TextOptions{Width: 40}},
		{"text-color.txt", hour(), report.FormatText, report.TextOptions{Width: 100, Color: true}},
		{"text-slow.txt", slow, report.FormatText, report.TextOptions{Width: 120}},
		{"report.json", hour(), report.FormatJSON, report.TextOptions{}},
		{"report.csv", hour(), report.FormatCSV, report.TextOptions{}},
		{"report.md", hour(), report.FormatMarkdown, report.TextOptions{}},
		{"report.html", hour(), report.FormatHTML, report.TextOptions{}},
	} {
		t.Run(c.file, func(t *testing.T) {
			t.Parallel()
			requireGolden(t, c.file, write(t, mustBuild(t, shop(), c.o), c.format, c.text))
		})
	}
}

func TestText_IsNeverWiderThanAsked(t *testing.T) {
	t.Parallel()
	src := shop()
	src.add(handler(instrument.KindView, strings.Repeat("東京", 60), "x/"+strings.Repeat("long", 30)+".go", 1), 1, calls(9_000_000, 0)[:1000]...)
	src.add(handler(instrument.KindView, "", "", 0), 1, 40*24*time.Hour)
	for width := 40; width <= 240; width += 5 {
		out := write(t, mustBuild(t, src, report.Options{}), report.FormatText, report.TextOptions{Width: width})
		for line := range strings.Lines(string(out)) {
			if w := term.Width(strings.TrimSuffix(line, "\n")); w > width {
				t.Errorf("width %d: a line of %d: %q", width, w, line)
			}
		}
	}
}

func TestText_SaysWhenThereIsNothing(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		src  *source
		o    report.Options
		want string
	}{
		{&source{}, report.Options{}, "Nothing was recorded in this window."},
		{shop(), report.Options{Handler: "no such"}, "None of the 8 handlers with calls in this window is asked for."},
	} {
		out := string(write(t, mustBuild(t, c.src, c.o), report.FormatText, report.TextOptions{}))
		if !strings.Contains(out, c.want) {
			t.Errorf("%q does not say %q", out, c.want)
		}
		for _, f := range report.Formats() {
			write(t, mustBuild(t, c.src, c.o), f, report.TextOptions{})
		}
	}
}

// attacks are names as a hostile client may make them.
var attacks = []string{
	"\x1b]0;owned\x07", "\x1b[2J", "a\rb", "\u009b31m", "\x9b31m", "\u202egnp.exe", "\u200b", "\xff\xfe",
	`=HYPERLINK("http://evil","x")`, "+1+1", "-2+3", "@SUM(1)", "\t=1", " =1", "|calc", "a|b", "a`b", "``", "`",
	"<script>alert(1)</script>", "![x](http://evil)", "[x](javascript:1)", "@everyone", "line\nbreak\n\n# head", `"quoted",comma`,
}

func TestT21_NoFormatPassesOnWhatATerminalActsOn(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, attackedSource(), report.Options{Limit: -1, Explain: 100})
	for _, f := range report.Formats() {
		out := string(write(t, r, f, report.TextOptions{Width: 200}))
		if !utf8.ValidString(out) {
			t.Errorf("%s: not UTF-8", f)
		}
		for _, c := range out {
			if c != '\n' && term.Unsafe(c) {
				t.Errorf("%s: holds %U", f, c)
			}
		}
	}
}

func TestT21_ColourAddsOurOwnSequencesOnly(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, attackedSource(), report.Options{Limit: -1, Explain: 100})
	out := string(write(t, r, report.FormatText, report.TextOptions{Width: 200, Color: true}))
	for _, own := range []string{"\x1b[0m", "\x1b[1m", "\x1b[2m", "\x1b[31m", "\x1b[33m"} {
		out = strings.ReplaceAll(out, own, "")
	}
	for _, c := range out {
		if c != '\n' && term.Unsafe(c) {
			t.Fatalf("holds %U", c)
		}
	}
}

// attackedSource has every attack as a name, a place and a caller.
func attackedSource() *source {
	src := &source{records: map[instrument.ID]*instrument.Record{}}
	for i, name := range attacks {
		h := handler(instrument.KindView, name, "x/"+name, 1)
		h.Source.Func = name
		id := instrument.ID(i + 1)
		src.add(h, 1, time.Second).Slowest = []instrument.SlowRecord{{ID: id}}
		src.records[id] = &instrument.Record{Spans: []instrument.RecordSpan{
			{Handler: h, Parent: -1, Duration: time.Second},
			{Handler: h, Parent: 0, Duration: time.Second},
		}}
	}
	return src
}

func TestCSV_HasNoCellThatIsAFormula(t *testing.T) {
	t.Parallel()
	out := write(t, mustBuild(t, attackedSource(), report.Options{Limit: -1}), report.FormatCSV, report.TextOptions{})
	records, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != len(attacks)+1 {
		t.Errorf("%d lines, want %d", len(records), len(attacks)+1)
	}
	for _, record := range records {
		for _, cell := range record {
			if strings.ContainsAny(strings.TrimSpace(cell)[:min(1, len(strings.TrimSpace(cell)))], "=+-@|") {
				t.Errorf("cell %q is a formula", cell)
			}
		}
	}
}

func TestJSON_KeepsTheNamesAndParses(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, attackedSource(), report.Options{Limit: -1})
	var got struct {
		Version int
		Rows    []struct {
			Kind, Name, File string
			Self             int64 `json:"self_ns"`
		}
	}
	if err := json.Unmarshal(write(t, r, report.FormatJSON, report.TextOptions{}), &got); err != nil {
		t.Fatal(err)
	}
	if got.Version != report.JSONVersion || len(got.Rows) != len(attacks) {
		t.Fatalf("version %d, %d rows", got.Version, len(got.Rows))
	}
	for i, row := range got.Rows {
		if want := strings.ToValidUTF8(r.Rows[i].Name, "\ufffd"); row.Name != want && utf8.ValidString(r.Rows[i].Name) {
			t.Errorf("row %d is %q, want %q", i, row.Name, want)
		}
		if row.Self != int64(time.Second) {
			t.Errorf("row %d: self_ns = %d", i, row.Self)
		}
	}
}

func TestMarkdown_KeepsEveryNameInItsCell(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, attackedSource(), report.Options{Limit: -1, Explain: -1})
	out := string(write(t, r, report.FormatMarkdown, report.TextOptions{}))
	bars := -1
	for line := range strings.Lines(out) {
		if !strings.HasPrefix(line, "|") {
			continue
		}
		n := strings.Count(line, "|") - strings.Count(line, `\|`)
		if bars < 0 {
			bars = n
		}
		if n != bars {
			t.Errorf("%d bars instead of %d: %s", n, bars, line)
		}
	}
}

func TestParseFormat_ListsWhatThereIs(t *testing.T) {
	t.Parallel()
	for _, f := range report.Formats() {
		if got, err := report.ParseFormat(string(f)); got != f || err != nil {
			t.Errorf("ParseFormat(%q) = %q, %v", f, got, err)
		}
	}
	_, err := report.ParseFormat("pdf")
	if err == nil || !strings.Contains(err.Error(), "text, json, csv, md") {
		t.Errorf("err = %v, want one that lists the formats", err)
	}
	if err := mustBuild(t, shop(), report.Options{}).Write(&bytes.Buffer{}, "pdf", report.TextOptions{}); err == nil {
		t.Error("an unknown format was written")
	}
}

// full is a disk without space.
type full struct{}

var errFull = errors.New("no space left on device")

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestWrite_SaysWhenTheOutputFails(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, shop(), report.Options{})
	for _, f := range report.Formats() {
		if err := r.Write(full{}, f, report.TextOptions{}); !errors.Is(err, errFull) {
			t.Errorf("%s: err = %v", f, err)
		}
	}
}
