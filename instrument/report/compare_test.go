package report_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/report"
)

// lognormal are n calls around a median; a share of them fail.
func lognormal(rng *rand.Rand, h instrument.HandlerInfo, n int, median time.Duration, failed int) query.HandlerStats {
	s := query.HandlerStats{Handler: h}
	for range n {
		d := time.Duration(float64(median) * math.Exp(0.5*rng.NormFloat64()))
		s.Count++
		s.Sum += d
		s.Max = max(s.Max, d)
		s.Hist.Add(d)
	}
	s.Errors = uint64(failed)
	return s
}

func request(name string) instrument.HandlerInfo {
	return handler(instrument.KindRequest, name, "web.go", 7)
}

func compared(t *testing.T, c *report.Comparison, name string) report.Compared {
	t.Helper()
	i := slices.IndexFunc(c.Rows, func(r report.Compared) bool { return r.Name == name })
	if i < 0 {
		t.Fatalf("%s is not in %+v", name, c.Rows)
	}
	return c.Rows[i]
}

func twoBuilds() *report.Comparison {
	rng := rand.New(rand.NewPCG(1, 2))
	side := func(h string, n int, d time.Duration, failed int) query.HandlerStats {
		return lognormal(rng, request(h), n, d, failed)
	}
	a := []query.HandlerStats{
		side("GET /same", 2000, 10*time.Millisecond, 20), side("GET /slower", 500, 20*time.Millisecond, 0), side("GET /faster", 500, 40*time.Millisecond, 0),
		side("GET /fails", 1000, 10*time.Millisecond, 10), side("GET /mended", 1000, 10*time.Millisecond, 90), side("GET /few", 9, 10*time.Millisecond, 0), side("GET /gone", 50, time.Millisecond, 0),
		lognormal(rng, handler(instrument.KindLog, "info", "", 0), 50, 1, 0),
	}
	b := []query.HandlerStats{
		side("GET /same", 2000, 10*time.Millisecond, 22), side("GET /slower", 500, 30*time.Millisecond, 0), side("GET /faster", 500, 25*time.Millisecond, 0),
		side("GET /fails", 1000, 10*time.Millisecond, 60), side("GET /mended", 1000, 10*time.Millisecond, 8), side("GET /few", 9, 90*time.Millisecond, 0), side("GET /new", 50, time.Second, 0),
	}
	return report.Compare(a, b, report.CompareOptions{})
}

func TestCompare_SaysWhatChanged(t *testing.T) {
	t.Parallel()
	c := twoBuilds()
	for name, want := range map[string]report.Change{
		"GET /same": report.ChangeNone, "GET /slower": report.ChangeSlower, "GET /faster": report.ChangeFaster, "GET /fails": report.ChangeFailing,
		"GET /mended": report.ChangeRepaired, "GET /few": report.ChangeTooFew, "GET /gone": report.ChangeGone, "GET /new": report.ChangeNew,
	} {
		if r := compared(t, c, name); r.Change != want {
			t.Errorf("%s: %s, want %s: %+v", name, r.Change, want, r)
		}
	}
	if c.Rows[0].Name != "GET /slower" || c.Rows[1].Name != "GET /fails" || len(c.Rows) != 8 || len(c.Worse()) != 2 {
		t.Errorf("the worst are not first: %+v", c.Rows)
	}
	r := compared(t, c, "GET /slower")
	if r.P95.Low >= 1.5 || r.P95.High <= 1.5 || r.Median.Low >= 1.5 || r.Median.High <= 1.5 || r.Mean.Low >= 1.5 || r.Mean.High <= 1.5 {
		t.Errorf("it became slower by the factor 1.5, which is not in %+v, %+v, %+v", r.Median, r.P95, r.Mean)
	}
	if few := compared(t, c, "GET /few"); !strings.Contains(few.Sentence(), "too few calls to tell: 9 and 9") {
		t.Error(few.Sentence())
	}
	if s := r.Sentence(); !strings.Contains(s, "It became slower: ") || !strings.Contains(s, "between +") {
		t.Error(s)
	}
}

// What the intervals promise is counted: pairs of samples of the same distribution.
func TestCompare_FalseAlarmsAndIntervalsAreAsPromised(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(7, 8))
	const pairs = 2000
	alarms, outside, low := 0, 0, 0
	for range pairs {
		a, b := lognormal(rng, request("x"), 200, 10*time.Millisecond, 0), lognormal(rng, request("x"), 150, 10*time.Millisecond, 0)
		r := report.Compare([]query.HandlerStats{a}, []query.HandlerStats{b}, report.CompareOptions{}).Rows[0]
		if r.Change != report.ChangeNone {
			alarms++
		}
		if r.Median.Low > 1 || r.Median.High < 1 {
			outside++
		}
		if r.Chance < 0.05 {
			low++
		}
	}
	if alarms > pairs/100 {
		t.Errorf("%d false alarms in %d, 1 %% are promised", alarms, pairs)
	}
	if outside > pairs*2/100 {
		t.Errorf("%d of %d intervals at 99 %% do not hold the truth", outside, pairs)
	}
	if low < pairs*3/100 || low > pairs*7/100 {
		t.Errorf("%d of %d p-values are below 0.05, which should be 5 %%", low, pairs)
	}
}

func TestCompare_FindsAChangeOfATenth(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(3, 4))
	found := 0
	for range 100 {
		a, b := lognormal(rng, request("x"), 3000, 10*time.Millisecond, 0), lognormal(rng, request("x"), 3000, 11*time.Millisecond, 0)
		if report.Compare([]query.HandlerStats{a}, []query.HandlerStats{b}, report.CompareOptions{}).Rows[0].Change == report.ChangeSlower {
			found++
		}
	}
	if found < 90 {
		t.Errorf("10 %% slower was seen in %d of 100", found)
	}
}

func TestCompare_AllTheSameIsNoChange(t *testing.T) {
	t.Parallel()
	s := query.HandlerStats{Handler: request("x")}
	s.Count, s.Sum = 50, 50*time.Millisecond
	s.Hist.AddN(time.Millisecond, 50)
	s.Max = time.Millisecond
	r := report.Compare([]query.HandlerStats{s}, []query.HandlerStats{s}, report.CompareOptions{}).Rows[0]
	if r.Change != report.ChangeNone || r.Chance != 1 {
		t.Errorf("%+v", r)
	}
	if c := report.Compare(nil, nil, report.CompareOptions{}); !strings.Contains(c.Verdict(), "Neither side") {
		t.Error(c.Verdict())
	}
}

func TestComparison_IsWrittenInEveryFormat(t *testing.T) {
	t.Parallel()
	c := twoBuilds()
	var text, md, csv, js, junit bytes.Buffer
	for _, err := range []error{c.Text(&text, report.TextOptions{Width: 80}), c.Markdown(&md), c.CSV(&csv), c.JSON(&js), c.JUnit(&junit)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	requireGolden(t, "compare-80.txt", text.Bytes())
	for name, o := range map[string]report.TextOptions{"compare-200.txt": {Width: 200}, "compare-color.txt": {Width: 100, Color: true}} {
		var b bytes.Buffer
		if err := c.Write(&b, report.FormatText, o); err != nil {
			t.Fatal(err)
		}
		requireGolden(t, name, b.Bytes())
		if coloured := bytes.Contains(b.Bytes(), []byte("\x1b[")); coloured != o.Color {
			t.Errorf("%s: coloured is %t", name, coloured)
		}
	}
	var sarif bytes.Buffer
	if err := c.Write(&sarif, report.FormatSARIF, report.TextOptions{}); err != nil {
		t.Fatal(err)
	}
	requireGolden(t, "compare.sarif", sarif.Bytes())
	requireGolden(t, "compare.md", md.Bytes())
	requireGolden(t, "compare.csv", csv.Bytes())
	requireGolden(t, "compare.json", js.Bytes())
	requireGolden(t, "compare.xml", junit.Bytes())
	for line := range strings.Lines(text.String()) {
		if len([]rune(strings.TrimRight(line, "\n"))) > 80 {
			t.Errorf("wider than 80: %q", line)
		}
	}
	var doc struct {
		Suites []struct {
			Tests    int `xml:"tests,attr"`
			Failures int `xml:"failures,attr"`
			Cases    []struct {
				Name    string    `xml:"name,attr"`
				Failure *struct{} `xml:"failure"`
			} `xml:"testcase"`
		} `xml:"testsuite"`
	}
	if err := xml.Unmarshal(junit.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	failed := 0
	for _, k := range doc.Suites[0].Cases {
		if k.Failure != nil {
			failed++
		}
	}
	if s := doc.Suites[0]; s.Tests != 8 || s.Failures != 2 || failed != 2 {
		t.Errorf("%+v", s)
	}
}

func TestSARIF_PointsIntoTheRepository(t *testing.T) {
	t.Parallel()
	r := mustBuild(t, shop(), hour())
	var out bytes.Buffer
	if err := r.SARIF(&out, "/src/shop"); err != nil {
		t.Fatal(err)
	}
	requireGolden(t, "report.sarif", out.Bytes())
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Results []struct {
				RuleID    string `json:"ruleId"`
				Level     string
				Message   struct{ Text string }
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartLine int }
					}
				}
			}
		}
	}
	if err := json.Unmarshal(out.Bytes(), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 || len(log.Runs[0].Results) == 0 {
		t.Fatalf("%+v", log)
	}
	rules := map[string]bool{}
	for _, r := range log.Runs[0].Tool.Driver.Rules {
		rules[r.ID] = true
	}
	for _, f := range log.Runs[0].Results {
		if !rules[f.RuleID] || f.Message.Text == "" || len(f.Locations) != 1 {
			t.Errorf("%+v", f)
		}
		if strings.Contains(f.Message.Text, "send-confirmation") && (f.Locations[0].PhysicalLocation.ArtifactLocation.URI != "notify/mail.go" || f.Locations[0].PhysicalLocation.Region.StartLine != 41) {
			t.Errorf("%+v", f)
		}
	}
}

func TestT21_T22_FindingsAreInertInEveryFormat(t *testing.T) {
	t.Parallel()
	const evil = "x\x1b]0;owned\x07\x9b2J\r\u202egnp</failure><script>|`=cmd()\xff"
	h := instrument.HandlerInfo{Kind: instrument.KindRequest, Name: evil, Source: instrument.Source{File: "/src/" + evil, Line: 3}}
	f := []report.Finding{{Rule: report.RuleBudget, Level: report.LevelError, Handler: h, Message: evil}}
	var junit, sarif bytes.Buffer
	if err := report.WriteJUnit(&junit, "suite", nil, f); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteSARIF(&sarif, "", f); err != nil {
		t.Fatal(err)
	}
	var x struct{ XMLName xml.Name }
	if err := xml.Unmarshal(junit.Bytes(), &x); err != nil {
		t.Errorf("junit: %v", err)
	}
	if !json.Valid(sarif.Bytes()) {
		t.Error("sarif is no JSON")
	}
	for _, out := range []string{junit.String(), sarif.String()} {
		if !strings.Contains(out, "owned") || strings.ContainsAny(out, "\x1b\x07\r\u202e\u009b") || strings.Contains(out, "<script>") && out == junit.String() {
			t.Errorf("%q", out)
		}
	}
}
