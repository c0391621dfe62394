package explain

import (
	"fmt"
	"strings"
	"time"
)

// Plan is how a database would run a statement.
type Plan struct {
	System string // by OpenTelemetry's name
	Took   time.Duration
	Root   []*Node // the steps that have none above them, usually one
}

// Node is a step of a plan with those that feed it.
type Node struct {
	Name    string // what is done: "Seq Scan", "SEARCH"
	Object  string // to what: a table with its alias, an index; "" for none
	Details []Detail
	Cost    Cost
	Hint    string // what may be wrong with it, in a sentence; "" for nothing
	Nodes   []*Node
}

// Detail is a fact about a step, such as its filter; values are hidden.
type Detail struct{ Name, Text string }

// Cost is what the planner expects. The unit of costs is the planner's own. All are
// zero for SQLite, which tells none.
type Cost struct {
	Known          bool
	Startup, Total float64 // until the first row is there, and until the last
	Rows           float64
	Width          int // bytes of a row
}

// String draws the plan as a tree.
func (p *Plan) String() string {
	var b strings.Builder
	for _, n := range p.Root {
		n.write(&b, "", "")
	}
	return b.String()
}

func (n *Node) write(b *strings.Builder, first, rest string) {
	b.WriteString(first)
	b.WriteString(n.Name)
	if n.Object != "" {
		b.WriteString(" " + n.Object)
	}
	if n.Cost.Known {
		fmt.Fprintf(b, "  cost %.2f..%.2f  rows %.0f", n.Cost.Startup, n.Cost.Total, n.Cost.Rows)
	}
	b.WriteByte('\n')
	inner := rest + "    "
	if len(n.Nodes) > 0 {
		inner = rest + "│   "
	}
	for _, d := range n.Details {
		fmt.Fprintf(b, "%s%s: %s\n", inner, d.Name, d.Text)
	}
	if n.Hint != "" {
		fmt.Fprintf(b, "%s! %s\n", inner, n.Hint)
	}
	for i, c := range n.Nodes {
		if i == len(n.Nodes)-1 {
			c.write(b, rest+"└─ ", rest+"   ")
		} else {
			c.write(b, rest+"├─ ", rest+"│  ")
		}
	}
}

// Each calls fn for every step, from the top, with how deep it is.
func (p *Plan) Each(fn func(n *Node, depth int)) {
	var visit func(list []*Node, depth int)
	visit = func(list []*Node, depth int) {
		for _, n := range list {
			fn(n, depth)
			visit(n.Nodes, depth+1)
		}
	}
	visit(p.Root, 0)
}
