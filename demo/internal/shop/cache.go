package shop

import (
	"context"
	"sync"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
)

// memory is a cache in the shop's own memory. It is safe for concurrent use.
type memory[V any] struct {
	mu  sync.Mutex // guards all
	all map[string]remembered[V]
}

type remembered[V any] struct {
	value V
	until time.Time
}

// CacheDelete are functions that delete a key from the shop's caches, by the cache's name: for the toolbar.
func (s *Shop) CacheDelete() map[string]func(ctx context.Context, key string) error {
	return map[string]func(context.Context, string) error{"shelves": below(s.shelves).Delete, "firings": below(s.firings).Delete}
}

// below is the cache itself: what the toolbar asks of it is no call of the shop.
func below[V any](c cachetap.Store[V]) cachetap.Store[V] {
	if w, ok := c.(interface{ Unwrap() cachetap.Store[V] }); ok {
		return w.Unwrap()
	}
	return c
}

// maxRemembered bounds how much a cache keeps: more than the shop has shelves and shapes.
const maxRemembered = 1000

// newMemory gives a cache that says what it is asked. Options name its groups of keys.
func newMemory[V any](name string, opts ...cachetap.Option) cachetap.Store[V] {
	return cachetap.Wrap(name, &memory[V]{all: map[string]remembered[V]{}}, opts...)
}

func (m *memory[V]) Get(_ context.Context, key string) (value V, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.all[key]
	if ok && time.Now().After(r.until) {
		delete(m.all, key)
		return value, false, nil
	}
	return r.value, ok, nil
}

func (m *memory[V]) Set(_ context.Context, key string, value V, ttl time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.all) >= maxRemembered {
		clear(m.all)
	}
	m.all[key] = remembered[V]{value, time.Now().Add(ttl)}
	return nil
}

func (m *memory[V]) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, key)
	return nil
}

// recall gives what the cache has under a key, or what find finds, which is kept for ttl. A cache in trouble is none.
func recall[V any](ctx context.Context, c cachetap.Store[V], key string, ttl time.Duration, find func() (V, error)) (V, error) {
	if v, ok, err := c.Get(ctx, key); err == nil && ok {
		return v, nil
	}
	v, err := find()
	if err != nil {
		return v, err
	}
	_ = c.Set(ctx, key, v, ttl) // the next one asks again
	return v, nil
}
