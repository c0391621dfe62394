package view

import (
	"fmt"
	"strings"
)

// ring is one layer of the drawing.
type ring struct {
	name, time, class   string
	x, y, width, height float64
	leaf                bool
}

// onionDrawing is the stack as rings with the way of a request through them.
type onionDrawing struct {
	rings                    []ring
	box, label               string
	in, inHead, out, outHead string
}

// maxRings is how many layers fit; of a deeper stack the innermost are one ring.
const maxRings = 18

// onion lays the rings out from the outside in.
func (m Layers) onion() onionDrawing {
	rows := m.Rows
	folded := 0
	if len(rows) > maxRings {
		folded = len(rows) - maxRings + 1
		rows = rows[:maxRings-1]
	}
	n := len(rows)
	if folded > 0 {
		n++
	}
	inset := min(26.0, 90/float64(n))
	below := min(24.0, 90/float64(n))
	height := 86 + float64(n)*(30+below)
	o := onionDrawing{box: fmt.Sprintf("0 0 420 %.0f", height)}
	var names []string
	at := func(i int) (x, y, w, h float64) {
		x = 10 + inset*float64(i)
		y = 26 + 30*float64(i)
		return x, y, 420 - 2*x, height - y - 18 - below*float64(i)
	}
	for i, r := range rows {
		x, y, w, h := at(i)
		g := ring{name: cut(fmt.Sprintf("%d %s", i+1, r.Name), int(w-90)/7), time: Dur(r.own()), x: x, y: y, width: w, height: h}
		if r.Status == StatusSlow || r.Status == StatusBad {
			g.class = "warn"
		}
		o.rings = append(o.rings, g)
		names = append(names, r.Name)
	}
	if folded > 0 {
		x, y, w, h := at(n - 1)
		o.rings = append(o.rings, ring{name: plural(int64(folded), "layer") + " more", x: x, y: y, width: w, height: h})
	}
	x, y, w, h := at(n)
	o.rings = append(o.rings, ring{name: cut(m.stackTitle(), 30), class: "leaf", leaf: true, x: x, y: y, width: w, height: max(h, 42)})
	o.label = "Requests pass " + strings.Join(names, ", ") + ", then the view, and return in reverse order"
	bottom := y + max(h, 42)
	o.in, o.inHead = fmt.Sprintf("M218 4v%.1f", y-12), fmt.Sprintf("M218 %.1fl-4-8h8z", y)
	o.out, o.outHead = fmt.Sprintf("M218 %.1fV%.1f", bottom, height-10), fmt.Sprintf("M218 %.1fl-4-8h8z", height-4)
	return o
}
