// Package cachetap shows what a request asks of its caches: hits and misses, how long they
// took, and how often each group of keys is found.
//
// A cache of the usual shape is wrapped:
//
//	products := cachetap.Wrap("products", store) // store has Get, Set and Delete
//
// Any other reports its calls itself; a client of Redis does with contrib/redis:
//
//	var pages = cachetap.New("pages")
//
//	call := pages.Get(ctx, key)
//	page, ok := lru.Get(key)
//	if ok {
//		call.Hit(len(page))
//	} else {
//		call.Miss()
//	}
//
// A call finds its request by the context or, where the app passes none, by the goroutine
// (see package instrument).
//
// # Groups of keys
//
// Statistics are kept by group: "session:8f3a9c04" counts as "session:{id}". [Group] says
// otherwise where that is not what a key's looks tell. A cache has at most 200 groups; keys
// of others are counted as [OtherGroup]. Hits and misses have statistics of their own, so
// that the ratio of a group is exact over any time, whatever Records are kept:
//
//	products GET product:{id}         a hit
//	products GET product:{id} miss    a miss
//
// # What is left out
//
// Calls for keys that nobody wants to see, such as a heartbeat's, are left out by pattern:
//
//	cachetap.New("sessions", cachetap.Ignore(regexp.MustCompile(`^heartbeat:`)))
//
// # What is kept
//
// A key is kept masked: what follows a sensitive part is hidden, so of "session:8f3a9c04"
// stays "session:[redacted]". Values are not kept, only their size, unless [Values] asks
// for them.
package cachetap
