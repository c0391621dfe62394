package toolbar

import "github.com/go-debug-toolbar/debugtoolbar/instrument/collect"

// documents are the facts about this process that outlive it in the store, so that
// the command line and other processes can tell them.
func (t *Toolbar) documents() []collect.Document {
	return []collect.Document{
		{Name: "signals", Value: func() (any, error) { return t.catalogue(), nil }},
	}
}
