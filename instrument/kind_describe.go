package instrument

import (
	"slices"
	"strings"
	"sync"
)

// KindDescription says how pages show the spans of a kind that an app has registered: in a
// tab of their own, with a column for each attribute that is worth one.
type KindDescription struct {
	// Label is the heading: "AI calls". "": the kind's name.
	Label string `json:"label,omitempty"`
	// One is the head of the column with the spans' names: "Model". "": "Span".
	One string `json:"one,omitempty"`
	// Columns are attributes with a column; others stand below the name. At most
	// MaxKindColumns are shown.
	Columns []KindColumn `json:"columns,omitempty"`
}

// KindColumn is an attribute that has a column.
type KindColumn struct {
	// Title is the column's head: "Tokens in".
	Title string `json:"title"`
	// Key is the attribute's name, as given to NewKey.
	Key string `json:"key"`
	// Unit stands behind the values: "B", "tokens". "": none.
	Unit string `json:"unit,omitempty"`
	// Sum shows the total of the Record above the table, for attributes that are numbers.
	Sum bool `json:"sum,omitempty"`
}

// MaxKindColumns is how many columns of its own a kind has.
const MaxKindColumns = 6

// DescribedKind is a kind by its name with its description, as it is kept in the store for
// the pages of other processes.
type DescribedKind struct {
	Name string `json:"name"`
	KindDescription
}

var described struct {
	mu    sync.Mutex
	kinds map[Kind]KindDescription
}

// DescribeKind says how pages show a kind that RegisterKind gave; the last word counts.
// Built-in kinds have pages of their own: for these, and for the zero Kind, it does
// nothing. Call it where the kind is registered:
//
//	var kindFlag = instrument.RegisterKind("feature flag")
//
//	func init() {
//		instrument.DescribeKind(kindFlag, instrument.KindDescription{
//			Label: "Feature flags", One: "Flag", Columns: []instrument.KindColumn{{Title: "Variant", Key: "feature_flag.result.variant"}},
//		})
//	}
func DescribeKind(k Kind, d KindDescription) {
	if int(k) <= numBuiltinKinds {
		return
	}
	d.Columns = slices.Clone(d.Columns[:min(len(d.Columns), MaxKindColumns)])
	described.mu.Lock()
	defer described.mu.Unlock()
	if described.kinds == nil {
		described.kinds = map[Kind]KindDescription{}
	}
	described.kinds[k] = d
}

// DescribedKinds are the kinds of this process that were described, by name.
func DescribedKinds() []DescribedKind {
	described.mu.Lock()
	defer described.mu.Unlock()
	list := make([]DescribedKind, 0, len(described.kinds))
	for k, d := range described.kinds {
		d.Columns = slices.Clone(d.Columns)
		list = append(list, DescribedKind{k.String(), d})
	}
	slices.SortFunc(list, func(a, b DescribedKind) int { return strings.Compare(a.Name, b.Name) })
	return list
}
