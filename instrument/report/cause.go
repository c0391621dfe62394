package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Cause is what time was spent on, or waited for.
type Cause string

// The causes. Locks, scheduler, GC and CPU are told from readings of the whole process
// while the Record ran: they are right where little else ran, and estimates elsewhere.
const (
	CauseSQL     Cause = "SQL"
	CauseHTTP    Cause = "outgoing HTTP"
	CauseCache   Cause = "cache"
	CauseRender  Cause = "templates"
	CausePool    Cause = "waiting for a database connection"
	CauseLock    Cause = "waiting for locks"
	CauseSched   Cause = "waiting for a CPU"
	CauseGC      Cause = "garbage collection"
	CauseCPU     Cause = "CPU of its own"
	CauseWaiting Cause = "waiting" // for something that is not measured: a sleep, a channel, a file
)

// Blame is the part that a cause has in the slow calls of a handler.
type Blame struct {
	Cause Cause
	Time  time.Duration // by the wall clock, of all calls together
	Share float64       // of Why.Time
	// Calls, Handler and Place are the worst one behind it: a statement, a call, a
	// template. Zero for causes that are not spans.
	Calls   int
	Handler instrument.HandlerInfo
	Place   instrument.Source // in the app's own code that ran it; zero when not known
}

// causeOf is the cause that spans of a kind are; "" for those that only contain others
// or run the app's own code.
func causeOf(k instrument.Kind) Cause {
	switch k {
	case instrument.KindQuery:
		return CauseSQL
	case instrument.KindCall:
		return CauseHTTP
	case instrument.KindCache:
		return CauseCache
	case instrument.KindRender:
		return CauseRender
	}
	return ""
}

// blame adds up what calls of a handler waited for. Each moment belongs to the innermost
// spans that ran in it, in equal parts when several did at once: so the parts of a call
// add up to its time.
type blame struct {
	own    time.Duration // the app's code, to be told apart by readings
	pool   time.Duration // of it, waits for connections
	causes map[Cause]time.Duration
	behind map[behindKey]*Part
	places map[behindKey]instrument.Source
	load   map[string]time.Duration
}

type behindKey struct {
	cause   Cause
	handler instrument.HandlerInfo
}

func newBlame() *blame {
	return &blame{
		causes: map[Cause]time.Duration{}, behind: map[behindKey]*Part{}, places: map[behindKey]instrument.Source{},
		load: map[string]time.Duration{},
	}
}

// add takes the calls whose outermost spans are given.
func (b *blame) add(rec *instrument.Record, calls []int) {
	inside := make([]bool, len(rec.Spans))
	for _, i := range calls {
		inside[i] = true
	}
	for i, s := range rec.Spans { // parents stand before their children
		if p := s.Parent; p >= 0 && p < i && inside[p] {
			inside[i] = true
		}
	}
	all := exclusive(rec.Spans)
	var ours, total time.Duration
	for i, d := range all {
		s := &rec.Spans[i]
		cause := causeOf(s.Handler.Kind)
		if cause == "" {
			total += d
		}
		if !inside[i] {
			continue
		}
		if cause == "" {
			ours += d
			continue
		}
		b.take(cause, s, d)
	}
	b.own += ours
	if total > 0 {
		b.readings(rec, float64(ours)/float64(total))
	}
}

func (b *blame) take(cause Cause, s *instrument.RecordSpan, d time.Duration) {
	// A statement waits for its connection before its span begins, in the time of who
	// sends it; a longer wait than the Record lasted was somebody else's.
	b.pool += min(attrDuration(s.Attrs, poolWait), s.Start)
	b.causes[cause] += d
	k := behindKey{cause, bare(s.Handler)}
	p := b.behind[k]
	if p == nil {
		p = &Part{Handler: s.Handler}
		b.behind[k] = p
	}
	p.Calls++
	p.Time += d
	if _, known := b.places[k]; !known && len(s.Stack) > 0 {
		b.places[k] = instrument.Source(s.Stack[0])
	}
}

// poolWait is how long a statement waited for its connection; package sqltap notes it.
const poolWait = "db.pool.wait"

func attrDuration(attrs []instrument.KV, key string) time.Duration {
	for _, a := range attrs {
		if d, ok := a.Value.(time.Duration); ok && a.Key == key {
			return max(d, 0)
		}
	}
	return 0
}

// readings adds what the process did meanwhile, in the part that these calls had of the
// Record's own code.
func (b *blame) readings(rec *instrument.Record, part float64) {
	for _, k := range []instrument.Key{instrument.KeyMutexWait, instrument.KeySchedWait, instrument.KeyGCTime, instrument.KeyCPUTime} {
		b.load[k.Name()] += time.Duration(part * float64(attrDuration(rec.Attrs, k.Name())))
	}
}

// split tells the app's own time apart by the readings. They are of the whole process,
// so together they may be more than there is: then each has its share.
func (b *blame) split() {
	b.pool = min(b.pool, b.own)
	b.causes[CausePool] += b.pool
	b.own -= b.pool
	gc := b.load[instrument.KeyGCTime.Name()]
	parts := []struct {
		cause Cause
		time  time.Duration
	}{
		{CauseLock, b.load[instrument.KeyMutexWait.Name()]},
		{CauseSched, b.load[instrument.KeySchedWait.Name()]},
		{CauseGC, gc},
		{CauseCPU, max(b.load[instrument.KeyCPUTime.Name()]-gc, 0)},
	}
	var sum time.Duration
	for _, p := range parts {
		sum += p.time
	}
	scale := 1.0
	if sum > b.own && sum > 0 {
		scale = float64(b.own) / float64(sum)
	}
	left := b.own
	for _, p := range parts {
		d := time.Duration(scale * float64(p.time))
		b.causes[p.cause] += d
		left -= d
	}
	b.causes[CauseWaiting] += max(left, 0)
}

// least is the smallest share that is told.
const least = 0.01

func (b *blame) result(whole time.Duration) []Blame {
	b.split()
	var list []Blame
	for cause, d := range b.causes {
		if share := float64(d) / float64(whole); share >= least {
			list = append(list, Blame{Cause: cause, Time: d, Share: share})
		}
	}
	slices.SortFunc(list, func(x, y Blame) int { return cmp.Or(cmp.Compare(y.Time, x.Time), cmp.Compare(x.Cause, y.Cause)) })
	for i := range list {
		b.worst(&list[i])
	}
	return list
}

// worst names what took most of a cause.
func (b *blame) worst(w *Blame) {
	var most *Part
	var at behindKey
	for k, p := range b.behind {
		if k.cause == w.Cause && (most == nil || longestFirst(*p, *most) < 0) {
			most, at = p, k
		}
	}
	if most != nil {
		w.Calls, w.Handler, w.Place = most.Calls, most.Handler, b.places[at]
	}
}

// exclusive is how long each span was among the innermost that ran: its part of the wall
// clock, where several at once share it.
func exclusive(spans []instrument.RecordSpan) []time.Duration {
	type edge struct {
		at    time.Duration
		begin bool
		span  int
	}
	edges := make([]edge, 0, 2*len(spans))
	for i := range spans {
		s := &spans[i]
		if s.Duration > 0 {
			edges = append(edges, edge{s.Start, true, i}, edge{s.Start + s.Duration, false, i})
		}
	}
	slices.SortFunc(edges, func(a, b edge) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		return cmp.Compare(boolInt(a.begin), boolInt(b.begin)) // ends first
	})
	own := make([]time.Duration, len(spans))
	running := make([]int, len(spans)) // children that run
	active := make([]bool, len(spans))
	leaves := map[int]bool{}
	last := time.Duration(0)
	for _, e := range edges {
		if n := len(leaves); n > 0 && e.at > last {
			d := (e.at - last) / time.Duration(n)
			for i := range leaves {
				own[i] += d
			}
		}
		last = e.at
		p := spans[e.span].Parent
		hasParent := p >= 0 && p < len(spans) && p != e.span
		active[e.span] = e.begin
		if e.begin {
			if running[e.span] == 0 {
				leaves[e.span] = true
			}
			if hasParent {
				running[p]++
				delete(leaves, p)
			}
			continue
		}
		delete(leaves, e.span)
		if hasParent {
			running[p]--
			if running[p] == 0 && active[p] {
				leaves[p] = true
			}
		}
	}
	return own
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Sentence says what the cause is, with the worst one behind it.
func (b *Blame) Sentence() string { return b.sentence(title) }

func (b *Blame) sentence(name func(instrument.HandlerInfo) string) string {
	s := string(b.Cause)
	if b.Calls == 0 {
		return s
	}
	what := name(b.Handler)
	if b.Calls > 1 {
		what = fmt.Sprintf("%s x %s", group(uint64(b.Calls)), what)
	}
	s += ": " + what
	if b.Place.File != "" {
		s += " at " + b.Place.String()
	}
	return s
}
