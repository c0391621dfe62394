package view

import (
	"fmt"
	"net/url"
	"strings"
	"time"
)

// Exceptions is the list of errors and panics, alike ones together.
type Exceptions struct {
	Rows     []ExceptionRow
	States   []Choice // what people have said of them, and what is new
	Kinds    []Choice // panics, reported ones
	Sort     string   // the column that they are ordered by
	Text     string   // what is searched for
	Hidden   []Attr   // parameters that a search keeps
	Total    int64    // on all pages
	Unknown  int64    // of a service: more that may have come in it, from before they were counted by service
	Filtered bool     // not all that there are were asked for
	Later    bool     // these are not the first
	Older    string   // cursor of those behind; "" at the end
	Form     ExceptionForm
}

// ExceptionForm is what a viewer may say of exceptions.
type ExceptionForm struct {
	May   bool
	Path  string // where forms go
	Proof string
	Back  string
}

// ExceptionRow is errors or panics that are alike.
type ExceptionRow struct {
	ID, Href  string
	Type      string
	Message   string // of the latest
	Source    string // the innermost place in the app's own code
	Panic     bool
	Reported  bool
	Handler   string // that it came up in
	Kind      Kind   // of the handler
	State     ExceptionState
	Count     int64
	Users     int64 // 0 also when they are not known
	First     time.Time
	Last      time.Time
	FirstIn   string // build; "" unknown
	LastIn    string
	Trend     []float64 // a value a day over the last 30 days
	Sample    string    // id of the newest Record
	MostUsers bool      // Users is all that are counted: there may be more
}

// ExceptionState is what is said of an exception.
type ExceptionState struct {
	Word      string    // "new", "open", "reopened", "resolved", "ignored"
	At        time.Time // since when; zero unknown
	By        string    // who says so; "" unknown
	In        string    // build that it came again in
	NextBuild bool      // resolved in the builds that come after At
}

// Exception is one of them.
type Exception struct {
	ExceptionRow
	PlaceOnly bool // it stands for all messages of its place
	Causes    []Cause
	Stack     []Frame
	StackOf   string // build that the stack is of; "" unknown
	Builds    []ExceptionIn
	Services  []ExceptionIn // when there are several
	UserRows  []ExceptionIn
	In        []ExceptionIn // kinds of Records
	Records   []RecordRow
	Gone      int64 // Records that are not kept any more, or not listed
	Form      ExceptionForm
}

// Cause is an error that another one wraps.
type Cause struct {
	Depth   int // how many errors are around it
	Type    string
	Message string
}

// ExceptionIn is how often an exception came to a user, to a kind of Record or in a build.
type ExceptionIn struct {
	Name  string
	Kind  Kind // "" where it is no handler
	Count int64
	Share float64 // of all
	Last  time.Time
}

// Excerpt is a part of a file around a line.
type Excerpt struct {
	First   int // number of the first line
	Line    int // the one that it is about
	Lines   []string
	Changed bool // the file was changed since
}

// Exception links to one exception.
func (b Base) Exception(id string) string { return b.Page("exceptions/" + url.PathEscape(id)) }

// where is the type of an error with its place.
func (r ExceptionRow) where() string {
	return strings.Trim(r.Type+" "+r.Source, " ")
}

// badge is the state as lists show it; those that are open have none.
func (s ExceptionState) badge() Badge {
	switch s.Word {
	case "new":
		return Badge{StatusNew, "new"}
	case "reopened":
		return Badge{StatusBad, "came again"}
	case "resolved":
		return Badge{StatusOK, "resolved"}
	case "ignored":
		return Badge{StatusOff, "ignored"}
	}
	return Badge{}
}

// sentence says what is said of it, since when and by whom.
func (s ExceptionState) sentence(now time.Time) string {
	when, by := "", ""
	if !s.At.IsZero() {
		when = " " + Ago(s.At, now)
	}
	if s.By != "" {
		by = " by " + s.By
	}
	switch s.Word {
	case "reopened":
		in := ""
		if s.In != "" {
			in = " in build " + s.In
		}
		return "It was resolved and came again" + when + in + ": it is open again."
	case "resolved":
		if s.NextBuild {
			return "Resolved" + by + when + " for the next build: in that it is opened again should it come."
		}
		return "Resolved" + by + when + ": should it come again, it is opened again."
	case "ignored":
		return "Ignored" + by + when + ": it is counted, and stays ignored when it comes."
	case "new":
		return "New: first seen within a day."
	}
	return ""
}

// can tells which buttons there are.
func (s ExceptionState) can(do string) bool {
	switch s.Word {
	case "resolved":
		return do == "reopen"
	case "ignored":
		return do == "reopen" || do == "resolve"
	}
	return do != "reopen"
}

func (r ExceptionRow) usersText() string {
	if r.MostUsers {
		return Count(r.Users) + "+"
	}
	return Count(r.Users)
}

// shown says how many of how many are listed.
func (m Exceptions) shown() string {
	return Count(int64(len(m.Rows))) + " of " + plural(m.Total, "exception")
}

// tiles are the figures of one exception.
func (m Exception) tiles(now time.Time) []tile {
	build := func(name string) string {
		if name == "" {
			return ""
		}
		return "in build " + shortBuild(name)
	}
	users := tile{label: "Users", value: m.usersText(), note: "known to be affected"}
	if m.Users == 0 {
		users.note = "none was known"
	}
	return []tile{
		{label: "Occurrences", value: Count(m.Count), note: "over the last 30 days:", spark: m.Trend, bad: true},
		users,
		{label: "First seen", value: Ago(m.First, now), note: build(m.FirstIn)},
		{label: "Last seen", value: Ago(m.Last, now), note: build(m.LastIn)},
	}
}

// facts are the single values of an exception.
func (m Exception) facts() []Attr {
	return filled([]Attr{
		{Key: "Type", Value: m.Type}, {Key: "First seen", Value: m.First.Format("2006-01-02 15:04:05")},
		{Key: "Last seen", Value: m.Last.Format("2006-01-02 15:04:05")}, {Key: "Fingerprint", Value: m.ID},
	})
}

// frameRun is a part of a stack: one frame of the app, or those of libraries that follow
// each other.
type frameRun struct {
	own    bool
	frames []Frame
}

func (r frameRun) text() string {
	last := r.frames[len(r.frames)-1].Func
	if len(r.frames) == 1 {
		return "1 call of a library: " + last
	}
	return fmt.Sprintf("%d calls of libraries, to %s", len(r.frames), last)
}

// runs folds the frames of libraries, so that the app's own are what is seen first.
func (m Exception) runs() (rs []frameRun) {
	for _, f := range m.Stack {
		if n := len(rs); !f.Own && n > 0 && !rs[n-1].own {
			rs[n-1].frames = append(rs[n-1].frames, f)
			continue
		}
		rs = append(rs, frameRun{f.Own, []Frame{f}})
	}
	return rs
}

// firstExcerpt is the index of the run that is shown with its lines at once.
func (m Exception) firstExcerpt() int {
	for i, r := range m.runs() {
		if r.own && r.frames[0].Excerpt != nil {
			return i
		}
	}
	return -1
}

func shortBuild(name string) string {
	if len(name) <= 13 {
		return name
	}
	revision, dirty := strings.CutSuffix(name, "+")
	revision = revision[:12]
	if dirty {
		revision += "+"
	}
	return revision
}

func (i ExceptionIn) build() string {
	if i.Name == "" {
		return "unknown build"
	}
	return shortBuild(i.Name)
}

// excerptLine numbers a line and points to the one that matters.
func excerptLine(n int, line string, here bool) string {
	mark := " "
	if here {
		mark = "▸"
	}
	return fmt.Sprintf("%s%5d  %s\n", mark, n, line)
}

// quoteFilter makes a value of a filter of any text.
func quoteFilter(s string) string {
	if strings.ContainsAny(s, " \"()\\") {
		return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
	}
	return s
}

// unknownService says how many exceptions nobody knows the service of.
func unknownService(n int64) string {
	if n == 1 {
		return "1 more came before exceptions were counted by service: it may have come in this one, too."
	}
	return Count(n) + " more came before exceptions were counted by service: they may have come in this one, too."
}
