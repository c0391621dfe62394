package otelpeers

import (
	"cmp"
	"errors"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/redis/go-redis/extra/redisotel/v9"
	"github.com/redis/go-redis/v9"

	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

func TestRedisotel_CallsStandInTheCachePanel(t *testing.T) {
	var page http.HandlerFunc
	b := setup(t, toolbar.Config{}, &page)
	client := redis.NewClient(&redis.Options{Addr: cmp.Or(os.Getenv("TOOLBAR_TEST_REDIS"), "127.0.0.1:6379")})
	defer client.Close()
	if err := client.Ping(t.Context()).Err(); err != nil {
		missing(t, "Redis", err)
	}
	if err := redisotel.InstrumentTracing(client, redisotel.WithTracerProvider(b.tb.TracerProvider())); err != nil {
		t.Fatal(err)
	}
	const key = "otelpeers:user:7"
	defer client.Del(t.Context(), key)
	page = func(_ http.ResponseWriter, r *http.Request) {
		ctx := r.Context()
		if err := client.Set(ctx, key, "hunter2", 0).Err(); err != nil {
			t.Error(err)
		}
		if v, err := client.Get(ctx, key).Result(); err != nil || v != "hunter2" {
			t.Error(v, err)
		}
		if err := client.Get(ctx, "otelpeers:none").Err(); !errors.Is(err, redis.Nil) {
			t.Error(err)
		}
		if _, err := client.Pipelined(ctx, func(p redis.Pipeliner) error {
			p.Set(ctx, key, "hunter2", 0)
			p.Get(ctx, key)
			return nil
		}); err != nil {
			t.Error(err)
		}
		if err := client.LPush(ctx, key, "hunter2").Err(); err == nil {
			t.Error("a text is a list")
		}
	}
	rec := b.visit()
	calls := rec.kinds("cache")
	calls = slices.DeleteFunc(calls, func(s span) bool { return s.Parent != 0 }) // what a new connection takes
	if len(calls) != 5 {
		t.Fatalf("%d calls\n%s", len(calls), rec)
	}
	for i, want := range []struct{ name, key string }{{"redis set", key}, {"redis get", key}, {"redis get", "otelpeers:none"}, {"redis pipeline", ""}, {"redis lpush", key}} {
		c := calls[i]
		got, _ := c.Attrs["cache.key"].(string)
		if c.Name != want.name || got != want.key || c.Attrs["cache.name"] != "redis" || (c.Error != "") != (i == 4) {
			t.Errorf("call %d: %+v, want %v", i, c, want)
		}
	}
	b.hides(rec, "hunter2")
	b.shows(rec, "cache", "redis get", key)
}
