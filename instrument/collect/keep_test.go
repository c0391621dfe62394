package collect_test

import (
	"context"
	"encoding/binary"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/quick"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
)

// none keeps nothing but what is always kept, and nothing for being slowest.
var none = collect.Keep{Slowest: -1}

func wants(t *testing.T, k collect.Keep) func(s instrument.Summary) bool {
	c := newCollector(t, collect.Config{Store: &memory{}, Keep: k})
	return func(s instrument.Summary) bool { return c.Want(&s) }
}

func TestKeepByMark(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		keep  collect.Keep
		flags instrument.Flags
		want  bool
	}{
		{"zero keeps everything", collect.Keep{}, 0, true},
		{"all keeps everything", collect.Keep{All: true, Slowest: -1}, 0, true},
		{"share 1 keeps everything", collect.Keep{Share: 1, Slowest: -1}, 0, true},
		{"the rest goes", none, 0, false},
		{"streamed is the rest", none, instrument.FlagStreamed | instrument.FlagInferred, false},
		{"errors stay", none, instrument.FlagError, true},
		{"panics stay", none, instrument.FlagPanic, true},
		{"slow ones stay", none, instrument.FlagSlow, true},
		{"tagged ones stay", none, instrument.FlagTagged, true},
		{"pinned ones stay", none, instrument.FlagPinned | instrument.FlagStreamed, true},
		{"func keeps", collect.Keep{Slowest: -1, Func: func(*instrument.Summary) bool { return true }}, 0, true},
		{"func alone does not keep all", collect.Keep{Slowest: -1, Func: func(*instrument.Summary) bool { return false }}, 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := summary(1)
			s.Flags = tc.flags
			equal(t, "kept", wants(t, tc.keep)(s), tc.want)
		})
	}
}

// traced is a Record of a trace.
func traced(trace instrument.TraceID, id int) instrument.Summary {
	s := summary(id)
	s.Trace.TraceID = trace
	return s
}

// A trace runs through several processes, each with its own Collector: all of them
// keep it or none does, and a greater share keeps what a smaller one keeps.
func TestKeepWholeTracesOrNone(t *testing.T) {
	t.Parallel()
	property := func(trace instrument.TraceID, share float64, ids [5]uint16) bool {
		share = math.Abs(math.Mod(share, 1))
		keep := collect.Keep{Share: share, Slowest: -1}
		here, there := wants(t, keep), wants(t, keep)
		more := wants(t, collect.Keep{Share: (1 + share) / 2, Slowest: -1})
		kept := here(traced(trace, 0))
		for _, id := range ids {
			s := traced(trace, int(id))
			if here(s) != kept || there(s) != kept || kept && !more(s) {
				return false
			}
		}
		return true
	}
	if err := quick.Check(property, &quick.Config{MaxCount: 300}); err != nil {
		t.Error(err)
	}
}

// Also ids that hardly differ are spread evenly.
func TestKeepShareIsTheShare(t *testing.T) {
	t.Parallel()
	const n = 20_000
	ids := map[string]func(i int) instrument.TraceID{
		"random": func(int) (id instrument.TraceID) {
			binary.BigEndian.PutUint64(id[:8], rand.Uint64())
			binary.BigEndian.PutUint64(id[8:], rand.Uint64())
			return id
		},
		"counting": func(i int) (id instrument.TraceID) {
			binary.BigEndian.PutUint64(id[8:], uint64(i)+1)
			return id
		},
		"time first": func(i int) (id instrument.TraceID) {
			binary.BigEndian.PutUint32(id[:4], 1_700_000_000+uint32(i))
			id[15] = 1
			return id
		},
		"none": func(int) instrument.TraceID { return instrument.TraceID{} },
	}
	for name, id := range ids {
		for _, share := range []float64{0.01, 0.25, 0.9} {
			keeps, kept := wants(t, collect.Keep{Share: share, Slowest: -1}), 0
			for i := range n {
				if keeps(traced(id(i), i+1)) {
					kept++
				}
			}
			if off := math.Abs(float64(kept) - n*share); off > 5*math.Sqrt(n*share*(1-share)) {
				t.Errorf("%s: %d of %d kept at %v", name, kept, n, share)
			}
		}
	}
}

// Whatever the order, the slowest N of a minute are among what is kept.
func TestKeepTheSlowestOfEachHandlerAndMinute(t *testing.T) {
	t.Parallel()
	keeps := wants(t, collect.Keep{Slowest: 5})
	for minute := range 3 {
		for _, h := range []*instrument.Handler{checkout, listing} {
			kept, total := 0, 0
			for _, d := range rand.Perm(1000) {
				s := summary(d)
				s.Handler, s.Duration = h, time.Duration(d)*time.Microsecond
				s.Start = int64(time.Duration(minute) * time.Minute)
				ok := keeps(s)
				if d >= 995 && !ok {
					t.Errorf("minute %d, %s: the record of %dµs is not kept", minute, h.Name(), d)
				}
				if total++; ok {
					kept++
				}
			}
			// About N * (1 + ln(1000/N)) are the slowest until then.
			if kept > 60 {
				t.Errorf("minute %d: %d of %d are kept", minute, kept, total)
			}
		}
	}
}

func TestKeepSlowestIsSafeInParallel(t *testing.T) {
	t.Parallel()
	c := newCollector(t, collect.Config{Store: &memory{}, Keep: collect.Keep{Slowest: 3}})
	var wg sync.WaitGroup
	for g := range 8 {
		wg.Go(func() {
			for i := range 2000 {
				s := summary(i)
				s.Handler = instrument.NewHandler(instrument.KindTask, "task "+string(rune('a'+i%26)), instrument.Source{})
				s.Duration = time.Duration(g*2000 + i)
				c.Want(&s)
			}
		})
	}
	wg.Wait()
	s := summary(1)
	s.Handler = instrument.NewHandler(instrument.KindTask, "task a", instrument.Source{})
	s.Duration = time.Hour
	if !c.Want(&s) {
		t.Error("the slowest is not kept")
	}
	s.Start, s.Duration = int64(time.Hour), 0
	for range 3 {
		c.Want(&s) // there are not three yet in this minute
	}
	if c.Want(&s) {
		t.Error("the fastest is kept")
	}
}

func TestF01_PanickingKeepFuncIsLeftAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		c := start(t, collect.Config{Store: &memory{}, Keep: collect.Keep{
			Slowest: -1,
			Func:    func(*instrument.Summary) bool { calls++; panic("keep") },
		}}, nil)
		now := func() instrument.Summary {
			s := summary(1)
			s.Start = time.Now().UnixNano()
			return s
		}
		for range 100 {
			if record(c, now(), nil) {
				t.Fatal("kept by a function that panicked")
			}
		}
		equal(t, "calls", calls, 10)
		time.Sleep(30 * time.Second)
		st := c.Stats()
		account(t, st)
		equal(t, "panics", st.Panics, 10)
		if !strings.Contains(st.Disabled["keep"], "keep") {
			t.Errorf("disabled: %v", st.Disabled)
		}
		time.Sleep(time.Minute)
		record(c, now(), nil)
		equal(t, "calls after a rest", calls, 11)
		c.Close(context.Background())
	})
}
