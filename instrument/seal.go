package instrument

import (
	"strings"
	"time"
)

// End seals the Record: its statistics are counted, and when the Sink wants it, it
// is masked, encoded and handed over, all on this goroutine while the memory is hot.
// Spans that have not ended stay in it as unfinished; when they end later only
// statistics have them. A second End does nothing.
func (rec *Recording) End() { rec.EndWith(Outcome{}) }

// Outcome is what is known of a Record at its end only.
type Outcome struct {
	// Handler replaces the Record's, as SetHandler does. Nil leaves it.
	Handler *Handler
	// Status is the HTTP status or exit code. 0 leaves what SetStatus has said.
	Status int
	// Flags are added to the Record's.
	Flags Flags
}

// EndWith is End with what came out, and with more attributes of the root span. It costs
// less than a call for each of these.
func (rec *Recording) EndWith(o Outcome, attrs ...Attr) {
	if rec == nil {
		return
	}
	now := max(Now(), rec.start)
	if !rec.open() {
		return
	}
	slab := rec.slab
	root := slab.at(0)
	if len(attrs) > 0 {
		rec.addAttrs(root, attrs)
	}
	if o.Flags != 0 {
		root.flags.Or(uint32(o.Flags))
	}
	if o.Status != 0 {
		slab.summary.Status = o.Status
	}
	rec.r.statsOf(rec.handler).inFlight.Add(-1)
	if o.Handler != nil {
		rec.r.statsOf(o.Handler) // account wants every handler to have counters
		rec.handler = o.Handler
		root.setHandler(o.Handler)
	}
	rec.slab = nil
	rec.sealed.Store(true)
	root.end.Store(now)
	rec.mu.Unlock()
	rec.unlabel()
	rec.r.guard(func() { rec.finish(slab, now) })
}

// finish has the slab for itself, but for spans that are still running: of these
// it reads only what was written under the lock, and flags and end, which are
// atomic.
func (rec *Recording) finish(slab *slab, now int64) {
	r := rec.r
	s := &slab.summary
	rec.summarise(s, slab, now)
	rec.markSlow(s, slab)
	ended := rec.account(s, slab)
	root := r.statsOf(rec.handler)
	root.observe(int64(s.Duration))
	if s.Flags.Has(FlagError) {
		root.failed(s.Flags.Has(FlagPanic))
	}
	rec.handOver(s, slab, now)
	r.eachHook(func(h *Hooks) {
		if h.Finished != nil {
			h.Finished(rec, s)
		}
	})
	if ended {
		slab.reset(rec.spans)
		r.slabs.Put(slab)
	}
}

// handOver masks and encodes the Record, once, for whoever wants it.
func (rec *Recording) handOver(s *Summary, slab *slab, now int64) {
	r := rec.r
	sink, exporter := r.config.Sink, r.config.Exporter
	exports := exporter != nil && exporter.Want(s)
	keeps := sink != nil && (slab.announced || sink.Want(s))
	reports, told := r.reports(s), r.anyEnded()
	if !keeps && !exports && !reports && !told {
		return
	}
	rec.addRuntime(slab, now)
	rec.addLoad(slab, now)
	rec.addCost(slab, now)
	r.maskSummary(s)
	slab.out = r.encode(slab.out[:0], slab, rec, now)
	if exports {
		r.guard(func() { exporter.Put(s, slab.out) })
	}
	if reports {
		r.guard(func() { r.config.Reporter.Put(s, slab.out) })
	}
	if keeps {
		sink.Put(s, slab.out)
	}
	if told {
		r.eachHook(func(h *Hooks) {
			if h.Ended != nil {
				h.Ended(s, slab.out)
			}
		})
	}
}

// reports asks the Reporter.
func (r *Recorder) reports(s *Summary) (wanted bool) {
	if r.config.Reporter != nil {
		r.guard(func() { wanted = r.config.Reporter.Want(s) })
	}
	return wanted
}

// summarise fills in what is known without looking at the spans. What lists show of it
// was set before.
func (rec *Recording) summarise(s *Summary, slab *slab, end int64) {
	root := slab.at(0)
	s.ID, s.Handler, s.Parent, s.Trace, s.Caller = rec.id, rec.handler, rec.parent, rec.trace, rec.caller
	s.Start = rec.r.wall.Load() + rec.start
	s.Duration = time.Duration(end - rec.start)
	s.Error, _, _ = strings.Cut(s.Error, "\n")
	s.Spans = rec.spans
	s.Flags = Flags(root.flags.Load())
	if s.Left > 0 || slab.capped {
		s.Flags |= FlagCapped
	}
	for i := range slab.attrs {
		s.HasStack = s.HasStack || slab.attrs[i].typ == attrStack
	}
}

// markSlow compares the whole with the threshold of its kind.
func (rec *Recording) markSlow(s *Summary, slab *slab) {
	if slow := rec.r.slow[rec.handler.kind]; slow > 0 && int64(s.Duration) > slow {
		s.Flags |= FlagSlow
		slab.at(0).flags.Or(uint32(FlagSlow))
	}
}

// account counts spans by kind, sets their slow flags and tells their handlers what
// of their time was their children's. It reports whether all of them have ended.
func (rec *Recording) account(s *Summary, slab *slab) (ended bool) {
	if slab.inferred {
		slab.placeInferred(rec.spans)
	}
	ended = true
	table := *rec.r.stats.Load()
	children := slab.childTimes(int(rec.spans))
	for i := rec.spans; i > 0; {
		i--
		p := slab.at(i)
		end := p.end.Load()
		if int(p.kind) < len(s.Counts) {
			s.Counts[p.kind]++
		}
		if end == 0 {
			ended = false
			p.flags.Or(uint32(FlagUnfinished))
			continue
		}
		d := end - p.start
		if slow := rec.r.slow[p.kind]; slow > 0 && d > slow {
			p.flags.Or(uint32(FlagSlow))
		}
		if i > 0 {
			children[p.parent] += d
			if Flags(p.flags.Load()).Has(FlagError) {
				s.Failed++
				if p.kind == KindReceiver || p.kind == KindException {
					s.Flags |= FlagException
				}
			}
		}
		if p.kind == KindQuery {
			s.QueryTime += time.Duration(d)
		}
		if children[i] > 0 {
			table[p.handler].Load().shard().below.Add(min(children[i], d))
		}
	}
	if s.Flags.Has(FlagException) {
		slab.at(0).flags.Or(uint32(FlagException))
	}
	return ended
}

// placeInferred finds the place of spans that were found by their goroutine: nobody
// said below which span they began. It is the innermost one that holds them in time,
// looked for from the span before upwards; those before have been placed already.
func (s *slab) placeInferred(spans uint32) {
	for i := uint32(1); i < spans; i++ {
		p := s.at(i)
		end := p.end.Load()
		if end == 0 || !Flags(p.flags.Load()).Has(FlagInferred) {
			continue
		}
		j := i - 1
		for j > 0 && !s.at(j).holds(p.start, end) {
			j = s.at(j).parent
		}
		p.parent = j
	}
}

// holds reports whether other spans may stand below this one and a stretch of time
// lies within it.
func (p *slot) holds(start, end int64) bool {
	switch p.kind {
	case KindQuery, KindCache, KindLog, KindException:
		return false
	}
	return p.start <= start && p.end.Load() >= end
}

// childTimes gives n zeroed sums.
func (s *slab) childTimes(n int) []int64 {
	if cap(s.children) < n {
		s.children = make([]int64, max(n, slabFirst))
	}
	s.children = s.children[:n]
	clear(s.children)
	return s.children
}

func (rec *Recording) addRuntime(slab *slab, now int64) {
	if now-rec.start < runtimeFresh {
		return // what so short a Record did is less than what the counters are behind
	}
	allocs, cycles := rec.r.runtime.read(slab.runtime[:], now)
	slab.attrs = append(slab.attrs, slotAttr{Attr: KeyAllocBytes.Int64(int64(allocs - slab.allocs))})
	if cycles != slab.cycles {
		slab.attrs = append(slab.attrs, slotAttr{Attr: KeyGCCycles.Int64(int64(cycles - slab.cycles))})
	}
}

// spanCost is about what one span costs on the host's path, from bench/.
const spanCost = 100 * time.Nanosecond

// addCost notes the recorder's own share: the spans by their usual cost, the end as
// measured up to here. Small Records end alike, and of these the clock is a good part: it
// is read for some.
func (rec *Recording) addCost(slab *slab, now int64) {
	const small, some = 16, 15
	end := rec.r.smallEnd.Load()
	if rec.spans > small || end == 0 || rec.start&some == 0 {
		end = Now() - now
		if rec.spans <= small {
			rec.r.smallEnd.Store(end)
		}
	}
	self := time.Duration(end) + time.Duration(rec.spans+slab.summary.Left)*spanCost
	slab.attrs = append(slab.attrs, slotAttr{Attr: KeySelfTime.Duration(self)})
}
