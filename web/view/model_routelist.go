package view

import (
	"strings"
	"time"
)

// RouteList is the list of all routes that the app serves, with how they are used.
type RouteList struct {
	// Known tells that the app has told its routes; otherwise there are only those that
	// were asked for.
	Known bool
	Left  int64 // routes that the app has beyond those that are kept
	// All, Never and Unlisted count routes whatever is shown: in all, never called at all,
	// and asked for without being on the app's list.
	All, Never, Unlisted int64

	Show   []Choice // which of them
	Text   string   // what is searched for
	Hidden []Attr   // what a search keeps of the address
	Order  Order
	Rows   []RouteRow
}

// RouteRow is one route with its statistics in the chosen time.
type RouteRow struct {
	Method   string // "" every one
	Pattern  string
	Handler  string // what serves it; "" not known
	Source   string // file:line; "" not known
	Layers   []string
	Unlisted bool // it was asked for, but no router that is known has it
	Status   Status
	Names    []string // by which its requests are counted; none when it was never called
	Calls    int64
	Errors   int64
	P95      time.Duration
	Last     time.Time // zero: never
}

func (m *RouteList) summary() string {
	parts := []string{plural(m.All, "route")}
	if m.Never > 0 {
		parts = append(parts, Count(m.Never)+" never called")
	}
	if m.Known && m.Unlisted > 0 {
		parts = append(parts, Count(m.Unlisted)+" not listed")
	}
	return strings.Join(parts, ", ")
}

func (r *RouteRow) method() string { return or(r.Method, "any") }

// label says what the status means here.
func (r *RouteRow) label() string {
	switch {
	case r.Last.IsZero():
		return "Never called"
	case r.Calls == 0:
		return "Not called in this time"
	}
	return ""
}

// href leads to the route's statistics: to its requests where they are counted by several
// names. A route that was never called has none.
func (r *RouteRow) href(b Base) string {
	switch len(r.Names) {
	case 0:
		return ""
	case 1:
		return b.Handler(KindRequest, r.Names[0])
	}
	return b.Search(`route:"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(r.Pattern) + `"`)
}

// shared are the layers, from the outermost, that all listed routes shown go through, where
// there are several: they are told once.
func (m *RouteList) shared() (layers []string) {
	listed := 0
	for i := range m.Rows {
		switch r := &m.Rows[i]; {
		case r.Unlisted:
			continue
		case listed == 0:
			layers = r.Layers
		default:
			layers = layers[:agreement(layers, r.Layers)]
		}
		listed++
	}
	if listed < 2 {
		return nil
	}
	return layers
}

// agreement is how many names two stacks have in common at their beginning.
func agreement(a, b []string) (n int) {
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

// ownLayers are those of a route within the first n, which all have.
func (r *RouteRow) ownLayers(n int) string {
	if len(r.Layers) <= n {
		return ""
	}
	if n > 0 {
		return "… › " + layerText(r.Layers[n:])
	}
	return layerText(r.Layers)
}

// layerText is a stack in a line, the outermost first.
func layerText(layers []string) string { return strings.Join(layers, " › ") }
