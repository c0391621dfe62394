package widget_test

import (
	"context"
	"encoding/json"
	"html"
	"math"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"
	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar/widget"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func draw(t *testing.T, c templ.Component) string {
	t.Helper()
	var b strings.Builder
	if err := c.Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

const evil = `"><script>alert(1)</script>`

func TestWidgets_EscapeWhatTheyAreGivenAndHaveNoInlineCode(t *testing.T) {
	t.Parallel()
	link := "javascript:alert(1)"
	for name, c := range map[string]templ.Component{
		"numbers": widget.Numbers{{Label: evil, Value: evil, Unit: evil, Note: evil, Href: link, Trend: []float64{1, 2}}, {Label: evil}},
		"table":   widget.Table{Caption: evil, Columns: []widget.Column{{Title: evil}}, Rows: []widget.Row{{{Text: evil, Note: evil, Href: link, Status: widget.Error}}}},
		"nothing": widget.Table{Empty: evil},
		"bars":    widget.Bars{Caption: evil, Head: evil, Unit: evil, Rows: []widget.Bar{{Label: evil, Text: evil, Value: 1, Href: link}}},
		"lines":   widget.Lines{Label: evil, Unit: evil, Lines: []widget.Line{{Label: evil, Values: []float64{1, 2}}}},
		"card":    widget.Card{Title: evil, Note: evil, Href: link, Body: widget.Text(evil)},
		"note":    widget.Note{Status: widget.Status(evil), Title: evil, Text: evil, Fix: evil, Href: link, Action: evil},
		"others":  widget.Stack{widget.Empty{evil, evil}, widget.Code{evil, evil}, widget.Columns{widget.Facts{{Name: evil, Value: evil, Note: evil, Status: widget.OK}}}},
	} {
		got := draw(t, c)
		if strings.Contains(got, "<script") || strings.Contains(got, "javascript:") || strings.Contains(got, " style=") || !strings.Contains(got, "&lt;script") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestBars_AreAsLongAsTheirShareOfTheLargest(t *testing.T) {
	t.Parallel()
	got := draw(t, widget.Bars{Caption: "Sold", Head: "Product", Unit: "pieces", Rows: []widget.Bar{
		{Label: "mug", Value: 2400}, {Label: "bowl", Value: 600.4, Bad: true}, {Label: "vase", Value: math.NaN()}, {Label: "loss", Value: -5}, {Label: "jar", Value: 1.25, Text: "one and a bit"},
	}})
	for _, want := range []string{`<rect width="100.00%" height="8" fill`, `<rect width="25.02%" height="8" fill`, "2,400 pieces", "600.4 pieces", ">–<", "-5 pieces", "one and a bit", "st-bad"} {
		if !strings.Contains(got, want) {
			t.Errorf("it lacks %s:\n%s", want, got)
		}
	}
}

var plot = regexp.MustCompile(`data-plot="([^"]*)"`)

func TestLines_GiveTheScriptTheirValuesWithGaps(t *testing.T) {
	t.Parallel()
	start := time.Date(2026, 5, 4, 12, 0, 0, 0, time.UTC)
	got := draw(t, widget.Lines{Label: "Sales", Unit: "€", Start: start, Step: time.Hour, Lines: []widget.Line{
		{Label: "mugs", Values: []float64{1, math.NaN(), 3}}, {Label: "bowls", Values: []float64{4, math.Inf(1)}}, {Label: "c"}, {Label: "left out", Values: make([]float64, 9)},
	}})
	want := `{"x":[1777896000,1777899600,1777903200],"lines":[{"label":"mugs","class":"plot-a"},{"label":"bowls","class":"plot-b"},{"label":"c","class":"plot-c"}],"y":[[1,null,3],[4,null,null],[null,null,null]],"unit":"€"}`
	if data := html.UnescapeString(plot.FindStringSubmatch(got)[1]); data != want {
		t.Errorf("the script is given %s", data)
	}
	if !strings.Contains(got, "4 May 13:00") || !strings.Contains(got, "3 €") {
		t.Errorf("the table lacks something: %s", got)
	}
}

func TestLines_OfVeryManyValuesHaveTheNewest(t *testing.T) {
	t.Parallel()
	values := make([]float64, widget.MaxValues+500)
	for i := range values {
		values[i] = float64(i)
	}
	var data struct {
		X []int64
		Y [][]float64
	}
	got := draw(t, widget.Lines{Start: time.Unix(0, 0), Step: time.Second, Lines: []widget.Line{{Values: values}}})
	if err := json.Unmarshal([]byte(html.UnescapeString(plot.FindStringSubmatch(got)[1])), &data); err != nil {
		t.Fatal(err)
	}
	if len(data.X) != widget.MaxValues || data.X[0] != 500 || data.Y[0][0] != 500 {
		t.Errorf("%d values from %d", len(data.X), data.X[0])
	}
	if got := draw(t, widget.Lines{Lines: []widget.Line{{Values: []float64{1}}}}); !strings.Contains(got, "Too few values") {
		t.Errorf("one value is %s", got)
	}
}

func TestTable_ShortRowsHaveEmptyCells(t *testing.T) {
	t.Parallel()
	got := draw(t, widget.Table{Caption: "Stock", Columns: []widget.Column{{Title: "Product"}, {Title: "Left", Number: true}}, Rows: []widget.Row{widget.Cells("mug"), widget.Cells("bowl", "7", "too much")}})
	if strings.Count(got, "<td") != 4 || strings.Contains(got, "too much") || !strings.Contains(got, `class="num"`) {
		t.Errorf("%s", got)
	}
}

func TestFormats_AreThoseOfTheDashboard(t *testing.T) {
	t.Parallel()
	if got := []string{widget.Count(12418), widget.Bytes(2100), widget.Duration(612 * time.Millisecond), widget.Percent(.42)}; strings.Join(got, "|") != "12,418|2.05 KiB|612 ms|42 %" {
		t.Errorf("%q", got)
	}
}
