package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/mail"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/commands/commandstest"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
	"github.com/go-debug-toolbar/debugtoolbar/tasks/taskstest"
)

// profileChange is what the signal of a saved profile carries.
type profileChange struct{ User, Email string }

// profiles is an app in which people change their profiles.
type profiles struct {
	mu      sync.Mutex
	changed map[string]int // by user
	outbox  []string
	updated *signals.Signal[profileChange]
}

// validate answers 400 for profiles that are not complete: the view, and so the signal, never sees them.
func validate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, err := mail.ParseAddress(r.FormValue("email")); err != nil || r.FormValue("user") == "" {
			http.Error(w, "a profile needs a name and an address", http.StatusBadRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (p *profiles) save(w http.ResponseWriter, r *http.Request) {
	if _, err := p.updated.Send(r.Context(), "profiles", profileChange{r.FormValue("user"), r.FormValue("email")}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (p *profiles) post(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.outbox = append(p.outbox, text)
}

// summary tells the administrator of each user who changed a profile, once, and begins anew.
func (p *profiles) summary(_ context.Context, run *commands.Run) error {
	p.mu.Lock()
	users := slices.Sorted(maps.Keys(p.changed))
	p.changed = map[string]int{}
	p.mu.Unlock()
	if len(users) == 0 {
		return errors.New("nobody has changed a profile")
	}
	p.post("to admin: " + strings.Join(users, ", "))
	fmt.Fprintln(run.Out, len(users), "users")
	return nil
}

func TestA64_ProfilesAreValidatedAnnouncedAndSummedUpByTheClock(t *testing.T) {
	p := &profiles{changed: map[string]int{}, updated: signals.New[profileChange]("a64_profile_updated", signals.Unlisted())}
	p.updated.Connect(func(_ context.Context, e signals.Event[profileChange]) error {
		p.post("to " + e.Payload.Email + ": your profile was changed")
		return nil
	}, signals.UID("notify"))
	p.updated.Connect(func(_ context.Context, e signals.Event[profileChange]) error {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.changed[e.Payload.User]++
		return nil
	}, signals.UID("remember"))
	handler := middleware.NewStack(middleware.Named("validate", validate)).Then(http.HandlerFunc(p.save))
	post := func(query string) int {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/profile?"+query, nil))
		return w.Code
	}
	for query, want := range map[string]int{"user=ann": 400, "email=ann@example.org": 400, "user=ann&email=none": 400} {
		if got := post(query); got != want {
			t.Errorf("%s: status %d, want %d", query, got, want)
		}
	}
	if len(p.outbox) != 0 || len(p.changed) != 0 {
		t.Fatalf("profiles that are not complete were announced: %v", p.outbox)
	}
	for _, user := range []string{"ann", "bob", "ann"} {
		if got := post("user=" + user + "&email=" + user + "@example.org"); got != http.StatusOK {
			t.Errorf("%s: status %d", user, got)
		}
	}
	if want := []string{"to ann@example.org: your profile was changed", "to bob@example.org: your profile was changed", "to ann@example.org: your profile was changed"}; !slices.Equal(p.outbox, want) {
		t.Errorf("the letters are %v", p.outbox)
	}

	root := commands.New("manage")
	root.Add(commands.Command{Name: "profile-summary", Help: "Tell the administrator who changed a profile.", Run: p.summary})
	clock := time.Date(2030, 5, 20, 12, 0, 0, 0, time.UTC)
	var passed atomic.Int64
	q := taskstest.New(t, tasks.Config{
		Test: tasks.Eager, Tasks: []tasks.Definition{}, Commands: root, Now: func() time.Time { return clock.Add(time.Duration(passed.Load())) },
		Schedules: []tasks.Schedule{{Name: "profile-summary", Cron: "0 6 * * *", Call: tasks.Command("profile-summary")}},
	})
	for range 3 { // hours in which it is not six o'clock
		q.Advance(0)
		passed.Add(int64(time.Hour))
	}
	if len(p.outbox) != 3 {
		t.Errorf("it is not yet time: %v", p.outbox)
	}
	passed.Store(int64(18 * time.Hour))
	q.Advance(0)
	q.Advance(0)
	if got := p.outbox[3:]; !slices.Equal(got, []string{"to admin: ann, bob"}) {
		t.Errorf("the administrator got %v, want each user once", got)
	}
}

func TestA65_RequestsEventsAndTheReportAgree(t *testing.T) {
	const requests = 1000
	rec := instrument.New(instrument.Config{})
	t.Cleanup(func() { rec.SetEnabled(false) })
	updated := signals.New[string]("a65_model_updated", signals.Unlisted())
	var logged, engine sync.Map // by path, by model
	count := func(m *sync.Map, key string) {
		n, _ := m.LoadOrStore(key, new(atomic.Int64))
		n.(*atomic.Int64).Add(1)
	}
	total := func(m *sync.Map) (sum int64) {
		m.Range(func(_, n any) bool { sum += n.(*atomic.Int64).Load(); return true })
		return sum
	}
	updated.Connect(func(_ context.Context, e signals.Event[string]) error { count(&engine, e.Payload); return nil }, signals.UID("a65-analytics"))
	mux := http.NewServeMux()
	mux.HandleFunc("GET /orders", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /orders", func(_ http.ResponseWriter, r *http.Request) { _, _ = updated.Send(r.Context(), "orders", "order") })
	mux.HandleFunc("POST /stock", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = updated.Send(r.Context(), "stock", "product")
		_, _ = updated.Send(r.Context(), "stock", "shelf")
	})
	requestLog := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			count(&logged, r.Method+" "+r.URL.Path)
		})
	}
	handler := middleware.Record(rec, middleware.RecordOptions{})(middleware.NewStack(middleware.Named("request-log", requestLog)).Then(mux))
	var all sync.WaitGroup
	for i := range requests {
		all.Go(func() {
			method, path := http.MethodGet, "/orders"
			switch i % 4 {
			case 1:
				method = http.MethodPost
			case 2:
				method, path = http.MethodPost, "/stock"
			case 3:
				path = "/nowhere"
			}
			handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(method, path, nil))
		})
	}
	all.Wait()

	report := commandstest.Command(t, commands.Command{Name: "report", Help: "Sum the counts up.", Run: func(_ context.Context, run *commands.Run) error {
		fmt.Fprintf(run.Out, "%d requests, %d events\n", total(&logged), total(&engine))
		return nil
	}})
	if want := "1000 requests, 750 events\n"; report.Stdout != want {
		t.Errorf("the report says %q, want %q", report.Stdout, want)
	}
	recorded := map[instrument.Kind]uint64{}
	for _, s := range rec.AllStats() {
		if s.Handler.Kind() != instrument.KindReceiver || s.Handler.Name() == "a65-analytics" {
			recorded[s.Handler.Kind()] += s.Count
		}
	}
	if recorded[instrument.KindRequest] != requests || recorded[instrument.KindReceiver] != 750 {
		t.Errorf("recorded are %d requests and %d calls of the engine, want 1000 and 750", recorded[instrument.KindRequest], recorded[instrument.KindReceiver])
	}
}
