package view

import (
	"fmt"
	"strings"
)

// SignalMap is all signals with all receivers: who hears what.
type SignalMap struct {
	Signals   []MapSignal
	Receivers []MapReceiver
	Left      int // signals that are not drawn
}

// MapSignal is a signal of the map.
type MapSignal struct {
	Name string
	Note string // "sent 12 times"
	Href string
	// Unheard is one that nobody listens to, Idle one that was never sent.
	Unheard, Idle bool
	Links         []MapLink // in calling order
}

// MapLink leads from a signal to one of its receivers.
type MapLink struct {
	Receiver int    // in SignalMap.Receivers
	Label    string // what it depends on: "From(shop), When(toShipped)"; "" nothing
	Failed   bool   // there were errors
	Idle     bool   // it was never called
}

// text says how the receiver is called from here; "" as any.
func (l MapLink) text() string {
	var parts []string
	switch {
	case l.Failed:
		parts = append(parts, "failed")
	case l.Idle:
		parts = append(parts, "never called")
	}
	if l.Label != "" {
		parts = append(parts, l.Label)
	}
	return strings.Join(parts, ", ")
}

// MapReceiver is a receiver of the map, of one signal or several.
type MapReceiver struct {
	Name   string
	Note   string // "12 calls, 1 failed"
	Href   string
	Failed bool
	Idle   bool // never called
}

// Columns of the map.
const (
	mapSignalWidth   = 300
	mapReceiverX     = 668
	mapReceiverWidth = 329
)

// mapNode is a box of the map, which leads somewhere.
type mapNode struct {
	node
	href string
}

// mapEdge is an arrow with its number in calling order.
type mapEdge struct {
	edge
	title, number string
	x, y          float64 // of the number
}

type mapGraph struct {
	nodes []mapNode
	edges []mapEdge
	box   string
	label string
}

func (m SignalMap) graph() mapGraph {
	rows := max(len(m.Signals), len(m.Receivers), 1)
	height := float64(rows*nodeStep + 4)
	g := mapGraph{box: fmt.Sprintf("0 0 %d %.0f", graphWidth, height), label: m.sentence()}
	top := func(i, n int) float64 { return (height-float64(n*nodeStep-12))/2 + float64(i*nodeStep) }
	receivers := make([]node, len(m.Receivers))
	for i, r := range m.Receivers {
		n := node{kind: KindReceiver, name: r.Name, note: r.Note, x: mapReceiverX, width: mapReceiverWidth, y: top(i, len(m.Receivers))}
		switch {
		case r.Failed:
			n.class, n.textClass = "fail", "bad"
		case r.Idle:
			n.class = "off"
		}
		receivers[i] = n
	}
	for i, s := range m.Signals {
		n := node{kind: KindSignal, name: s.Name, note: s.Note, class: "signal", x: senderX, width: mapSignalWidth, y: top(i, len(m.Signals))}
		if s.Unheard || s.Idle {
			n.class = "off"
		}
		g.nodes = append(g.nodes, mapNode{n, s.Href})
		for order, l := range s.Links {
			g.edges = append(g.edges, link(n, receivers[l.Receiver], s.Name, order+1, l))
		}
	}
	for i, n := range receivers {
		g.nodes = append(g.nodes, mapNode{n, m.Receivers[i].Href})
	}
	return g
}

// link draws the arrow from a signal to a receiver.
func link(a, b node, signal string, order int, l MapLink) mapEdge {
	var g graph
	class := ""
	switch {
	case l.Failed:
		class = "bad"
	case l.Idle:
		class = "off"
	}
	g.join(a, b, class)
	e := mapEdge{edge: g.edges[0], number: fmt.Sprint(order), title: fmt.Sprintf("%s calls %s as number %d", signal, b.name, order)}
	if l.Label != "" {
		e.title += ", " + l.Label
	}
	// Four fifths of the way along the curve, where arrows of one signal are apart.
	const t, u = .8, .2
	y1, y2 := a.mid(), b.mid()
	x1, x2 := a.x+a.width, b.x
	bend := (x2 - x1) / 2
	e.x = u*u*u*x1 + 3*u*u*t*(x1+bend) + 3*u*t*t*(x2-bend) + t*t*t*x2
	e.y = (u*u*u+3*u*u*t)*y1 + (3*u*t*t+t*t*t)*y2 - 4
	return e
}

// sentence says the map in words.
func (m SignalMap) sentence() string {
	var parts []string
	for _, s := range m.Signals {
		if len(s.Links) == 0 {
			parts = append(parts, s.Name+": nobody listens")
			continue
		}
		var to []string
		for _, l := range s.Links {
			to = append(to, m.Receivers[l.Receiver].Name)
		}
		parts = append(parts, s.Name+" calls "+strings.Join(to, ", "))
	}
	return strings.Join(parts, "; ") + "."
}

// RecentEvent is an event that was sent.
type RecentEvent struct {
	Ago    string // "2 min ago"
	At     string // the time, exactly
	Sender string // "" none
	Data   string // the payload as text; "" not kept
}
