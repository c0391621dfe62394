package instrument

// Snapshot reads the Record as it is now: marked [FlagUnfinished], with what runs in it
// as unfinished spans, masked as it will be kept. It costs more than an End, so it is for
// tests and for looking at one Record. It gives nil after End, and for nil.
func (rec *Recording) Snapshot() *Record {
	if rec == nil {
		return nil
	}
	var s Summary
	var blob []byte
	rec.mu.Lock()
	if rec.slab != nil {
		rec.r.guard(func() { s, blob = rec.encodeOpen() })
	}
	rec.mu.Unlock()
	if blob == nil {
		return nil
	}
	read, err := Decode(s, blob, LiveNames())
	if err != nil {
		return nil
	}
	return read
}

// encodeOpen encodes what has not ended. It is called with mu held: what other goroutines
// change without it is atomic.
func (rec *Recording) encodeOpen() (s Summary, blob []byte) {
	now := max(Now(), rec.start)
	s = rec.slab.summary
	rec.summarise(&s, rec.slab, now)
	s.Flags |= FlagUnfinished
	for i := range rec.spans {
		if k := rec.slab.at(i).kind; int(k) < len(s.Counts) {
			s.Counts[k]++
		}
	}
	s.Tags = append([]string(nil), s.Tags...) // masked in place
	rec.r.maskSummary(&s)
	return s, rec.r.encode(nil, rec.slab, rec, now)
}
