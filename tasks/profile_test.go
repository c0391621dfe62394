package tasks_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/jobs"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
	"github.com/go-debug-toolbar/debugtoolbar/signals"
	"github.com/go-debug-toolbar/debugtoolbar/signals/modelsignals"
	"github.com/go-debug-toolbar/debugtoolbar/tasks"
)

// member is somebody with a profile.
type member struct {
	Login string `db:"login"`
	Name  string `db:"name"`
	Mail  string `db:"mail"`
}

// profiles is an app in which people change their profile.
type profiles struct {
	*env
	clock  *hand
	client *tasks.Client
	model  *modelsignals.Model[member]
	mail   tasks.Task[letterTo]
}

var errTaken = errors.New("the name is taken")

// validate answers 400 for a profile that lacks something.
func (p *profiles) validate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, field := range []string{"name", "mail"} {
			if strings.TrimSpace(r.FormValue(field)) == "" {
				http.Error(w, field+" is missing", http.StatusBadRequest)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// update saves a profile, and finds only then that a name is taken.
func (p *profiles) update(w http.ResponseWriter, r *http.Request) {
	m := &member{r.PathValue("login"), r.FormValue("name"), r.FormValue("mail")}
	err := modelsignals.InTx(tasks.WithClient(r.Context(), p.client), p.db, func(ctx context.Context, tx *sql.Tx) error {
		old := &member{Login: m.Login}
		if err := tx.QueryRowContext(ctx, "SELECT name, mail FROM profiles WHERE login = $1", m.Login).Scan(&old.Name, &old.Mail); err != nil {
			return err
		}
		err := p.model.Save(ctx, p.db, modelsignals.Write[member]{Model: m, Old: old}, func(ctx context.Context, db modelsignals.DB) (bool, error) {
			_, err := db.ExecContext(ctx, "UPDATE profiles SET name = $1, mail = $2 WHERE login = $3", m.Name, m.Mail, m.Login)
			return false, err
		})
		if err == nil && m.Name == "root" {
			err = errTaken
		}
		return err
	})
	switch {
	case errors.Is(err, errTaken):
		http.Error(w, err.Error(), http.StatusConflict)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (p *profiles) today() string { return p.clock.Now().Format("2006-01-02") }

// changed notes whose profile was changed today, for the summary.
func (p *profiles) changed(ctx context.Context, e signals.Event[modelsignals.Write[member]]) error {
	_, err := modelsignals.Conn(ctx, p.db).ExecContext(ctx, "INSERT INTO changes VALUES ($1, $2)", p.today(), e.Payload.Model.Login)
	return err
}

// notify queues a letter to whom the profile belongs.
func (p *profiles) notify(ctx context.Context, e signals.Event[modelsignals.Write[member]]) error {
	_, err := p.mail.Enqueue(ctx, letterTo{e.Payload.Model.Mail, "Changed: " + strings.Join(e.Payload.ChangedFields(), ", ")})
	return err
}

// summary queues one letter to the admin about yesterday, if there is something to tell.
func (p *profiles) summary(ctx context.Context, _ *commands.Run) error {
	yesterday := p.clock.Now().AddDate(0, 0, -1).Format("2006-01-02")
	rows, err := p.db.QueryContext(ctx, "SELECT DISTINCT login FROM changes WHERE day = $1 ORDER BY login", yesterday)
	if err != nil {
		return err
	}
	defer rows.Close()
	var logins []string
	for rows.Next() {
		var login string
		if err := rows.Scan(&login); err != nil {
			return err
		}
		logins = append(logins, login)
	}
	if err := rows.Err(); err != nil || len(logins) == 0 {
		return err
	}
	_, err = p.mail.Enqueue(ctx, letterTo{"admin@example.org", fmt.Sprintf("%s: %s", yesterday, strings.Join(logins, ", "))})
	return err
}

// TestA64_ProfileUpdatesNotifyAndAreSummedUpOnceADay has two processes, which both work
// the queue and either of which may send the summary.
func TestA64_ProfileUpdatesNotifyAndAreSummedUpOnceADay(t *testing.T) {
	onEngines(t, func(t *testing.T, e *env) {
		e.exec("CREATE TABLE profiles (login TEXT PRIMARY KEY, name TEXT, mail TEXT)")
		e.exec("CREATE TABLE changes (day TEXT, login TEXT)")
		for _, login := range []string{"ann", "bob", "cid", "dora", "eve"} {
			e.exec("INSERT INTO profiles VALUES ($1, $2, $3)", login, login, login+"@example.org")
		}
		letters := make(chan letterTo, 20)
		p := &profiles{
			env: e, clock: at("2026-03-02 12:00:00"), model: modelsignals.New[member]("a64_profile_"+e.name, signals.Unlisted()),
			mail: tasks.New("a64.mail."+e.name, func(_ context.Context, l letterTo) error { letters <- l; return nil }),
		}
		p.model.PostSave.Connect(p.changed, signals.UID("a64-changed"), signals.WhenChanged())
		p.model.PostSave.Connect(p.notify, signals.UID("a64-notify"), signals.WhenChanged())
		root := commands.New("manage")
		root.Add(commands.Command{Name: "profile-summary", Help: "Mail whose profile was changed yesterday.", Run: p.summary})
		config := tasks.Config{
			DB: e.db, Tasks: []tasks.Definition{p.mail}, Commands: root, Now: p.clock.Now, LostAfter: -1,
			Schedules: []tasks.Schedule{{Name: "profile-summary", Cron: "30 5 * * *", Call: tasks.Command("profile-summary")}},
		}
		processes := []*tasks.Client{e.start(config), e.start(config)}
		p.client = processes[0]
		settled := settler(t, e, processes)
		tick := func(now string) {
			t.Helper()
			if now != "" {
				p.clock.set(now)
			}
			for range 2 {
				for _, c := range processes {
					run(t, c)
				}
			}
			settled()
		}
		tick("") // schedules begin when they are first seen

		mux := http.NewServeMux()
		mux.HandleFunc("PUT /profiles/{login}", p.update)
		handler := middleware.NewStack(middleware.Named("validate", p.validate)).Then(mux)
		for _, u := range []struct {
			login, name, mail string
			status            int
		}{
			{"ann", "Ann", "ann@example.org", http.StatusOK},
			{"ann", "Ann", "a@example.org", http.StatusOK},
			{"ann", "Anna", "anna@example.org", http.StatusOK},
			{"bob", "Bob", "bob@example.org", http.StatusOK},
			{"cid", "Cid", "", http.StatusBadRequest},
			{"cid", " ", "cid@example.org", http.StatusBadRequest},
			{"dora", "dora", "dora@example.org", http.StatusOK}, // as it was
			{"eve", "root", "eve@example.org", http.StatusConflict},
		} {
			form := url.Values{"name": {u.name}, "mail": {u.mail}}
			r := httptest.NewRequest(http.MethodPut, "/profiles/"+u.login+"?"+form.Encode(), nil)
			w := httptest.NewRecorder()
			if handler.ServeHTTP(w, r); w.Code != u.status {
				t.Errorf("%+v: status %d: %s", u, w.Code, w.Body)
			}
		}
		settled()
		if got, want := received(letters), []letterTo{
			{"a@example.org", "Changed: mail"}, {"ann@example.org", "Changed: name"}, {"anna@example.org", "Changed: name, mail"}, {"bob@example.org", "Changed: name"},
		}; !slices.Equal(got, want) {
			t.Errorf("the letters are %+v, want %+v", got, want)
		}
		if n := e.count("SELECT count(*) FROM profiles WHERE (login = 'ann' AND name = 'Anna') OR (login IN ('cid', 'dora', 'eve') AND name = login)"); n != 4 {
			t.Errorf("%d of 4 profiles are as they should be", n)
		}

		tick("2026-03-03 05:30:00")
		if got, want := received(letters), []letterTo{{"admin@example.org", "2026-03-02: ann, bob"}}; !slices.Equal(got, want) {
			t.Errorf("the summary is %+v, want %+v", got, want)
		}
		tick("2026-03-04 05:30:00")
		if got := received(letters); len(got) != 0 {
			t.Errorf("a day without changes is summed up by %+v", got)
		}
		if n := e.count("SELECT count(*) FROM river_job WHERE kind = 'command.run' AND state = 'completed'"); n != 2 {
			t.Errorf("the command has run %d times in two days", n)
		}
	})
}

// received takes what has come, by address.
func received(letters chan letterTo) (got []letterTo) {
	for len(letters) > 0 {
		got = append(got, <-letters)
	}
	slices.SortFunc(got, func(a, b letterTo) int { return strings.Compare(a.To, b.To) })
	return got
}

// settler gives what waits until no job of the queue is open, whichever process works it.
func settler(t *testing.T, e *env, processes []*tasks.Client) func() {
	ended := make(chan struct{}, 1)
	for _, c := range processes {
		seen := watch(t, c)
		go func() { // until the test's end, which ends the subscription
			for range seen.ch {
				select {
				case ended <- struct{}{}:
				default:
				}
			}
		}()
	}
	return func() {
		t.Helper()
		for e.count("SELECT count(*) FROM river_job WHERE state IN ('available', 'pending', 'retryable', 'running', 'scheduled')") > 0 {
			select {
			case <-ended:
			case <-time.After(time.Minute):
				page, err := processes[0].Jobs().List(t.Context(), jobs.Query{States: []jobs.State{jobs.Available, jobs.Pending, jobs.Retryable, jobs.Running, jobs.Scheduled}})
				t.Fatalf("nothing ended for a minute, and there is %+v, %v", page.Jobs, err)
			}
		}
	}
}
