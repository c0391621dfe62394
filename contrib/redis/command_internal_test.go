package redistap

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
)

func TestRead_KeysAndShapes(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		args  []any
		keys  []string
		shape string
		ttl   time.Duration
	}{
		{[]any{"get", "a"}, []string{"a"}, "GET a", 0},
		{[]any{"mget", "a", "b"}, []string{"a", "b"}, "MGET a b", 0},
		{[]any{"set", "a", "value", "px", int64(1500), "nx"}, []string{"a"}, "SET a text(5) PX 1500 NX", 1500 * time.Millisecond},
		{[]any{"setex", "a", int64(60), []byte("four")}, []string{"a"}, "SETEX a int bytes(4)", time.Minute},
		{[]any{"eval", "return 1", 2, "a", "b", "c"}, []string{"a", "b"}, "EVAL text(8) int a b text(1)", 0},
		{[]any{"eval", "return 1", 0, "c"}, nil, "EVAL text(8) int text(1)", 0},
		{[]any{"eval", "return 1", 99, "c"}, nil, "EVAL text(8) int text(1)", 0},
		{[]any{"xread", "count", int64(5), "streams", "s1", "s2", "0", "0"}, []string{"s1", "s2"}, "XREAD COUNT 5 STREAMS s1 s2 text(1) text(1)", 0},
		{[]any{"ping"}, nil, "PING", 0},
		{[]any{"publish", "news", "hi"}, nil, "PUBLISH text(4) text(2)", 0},
		{[]any{"auth", "me", "pass"}, nil, "", 0},
		{[]any{"hset", "h", "f", 1.5, nil, true}, []string{"h"}, "HSET h text(1) float nil bool", 0},
		{[]any{"get"}, nil, "GET", 0},
		{[]any{"set", "a"}, []string{"a"}, "SET a", 0},
	} {
		c := read(redis.NewCmd(context.Background(), tc.args...))
		if !slices.Equal(c.keys, tc.keys) || c.shape != tc.shape || c.ttl != tc.ttl {
			t.Errorf("%v: keys %q, shape %q, ttl %v", tc.args, c.keys, c.shape, c.ttl)
		}
	}
}

// Whatever is sent, reading it does not fail and what is kept stays small.
func FuzzRead(f *testing.F) {
	f.Add("get", "a", "EX", int64(5))
	f.Add("eval", "x", "9999999999999999999", int64(-1))
	f.Fuzz(func(t *testing.T, name, a, b string, n int64) {
		c := read(redis.NewCmd(context.Background(), name, a, b, n, []byte(a), nil, fmt.Errorf("%s", b)))
		if len(c.op) > maxName || len(c.shape) > maxText+4*maxKey {
			t.Errorf("op of %d bytes, shape of %d", len(c.op), len(c.shape))
		}
		if c.op != "COMMAND" && !strings.EqualFold(c.op, name) {
			t.Errorf("%q is read as %q", name, c.op)
		}
	})
}
