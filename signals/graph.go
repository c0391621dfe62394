package signals

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// WriteDOT writes signals and their receivers as a graph for Graphviz: an arrow from
// each signal to each receiver, numbered in the order in which they run, with the
// sender and the conditions it depends on. A signal that nobody listens to is drawn
// dashed. [Describe] gives them.
func WriteDOT(w io.Writer, all []Description) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "digraph signals {\n\trankdir=LR;\n\tnode [fontname=\"sans-serif\"];")
	eachEdge(all,
		func(s string, i Description) {
			style := ""
			if len(i.Receivers) == 0 {
				style = ", style=dashed"
			}
			fmt.Fprintf(b, "\t%s [shape=box, label=%s%s];\n", s, dotText(i.Name+"\n"+i.Payload), style)
		},
		func(r string, c *ReceiverDescription) {
			fmt.Fprintf(b, "\t%s [shape=ellipse, label=%s];\n", r, dotText(c.Name))
		},
		func(s, r string, label string) {
			fmt.Fprintf(b, "\t%s -> %s [label=%s];\n", s, r, dotText(label))
		})
	fmt.Fprintln(b, "}")
	return b.Flush()
}

// WriteMermaid writes the same graph for Mermaid, as Markdown pages show it.
func WriteMermaid(w io.Writer, all []Description) error {
	b := bufio.NewWriter(w)
	fmt.Fprintln(b, "flowchart LR")
	eachEdge(all,
		func(s string, i Description) {
			fmt.Fprintf(b, "\t%s[%s]\n", s, mermaidText(i.Name+"\n"+i.Payload))
			if len(i.Receivers) == 0 {
				fmt.Fprintf(b, "\tstyle %s stroke-dasharray: 4\n", s)
			}
		},
		func(r string, c *ReceiverDescription) { fmt.Fprintf(b, "\t%s([%s])\n", r, mermaidText(c.Name)) },
		func(s, r string, label string) { fmt.Fprintf(b, "\t%s -->|%s| %s\n", s, mermaidText(label), r) })
	return b.Flush()
}

// eachEdge gives every signal, receiver and arrow, with ids. Receivers of one name
// and place are one node: the same function on several signals.
func eachEdge(all []Description, signal func(string, Description), receiver func(string, *ReceiverDescription), edge func(s, r, label string)) {
	ids := map[string]string{}
	for n, i := range all {
		s := fmt.Sprintf("s%d", n+1)
		signal(s, i)
		for order := range i.Receivers {
			c := &i.Receivers[order]
			key := c.Name + "\n" + c.Source.String()
			r, known := ids[key]
			if !known {
				r = fmt.Sprintf("r%d", len(ids)+1)
				ids[key] = r
				receiver(r, c)
			}
			edge(s, r, edgeLabel(order+1, c))
		}
	}
}

func edgeLabel(order int, c *ReceiverDescription) string {
	label := []string{fmt.Sprint(order)}
	if c.Sender != "" {
		label = append(label, "from "+c.Sender)
	}
	for _, cond := range c.Conditions {
		label = append(label, "if "+cond)
	}
	return strings.Join(label, "\n")
}

var (
	dotEscapes     = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)
	mermaidEscapes = strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "\n", "<br>")
)

func dotText(s string) string     { return `"` + dotEscapes.Replace(s) + `"` }
func mermaidText(s string) string { return `"` + mermaidEscapes.Replace(s) + `"` }
