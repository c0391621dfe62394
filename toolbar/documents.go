package toolbar

import (
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/query"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// documents are the facts about this process that outlive it in the store, so that
// the command line and other processes can tell them.
func (t *Toolbar) documents() []collect.Document {
	return []collect.Document{
		{Name: query.DocSignals, Value: func() (any, error) { return t.catalogue(), nil }},
		{Name: query.DocVersions, Value: versions},
		{Name: query.DocSettings, Value: t.config.readSettings().document},
		{Name: query.DocStacks, Value: func() (any, error) { return stacks(), nil }},
		{Name: query.DocRoutes, Value: t.routes.document},
		{Name: query.DocKinds, Value: func() (any, error) { return instrument.DescribedKinds(), nil }},
		{Name: query.DocRecording, Value: t.recording},
	}
}

// recording is the account of this process's Records.
func (t *Toolbar) recording() (any, error) {
	s := t.collector.Stats()
	return query.Recording{
		Produced: s.Produced, Stored: s.Stored, Dropped: s.Dropped, Disabled: s.Disabled, Faults: t.recorder.Faults(), Error: s.LastError,
	}, nil
}

// stacks are the stacks of middleware that the app has built.
func stacks() []query.Stack {
	all := []query.Stack{}
	for _, b := range middleware.Built() {
		s := query.Stack{Handler: b.Handler, Built: b.Built}
		for _, l := range b.Layers {
			s.Layers = append(s.Layers, query.StackLayer{Name: l.Name, Source: l.Source.String(), Hooks: l.Hooks, Unused: l.Unused})
		}
		for _, w := range b.Warnings {
			s.Warnings = append(s.Warnings, w.String())
		}
		all = append(all, s)
	}
	return all
}
