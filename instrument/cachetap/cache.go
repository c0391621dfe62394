package cachetap

import (
	"errors"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

// Cache reports the calls of one cache. It is safe for concurrent use. A nil *Cache
// reports nothing.
type Cache struct {
	name      string
	rules     *mask.Rules
	patterns  []pattern
	ignored   []*regexp.Regexp
	misses    []error
	values    bool
	noCallers bool
	skip      int
	size      func(any) int

	groups     sync.Map // group -> *group
	groupCount atomic.Int32
}

type pattern struct {
	*regexp.Regexp
	name string
}

// Option changes what is reported of a cache.
type Option func(*Cache)

// Mask hides secrets by the rules instead of mask.Default's. Nil changes nothing.
func Mask(rules *mask.Rules) Option {
	return func(c *Cache) {
		if rules != nil {
			c.rules = rules
		}
	}
}

// Group counts keys that a pattern matches as a group of the given name, in which $1 stands
// for what the pattern's first parentheses matched. The first pattern that matches counts;
// other keys go by their looks. Nil patterns are ignored.
func Group(p *regexp.Regexp, name string) Option {
	return func(c *Cache) {
		if p != nil {
			c.patterns = append(c.patterns, pattern{p, name})
		}
	}
}

// Ignore leaves calls out whose keys match one of the patterns, every one of them where
// there are several: they are neither recorded nor counted. Nil patterns are ignored.
func Ignore(patterns ...*regexp.Regexp) Option {
	return func(c *Cache) {
		for _, p := range patterns {
			if p != nil {
				c.ignored = append(c.ignored, p)
			}
		}
	}
}

// ignores reports whether a call is left out.
func (c *Cache) ignores(keys []string) bool {
	if len(c.ignored) == 0 || len(keys) == 0 {
		return false
	}
	for _, k := range keys {
		if !slices.ContainsFunc(c.ignored, func(p *regexp.Regexp) bool { return p.MatchString(k) }) {
			return false
		}
	}
	return true
}

// Misses names the errors by which the cache says that a key is not there: they are misses
// and not failures.
func Misses(errs ...error) Option { return func(c *Cache) { c.misses = append(c.misses, errs...) } }

// Values keeps values beside their keys, masked, at most 256 bytes of each. It is off
// unless asked for: they are the users' data.
func Values() Option { return func(c *Cache) { c.values = true } }

// Sizes says how many bytes a value has that is neither text nor bytes; less than 0: that
// is not known. It runs on the caller's path and must be quick.
func Sizes(size func(value any) int) Option { return func(c *Cache) { c.size = size } }

// NoCallers leaves out where in the code a call was made.
func NoCallers() Option { return func(c *Cache) { c.noCallers = true } }

// Skip says that Do is called by an adapter between the app and its cache, so many calls
// deep in the adapter's package, which is left out of where a call was made. 0 is the app
// itself.
func Skip(calls int) Option { return func(c *Cache) { c.skip = max(calls, 0) } }

// New gives a Cache with a name for pages and statistics, "cache" where it is empty.
// Spaces in it become dashes.
func New(name string, opts ...Option) *Cache {
	if name = strings.Join(strings.Fields(name), "-"); name == "" {
		name = "cache"
	}
	c := &Cache{name: name, rules: mask.Default()}
	for _, o := range opts {
		o(c)
	}
	return c
}

// Name is the cache's name; "" for nil.
func (c *Cache) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// OtherGroup is the group of keys that came when a cache had 200 groups already.
const OtherGroup = "__other__"

const maxGroups = 200

// group has the handlers of one group of keys, by operation.
type group struct {
	name     string
	handlers sync.Map // operation and result -> *instrument.Handler
}

// groupOf finds the group of a key.
func (c *Cache) groupOf(key string) *group {
	name := c.groupName(key)
	if g, ok := c.groups.Load(name); ok {
		return g.(*group)
	}
	if c.groupCount.Add(1) > maxGroups {
		c.groupCount.Add(-1)
		g, _ := c.groups.LoadOrStore(OtherGroup, &group{name: OtherGroup})
		return g.(*group)
	}
	g, known := c.groups.LoadOrStore(name, &group{name: c.rules.KeyPath(name)})
	if known {
		c.groupCount.Add(-1)
	}
	return g.(*group)
}

// maxGroupName is where the name of a group is cut.
const maxGroupName = 120

func (c *Cache) groupName(key string) string {
	if len(key) > 2*maxGroupName {
		key = key[:2*maxGroupName]
	}
	for _, p := range c.patterns {
		if at := p.FindStringSubmatchIndex(key); at != nil {
			return string(p.ExpandString(nil, p.name, key, at))
		}
	}
	name := mask.Shape(strings.ToValidUTF8(key, "?"))
	if len(name) > maxGroupName {
		name = strings.ToValidUTF8(name[:maxGroupName], "") + "…"
	}
	return name
}

// handler finds what a call is counted for. suffix is "" or " miss".
func (c *Cache) handler(g *group, op, suffix string) *instrument.Handler {
	if h, ok := g.handlers.Load(op + suffix); ok {
		return h.(*instrument.Handler)
	}
	name := c.name + " " + op
	if g.name != "" {
		name += " " + g.name
	}
	h := instrument.NewHandler(instrument.KindCache, name+suffix, instrument.Source{})
	g.handlers.Store(op+suffix, h)
	return h
}

// isMiss reports whether an error only says that a key is not there.
func (c *Cache) isMiss(err error) bool {
	for _, m := range c.misses {
		if errors.Is(err, m) {
			return true
		}
	}
	return false
}
