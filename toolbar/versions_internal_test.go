package toolbar

import (
	"runtime/debug"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
)

// TestVersions_Modules is about modules that a test binary does not have.
func TestVersions_Modules(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in   debug.Module
		want query.LinkedModule
	}{
		{debug.Module{Path: "a", Version: "v1.2.3", Sum: "h1:x="}, query.LinkedModule{Path: "a", Version: "v1.2.3", Sum: "h1:x="}},
		{debug.Module{Path: "a", Version: "v1.2.3", Sum: "h1:x=", Replace: &debug.Module{Path: "../a"}},
			query.LinkedModule{Path: "a", Version: "v1.2.3", Replaced: "../a"}},
		{debug.Module{Path: "a", Version: "v1.2.3", Replace: &debug.Module{Path: "b", Version: "v0.0.0-20260906184651-6331bc6350fe", Sum: "h1:y="}},
			query.LinkedModule{Path: "a", Version: "v1.2.3", Sum: "h1:y=", Replaced: "b v0.0.0-20260906184651-6331bc6350fe", Unreleased: true}},
		{debug.Module{Path: "a", Version: "v1.2.4-0.20260906184651-6331bc6350fe"},
			query.LinkedModule{Path: "a", Version: "v1.2.4-0.20260906184651-6331bc6350fe", Unreleased: true}},
		{debug.Module{Path: "a", Version: "v1.2.4-beta.1"}, query.LinkedModule{Path: "a", Version: "v1.2.4-beta.1"}},
	} {
		if got := linkedModule(&c.in); got != c.want {
			t.Errorf("%+v gives %+v", c.in, got)
		}
	}
}
