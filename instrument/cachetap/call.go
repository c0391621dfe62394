package cachetap

import (
	"context"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// Names of attributes; OpenTelemetry has none for caches.
var (
	keyName      = instrument.NewKey("cache.name")
	keyOperation = instrument.NewKey("cache.operation")
	keyResult    = instrument.NewKey("cache.result") // hit, miss, partial
	keyKey       = instrument.NewKey("cache.key")    // the first of several
	keyAltered   = instrument.NewKey("cache.key.altered")
	keyKeys      = instrument.NewKey("cache.keys") // how many, of several
	keyHits      = instrument.NewKey("cache.hits") // of them
	keyGroup     = instrument.NewKey("cache.key_group")
	keySize      = instrument.NewKey("cache.value.size")
	keyValue     = instrument.NewKey("cache.value")
	keyTTL       = instrument.NewKey("cache.ttl")
)

// The operations that caches have in common. Others may have any name; they are shown in
// capitals like these.
const (
	OpGet    = "GET"
	OpSet    = "SET"
	OpDelete = "DELETE"
)

// Call is one call of a cache. It is a value; begin it with a method of Cache, say how it
// went with Hit, Miss, Found or End, once. The zero Call does nothing.
type Call struct {
	cache *Cache
	group *group
	op    string
	span  instrument.Span
}

// Get begins the look-up of a key: end it with Hit, Miss or End.
func (c *Cache) Get(ctx context.Context, key string) Call { return c.Do(ctx, OpGet, key) }

// GetMany begins the look-up of several keys at once: end it with Found or End. The first
// one says to which group all are counted.
func (c *Cache) GetMany(ctx context.Context, keys ...string) Call { return c.Do(ctx, OpGet, keys...) }

// Set begins the writing of a value of so many bytes, less than 0: not known, that is to
// be kept for ttl, 0 or less: for as long as there is room. End it with End.
func (c *Cache) Set(ctx context.Context, key string, size int, ttl time.Duration) Call {
	call := c.Do(ctx, OpSet, key)
	if call.span.Recorded() {
		call.Size(size)
		call.TTL(ttl)
	}
	return call
}

// Delete begins the removal of keys: end it with End.
func (c *Cache) Delete(ctx context.Context, keys ...string) Call { return c.Do(ctx, OpDelete, keys...) }

// maxCallers is how many calls are kept with a span, from the app's own code outwards.
const maxCallers = 8

// Do begins any operation, of no, one or several keys. Its name should be one of few: keys
// and values do not belong in it.
func (c *Cache) Do(ctx context.Context, op string, keys ...string) Call {
	if c == nil || !instrument.On() || c.ignores(keys) {
		return Call{}
	}
	_, call := c.begin(ctx, 1, false, op, keys)
	return call
}

// Batch is Do for several calls that go together, such as a pipeline. Calls with the
// context that it gives stand below it.
func (c *Cache) Batch(ctx context.Context, op string) (context.Context, Call) {
	if c == nil || !instrument.On() {
		return ctx, Call{}
	}
	return c.begin(ctx, 1, true, op, nil)
}

// begin leaves out skip calls more than Skip says. With below it makes a context.
func (c *Cache) begin(ctx context.Context, skip int, below bool, op string, keys []string) (context.Context, Call) {
	key := ""
	if len(keys) > 0 {
		key = keys[0]
	}
	call := Call{cache: c, group: c.groupOf(key), op: op}
	h := c.handler(call.group, op, "")
	var attrs [7]instrument.Attr
	n := 0
	if rec, _ := instrument.Find(ctx); rec != nil {
		attrs[0], attrs[1] = keyName.Masked(c.name), keyOperation.Masked(op)
		n = 2
		if len(keys) > 0 {
			shown := c.shown(key)
			attrs[n], attrs[n+1] = keyKey.Masked(shown), keyGroup.Masked(call.group.name)
			n += 2
			if shown != key {
				attrs[n] = keyAltered.Bool(true)
				n++
			}
		}
		if len(keys) > 1 {
			attrs[n] = keyKeys.Int(len(keys))
			n++
		}
		if !c.noCallers {
			attrs[n] = instrument.Callers(skip+c.skip, maxCallers)
			n++
		}
	}
	if below {
		ctx, call.span = instrument.Start(ctx, h, attrs[:n]...)
	} else {
		call.span = instrument.Leaf(ctx, h, attrs[:n]...)
	}
	return ctx, call
}

// maxKey is where a key is cut that is shown.
const maxKey = 200

// shown is what is kept of a key.
func (c *Cache) shown(key string) (kept string) {
	defer func() {
		if recover() != nil { // of a rule that the app has given us
			kept = instrument.Redacted
		}
	}()
	cut := key
	if len(cut) > maxKey {
		cut = cut[:maxKey] + "…"
	}
	return c.rules.KeyPath(cut)
}

// Recorded reports whether attributes of the call are kept.
func (c Call) Recorded() bool { return c.span.Recorded() }

// Size notes how many bytes the value has; less than 0 does nothing.
func (c Call) Size(bytes int) {
	if bytes >= 0 && c.span.Recorded() {
		c.span.Set(keySize.Int(bytes))
	}
}

// TTL notes how long the value is to be kept; 0 and less does nothing.
func (c Call) TTL(d time.Duration) {
	if d > 0 && c.span.Recorded() {
		c.span.Set(keyTTL.Duration(d))
	}
}

// Value notes the value's size, as far as it can be told, and with Values the value.
func (c Call) Value(v any) {
	if !c.span.Recorded() {
		return
	}
	c.Size(c.cache.sizeOf(v))
	if c.cache.values {
		c.span.Set(keyValue.Masked(c.cache.render(v)))
	}
}

// Set adds attributes of the caller's own.
func (c Call) Set(attrs ...instrument.Attr) { c.span.Set(attrs...) }

// Hit ends the call: the key was there, with a value of so many bytes; less than 0: not
// known.
func (c Call) Hit(size int) {
	if c.span.Recorded() {
		attrs := [2]instrument.Attr{keyResult.Masked("hit")}
		if size >= 0 {
			attrs[1] = keySize.Int(size)
		}
		c.span.Set(attrs[:]...)
	}
	c.span.End(nil)
}

// Miss ends the call: the key was not there.
func (c Call) Miss() {
	if !c.span.Active() {
		return
	}
	c.span = c.span.SetHandler(c.cache.handler(c.group, c.op, " miss"))
	c.span.Set(keyResult.Masked("miss"))
	c.span.End(nil)
}

// Found ends a call for several keys, of which so many were there. It counts as a hit when
// none is missing.
func (c Call) Found(hits, of int) {
	if c.span.Recorded() {
		c.span.Set(keyHits.Int(hits), keyKeys.Int(of))
	}
	switch {
	case hits >= of:
		c.Hit(-1)
	case hits <= 0:
		c.Miss()
	default:
		if c.span.Active() {
			c.span = c.span.SetHandler(c.cache.handler(c.group, c.op, " miss"))
			c.span.Set(keyResult.Masked("partial"))
			c.span.End(nil)
		}
	}
}

// End ends a call that is no look-up, or one that failed: err, when not nil, is why. One of
// the errors that Misses named makes it a miss.
func (c Call) End(err error) {
	if err != nil && c.span.Active() && c.cache.isMiss(err) {
		c.Miss()
		return
	}
	c.span.End(err)
}
