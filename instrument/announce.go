package instrument

// Announcer is a [Sink] that also takes Records before their end.
type Announcer interface {
	Sink
	// Announce is Put for a Record that has not ended: it is marked
	// [FlagUnfinished], and comes again under the same ID.
	Announce(s *Summary, blob []byte)
}

// Announce hands the Record over as it is now, marked [FlagUnfinished], so that
// something is left of it when the process dies without warning; the store replaces it
// by what is handed over later under the same id, at the latest by End. A Record that
// was announced is kept, even if the Sink would have left it out.
//
// It costs as much as an End, so it is for what runs long and seldom: commands, not
// requests. After End, or when the Sink is no [Announcer], it does nothing.
func (rec *Recording) Announce() {
	if rec == nil {
		return
	}
	sink, ok := rec.r.config.Sink.(Announcer)
	if !ok {
		return
	}
	rec.mu.Lock()
	defer rec.mu.Unlock()
	if rec.slab == nil {
		return
	}
	rec.slab.announced = true
	rec.r.guard(func() {
		s, blob := rec.encodeOpen()
		sink.Announce(&s, blob)
	})
}

// Unfinished tells what has not ended: a Record that still runs, or whose process died.
func (s *Summary) Unfinished() bool { return s.Flags.Has(FlagUnfinished) }
