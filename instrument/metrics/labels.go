package metrics

import (
	"slices"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// key are the labels of one handler's series.
type key struct{ kind, handler string }

const (
	// allHandlers is the handler of kinds that are not exported by handler.
	allHandlers = "__all__"
	// other is the handler of those beyond the limit, as in instrument.
	other = instrument.OtherHandler
)

// Series that a handler takes: the classic buckets, +Inf, sum and count; errors,
// panics and in flight. A native histogram is one series, so a Prometheus that takes
// those has far fewer.
var perHandler = len(classicBounds) + 3 + 3

// reserved is left for all that is not by handler: Records by kind, reasons, the rest.
const reserved = instrument.MaxKinds + 24

// labels decides which handlers have series of their own. A decision stands: a
// handler that moved to __other__ and back would look like a counter that restarts.
type labels struct {
	free     int             // handlers that may still be let in
	own      map[key]bool    // let in
	kinds    map[string]bool // have a place for their __other__ or __all__
	overflow map[key]bool    // not let in; at most as many as there are handlers
}

func newLabels(maxSeries int) labels {
	return labels{
		free:     (maxSeries-reserved)/perHandler - 1, // one for {__other__, __other__}
		own:      map[key]bool{},
		kinds:    map[string]bool{},
		overflow: map[key]bool{},
	}
}

// admit gives the labels under which k is exported.
func (l *labels) admit(k key) key {
	if l.own[k] {
		return k
	}
	if !l.kinds[k.kind] {
		if l.free <= 0 {
			l.overflow[k] = true
			return key{other, other}
		}
		l.free--
		l.kinds[k.kind] = true
	}
	switch {
	case k.handler == other, k.handler == allHandlers:
		return k
	case l.overflow[k] || l.free <= 0:
		l.overflow[k] = true
		return key{k.kind, other}
	}
	l.free--
	l.own[k] = true
	return k
}

// series is what is exported for one pair of labels.
type series struct {
	key      key
	stats    instrument.Stats
	inFlight bool
}

// series adds up the Recorder's handlers by label, in the order in which handlers
// were made, and says how many had to share.
func (c *Collector) series() (all []*series, overflow int) {
	stats := c.config.Recorder.AllStats()
	byKey := map[key]*series{}
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range stats {
		kind := stats[i].Handler.Kind()
		if !c.exports(kind) {
			continue
		}
		k := c.labels.admit(c.keyOf(stats[i].Handler))
		s := byKey[k]
		if s == nil {
			s = &series{key: k}
			byKey[k] = s
			all = append(all, s)
		}
		s.add(&stats[i])
		s.inFlight = s.inFlight || !slices.Contains(nested, kind)
	}
	return all, len(c.labels.overflow)
}

// add is Stats.Add for different handlers: those in flight add up.
func (s *series) add(o *instrument.Stats) {
	inFlight := s.stats.InFlight + o.InFlight
	s.stats.Add(o)
	s.stats.InFlight = inFlight
}

func (c *Collector) exports(k instrument.Kind) bool {
	return !slices.Contains(timeless, k) || slices.Contains(c.config.ByHandler, k)
}

func (c *Collector) keyOf(h *instrument.Handler) key {
	byHandler := !slices.Contains(grouped, h.Kind())
	if c.config.ByHandler != nil {
		byHandler = slices.Contains(c.config.ByHandler, h.Kind())
	}
	if !byHandler {
		return key{valid(h.Kind().String()), allHandlers}
	}
	return key{valid(h.Kind().String()), valid(h.Name())}
}

// valid repairs text that is not UTF-8; Prometheus' client refuses it.
func valid(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
