package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// parseKinds reads the names of kinds. Integrations add kinds that this program
// learns from the store only, so the store is read before a name is refused.
func parseKinds(ctx context.Context, s *store.Store, names []string) ([]instrument.Kind, error) {
	var kinds []instrument.Kind
	for _, name := range names {
		k, ok := instrument.ParseKind(name)
		if !ok {
			if _, err := s.Counts(ctx, query.Handlers{}); err != nil {
				return nil, failed(err)
			}
			k, ok = instrument.ParseKind(name)
		}
		if !ok {
			return nil, fmt.Errorf("--kind: unknown kind %q, use %s", name, kindNames())
		}
		kinds = append(kinds, k)
	}
	return kinds, nil
}

func kindNames() string {
	kinds := instrument.Kinds()
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.String()
	}
	return strings.Join(names, ", ")
}
