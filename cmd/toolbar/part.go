package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/store"
)

// partFlags choose a service or a process, whose part of the store a report is about.
type partFlags struct {
	scope query.Scope
}

func (f *partFlags) addTo(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.scope.Service, "service", "", "only what processes of this service `name` have brought")
	cmd.Flags().Int64Var(&f.scope.Process, "process", 0, "only what the process of this `number` has brought, for as long as processes are told apart: a day")
}

// of finds the part in a store.
func (f *partFlags) of(ctx context.Context, s *store.Store) (*query.Part, error) {
	if f.scope.Process < 0 {
		return nil, fmt.Errorf("--process: %d is no number of a process", f.scope.Process)
	}
	if f.scope.All() {
		return nil, nil
	}
	list, err := s.Processes(ctx)
	if err != nil {
		return nil, failed(err)
	}
	minutes, err := s.MinutesSince(ctx)
	if err != nil {
		return nil, failed(err)
	}
	part, err := f.scope.Part(list, minutes)
	if errors.Is(err, query.ErrNotFound) {
		what, _, _ := strings.Cut(err.Error(), ": ")
		return nil, fmt.Errorf("%s; %s", what, knownParts(list))
	}
	return part, err
}

// knownParts names services with their newest processes.
func knownParts(list []query.Process) string {
	const most = 5
	if len(list) == 0 {
		return "nothing has written to this store"
	}
	var names []string
	for i := range list {
		name := fmt.Sprintf("%q (process %d)", list[i].Service, list[i].ID)
		if !slices.ContainsFunc(list[:i], func(p query.Process) bool { return p.Service == list[i].Service }) {
			names = append(names, name)
		}
	}
	text := "there is " + strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return text
}

// partOf answers from a part of a store; a nil part is all of it.
type partOf struct {
	query.Narrowed
	wholeStore // for what a part does not narrow
}

type wholeStore struct{ *store.Store }

func newPartOf(s *store.Store, part *query.Part) partOf {
	return partOf{query.Narrowed{Store: s, Part: part}, wholeStore{s}}
}
