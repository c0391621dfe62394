package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// line is one case against one peer, as it is printed.
type line struct {
	Case      string   `json:"case"`
	Ours      float64  `json:"ours"`
	Peer      string   `json:"peer"`
	PeerValue float64  `json:"peer_value"`
	Unit      string   `json:"unit"`
	Ratio     *float64 `json:"ratio"` // ours to the peer's; null when that is zero
	Floor     float64  `json:"floor"` // ns for one reading of the clock
	// Target is the design's, and Scaled what ours would be where the clock takes as
	// long as where the design's figures were taken: compare these two.
	Target *float64 `json:"target,omitempty"`
	Scaled float64  `json:"scaled"`

	work string
}

// lines are those of the case's own unit, then those of allocations.
func (c *benchCase) lines(res result) []line {
	var list []line
	for i, p := range c.peers {
		list = append(list, c.line(c.unit, p.name, res.ours.value, res.peers[i].value, c.target, res.floor))
	}
	if c.allocs == anyAllocs {
		return list
	}
	for i, p := range c.peers {
		l := c.line(unitAllocs, p.name, res.ours.allocs, res.peers[i].allocs, c.allocs, res.floor)
		if l.Target == nil {
			l.Target = new(float64) // none at all is a target too
		}
		list = append(list, l)
	}
	return list
}

func (c *benchCase) line(unit, peer string, ours, theirs, target, floor float64) line {
	l := line{
		Case: c.name, Ours: digits(ours), Peer: peer, PeerValue: digits(theirs), Unit: unit, Floor: digits(floor),
		Scaled: digits(ours), work: c.work,
	}
	if unit == unitNS && floor > 0 {
		l.Scaled = digits(ours * designFloor / floor)
	}
	if theirs > 0 {
		ratio := digits(ours / theirs)
		l.Ratio = &ratio
	}
	if target > 0 {
		l.Target = &target
	}
	return l
}

// designFloor is what reading the clock took where the design's figures come from.
const designFloor = 23.5

// digits leaves three of them: more would be noise.
func digits(v float64) float64 {
	if v == 0 {
		return 0
	}
	scale := math.Pow10(2 - int(math.Floor(math.Log10(math.Abs(v)))))
	if scale < 1 {
		scale = 1
	}
	return math.Round(v*scale) / scale
}

type printer struct {
	w      io.Writer
	json   bool
	header bool // has been printed
}

func newPrinter(w io.Writer, json bool) *printer { return &printer{w: w, json: json} }

func (p *printer) print(lines []line) error {
	for _, l := range lines {
		if err := p.printLine(l); err != nil {
			return err
		}
	}
	return nil
}

const row = "%-11s %-6s %10s %6s %9s %9s %10s %7s  %-33s %s\n"

func (p *printer) printLine(l line) error {
	if p.json {
		return json.NewEncoder(p.w).Encode(l)
	}
	if !p.header {
		p.header = true
		if _, err := fmt.Fprintf(p.w, row, "case", "unit", "ours", "floor", "scaled", "target", "peer", "ratio", "peer is", "work"); err != nil {
			return err
		}
	}
	target, ratio := "-", "-"
	if l.Target != nil {
		target = "<= " + text(*l.Target)
	}
	if l.Ratio != nil {
		ratio = fmt.Sprintf("%.3f", *l.Ratio)
	}
	_, err := fmt.Fprintf(p.w, row, l.Case, l.Unit, text(l.Ours), text(l.Floor), text(l.Scaled)+missed(l), target, text(l.PeerValue), ratio, l.Peer, l.work)
	return err
}

// missed marks what is above its target by more than the last digit printed.
func missed(l line) string {
	if l.Target != nil && l.Scaled > *l.Target+0.1 {
		return " !"
	}
	return ""
}

func text(v float64) string {
	if v >= 100 || v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
