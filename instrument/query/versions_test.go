package query_test

import (
	"fmt"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

func ExampleBuild_Changes() {
	before := query.Build{Go: "go1.26.0", Revision: "a1", Modules: []query.Module{
		{Path: "example.test/kept", Version: "v1.0.0"},
		{Path: "example.test/raised", Version: "v1.0.0"},
		{Path: "example.test/gone", Version: "v0.1.0"},
	}}
	now := query.Build{Go: "go1.26.1", Revision: "b2", Modules: []query.Module{
		{Path: "example.test/kept", Version: "v1.0.0"},
		{Path: "example.test/raised", Version: "v1.1.0"},
		{Path: "example.test/new", Version: "../new"},
	}}
	for _, c := range now.Changes(before) {
		fmt.Printf("%s: %q -> %q\n", c.What, c.From, c.To)
	}
	// Output:
	// Go: "go1.26.0" -> "go1.26.1"
	// revision: "a1" -> "b2"
	// example.test/gone: "v0.1.0" -> ""
	// example.test/new: "" -> "../new"
	// example.test/raised: "v1.0.0" -> "v1.1.0"
}

func TestBuildChanges_UncommittedWorkMayDiffer(t *testing.T) {
	t.Parallel()
	clean := query.Build{Go: "go1.26", Revision: "a1"}
	dirty := query.Build{Go: "go1.26", Revision: "a1", Dirty: true}
	if c := clean.Changes(clean); c != nil {
		t.Errorf("the same build changed: %+v", c)
	}
	if c := dirty.Changes(dirty); len(c) != 1 || !c[0].Undecidable || c[0].To != "a1 with changes" {
		t.Errorf("two dirty builds: %+v", c)
	}
	if c := dirty.Changes(clean); len(c) != 1 || c[0].Undecidable || c[0].From != "a1" {
		t.Errorf("a dirty build after a clean one: %+v", c)
	}
}
