package httptap_test

import (
	"context"
	"io"
	"net/http"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/httptap"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/mask"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// recorded is a Recorder that keeps what it records.
type recorded struct {
	*instrument.Recorder
	mu   sync.Mutex
	recs []*instrument.Record
}

func newRecorded(t testing.TB, c instrument.Config) *recorded {
	s := &recorded{}
	c.Sink = s
	if c.Masker == nil {
		c.Masker = mask.Default()
	}
	s.Recorder = instrument.New(c)
	t.Cleanup(func() { s.SetEnabled(false) })
	return s
}

func (s *recorded) Want(*instrument.Summary) bool { return true }

func (s *recorded) Put(sum *instrument.Summary, blob []byte) {
	rec, err := instrument.Decode(*sum, blob, instrument.LiveNames())
	if err != nil {
		panic(err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.recs = append(s.recs, rec)
}

var pageHandler = instrument.NewHandler(instrument.KindRequest, "GET /page", instrument.Source{})

// page runs f in a Record and gives its spans below the root.
func (s *recorded) page(f func(ctx context.Context)) []instrument.RecordSpan {
	ctx, rec := s.Begin(context.Background(), instrument.Begin{Handler: pageHandler})
	func() {
		defer rec.End()
		f(ctx)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.recs[len(s.recs)-1].Spans[1:]
}

func attr(sp instrument.RecordSpan, key string) any {
	for _, kv := range sp.Attrs {
		if kv.Key == key {
			return kv.Value
		}
	}
	return nil
}

func newRequest(t testing.TB, ctx context.Context, method, url string, body io.Reader) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// client has a transport of its own, whose connections are closed at the end.
func client(t testing.TB, base *http.Transport, opts ...httptap.Option) *http.Client {
	if base == nil {
		base = &http.Transport{}
	}
	c := &http.Client{Transport: httptap.Transport(base, opts...)}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// read gets a URL and reads all of it.
func read(t testing.TB, c *http.Client, r *http.Request) (*http.Response, string) {
	t.Helper()
	res, err := c.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(b)
}
