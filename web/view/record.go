package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"
)

// Panel is one part of a Record that has a tab and an address.
type Panel struct {
	Name  string // in addresses; "" is the waterfall
	Label string
	Kind  Kind // whose spans it counts; "" counts none
}

// Panels are the panels of a Record in the order of their tabs.
var Panels = []Panel{
	{"", "Waterfall", ""},
	{"command", "Command", ""},
	{"sql", "SQL", KindQuery},
	{"signals", "Signals", KindSignal},
	{"middleware", "Middleware", KindLayer},
	{"cache", "Cache", KindCache},
	{"calls", "Outgoing", KindCall},
	{"templates", "Templates", KindRender},
	{"tasks", "Tasks", KindTask},
	{"files", "Static files", KindFile},
	{"custom", "Custom", KindCustom},
	{"logs", "Logs", KindLog},
	{"alerts", "Alerts", ""},
	{"exceptions", "Exceptions", KindException},
	{"request", "Request", ""},
	{"time", "Time", ""},
	{"versions", "Versions", ""},
	{"settings", "Settings", ""},
}

// KnownPanel tells whether a Record has a panel of this name, or may have: those of kinds
// that apps have described begin with "kind-".
func KnownPanel(name string) bool {
	return strings.HasPrefix(name, shapePrefix) || slices.ContainsFunc(Panels, func(p Panel) bool { return p.Name == name })
}

// recordView is a Record with what is derived from its spans.
type recordView struct {
	Record
	here     URL
	t        *timeline
	selected int // span in the inspector, negative for none
	verdict  Verdict
	scale    scale
	drawer   bool // in the toolbar: no room for the inspector, no script that collapses
}

func newRecordView(s Shell, m Record) recordView {
	v := recordView{Record: m, here: s.Here, t: newTimeline(m.Spans, m.Duration), selected: -1}
	v.t.loops = m.loops()
	v.scale = scaleFor(v.t.total)
	if m.Verdict != nil {
		v.verdict = *m.Verdict
	} else {
		v.verdict = v.t.verdict()
	}
	if i, err := strconv.Atoi(s.Here.Get("span")); err == nil && i >= 0 && i < len(m.Spans) {
		v.selected = i
	} else {
		v.selected = v.verdict.point()
	}
	return v
}

// point is the span that the verdict is about: the receiver or view rather than the call inside it.
func (v Verdict) point() int {
	if v.InSpan >= 0 && v.In != "" && v.InKind != KindView {
		return v.InSpan
	}
	return v.Span
}

// verdict names the step with most own time, and the second where it matters.
func (t *timeline) verdict() Verdict {
	v := Verdict{Span: -1, InSpan: -1}
	hs := t.heaviest(-1)
	if len(hs) == 0 {
		v.Lead = "Nothing was recorded inside"
		return v
	}
	h := hs[0]
	s := t.spans[h.first]
	v.Kind, v.Name, v.Span, v.Time = s.Kind, s.Name, h.first, h.own
	v.Lead = lead(s.Kind, Share(h.own, t.total), h.count)
	if a := t.ancestor(h.first); a >= 0 {
		v.In, v.InKind, v.InSpan = t.spans[a].Name, t.spans[a].Kind, a
	}
	if len(hs) > 1 && Share(hs[1].own, t.total) >= 0.1 {
		next := t.spans[hs[1].first]
		v.More = fmt.Sprintf("%s cost another %s.", times(cut(next.Name, 72), hs[1].count), Dur(hs[1].own))
	}
	return v
}

// cost ends the sentence of the verdict: how much of the whole, and what else.
func (v recordView) cost() string {
	text := "."
	if v.verdict.Time > 0 {
		share := Share(v.verdict.Time, v.t.total)
		text = ": " + v.scale.num(v.verdict.Time) + " of " + v.scale.with(v.t.total) + " (" + Percent(share) + ")."
	}
	if v.verdict.More != "" {
		text += " " + v.verdict.More
	}
	return text
}

// lead opens the sentence.
func lead(k Kind, share float64, count int) string {
	if share < 0.25 {
		return "No single step stands out; most time is in"
	}
	switch {
	case k == KindCall && count > 1:
		return fmt.Sprintf("Mostly waiting, %d times, for", count)
	case k == KindCall:
		return "Mostly waiting for"
	case k == KindQuery && count == 1:
		return "Mostly the query"
	case count > 1:
		return fmt.Sprintf("Mostly %d times %s", count, kindWord(k))
	default:
		return "Mostly own time of " + kindWord(k)
	}
}

func kindWord(k Kind) string {
	if k == KindView || k == KindReceiver || k == KindLayer || k == KindCommand || k == KindTask {
		return "the " + string(k)
	}
	return "the " + or(string(k), "step")
}

func times(name string, n int) string {
	if n > 1 {
		return fmt.Sprintf("%d times %s", n, name)
	}
	return name
}

// tab is a panel with its count and whether something is wrong in it.
type tab struct {
	Panel
	count   int64 // negative shows none
	status  Status
	current bool
}

// tabs are the panels that this Record has: those of a kind that nothing recorded are still there, because an
// empty panel says how to fill it.
func (v recordView) tabs() []tab {
	var out []tab
	for _, p := range Panels {
		if p.Kind == KindLog {
			out = append(out, v.shapedTabs()...)
		}
		if v.leavesOut(p) {
			continue
		}
		t := tab{Panel: p, count: -1, current: p.Name == v.Panel}
		switch {
		case p.Name == "":
			t.count = int64(len(v.Spans)) + v.capped("")
		case p.Name == "alerts":
			as := v.alerts()
			t.count, t.status = int64(len(as)), worstAlert(as)
		case p.Kind == KindCustom:
			t.count = int64(len(newKindSet(v, KindCustom).spans)) + v.capped(KindCustom)
		case p.Kind == KindException:
			if t.count = int64(len(v.exceptions())); t.count > 0 {
				t.status = StatusBad
			}
		case p.Kind != "":
			t.count = int64(len(v.t.ofKind(p.Kind))) + v.capped(p.Kind)
			t.status = v.worst(p.Kind)
		}
		out = append(out, t)
	}
	return out
}

// leavesOut tells which panels a Record does without: those that cannot have anything for its kind, and that of
// the app's own spans unless there are some. The panel that is asked for always has its tab.
func (v recordView) leavesOut(p Panel) bool {
	switch {
	case p.Name == v.Panel:
		return false
	case p.Name == "request":
		return v.Request == nil
	case p.Name == "command":
		return v.Command == nil
	case p.Kind == KindFile:
		return len(v.t.ofKind(KindFile)) == 0
	case p.Kind == KindCustom:
		return len(newKindSet(v, KindCustom).spans) == 0
	}
	return false
}

// capped is how many spans were left out; of every kind with an empty one.
func (v recordView) capped(k Kind) (n int64) {
	for _, c := range v.Caps {
		if k == "" || c.Kind == k {
			n += c.Count
		}
	}
	return n
}

// worst is the worst that happened in spans of a kind; a signal answers for its receivers.
func (v recordView) worst(k Kind) Status {
	worst := Status("")
	for _, s := range v.Spans {
		if s.Kind != k && !(k == KindSignal && s.Kind == KindReceiver) {
			continue
		}
		if s.Err != "" || s.Panicked || s.Level == "ERROR" {
			return StatusBad
		}
		if s.Slow || s.Level == "WARN" {
			worst = StatusSlow
		}
	}
	if k == KindQuery && worst == "" && v.t.repeated() > 0 {
		worst = StatusSlow
	}
	return worst
}

// title is the heading: what came in.
func (v recordView) title() string {
	name := or(v.Name, v.Route)
	if v.Kind == KindCommand {
		name = cut(name, 120) // its panel has the whole command line
	}
	return strings.TrimSpace(v.Method + " " + name)
}

// codeBadge is the answer: an HTTP status or an exit code.
func (v recordView) codeBadge() Badge {
	b := Badge{Status: v.Status}
	switch {
	case v.Running:
		return Badge{StatusNew, "running"}
	case v.Kind == KindCommand:
		b.Text = fmt.Sprintf("exit %d", v.Code)
	case v.Code > 0:
		b.Text = strings.TrimSpace(fmt.Sprintf("%d %s", v.Code, cut(v.CodeText, 40)))
	default:
		b.Text = v.Status.Label()
	}
	// Slow has a badge of its own: the answer itself was fine.
	if b.Status == StatusSlow {
		b.Status = StatusOK
	}
	return b
}

// badges are the findings beside the title.
func (v recordView) badges() []Badge {
	out := []Badge{v.codeBadge()}
	if v.Status == StatusSlow || (v.SlowOver > 0 && v.Duration > v.SlowOver) {
		text := "slow"
		if v.SlowOver > 0 {
			text += ", limit " + wholeDur(v.SlowOver)
		}
		out = append(out, Badge{StatusSlow, text})
	}
	if len(v.Badges) > 0 {
		return append(out, v.Badges...)
	}
	return append(out, v.findings()...)
}

// findings are the badges that the spans themselves justify.
func (v recordView) findings() []Badge {
	var out []Badge
	failed := 0
	for _, s := range v.Spans {
		if s.Kind == KindReceiver && (s.Err != "" || s.Panicked) {
			failed++
		}
	}
	if failed > 0 {
		out = append(out, Badge{StatusBad, plural(int64(failed), "receiver") + " failed"})
	}
	if n := v.t.repeated(); n > 0 {
		out = append(out, Badge{StatusSlow, fmt.Sprintf("N+1 ×%d", n)})
	}
	return out
}

// facts are the short texts under the title.
func (v recordView) facts() []string {
	var out []string
	add := func(ok bool, text string) {
		if ok {
			out = append(out, text)
		}
	}
	add(v.User != "", cut(v.User, 80))
	add(v.Route != "" && v.Route != v.Name && v.Route != v.Method+" "+v.Name, v.Route)
	add(v.BytesIn > 0, Bytes(v.BytesIn)+" in")
	add(v.BytesOut > 0, Bytes(v.BytesOut)+" out")
	add(v.Build != "", "build "+v.Build)
	add(v.Process != "", v.Process)
	add(v.ClientErr != "", v.ClientErr)
	add(v.OwnCost > 0, "toolbar's own cost "+Dur(v.OwnCost))
	return out
}

// base says what the time is to be compared with.
func (v recordView) base() string {
	if v.Median > 0 {
		what := "route"
		if v.Kind != KindRequest {
			what = string(v.Kind)
		}
		return "median of this " + what + " " + Dur(v.Median)
	}
	return "wall clock"
}

// inspector is what is known of the selected span.
type inspector struct {
	Span
	i        int
	badges   []Badge
	position string // "2nd of 5 receivers"
	share    float64
	own      time.Duration
	after    string // the step before it
	why      string
}

// starts says when the span began, and after what.
func (in inspector) starts(sc scale) string {
	text := sc.with(in.Start)
	if in.after != "" {
		text += ", after " + cut(in.after, 40)
	}
	return text
}

// inspect collects what is to be said of the selected span.
func (v recordView) inspect() (inspector, bool) {
	i := v.selected
	if i < 0 || i >= len(v.Spans) {
		return inspector{}, false
	}
	s := v.Spans[i]
	in := inspector{Span: s, i: i, own: v.t.own[i], share: Share(s.Duration, v.t.total)}
	switch {
	case s.Panicked:
		in.badges = append(in.badges, Badge{StatusBad, "panic"})
	case s.Err != "":
		in.badges = append(in.badges, Badge{StatusBad, "failed"})
	case s.Skipped != "":
		in.badges = append(in.badges, Badge{StatusOff, "not called"})
	}
	if s.Slow {
		text := "slow"
		if s.Limit > 0 {
			text += ", limit " + wholeDur(s.Limit)
		}
		in.badges = append(in.badges, Badge{StatusSlow, text})
	}
	in.position, in.after = v.place(i)
	if s.Slow || in.share >= 0.25 {
		in.why = v.why(i)
	}
	return in, true
}

// place says which of its kind a span is among its siblings, and what ran before it.
func (v recordView) place(i int) (position, after string) {
	p := v.t.parent(i)
	if p < 0 {
		return "", ""
	}
	n, at := 0, 0
	before := -1
	for _, c := range v.t.children[p] {
		if v.Spans[c].Kind == v.Spans[i].Kind {
			n++
			if c == i {
				at = n
			}
		}
		if v.t.end(c) <= v.Spans[i].Start && c != i && v.Spans[c].Duration > 0 {
			before = c
		}
	}
	if n > 1 {
		position = fmt.Sprintf("%s of %s", ordinal(at), plural(int64(n), string(v.Spans[i].Kind)))
	}
	if before >= 0 {
		after = v.Spans[before].Name
	}
	return position, after
}

// why says in one sentence what a span spends its time on.
func (v recordView) why(i int) string {
	s := v.Spans[i]
	for _, h := range v.t.heaviest(i) {
		share := Share(h.own, s.Duration)
		if share < 0.1 {
			break
		}
		part := fmt.Sprintf("%s of %s", v.scale.num(h.own), v.scale.with(s.Duration))
		switch {
		case h.first == i:
			return part + " are its own time: no step inside it was recorded for them."
		case v.Spans[h.first].Kind == KindCall:
			return part + " wait for " + cut(v.Spans[h.first].Name, 90) + "."
		default:
			return part + " are in " + times(cut(v.Spans[h.first].Name, 90), h.count) + "."
		}
	}
	return ""
}

func ordinal(n int) string {
	if n%100/10 != 1 {
		switch n % 10 {
		case 1:
			return fmt.Sprintf("%dst", n)
		case 2:
			return fmt.Sprintf("%dnd", n)
		case 3:
			return fmt.Sprintf("%drd", n)
		}
	}
	return fmt.Sprintf("%dth", n)
}

// leftOut sums up what caps left out.
func (v recordView) leftOut() string {
	n := int64(len(v.Spans)) + v.capped("")
	return plural(n, "span") + ", " + Count(v.capped("")) + " left out"
}

// spanHref links to the page with a span selected.
func (v recordView) spanHref(i int) string {
	return v.here.With("span", strconv.Itoa(i)) + "#s" + strconv.Itoa(i)
}

// maxLinkName is how much of a linked Record's name is shown.
const maxLinkName = 80

// title is the whole name of a link where that was cut.
func (l Link) title() templ.Attributes {
	if cut(l.Name, maxLinkName) == l.Name {
		return nil
	}
	return templ.Attributes{"title": l.Name}
}

// text is what is known of a linked Record beside its name.
func (l Link) text() string {
	var parts []string
	if l.Note != "" {
		parts = append(parts, l.Note)
	}
	if l.Duration > 0 {
		parts = append(parts, Dur(l.Duration))
	}
	if l.ID == "" {
		parts = append(parts, "not kept")
	}
	return strings.Join(parts, ", ")
}

// several is what spans of the kind are called within a sentence.
func (k Kind) several() string {
	switch k {
	case KindQuery:
		return "queries"
	case KindCache:
		return "cache calls"
	case KindLog:
		return "log lines"
	case KindView:
		return "views"
	case KindLayer:
		return "layers"
	case KindCustom:
		return "spans"
	}
	return strings.ToLower(k.Label())
}

func (c Cap) title() string {
	what := "spans"
	if c.Kind != "" {
		what = c.Kind.several()
	}
	if c.Name != "" {
		return "+" + Count(c.Count) + " more " + what + " like " + cut(c.Name, 60)
	}
	return "+" + Count(c.Count) + " more " + what + " were not kept"
}

func (c Cap) text() string {
	if c.Limit > 0 {
		return "The cap is " + Count(c.Limit) + " spans a record. Statistics include all of them."
	}
	return "A limit of this record was reached. Statistics include all of them."
}

// panelKind is the kind that a panel is about.
func panelKind(name string) Kind {
	for _, p := range Panels {
		if p.Name == name {
			return p.Kind
		}
	}
	return ""
}

func sumKinds(ks []kindTime) (sum time.Duration) {
	for _, k := range ks {
		sum += k.time
	}
	return sum
}

// splitPart is one kind's piece of the split bar.
type splitPart struct {
	kind     Kind
	x, width float64
}

// splitParts places the pieces one after the other; none is too small to be seen.
func splitParts(ks []kindTime) []splitPart {
	const least = 0.003
	sum := sumKinds(ks)
	out := make([]splitPart, len(ks))
	whole := 0.0
	for i, k := range ks {
		out[i] = splitPart{kind: k.kind, width: max(least, Share(k.time, sum))}
		whole += out[i].width
	}
	x := 0.0
	for i := range out {
		out[i].width /= whole
		out[i].x = x
		x += out[i].width
	}
	return out
}

// branches tells whether what a Record led to is a tree that one line cannot show.
func (v recordView) branches() bool {
	if len(v.Consequences) > 3 {
		return true
	}
	for _, l := range v.Consequences {
		if l.Depth > 0 {
			return true
		}
	}
	return false
}
