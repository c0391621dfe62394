package cachetap

import (
	"context"
	"errors"
	"time"
)

// Store is a cache of the usual shape, in memory or elsewhere.
type Store[V any] interface {
	// Get gives the value of a key; false when it is not there.
	Get(ctx context.Context, key string) (value V, ok bool, err error)
	// Set keeps a value, for ttl; 0: for as long as there is room.
	Set(ctx context.Context, key string, value V, ttl time.Duration) error
	// Delete removes a key; one that is not there is no error.
	Delete(ctx context.Context, key string) error
}

// Wrap gives a Store that reports what is asked of s. Values and errors are s's own.
func Wrap[V any](name string, s Store[V], opts ...Option) Store[V] {
	return &wrapped[V]{New(name, opts...), s}
}

type wrapped[V any] struct {
	cache *Cache
	next  Store[V]
}

// Unwrap is the Store that is reported.
func (w *wrapped[V]) Unwrap() Store[V] { return w.next }

func (w *wrapped[V]) Get(ctx context.Context, key string) (value V, ok bool, err error) {
	call := w.cache.Get(ctx, key)
	returned := false
	defer call.unlessReturned(&returned)
	value, ok, err = w.next.Get(ctx, key)
	returned = true
	switch {
	case err != nil:
		call.End(err)
	case ok:
		call.Value(value)
		call.Hit(-1)
	default:
		call.Miss()
	}
	return value, ok, err
}

func (w *wrapped[V]) Set(ctx context.Context, key string, value V, ttl time.Duration) error {
	call := w.cache.Set(ctx, key, -1, ttl)
	call.Value(value)
	returned := false
	defer call.unlessReturned(&returned)
	err := w.next.Set(ctx, key, value, ttl)
	returned = true
	call.End(err)
	return err
}

func (w *wrapped[V]) Delete(ctx context.Context, key string) error {
	call := w.cache.Delete(ctx, key)
	returned := false
	defer call.unlessReturned(&returned)
	err := w.next.Delete(ctx, key)
	returned = true
	call.End(err)
	return err
}

var errGone = errors.New("the cache did not return")

// unlessReturned ends the call of a Store that panicked, or ended its goroutine: without
// recover, so that it goes on as it was.
func (c Call) unlessReturned(returned *bool) {
	if !*returned {
		c.span.End(errGone)
	}
}
