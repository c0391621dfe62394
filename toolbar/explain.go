package toolbar

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/explain"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
)

// Explain says when viewers may ask the databases that package sqltap reports for the
// plans of statements. Only what the app itself ran is asked, and nothing is run; see
// package explain.
type Explain uint8

// The zero Explain is for development.
const (
	ExplainInDevelopment Explain = iota // while Keep is zero: everything is kept then
	ExplainAlways
	ExplainNever
)

// String is the name without its prefix.
func (e Explain) String() string {
	switch e {
	case ExplainInDevelopment:
		return "in development"
	case ExplainAlways:
		return "always"
	case ExplainNever:
		return "never"
	}
	return "unknown"
}

// explainer asks for plans; nil when nobody may.
func (c Config) explainer() func(ctx context.Context, fingerprint string) (*explain.Plan, error) {
	if c.Explain == ExplainAlways || c.Explain == ExplainInDevelopment && c.development() {
		return sqltap.Explain
	}
	return nil
}
