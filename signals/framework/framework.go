package framework

import (
	"context"
	"sync"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
)

// The signals.
var (
	RequestStarted      = signals.New[Started]("request_started", signals.Doc("A request came in; its handler has not run yet."))
	RequestFinished     = signals.New[Finished]("request_finished", signals.Doc("The last byte of a response was written."))
	GotRequestException = signals.New[Exception]("got_request_exception", signals.Doc("A request ended with an error or panic that nobody handled."))
	CommandStarted      = signals.New[Started]("command_started", signals.Doc("A management command began."))
	CommandFinished     = signals.New[Finished]("command_finished", signals.Doc("A management command ended."))
)

// Started is the payload of RequestStarted and CommandStarted.
type Started struct {
	Record *instrument.Recording // what is recorded of it; it may be tagged here
	Name   string                // the command; "" for a request, whose route is not known yet
}

// Finished is the payload of RequestFinished and CommandFinished.
type Finished struct {
	instrument.Summary
	Name string // the route's pattern or the command
}

// Exception is the payload of GotRequestException.
type Exception struct {
	Record *instrument.Recording
	Err    error // for a panic, its text
}

// Install sends the signals for what r records, until stop is called. A nil r
// records nothing.
func Install(r *instrument.Recorder) (stop func()) {
	b := &bridge{}
	return r.AddHooks(instrument.Hooks{Started: b.started, Finished: b.finished, Uncaught: b.uncaught})
}

// bridge turns a Recorder's hooks into sends.
type bridge struct {
	contexts sync.Map // *instrument.Recording: the context that it began with
}

// pair are the two signals of a kind of Record.
type pair struct {
	started  *signals.Signal[Started]
	finished *signals.Signal[Finished]
}

func pairOf(k instrument.Kind) (pair, bool) {
	switch k {
	case instrument.KindRequest:
		return pair{RequestStarted, RequestFinished}, true
	case instrument.KindCommand:
		return pair{CommandStarted, CommandFinished}, true
	}
	return pair{}, false
}

func (b *bridge) started(ctx context.Context, rec *instrument.Recording) {
	h := rec.Handler()
	p, ok := pairOf(h.Kind())
	if !ok {
		return
	}
	if !p.finished.Idle() {
		b.contexts.Store(rec, ctx)
	}
	s := Started{Record: rec}
	var sender any
	if h.Kind() == instrument.KindCommand {
		s.Name, sender = h.Name(), h.Name()
	}
	_, _ = p.started.SendRobust(ctx, sender, s)
}

// finished is called for every Record. The context that it began with may be done by
// then, but what receivers find in it still holds.
func (b *bridge) finished(rec *instrument.Recording, s *instrument.Summary) {
	p, ok := pairOf(s.Handler.Kind())
	if !ok {
		return
	}
	ctx := context.Background()
	if began, ok := b.contexts.LoadAndDelete(rec); ok {
		ctx = context.WithoutCancel(began.(context.Context))
	}
	name := s.Handler.Name()
	_, _ = p.finished.SendRobust(ctx, name, Finished{Summary: *s, Name: name})
}

func (b *bridge) uncaught(ctx context.Context, rec *instrument.Recording, err error) {
	if rec.Handler().Kind() != instrument.KindRequest {
		return
	}
	_, _ = GotRequestException.SendRobust(ctx, nil, Exception{Record: rec, Err: err})
}
