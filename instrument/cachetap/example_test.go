package cachetap_test

import (
	"context"
	"fmt"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
)

// A cache of the usual shape is wrapped, and the app goes on as before.
func ExampleWrap() {
	products := cachetap.Wrap("products", &memory[string]{all: map[string]string{}})

	ctx := context.Background()
	products.Set(ctx, "product:101", "a mug", time.Minute)
	v, ok, err := products.Get(ctx, "product:101")
	fmt.Println(v, ok, err)
	// Output: a mug true <nil>
}

// Any other cache says what it does.
func ExampleCache_Get() {
	var pages = cachetap.New("pages")
	lru := map[string]string{"/": "<h1>Hello</h1>"}

	find := func(ctx context.Context, path string) (string, bool) {
		call := pages.Get(ctx, path)
		page, ok := lru[path]
		if !ok {
			call.Miss()
			return "", false
		}
		call.Hit(len(page))
		return page, true
	}
	fmt.Println(find(context.Background(), "/"))
	// Output: <h1>Hello</h1> true
}
