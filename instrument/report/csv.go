package report

import (
	"encoding/csv"
	"io"
	"strconv"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/report/term"
)

// csvColumns are the columns of the CSV form; new ones are added at the end.
var csvColumns = []struct {
	title string
	cell  func(r *Row) string
}{
	{"kind", func(r *Row) string { return csvText(r.Kind.String()) }},
	{"handler", func(r *Row) string { return csvText(r.Name) }},
	{"func", func(r *Row) string { return csvText(r.Source.Func) }},
	{"file", func(r *Row) string { return csvText(r.Source.File) }},
	{"line", func(r *Row) string { return strconv.Itoa(r.Source.Line) }},
	{"count", func(r *Row) string { return csvCount(r.Count) }},
	{"errors", func(r *Row) string { return csvCount(r.Errors) }},
	{"panics", func(r *Row) string { return csvCount(r.Panics) }},
	{"slow", func(r *Row) string { return csvCount(r.Slow) }},
	{"slow_approximate", func(r *Row) string { return strconv.FormatBool(r.SlowAbout) }},
	{"share", func(r *Row) string { return strconv.FormatFloat(r.Share, 'f', 6, 64) }},
	{"total_ns", func(r *Row) string { return csvCount(uint64(r.Total)) }},
	{"self_ns", func(r *Row) string { return csvCount(uint64(r.Self)) }},
	{"avg_ns", func(r *Row) string { return csvCount(uint64(r.Avg)) }},
	{"p50_ns", func(r *Row) string { return csvCount(uint64(r.P50)) }},
	{"p95_ns", func(r *Row) string { return csvCount(uint64(r.P95)) }},
	{"p99_ns", func(r *Row) string { return csvCount(uint64(r.P99)) }},
	{"max_ns", func(r *Row) string { return csvCount(uint64(r.Max)) }},
	{"samples", csvSamples},
}

// CSV writes the rows for a spreadsheet, one handler a line below a line of names.
// A text that a spreadsheet would run as a formula begins with an apostrophe.
func (r *Report) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := make([]string, len(csvColumns))
	for i, c := range csvColumns {
		record[i] = c.title
	}
	out.Write(record) // errors stay in the writer until Flush
	for i := range r.Rows {
		for j, c := range csvColumns {
			record[j] = c.cell(&r.Rows[i])
		}
		out.Write(record)
	}
	out.Flush()
	return out.Error()
}

func csvCount(n uint64) string { return strconv.FormatUint(n, 10) }

func csvSamples(r *Row) string {
	ids := make([]string, len(r.Samples))
	for i, s := range r.Samples {
		ids[i] = s.ID.String()
	}
	return strings.Join(ids, " ")
}

// csvText makes captured text a cell: one line, cleaned, and never a formula. The
// characters are those with which spreadsheets begin one, also behind spaces.
func csvText(s string) string {
	bare := strings.TrimLeft(s, " \t\r\n")
	if bare != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(bare)[0]) {
		return "'" + term.Line(s)
	}
	return term.Line(s)
}
