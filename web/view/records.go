package view

import (
	"context"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/a-h/templ"
)

// heading names a list of Records of this kind.
func (k Kind) heading() string {
	switch k {
	case "", KindRequest:
		return "Requests"
	case KindSignal:
		return "Loose signals"
	default:
		return k.Label()
	}
}

// one names a single Record of this kind.
func (k Kind) one() string {
	switch k {
	case KindCommand:
		return "Command"
	case KindTask:
		return "Task"
	case KindSignal:
		return "Signal"
	case "test":
		return "Test"
	case "output":
		return "Output"
	default:
		return "Request"
	}
}

func (m RecordList) filtered() bool { return m.Query != "" || len(m.Tokens) > 0 }

// order says how the list is ordered.
func (m RecordList) order() string {
	switch m.Sort {
	case "", "time":
		if m.Asc {
			return "oldest first"
		}
		return "newest first"
	default:
		if m.Asc {
			return "by " + m.Sort + ", least first"
		}
		return "by " + m.Sort + ", most first"
	}
}

// live names the stream that adds rows. Only a list that begins with the newest can grow at its top.
func (m RecordList) live(s Shell) templ.Attributes {
	if s.Live == nil || s.Live.URL == "" || (m.Sort != "" && m.Sort != "time") || m.Asc || m.Newer != "" {
		return templ.Attributes{"class": "list"}
	}
	a := templ.Attributes{"class": "list", "data-live": s.Live.URL}
	if s.Live.Paused {
		a["data-paused"] = "true"
	}
	return a
}

// matchText says how many match, and what was not looked at.
func (m RecordList) matchText() string {
	if m.Searched > 0 {
		return "searched " + Count(m.Searched) + " of " + Count(m.All) + " in the time allowed"
	}
	if m.Total < 0 {
		return ""
	}
	return Count(m.Total) + " match, none left out"
}

// matches says how many of them are on this page.
func (m RecordList) matches() string {
	if m.Total < 0 || m.Searched > 0 {
		return plural(int64(len(m.Rows)), "row")
	}
	return Count(int64(len(m.Rows))) + " of " + Count(m.Total)
}

func (t Token) text() string {
	if t.Key == "" {
		return t.Value
	}
	return t.Key + ":" + t.Value
}

// recordColumns are the columns that may be left out, and whether they are there unless somebody chooses.
var recordColumns = []Column{
	{"time", "Time", true}, {"code", "Code", true}, {"sql", "SQL", true}, {"signals", "Signals", true},
	{"note", "Note", true}, {"user", "User", true}, {"size", "Size", false}, {"cost", "Toolbar's cost", false}, {"tags", "Tags", false}, {"id", "Id", false},
}

// RecordColumns are the columns of a list as the parameters "col" choose them; with one that is no column, such as
// "none", all can be left out.
func RecordColumns(here URL) []Column {
	out := slices.Clone(recordColumns)
	chosen := here.Query["col"]
	for i := range out {
		if len(chosen) > 0 {
			out[i].Shown = slices.Contains(chosen, out[i].Name)
		}
	}
	return out
}

// ReadsRecords tells whether the columns that are chosen show what stands in the Records themselves and not in their
// lines, so that it has to be read for each row.
func ReadsRecords(here URL) bool {
	s := Shell{Here: here}
	return s.shows("size") || s.shows("cost")
}

// sizeText is the size of an answer.
func (r RecordRow) sizeText() string {
	if r.Size < 0 {
		return "–"
	}
	return Bytes(r.Size)
}

// costText is what recording took.
func (r RecordRow) costText() string {
	if r.Cost <= 0 {
		return "–"
	}
	return Dur(r.Cost)
}

// shows tells whether a list has a column.
func (s Shell) shows(column string) bool {
	return slices.ContainsFunc(RecordColumns(s.Here), func(c Column) bool { return c.Name == column && c.Shown })
}

// kept are the parameters that a form must carry along besides its own.
func (s Shell) kept(own ...string) []Attr {
	var out []Attr
	for _, k := range slices.Sorted(maps.Keys(s.Here.Query)) {
		if k == "before" || k == "after" || k == "fragment" || slices.Contains(own, k) {
			continue
		}
		for _, v := range s.Here.Query[k] {
			out = append(out, Attr{Key: k, Value: v})
		}
	}
	return out
}

func (r RecordRow) bad() bool {
	return r.Status == StatusBad || (r.Kind == KindRequest && r.Code >= 500) || (r.Kind == KindCommand && r.Code != 0)
}

// shown is the status with that of a Record that still runs.
func (r RecordRow) shown() Status {
	if r.Running {
		return StatusNew
	}
	return r.Status
}

func (r RecordRow) barClass() string {
	if r.Status == StatusBad || r.Status == StatusSlow {
		return "st-" + string(r.Status)
	}
	return ""
}

func (r RecordRow) noteClass() string {
	if r.Status == StatusBad {
		return "st-bad"
	}
	return "dim"
}

func codeText(code int) string { return strconv.Itoa(code) }

// needRows notes the icons that rows may need which come later, over the stream.
func needRows(ctx context.Context, m RecordList) {
	for _, name := range []string{"ok", "slow", "bad", "off", "new", m.Kind.rowIcon()} {
		need(ctx, name)
	}
}

// rowIcon is the icon of the rows of a list.
func (k Kind) rowIcon() string {
	if k == "" {
		return KindRequest.icon()
	}
	return k.icon()
}

// nanos is a duration for the script that draws the bars of a live list anew.
func nanos(d time.Duration) string { return strconv.FormatInt(int64(d), 10) }

// cleanRows draws rows outside a page.
func cleanRows(rows templ.Component) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		buf := templ.GetBuffer()
		defer templ.ReleaseBuffer(buf)
		if err := rows.Render(ctx, buf); err != nil {
			return err
		}
		return writeClean(w, buf.Bytes())
	})
}

// canSave tells whether the filter that applies can be kept under a name.
func (m RecordList) canSave() bool {
	return m.Forms != nil && m.Forms.Tag && m.Filter != "" && !slices.ContainsFunc(m.Saved, func(c Choice) bool { return c.Current })
}
