package mask

import (
	"slices"
	"strings"
)

// Description says in words what a set of rules hides, for people who want to know
// before they trust it.
type Description struct {
	// Anywhere are the names that hide a value wherever they stand in its key, Words
	// those that count as a word of their own or at its end, and Ends those that count
	// at the end alone. Case and separators do not matter.
	Anywhere, Words, Ends []string
	// Added are the names of Options.Deny, and Allowed those of Options.Allow.
	Added, Allowed []string
	// Values are what is hidden in free text, whatever stands beside it.
	Values []string
	// Patterns are the expressions of Options.Patterns; Hook tells whether there is one.
	Patterns []string
	Hook     bool
}

// Names is how many names hide what stands beside them.
func (d Description) Names() int { return len(d.Anywhere) + len(d.Words) + len(d.Ends) + len(d.Added) }

// Describe says what the rules hide. It is made from the rules themselves.
func (r *Rules) Describe() Description {
	r = r.orDefault()
	d := Description{Added: slices.Clone(r.deny), Hook: r.hook != nil}
	for _, t := range builtinTerms() {
		switch t.place {
		case inside:
			d.Anywhere = append(d.Anywhere, t.text)
		case atEnd:
			d.Ends = append(d.Ends, t.text)
		default:
			d.Words = append(d.Words, t.text)
		}
	}
	for name := range r.allow {
		d.Allowed = append(d.Allowed, name)
	}
	for _, p := range r.patterns {
		d.Patterns = append(d.Patterns, p.String())
	}
	for _, l := range [][]string{d.Anywhere, d.Words, d.Ends, d.Added, d.Allowed} {
		slices.Sort(l)
	}
	d.Values = []string{
		"user and password in addresses and data source names",
		"values behind a name of the list: key=value, key: value, --key value",
		"Bearer, Basic and Token authorization", "JSON Web Tokens", "PEM keys and certificates", "card numbers with a right check digit",
		"the value of MySQL's duplicate entries", "keys of services: " + strings.Join(serviceKeys(), " "),
	}
	return d
}

// serviceKeys are how the keys begin that are known by their beginning.
func serviceKeys() (list []string) {
	for _, of := range prefixes {
		for _, p := range of {
			list = append(list, p.text)
		}
	}
	slices.Sort(list)
	return list
}
