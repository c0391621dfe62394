package toolbar_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/notify/webhook"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// pager keeps the Notifications that it is given.
type pager struct {
	mu   sync.Mutex
	list []notify.Notification
	fail error
}

func (p *pager) notify(_ context.Context, n notify.Notification) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, n)
	return p.fail
}

// rules are the rules and handlers that were told of, each once.
func (p *pager) rules() (list []string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, n := range p.list {
		list = append(list, n.Rule+" "+n.Kind)
	}
	slices.Sort(list)
	return list
}

func (p *pager) of(t *testing.T, rule string) notify.Notification {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	i := slices.IndexFunc(p.list, func(n notify.Notification) bool { return n.Rule == rule })
	if i < 0 {
		t.Fatalf("nobody was told of %s: %+v", rule, p.list)
	}
	return p.list[i]
}

func TestNotify_TellsWithoutSomebodyWhoLooks(t *testing.T) {
	t.Parallel()
	var p pager
	b := setup(t, toolbar.Config{Notify: p.notify, Service: "shop", PublicURL: "https://shop.test/outside/", AlertsOff: []string{"slow", "handler-slow"}}, errands(t))
	for range 3 {
		b.get("/error")
		b.get("/robust")
	}
	b.get("/fine")
	for range 2 { // the second one has nothing new to tell
		b.flush()
	}
	want := []string{"error-rate request", "handler-fails receiver", "new-exception receiver", "new-exception view", "swallowed-error request"}
	if got := p.rules(); !slices.Equal(got, want) {
		t.Fatalf("told of %q, want %q", got, want)
	}
	fails := p.of(t, "handler-fails")
	if fails.State != notify.Began || fails.Severity != notify.Error || fails.Handler != "mail" || fails.Count != 3 || fails.Of != 3 || fails.Service != "shop" ||
		fails.URL != "https://shop.test/outside/_toolbar/handlers/one?kind=receiver&name=mail" || fails.At.IsZero() || fails.Host == "" {
		t.Errorf("%+v", fails)
	}
	if n := p.of(t, "new-exception"); n.State != notify.Found || n.ID == "" || n.Record == "" || !strings.HasPrefix(n.URL, "https://shop.test/outside/_toolbar/exceptions/") {
		t.Errorf("%+v", n)
	}
	// The links lead somewhere.
	for _, n := range p.list {
		if res, _ := b.get(n.Path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", n.Path, res.StatusCode)
		}
	}
}

func TestNotify_LeavesOutWhatIsSwitchedOff(t *testing.T) {
	t.Parallel()
	var p pager
	b := setup(t, toolbar.Config{Notify: p.notify, AlertsOff: []string{"error-rate", "new-exception", "handler-fails", "swallowed-error", "slow", "handler-slow"}}, errands(t))
	for range 3 {
		b.get("/error")
		b.get("/robust")
	}
	b.flush()
	if got := p.rules(); len(got) != 0 {
		t.Errorf("told of %q", got)
	}
}

func TestNotify_AnExceptionThatWasResolvedAndCameAgainIsTold(t *testing.T) {
	t.Parallel()
	var p pager
	b := setup(t, toolbar.Config{Notify: p.notify}, errands(t))
	b.get("/error")
	b.flush()
	first := p.of(t, "new-exception")
	_, page := b.get(first.Path)
	if code := b.say(first.Path, "resolve", first.ID, proofs.FindStringSubmatch(page)[1]); code != http.StatusSeeOther {
		t.Fatalf("resolving it: %d", code)
	}
	for len(b.exceptions("?is=reopened")) == 0 { // what comes in the same millisecond does not count
		b.get("/error")
		b.flush()
	}
	if again := p.of(t, "exception-again"); again.ID != first.ID {
		t.Errorf("%+v is not %+v", again, first)
	}
}

func TestNotify_OfTwoToolbarsOnOneFileEachTellsOfItsOwn(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	var told, silent pager
	one := setup(t, toolbar.Config{Path: path, Notify: told.notify}, errands(t))
	other := setup(t, toolbar.Config{Path: path, Notify: silent.notify}, errands(t))
	one.get("/both")
	one.flush()
	other.flush()
	if len(told.rules()) == 0 || len(silent.rules()) != 0 {
		t.Errorf("the one told of %q, the other of %q", told.rules(), silent.rules())
	}
}

func TestNotify_CloseTellsOfTheLastMoments(t *testing.T) {
	t.Parallel()
	var p pager
	b := setup(t, toolbar.Config{Notify: p.notify}, errands(t))
	b.get("/panic")
	if err := b.tb.Close(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(p.rules(), "new-exception view") {
		t.Errorf("told of %q", p.rules())
	}
}

// A chat that does not answer costs what it is to be told, and none of the Records.
func TestNotify_CloseStoresWhatThereIsWhateverTheChatDoes(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "toolbar.db")
	asked := make(chan struct{}, 99)
	tb, err := toolbar.New(toolbar.Config{Path: path, NotDefault: true, Notify: func(ctx context.Context, _ notify.Notification) error {
		asked <- struct{}{}
		<-ctx.Done()
		return ctx.Err()
	}})
	if err != nil {
		t.Fatal(err)
	}
	app := tb.Wrap(errands(t))
	for range 3 {
		app.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/error", nil))
	}
	ctx, cancel := context.WithCancel(t.Context())
	go func() { <-asked; cancel() }() // when there is somebody to wait for, nobody waits any more
	if err := tb.Close(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("close: %v", err)
	}
	b := setup(t, toolbar.Config{Path: path}, errands(t))
	var list struct{ Records []struct{ Path string } }
	b.api("requests", &list)
	if len(list.Records) != 3 {
		t.Errorf("%d Records were stored, want 3", len(list.Records))
	}
}

// A webhook's requests go by a client of their own, also where the app has tapped the one
// that everybody shares. That one is the process's, so this test is not parallel.
func TestNotify_ItsRequestsAreNotRecordedAndItsAddressIsSecret(t *testing.T) {
	const token = "T0K3NT0K3N"
	var bodies []string
	var mu sync.Mutex
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		bodies = append(bodies, string(body))
		http.Error(w, "no such hook: "+r.URL.Path, http.StatusNotFound)
	}))
	defer hook.Close()
	send, err := webhook.JSON(hook.URL+"/services/"+token, webhook.Options{})
	if err != nil {
		t.Fatal(err)
	}
	b := setup(t, toolbar.Config{Notify: send}, errands(t))
	usual := http.DefaultTransport
	http.DefaultTransport = b.tb.Transport(usual)
	defer func() { http.DefaultTransport = usual }()
	b.get("/reported")
	b.get("/error")
	b.flush()
	mu.Lock()
	sent := strings.Join(bodies, "\n")
	mu.Unlock()
	if !strings.Contains(sent, "no recommendations") || strings.Contains(sent, "s3cr3t") {
		t.Errorf("it was sent %s", sent)
	}
	if s := b.tb.NotifyStats(); s.Failed == 0 || s.Sent != 0 || strings.Contains(s.LastError, token) {
		t.Errorf("%+v", s)
	}
	var calls struct{ Handlers []struct{ Name string } }
	b.api("handlers?kind=call", &calls)
	_, health := b.get("/_toolbar/health")
	_, api := b.get("/_toolbar/api/v1/health")
	if len(calls.Handlers) != 0 || strings.Contains(health+api, token) {
		t.Errorf("calls %+v; the token is shown: %t", calls, strings.Contains(health+api, token))
	}
	if !strings.Contains(health, "Notifications") || !strings.Contains(health, "404 Not Found") {
		t.Error("the health page does not say how it goes")
	}
	var h struct{ Notifications struct{ Failed int } }
	if err := json.Unmarshal([]byte(api), &h); err != nil || h.Notifications.Failed == 0 {
		t.Errorf("%v: %s", err, api)
	}
}

func TestNotify_OneThatFailsOrPanicsHarmsNobody(t *testing.T) {
	t.Parallel()
	p := pager{fail: errors.New("the pager is off")}
	b := setup(t, toolbar.Config{Notify: notify.All(p.notify, func(context.Context, notify.Notification) error { panic("nil pager") })}, errands(t))
	b.get("/error")
	b.flush()
	if s := b.tb.NotifyStats(); s.Failed == 0 || !strings.Contains(s.LastError, "nil pager") {
		t.Errorf("%+v", s)
	}
}

func TestNotify_ChecksItsConfig(t *testing.T) {
	t.Parallel()
	for _, c := range []toolbar.Config{
		{PublicURL: "shop.test"}, {PublicURL: "https://anna:pw@shop.test"}, {PublicURL: "https://shop.test/?a=1"}, {NotifyQuiet: -1},
	} {
		c.Path, c.NotDefault = ":memory:", true
		if _, err := toolbar.New(c); err == nil || strings.Contains(err.Error(), "anna") {
			t.Errorf("%+v: %v", c.PublicURL, err)
		}
	}
	b := setup(t, toolbar.Config{}, errands(t))
	if s := b.tb.NotifyStats(); s != (notify.Stats{}) {
		t.Errorf("without one: %+v", s)
	}
	if _, health := b.get("/_toolbar/health"); strings.Contains(health, "Notifications") {
		t.Error("the health page tells of what there is not")
	}
}
