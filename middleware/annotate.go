package middleware

import (
	"context"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
)

// SetUser says for whom the request runs. The Record around all layers shows
// it, although the layer that knows the user is an inner one. Without a Record
// it does nothing.
func SetUser(ctx context.Context, name string) {
	rec, _ := instrument.Find(ctx)
	rec.SetUser(name)
}

// Tag marks the request's Record to find it by; a tagged Record is always kept.
// Without a Record it does nothing.
func Tag(ctx context.Context, tag string) {
	rec, _ := instrument.Find(ctx)
	rec.Tag(tag)
}
