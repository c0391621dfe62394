package view

import (
	"fmt"
	"strings"
)

// node is a box of the signal graph.
type node struct {
	kind             Kind
	name, note       string
	class, textClass string
	x, y, width      float64
}

// fits is how many characters of a name the box holds.
func (n node) fits() int { return int((n.width - 40) / 6.6) }

func (n node) mid() float64 { return n.y + 22 }

// edge joins two boxes with an arrow.
type edge struct {
	class, path, arrow string
}

// graph is the signal between its senders and its receivers, in columns.
type graph struct {
	nodes []node
	edges []edge
	box   string
	label string
}

// The columns of the graph: senders, the signal, receivers, what they cause.
const (
	graphWidth    = 998
	senderX       = 0.5
	senderWidth   = 196
	signalX       = 276
	signalWidth   = 200
	receiverX     = 566
	receiverWidth = 210
	causeX        = 856
	causeWidth    = 141
	nodeStep      = 56
)

// maxSenders keeps the graph readable; the others are one box that counts them.
const maxSenders = 8

func (d SignalDetail) graph() graph {
	senders := foldSenders(d.Senders)
	rows := max(len(senders), len(d.Receivers), 1)
	height := float64(rows*nodeStep + 4)
	g := graph{box: fmt.Sprintf("0 0 %d %.0f", graphWidth, height)}
	center := node{
		kind: KindSignal, name: d.Name, class: "signal", x: signalX, width: signalWidth, y: height/2 - 22,
		note: plural(d.Sent, "send") + ", " + plural(int64(len(d.Receivers)), "receiver"),
	}
	top := (height - float64(len(senders)*nodeStep-12)) / 2
	for i, s := range senders {
		n := node{kind: s.Kind, name: s.Name, note: s.text(), x: senderX, width: senderWidth, y: top + float64(i*nodeStep)}
		g.nodes = append(g.nodes, n)
		g.join(n, center, "")
	}
	g.nodes = append(g.nodes, center)
	top = (height - float64(len(d.Receivers)*nodeStep-12)) / 2
	for i, r := range d.Receivers {
		n := r.node(i)
		n.y = top + float64(i*nodeStep)
		g.nodes = append(g.nodes, n)
		g.join(center, n, r.edgeClass())
		g.causes(n, r.Causes)
	}
	g.label = d.sentence(senders)
	return g
}

// causes adds what a receiver leads to. One box stands for several: the table names all of them.
func (g *graph) causes(from node, cs []GraphNode) {
	if len(cs) == 0 {
		return
	}
	c := cs[0]
	n := node{kind: c.Kind, name: c.Name, note: c.text(), x: causeX, y: from.y, width: causeWidth}
	if len(cs) > 1 {
		n.note = fmt.Sprintf("and %d more", len(cs)-1)
	}
	class := ""
	if c.Async {
		class = "async"
	}
	if c.Kind == KindSignal {
		n.class = "signal"
	}
	g.nodes = append(g.nodes, n)
	g.join(from, n, class)
}

// join draws a curve from the right of one box to the left of another.
func (g *graph) join(a, b node, class string) {
	x1, y1, x2, y2 := a.x+a.width, a.mid(), b.x, b.mid()
	bend := (x2 - x1) / 2
	g.edges = append(g.edges, edge{
		class: class,
		path:  fmt.Sprintf("M%.1f %.1fC%.1f %.1f %.1f %.1f %.1f %.1f", x1, y1, x1+bend, y1, x2-bend, y2, x2-7, y2),
		arrow: fmt.Sprintf("M%.1f %.1fl-8-4v8z", x2, y2),
	})
}

// node is the box of the receiver called as the i-th.
func (r ReceiverRow) node(i int) node {
	n := node{kind: KindReceiver, name: fmt.Sprintf("%d %s", i+1, r.Name), x: receiverX, width: receiverWidth}
	n.note = plural(r.Called, "call")
	switch {
	case r.Failed+r.Panics > 0:
		n.class, n.textClass = "fail", "bad"
		n.note += fmt.Sprintf(", %s failed", Count(r.Failed+r.Panics))
	case r.Status == StatusSlow:
		n.class, n.textClass = "slow", "slow"
		n.note += ", p95 " + Dur(r.P95) + ": slow"
	case r.Async:
		n.note += ", queued"
	case r.Skipped > r.Called:
		n.class = "off"
		n.note += fmt.Sprintf(", %s skipped", Count(r.Skipped))
	case r.Called > 0:
		n.note += ", p95 " + Dur(r.P95)
	}
	return n
}

func (r ReceiverRow) edgeClass() string {
	switch {
	case r.Failed+r.Panics > 0:
		return "bad"
	case r.Status == StatusSlow:
		return "slow"
	case r.Skipped > r.Called:
		return "off"
	default:
		return ""
	}
}

// text says how often: "1 send", "41 runs".
func (n GraphNode) text() string {
	return plural(n.Count, strings.TrimSuffix(or(n.Unit, "sends"), "s"))
}

// foldSenders joins the senders beyond maxSenders.
func foldSenders(all []GraphNode) []GraphNode {
	if len(all) <= maxSenders {
		return all
	}
	rest := GraphNode{Kind: KindCustom, Name: fmt.Sprintf("%d more places", len(all)-maxSenders+1), Unit: "sends"}
	for _, s := range all[maxSenders-1:] {
		rest.Count += s.Count
	}
	return append(all[:maxSenders-1:maxSenders-1], rest)
}

// sentence says the graph in words.
func (d SignalDetail) sentence(senders []GraphNode) string {
	var from, to []string
	for _, s := range senders {
		from = append(from, s.Name)
	}
	for _, r := range d.Receivers {
		text := r.Name
		if r.Failed+r.Panics > 0 {
			text += ", " + Count(r.Failed+r.Panics) + " failed"
		} else if r.Status == StatusSlow {
			text += ", slow"
		}
		to = append(to, text)
	}
	text := d.Name
	if len(from) > 0 {
		text = strings.Join(from, ", ") + " send " + d.Name
	}
	if len(to) == 0 {
		return text + ". Nobody listens."
	}
	return text + ". Its receivers in order: " + strings.Join(to, "; ") + "."
}

// summary is what is known of the signal in one line.
func (d SignalDetail) summary() string {
	var parts []string
	if d.Type != "" {
		parts = append(parts, "typed "+d.Type)
	}
	sends := plural(d.Sent, "send")
	if len(d.Senders) > 0 {
		sends += " from " + plural(int64(len(d.Senders)), "place")
	}
	parts = append(parts, sends)
	if d.Records > 0 {
		parts = append(parts, "senders and skips of the newest "+plural(d.Records, "record"))
	}
	return strings.Join(parts, ", ")
}

// order is how the table of receivers stands: as they are called, unless somebody asks.
func (d SignalDetail) order(here URL) ([]int, sorting) {
	of := func(value func(ReceiverRow) int64) func(int) int64 {
		return func(i int) int64 { return value(d.Receivers[i]) }
	}
	return inOrder(here, len(d.Receivers), byPlace,
		rank{col: "place", number: rowOf},
		rank{col: "receiver.name", text: func(i int) string { return d.Receivers[i].Name }},
		rank{col: "receiver.called", number: of(func(r ReceiverRow) int64 { return r.Called })},
		rank{col: "receiver.skipped", number: of(func(r ReceiverRow) int64 { return r.Skipped })},
		rank{col: "receiver.failed", number: of(func(r ReceiverRow) int64 { return r.Failed + r.Panics })},
		rank{col: "receiver.p50", number: of(func(r ReceiverRow) int64 { return int64(r.P50) })},
		rank{col: "receiver.p95", number: of(func(r ReceiverRow) int64 { return int64(r.P95) })},
		rank{col: "receiver.max", number: of(func(r ReceiverRow) int64 { return int64(r.Max) })},
		rank{col: "receiver.share", number: of(func(r ReceiverRow) int64 { return int64(r.Total) })},
	)
}
