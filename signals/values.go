package signals

import "sync"

// Values is what the receivers of one send leave for each other, by key. Keys are
// best of an unexported type, as those of a context are. It may be used from several
// goroutines; the zero Values is empty and ready.
type Values struct {
	mu  sync.Mutex // guards all
	all map[any]any
}

// Set keeps a value under a key, in place of the one there was.
func (v *Values) Set(key, value any) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.all == nil {
		v.all = map[any]any{}
	}
	v.all[key] = value
}

// Get is the value under a key; nil when there is none.
func (v *Values) Get(key any) any {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.all[key]
}
