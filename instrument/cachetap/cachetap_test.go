package cachetap_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type sink struct{ recs []*instrument.Record }

func (s *sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.recs = append(s.recs, rec)
}

var pageHandler = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// page runs f in a Record and gives its spans below the root.
func page(t testing.TB, f func(ctx context.Context, r *instrument.Recorder)) []instrument.RecordSpan {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, Masker: mask.Default()})
	t.Cleanup(func() { r.SetEnabled(false) })
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
	func() {
		defer rec.End()
		f(ctx, r)
	}()
	return s.recs[0].Spans[1:]
}

func attr(sp instrument.RecordSpan, key string) any {
	for _, kv := range sp.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

// memory is a cache as apps write theirs.
type memory[V any] struct {
	mu   sync.Mutex
	all  map[string]V
	fail error
}

func (m *memory[V]) Get(_ context.Context, key string) (v V, ok bool, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil && m.fail == nil {
		panic("no map")
	}
	v, ok = m.all[key]
	return v, ok, m.fail
}

func (m *memory[V]) Set(_ context.Context, key string, v V, _ time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.all[key] = v
	return m.fail
}

func (m *memory[V]) Delete(_ context.Context, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.all, key)
	return m.fail
}

func TestWrap_ReportsHitsMissesAndWrites(t *testing.T) {
	t.Parallel()
	products := cachetap.Wrap("products", &memory[string]{all: map[string]string{}})
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		if _, ok, _ := products.Get(ctx, "product:101"); ok {
			t.Error("found in an empty cache")
		}
		products.Set(ctx, "product:101", "a mug", time.Minute)
		if v, ok, err := products.Get(ctx, "product:101"); v != "a mug" || !ok || err != nil {
			t.Errorf("got %q, %v, %v", v, ok, err)
		}
		products.Delete(ctx, "product:101")
	})
	want := []struct {
		name, result string
		size, ttl    any
	}{
		{"products GET product:{id} miss", "miss", nil, nil},
		{"products SET product:{id}", "", int64(5), time.Minute},
		{"products GET product:{id}", "hit", int64(5), nil},
		{"products DELETE product:{id}", "", nil, nil},
	}
	if len(spans) != len(want) {
		t.Fatalf("%d spans, want %d", len(spans), len(want))
	}
	for i, w := range want {
		sp := spans[i]
		result, _ := attr(sp, "cache.result").(string)
		if sp.Handler.Name != w.name || result != w.result || attr(sp, "cache.value.size") != w.size || attr(sp, "cache.ttl") != w.ttl {
			t.Errorf("call %d: %s %v", i, sp.Handler.Name, sp.Attrs)
		}
		if attr(sp, "cache.key") != "product:101" || attr(sp, "cache.name") != "products" || attr(sp, "cache.key_group") != "product:{id}" {
			t.Errorf("call %d: %v", i, sp.Attrs)
		}
		if len(sp.Stack) == 0 || !strings.HasSuffix(sp.Stack[0].File, "_test.go") {
			t.Errorf("call %d was made in %+v", i, sp.Stack)
		}
	}
}

func TestWrap_ErrorsAndPanicsAreTheStores(t *testing.T) {
	t.Parallel()
	gone := errors.New("connection refused")
	broken := cachetap.Wrap("broken", &memory[int]{all: map[string]int{}, fail: gone})
	panics := cachetap.Wrap[int]("panics", &memory[int]{})
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		if _, _, err := broken.Get(ctx, "a"); err != gone {
			t.Errorf("Get gave %v", err)
		}
		if err := broken.Set(ctx, "a", 1, 0); err != gone {
			t.Errorf("Set gave %v", err)
		}
		if err := broken.Delete(ctx, "a"); err != gone {
			t.Errorf("Delete gave %v", err)
		}
		defer func() {
			if v := recover(); v != "no map" {
				t.Errorf("the panic became %v", v)
			}
		}()
		panics.Get(ctx, "a")
	})
	for i, sp := range spans {
		if sp.Error == "" || sp.Flags.Has(instrument.FlagUnfinished) {
			t.Errorf("call %d: %q %v", i, sp.Error, sp.Flags)
		}
	}
	if len(spans) != 4 {
		t.Errorf("%d spans", len(spans))
	}
}

func TestCache_AnErrorThatSaysNotThereIsAMiss(t *testing.T) {
	t.Parallel()
	notThere := errors.New("not there")
	c := cachetap.New("lru", cachetap.Misses(notThere))
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		c.Get(ctx, "a").End(fmt.Errorf("get a: %w", notThere))
		c.Get(ctx, "a").End(errors.New("other"))
	})
	if attr(spans[0], "cache.result") != "miss" || spans[0].Flags.Has(instrument.FlagError) || spans[1].Error != "other" {
		t.Errorf("%+v", spans)
	}
}

func TestIgnore_LeavesKeysOut(t *testing.T) {
	t.Parallel()
	c := cachetap.New("sessions", cachetap.Ignore(nil, regexp.MustCompile(`^heartbeat:`), regexp.MustCompile(`^lock$`)))
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		c.Get(ctx, "heartbeat:7").Miss()
		c.GetMany(ctx, "lock", "heartbeat:8").Found(1, 2)
		c.Set(ctx, "lock", 3, time.Second).End(errors.New("broken"))
		c.Do(ctx, "PING").End(nil)
		c.Get(ctx, "user:7").Hit(1)
		c.Delete(ctx, "lock", "user:7").End(nil)
	})
	var got []string
	for _, s := range spans {
		got = append(got, s.Handler.Name)
	}
	if text := strings.Join(got, ", "); text != "sessions PING, sessions GET user:{id}, sessions DELETE lock" {
		t.Errorf("calls: %s", text)
	}
}

func TestCache_SeveralKeysAtOnce(t *testing.T) {
	t.Parallel()
	c := cachetap.New("lru")
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		c.GetMany(ctx, "p:1", "p:2", "p:3").Found(2, 3)
		c.GetMany(ctx, "p:1", "p:2").Found(2, 2)
		c.GetMany(ctx, "p:1", "p:2").Found(0, 2)
		c.Do(ctx, "FLUSH").End(nil)
	})
	for i, want := range []string{"partial", "hit", "miss"} {
		if attr(spans[i], "cache.result") != want {
			t.Errorf("call %d is a %v, want %s", i, attr(spans[i], "cache.result"), want)
		}
	}
	if attr(spans[0], "cache.hits") != int64(2) || attr(spans[0], "cache.keys") != int64(3) {
		t.Errorf("%v", spans[0].Attrs)
	}
	if spans[3].Handler.Name != "lru FLUSH" {
		t.Errorf("counted as %q", spans[3].Handler.Name)
	}
}

func TestCache_SecretsInKeysAndValuesAreMasked(t *testing.T) {
	t.Parallel()
	const secret = "hunter2Canary"
	c := cachetap.New("redis", cachetap.Values())
	spans := page(t, func(ctx context.Context, _ *instrument.Recorder) {
		for _, key := range []string{"session:" + secret, "reset_token/" + secret + "/mail", "user:7:password=" + secret} {
			call := c.Get(ctx, key)
			call.Value(struct{ Name, Password string }{"Mara", secret})
			call.Hit(-1)
		}
		call := c.Set(ctx, "page", 5, 0)
		call.Value([]byte("token=" + secret))
		call.End(nil)
	})
	text := fmt.Sprint(spans)
	if strings.Contains(text, secret) {
		t.Errorf("a secret was kept: %s", text)
	}
	if !strings.Contains(text, "Mara") {
		t.Error("values were asked for and not kept")
	}
}

func TestCache_GroupsAreCapped(t *testing.T) {
	t.Parallel()
	c := cachetap.New("many", cachetap.Group(regexp.MustCompile(`^user/(\w+)/`), "user/*/$1"), cachetap.Group(nil, "x"))
	spans := page(t, func(ctx context.Context, r *instrument.Recorder) {
		c.Get(ctx, "user/cart/of-mara").Hit(1)
		for i := range 300 {
			c.Get(ctx, "word-"+strings.Repeat(string(rune('a'+i%26)), 1+i/26)).Miss()
		}
		c.Get(ctx, strings.Repeat("x", 5000)).Miss()
		c.Get(ctx, "\xff\xfe").Miss()
	})
	if got := attr(spans[0], "cache.key_group"); got != "user/*/cart" {
		t.Errorf("a pattern's group is %v", got)
	}
	names := map[any]bool{}
	for _, sp := range spans {
		names[attr(sp, "cache.key_group")] = true
		if len(sp.Handler.Name) > 256 {
			t.Errorf("a name of %d bytes", len(sp.Handler.Name))
		}
	}
	if len(names) != 201 || !names[cachetap.OtherGroup] {
		t.Errorf("%d groups, want 200 and that of the others", len(names))
	}
}

// Statistics are exact also outside of Records, and off costs nothing but a look.
func TestCache_OutsideARecordAndSwitchedOff(t *testing.T) {
	var none *cachetap.Cache
	none.Get(context.Background(), "a").Hit(1)
	c := cachetap.New("outside it")
	c.Get(context.Background(), "a").Hit(1) // off
	r := instrument.New(instrument.Config{})
	t.Cleanup(func() { r.SetEnabled(false) })
	instrument.SetDefault(r)
	t.Cleanup(func() { instrument.SetDefault(nil) })
	for range 3 {
		c.Get(context.Background(), "a:1").Hit(1)
	}
	c.Get(context.Background(), "a:2").Miss()
	count := func(name string) uint64 {
		return r.Stats(instrument.LookupHandler(instrument.KindCache, name)).Count
	}
	if hits, misses := count("outside-it GET a:{id}"), count("outside-it GET a:{id} miss"); hits != 3 || misses != 1 {
		t.Errorf("%d hits and %d misses, want 3 and 1", hits, misses)
	}
	if (*cachetap.Cache)(nil).Name() != "" || cachetap.New("").Name() != "cache" {
		t.Error("names")
	}
}

func BenchmarkGet(b *testing.B) {
	r := instrument.New(instrument.Config{Sink: &nothing{}})
	defer r.SetEnabled(false)
	c := cachetap.New("bench")
	b.ReportAllocs()
	for b.Loop() {
		ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
		for range 10 {
			c.Get(ctx, "product:101").Hit(5)
		}
		rec.End()
	}
}

type nothing struct{}

func (nothing) Want(*instrument.Summary) bool   { return true }
func (nothing) Put(*instrument.Summary, []byte) {}
