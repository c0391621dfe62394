package view

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// KindShape is how the spans of a kind are shown that the app has described.
type KindShape struct {
	Kind       Kind
	Label, One string
	Columns    []KindShapeColumn
}

// KindShapeColumn is an attribute that has a column, and maybe a total above the table.
type KindShapeColumn struct {
	Title, Key, Unit string
	Sum              bool
}

// shapePrefix begins the name of a described kind's panel.
const shapePrefix = "kind-"

// shapeOf is how the app has described a kind; nil when it has not.
func (v recordView) shapeOf(k Kind) *KindShape {
	if i := slices.IndexFunc(v.Kinds, func(s KindShape) bool { return s.Kind == k }); i >= 0 {
		return &v.Kinds[i]
	}
	return nil
}

// panel is the name of the kind's panel, which needs no escaping in an address: "ai call" is
// kind-ai-call.
func (s *KindShape) panel() string {
	name := []byte(shapePrefix)
	for _, c := range []byte(s.Kind) {
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.':
			name = append(name, c)
		case c == ' ' || c == '-':
			name = append(name, '-')
		default:
			name = fmt.Appendf(name, "x%02x", c)
		}
	}
	return string(name)
}

// shapeOfPanel is the described kind that a panel is about; nil for none.
func (v recordView) shapeOfPanel(panel string) *KindShape {
	for i := range v.Kinds {
		if v.Kinds[i].panel() == panel {
			return &v.Kinds[i]
		}
	}
	return nil
}

// shapedTabs are the tabs of described kinds that this Record has spans of.
func (v recordView) shapedTabs() (out []tab) {
	for i := range v.Kinds {
		s := &v.Kinds[i]
		t := tab{Panel: Panel{Name: s.panel(), Label: s.Label, Kind: s.Kind}, status: v.worst(s.Kind)}
		t.count = int64(len(newKindSet(v, s.Kind).spans)) + v.capped(s.Kind)
		if t.current = t.Name == v.Panel; t.count > 0 || t.current {
			out = append(out, t)
		}
	}
	return out
}

// shape gives a set the columns that the app has described.
func (set *kindSet) shape(s *KindShape) {
	if s == nil {
		return
	}
	set.label, set.one = s.Label, s.One
	for _, c := range s.Columns {
		set.columns = append(set.columns, kindColumn{label: c.Title, keys: []string{c.Key}, unit: c.Unit, sum: c.Sum})
	}
}

// sums are the totals of columns that are numbers.
func (set kindSet) sums(v recordView) (out []tile) {
	for _, c := range set.columns {
		if !c.sum {
			continue
		}
		total, found := 0.0, false
		for _, i := range set.spans {
			if n, err := strconv.ParseFloat(strings.ReplaceAll(attrOf(v.Spans[i], c.keys...), ",", ""), 64); err == nil {
				total += n
				found = true
			}
		}
		if found {
			out = append(out, tile{label: c.label, value: sumText(total), unit: c.unit, note: "in this record"})
		}
	}
	return out
}

// sumText is a total with thousands apart, and decimals where it has any.
func sumText(n float64) string {
	if n == float64(int64(n)) {
		return Count(int64(n))
	}
	return strconv.FormatFloat(n, 'f', -1, 64)
}
