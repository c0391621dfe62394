package view

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// cacheSet is the cache calls of one Record, with their groups of keys.
type cacheSet struct {
	kindSet
	keys []keyGroup
}

// keyGroup is what was asked of a group of keys.
type keyGroup struct {
	cache, name   string
	hits, misses  int64
	writes, other int64
	errs          int
	total         time.Duration
	calls         int64
	over          CacheGroup // of all Records
}

func newCacheSet(v recordView) cacheSet {
	set := cacheSet{kindSet: newKindSet(v, KindCache)}
	at := map[[2]string]int{}
	for _, i := range set.spans {
		s := v.Spans[i]
		c := s.Cached
		if c == nil {
			c = &CacheCall{Size: -1}
		}
		if c.Group == "" && c.Result == "" {
			continue
		}
		key := [2]string{c.Cache, c.Group}
		j, ok := at[key]
		if !ok {
			j = len(set.keys)
			at[key] = j
			set.keys = append(set.keys, keyGroup{cache: c.Cache, name: c.Group})
		}
		set.keys[j].add(s, c)
	}
	for j := range set.keys {
		for _, over := range v.CacheGroups {
			if over.Cache == set.keys[j].cache && over.Group == set.keys[j].name {
				set.keys[j].over = over
			}
		}
	}
	slices.SortStableFunc(set.keys, func(a, b keyGroup) int { return cmp.Compare(b.total, a.total) })
	return set
}

// order is how the groups stand: those of most time first, unless somebody asks.
func (set cacheSet) order(here URL) ([]int, sorting) {
	of := func(value func(keyGroup) int64) func(int) int64 {
		return func(i int) int64 { return value(set.keys[i]) }
	}
	return inOrder(here, len(set.keys), sorting{"time", false},
		rank{col: "group", text: func(i int) string { return set.keys[i].name }},
		rank{col: "hits", number: of(func(g keyGroup) int64 { return g.hits })},
		rank{col: "misses", number: of(func(g keyGroup) int64 { return g.misses })},
		rank{col: "ratio", number: of(func(g keyGroup) int64 { return perMillion(ratio(g.hits, g.misses)) })},
		rank{col: "day", number: of(func(g keyGroup) int64 { return perMillion(ratio(int64(g.over.Hits), int64(g.over.Misses))) })},
		rank{col: "writes", number: of(func(g keyGroup) int64 { return g.writes })},
		rank{col: "errors", number: of(func(g keyGroup) int64 { return int64(g.errs) })},
		rank{col: "time", number: of(func(g keyGroup) int64 { return int64(g.total) })},
	)
}

// perMillion is a ratio as a whole number.
func perMillion(ratio float64) int64 { return int64(ratio * 1e6) }

func (g *keyGroup) add(s Span, c *CacheCall) {
	g.calls++
	g.total += s.Duration
	if s.Err != "" || s.Panicked {
		g.errs++
		return
	}
	switch c.Result {
	case "hit":
		g.hits++
	case "miss", "partial":
		g.misses++
	default:
		if writes(c.Operation) {
			g.writes++
		} else {
			g.other++
		}
	}
}

func writes(op string) bool {
	for _, w := range []string{"SET", "DEL", "UNLINK", "EXPIRE", "INCR", "DECR", "PUSH", "ADD", "REM", "APPEND", "FLUSH"} {
		if strings.Contains(strings.ToUpper(op), w) {
			return true
		}
	}
	return false
}

// keptKeys tells that some keys cannot be deleted where others can.
func (set cacheSet) keptKeys(v recordView) bool {
	return slices.ContainsFunc(set.spans, func(i int) bool { c := v.Spans[i].Cached; return c != nil && c.Kept != "" })
}

// ratio is the share of look-ups that found something; negative without any.
func ratio(hits, misses int64) float64 {
	if hits+misses == 0 {
		return -1
	}
	return float64(hits) / float64(hits+misses)
}

// day says how a group does over a day; "" when that is not known.
func (g keyGroup) day() string {
	r := ratio(int64(g.over.Hits), int64(g.over.Misses))
	if r < 0 {
		return ""
	}
	return fmt.Sprintf("%s of %s", Percent(r), Count(int64(g.over.Hits+g.over.Misses)))
}

// result is what a call found, as a badge.
func (c *CacheCall) result() Badge {
	switch c.Result {
	case "hit":
		return Badge{StatusOK, "hit"}
	case "miss":
		return Badge{"", "miss"}
	case "partial":
		return Badge{"", fmt.Sprintf("%d of %d", c.Hits, c.Keys)}
	}
	return Badge{}
}

// keyText is what a call was about.
func (c *CacheCall) keyText() string {
	if c.Keys > 1 && c.Key != "" {
		return c.Key + fmt.Sprintf(" and %d more", c.Keys-1)
	}
	return c.Key
}

func (c *CacheCall) size() string {
	if c.Size < 0 {
		return ""
	}
	return Bytes(c.Size)
}

func (c *CacheCall) ttl() string {
	if c.TTL <= 0 {
		return ""
	}
	return age(c.TTL)
}
