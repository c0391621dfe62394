package redistap_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	redistap "github.com/go-debug-toolbar/debugtoolbar/contrib/redis"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/cachetap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const addr = "127.0.0.1:6379"

var prefixes atomic.Int64

// open gives a client whose keys begin with a prefix that only this test has.
func open(t testing.TB, hook redis.Hook) (client *redis.Client, prefix string) {
	t.Helper()
	c, err := net.DialTimeout("tcp", addr, 30*time.Second)
	if err != nil && os.Getenv("CI") != "true" {
		t.Skipf("Redis does not answer at %s: %v", addr, err)
	} else if err != nil {
		t.Fatalf("Redis does not answer at %s: %v", addr, err)
	}
	c.Close()
	prefix = fmt.Sprintf("redistap-%d-%d:", os.Getpid(), prefixes.Add(1))
	client = redis.NewClient(&redis.Options{Addr: addr, MaintNotificationsConfig: nil})
	ctx := context.Background()
	if err := client.Ping(ctx).Err(); err != nil { // connects, which is nobody's request
		t.Fatal(err)
	}
	client.Pipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.Ping(ctx).Err() }) // these have connections of their own
	if hook != nil {
		client.AddHook(hook)
	}
	t.Cleanup(func() {
		if keys := client.Keys(ctx, prefix+"*").Val(); len(keys) > 0 {
			client.Del(ctx, keys...)
		}
		client.Close()
	})
	return client, prefix
}

type sink struct {
	mu   sync.Mutex
	recs []*instrument.Record
}

func (s *sink) Want(*instrument.Summary) bool { return true }

func (s *sink) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recs = append(s.recs, rec)
}

var pageHandler = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// page runs f in a Record and gives all its spans.
func page(t testing.TB, f func(ctx context.Context)) []instrument.RecordSpan {
	t.Helper()
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s, Masker: mask.Default()})
	defer r.SetEnabled(false)
	ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
	f(ctx)
	rec.End()
	return s.recs[0].Spans
}

func attr(sp instrument.RecordSpan, key string) any {
	for _, kv := range sp.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func TestHook_HitsMissesAndWrites(t *testing.T) {
	t.Parallel()
	c, p := open(t, redistap.New("shop"))
	spans := page(t, func(ctx context.Context) {
		if err := c.Get(ctx, p+"stock:101").Err(); err != redis.Nil {
			t.Errorf("Get of nothing gave %v", err)
		}
		if err := c.Set(ctx, p+"stock:101", "twelve", time.Minute).Err(); err != nil {
			t.Error(err)
		}
		if v, err := c.Get(ctx, p+"stock:101").Result(); v != "twelve" || err != nil {
			t.Errorf("got %q, %v", v, err)
		}
		c.MGet(ctx, p+"stock:101", p+"stock:102")
		c.HGetAll(ctx, p+"basket:7")
		c.Exists(ctx, p+"stock:101")
		c.Do(ctx, "SETEX", p+"page:7", 90, []byte("html"))
		c.Del(ctx, p+"stock:101", p+"page:7")
		c.Incr(ctx, p+"stock:101")
	})[1:]
	want := []struct {
		name, result string
		size, ttl    any
	}{
		{"GET stock:{id} miss", "miss", nil, nil},
		{"SET stock:{id}", "", int64(6), time.Minute},
		{"GET stock:{id}", "hit", int64(6), nil},
		{"MGET stock:{id} miss", "partial", nil, nil},
		{"HGETALL basket:{id} miss", "miss", nil, nil},
		{"EXISTS stock:{id}", "hit", nil, nil},
		{"SETEX page:{id}", "", int64(4), 90 * time.Second},
		{"DEL stock:{id}", "", nil, nil},
		{"INCR stock:{id}", "", nil, nil},
	}
	if len(spans) != len(want) {
		t.Fatalf("%d spans, want %d: %+v", len(spans), len(want), spans)
	}
	for i, w := range want {
		sp := spans[i]
		result, _ := attr(sp, "cache.result").(string)
		// The prefix of the test has numbers in it too.
		name := strings.Replace(sp.Handler.Name, mask.Shape(p), "", 1)
		if name != "shop "+w.name || result != w.result || attr(sp, "cache.value.size") != w.size || attr(sp, "cache.ttl") != w.ttl || sp.Error != "" {
			t.Errorf("%d: %q %q %v, want %+v", i, name, sp.Error, sp.Attrs, w)
		}
		if len(sp.Stack) == 0 || !strings.HasSuffix(sp.Stack[0].File, "hook_test.go") {
			t.Errorf("%d: sent from %+v", i, sp.Stack)
		}
	}
	if got := attr(spans[1], "db.query.text"); got != "SET "+p+"stock:101 text(6) EX 60" {
		t.Errorf("shown as %q", got)
	}
	if attr(spans[3], "cache.hits") != int64(1) || attr(spans[3], "cache.keys") != int64(2) {
		t.Errorf("MGET: %v", spans[3].Attrs)
	}
}

func TestHook_PipelinesStandAboveTheirCommands(t *testing.T) {
	t.Parallel()
	c, p := open(t, redistap.New("shop"))
	spans := page(t, func(ctx context.Context) {
		cmds, err := c.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, p+"a:1", "x", 0)
			pipe.Get(ctx, p+"a:1")
			pipe.Get(ctx, p+"a:2")
			pipe.LPush(ctx, p+"a:1", "not a list")
			return nil
		})
		if len(cmds) != 4 || err != redis.Nil {
			t.Errorf("%d commands, %v", len(cmds), err)
		}
		if _, err := c.TxPipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Incr(ctx, p+"n")
			return nil
		}); err != nil {
			t.Error(err)
		}
	})
	names := []string{}
	for _, sp := range spans[1:] {
		if sp.Handler.Kind != instrument.KindCache {
			t.Fatalf("connected only now: %+v", sp)
		}
		names = append(names, strings.Replace(sp.Handler.Name, mask.Shape(p), "", 1))
	}
	want := []string{
		"shop PIPELINE", "shop-pipeline SET a:{id}", "shop-pipeline GET a:{id}", "shop-pipeline GET a:{id} miss", "shop-pipeline LPUSH a:{id}",
		"shop MULTI", "shop-pipeline INCR n",
	}
	if !slices.Equal(names, want) {
		t.Fatalf("spans %q, want %q", names, want)
	}
	for i, sp := range spans[1:] {
		parent := 0
		if strings.Contains(names[i], "-pipeline") {
			parent = 1
			if i > 5 {
				parent = 6
			}
		}
		if sp.Parent != parent {
			t.Errorf("%s stands below span %d, want %d", names[i], sp.Parent, parent)
		}
	}
	if spans[1].Error != "" || !strings.Contains(spans[5].Error, "WRONGTYPE") {
		t.Errorf("a miss fails the pipeline: %q; the wrong type: %q", spans[1].Error, spans[5].Error)
	}
}

func TestHook_ErrorsAreTheClients(t *testing.T) {
	t.Parallel()
	c, p := open(t, redistap.New(""))
	down := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", MaxRetries: -1})
	down.AddHook(redistap.New("down"))
	t.Cleanup(func() { down.Close() })
	spans := page(t, func(ctx context.Context) {
		c.Set(ctx, p+"s", "text", 0)
		if err := c.Incr(ctx, p+"s").Err(); err == nil || !strings.Contains(err.Error(), "not an integer") {
			t.Errorf("INCR of a text gave %v", err)
		}
		script := redis.NewScript("return " + fmt.Sprint(prefixes.Add(1)))
		if err := script.Run(ctx, c, []string{p + "s"}).Err(); err != nil {
			t.Error(err)
		}
		cancelled, cancel := context.WithCancel(ctx)
		cancel()
		if err := c.Get(cancelled, p+"s").Err(); !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled: %v", err)
		}
		if err := down.Get(ctx, "s").Err(); err == nil {
			t.Error("nobody is there and it answers")
		}
	})
	failed := map[string]bool{}
	for _, sp := range spans[1:] {
		op, _ := attr(sp, "cache.operation").(string)
		if sp.Error != "" {
			failed[op] = true
		}
		if sp.Handler.Kind.String() == "connect" && sp.Error == "" {
			t.Errorf("a connection to nobody: %+v", sp)
		}
	}
	if !failed["INCR"] || !failed["GET"] || failed["EVALSHA"] || failed["EVAL"] || failed["SET"] {
		t.Errorf("failed: %v", failed)
	}
}

func TestHook_SecretsAreNotKept(t *testing.T) {
	t.Parallel()
	const secret = "hunter2Canary"
	c, p := open(t, redistap.New("shop"))
	spans := page(t, func(ctx context.Context) {
		c.Set(ctx, p+"session:"+secret, secret, time.Minute)
		c.Get(ctx, p+"session:"+secret)
		c.HSet(ctx, p+"user:7", "password", secret)
		c.Do(ctx, "AUTH", "nobody", secret)
		c.Do(ctx, "ECHO", secret)
		c.Do(ctx, secret+" x")
		c.Eval(ctx, "return '"+secret+"'", []string{p + "k"}, secret)
		c.Pipelined(ctx, func(pipe redis.Pipeliner) error {
			pipe.Set(ctx, p+"token:"+secret, secret, 0)
			return nil
		})
	})
	if text := fmt.Sprint(spans); strings.Contains(text, secret) {
		t.Errorf("a secret was kept: %s", text)
	}
}

func TestHook_ValuesWhereAskedFor(t *testing.T) {
	t.Parallel()
	c, p := open(t, redistap.New("shop", cachetap.Values()))
	spans := page(t, func(ctx context.Context) {
		c.Set(ctx, p+"greeting", "hello", 0)
		c.Get(ctx, p+"greeting")
	})
	if v, _ := attr(spans[2], "cache.value").(string); !strings.Contains(v, "hello") {
		t.Errorf("the value is %q", v)
	}
}

func TestHook_OffChangesNothing(t *testing.T) {
	c, p := open(t, redistap.New("shop"))
	ctx := context.Background()
	if err := c.Set(ctx, p+"a", "b", 0).Err(); err != nil {
		t.Error(err)
	}
	if _, err := c.Pipelined(ctx, func(pipe redis.Pipeliner) error { return pipe.Get(ctx, p+"a").Err() }); err != nil {
		t.Error(err)
	}
}

func TestHook_ManyAtOnceKeepTheirOwnRecord(t *testing.T) {
	t.Parallel()
	c, p := open(t, redistap.New("shop"))
	s := &sink{}
	r := instrument.New(instrument.Config{Sink: s})
	t.Cleanup(func() { r.SetEnabled(false) })
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			ctx, rec := r.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
			defer rec.End()
			rec.SetPath("GET", fmt.Sprintf("%sx%d", p, i))
			for j := range 5 {
				ask := ctx
				if j%2 == 1 { // without a context, by the goroutine
					ask = context.Background()
				}
				c.Get(ask, fmt.Sprintf("%sx%d", p, i))
			}
		})
	}
	all.Wait()
	for _, rec := range s.recs {
		n := 0
		for _, sp := range rec.Spans[1:] {
			if sp.Handler.Kind == instrument.KindCache {
				n++
				if attr(sp, "cache.key") != rec.Path {
					t.Errorf("%s has %v", rec.Path, attr(sp, "cache.key"))
				}
			}
		}
		if n != 5 {
			t.Errorf("%s has %d commands", rec.Path, n)
		}
	}
}
