package instrument

import (
	"context"
	"slices"
)

// Hooks are called as Records begin and end; nil ones are left out. A hook that
// panics is ignored, and the panic counted in [Recorder.Faults].
type Hooks struct {
	// Started is called when a Record has begun, with its context.
	Started func(context.Context, *Recording)
	// Ended is called with a Record that has ended, masked and encoded as for the Sink,
	// whether that keeps it or not. Summary and blob belong to the caller again when
	// Ended returns: Decode or copy what is to stay.
	Ended func(s *Summary, blob []byte)
	// Finished is called when a Record has ended, kept or not. The Summary belongs
	// to the caller again when Finished returns.
	Finished func(*Recording, *Summary)
	// Uncaught is called for an error or panic that ended a Record.
	Uncaught func(context.Context, *Recording, error)
	// Failed is called for an error or panic that ended a span: also for one that went no
	// further, as that of a receiver whose sender carries on. An error that goes on
	// outwards comes again with each span that it ends, and then in Uncaught. The
	// Recording is nil outside of a Record. For a panic the stack is still that of the
	// panic.
	Failed func(context.Context, *Recording, *Handler, error)
}

// AddHooks adds hooks; remove takes them away again. On a nil Recorder both do
// nothing.
func (r *Recorder) AddHooks(h Hooks) (remove func()) {
	if r == nil {
		return func() {}
	}
	added := &h
	r.changeHooks(func(hs []*Hooks) []*Hooks { return append(hs, added) })
	return func() {
		r.changeHooks(func(hs []*Hooks) []*Hooks {
			return slices.DeleteFunc(hs, func(h *Hooks) bool { return h == added })
		})
	}
}

func (r *Recorder) changeHooks(change func([]*Hooks) []*Hooks) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var old []*Hooks
	if p := r.hooks.Load(); p != nil {
		old = *p
	}
	hs := change(slices.Clone(old))
	if len(hs) == 0 {
		r.hooks.Store(nil)
		return
	}
	r.hooks.Store(&hs)
}

func (r *Recorder) eachHook(call func(*Hooks)) {
	hs := r.hooks.Load()
	if hs == nil {
		return
	}
	for _, h := range *hs {
		r.guard(func() { call(h) })
	}
}

// anyEnded reports whether a hook wants the encoded Record.
func (r *Recorder) anyEnded() bool {
	hs := r.hooks.Load()
	return hs != nil && slices.ContainsFunc(*hs, func(h *Hooks) bool { return h.Ended != nil })
}

// guard runs a callback of others; its panic ends here.
func (r *Recorder) guard(call func()) {
	defer func() {
		if recover() != nil {
			r.faults.Add(1)
		}
	}()
	call()
}
