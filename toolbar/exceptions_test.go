package toolbar_test

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// stocked is an app whose page reports an error, with the stack of this file.
func stocked(w http.ResponseWriter, r *http.Request) {
	err := &fs.PathError{Op: "open", Path: "stock", Err: errors.New("no such shelf")}
	instrument.FromContext(r.Context()).SetUser("anna")
	instrument.Report(r.Context(), fmt.Errorf("shelf of %s: %w", r.URL.Path, err)) // shown in the excerpt
	w.WriteHeader(http.StatusOK)
}

// listed is an exception as the API gives it.
type listed struct {
	ID, Type, Message, State, Source, Kind, Handler string
	Panic, Reported                                 bool
	Count, Users                                    int
	StateBy                                         string `json:"state_by"`
	Record, Page                                    string
	Trend                                           []float64
	Causes                                          []struct{ Type, Message string }
	Stack                                           []struct {
		Func, File string
		Own        bool
	}
	Builds  []struct{ Count int }
	UsersOf []struct {
		Name  string
		Count int
	} `json:"users_of"`
	In      []struct{ Kind, Name string }
	Records []string
}

func (b *bundle) exceptions(params string) []listed {
	b.Helper()
	b.flush()
	var list struct {
		Exceptions []listed
		Total      int
	}
	b.api("exceptions"+params, &list)
	if list.Total != len(list.Exceptions) {
		b.Errorf("%d of %d are listed", len(list.Exceptions), list.Total)
	}
	return list.Exceptions
}

// say posts what a viewer says of an exception, and gives the status.
func (b *bundle) say(page, do, id, proof string) int {
	b.Helper()
	form := url.Values{"proof": {proof}, "do": {do}, "exception": {id}, "back": {"/_toolbar/exceptions/" + id}}
	req, err := http.NewRequest(http.MethodPost, b.srv.URL+"/_toolbar/exceptions", strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }, Transport: b.srv.Client().Transport}
	res, err := client.Do(req)
	if err != nil {
		b.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode == http.StatusSeeOther && res.Header.Get("Location") != page {
		b.Errorf("sent back to %q, expected %q", res.Header.Get("Location"), page)
	}
	return res.StatusCode
}

var proofs = regexp.MustCompile(`name="proof" value="([^"]+)"`)

func TestExceptions_OneIsShownWithAllThatIsKnownOfIt(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{Editor: "vscode"}, http.HandlerFunc(stocked))
	b.get("/garden")
	b.get("/cellar")
	list := b.exceptions("")
	if len(list) != 2 {
		t.Fatalf("%d exceptions: %+v", len(list), list)
	}
	var e listed
	b.api("exceptions/"+list[0].ID, &e)
	if e.Type != "*fs.PathError" || e.State != "new" || !e.Reported || e.Panic || e.Count != 1 || e.Users != 1 || e.Trend[29] != 1 {
		t.Errorf("got %+v", e)
	}
	if len(e.Causes) != 2 || e.Causes[1].Message != "no such shelf" || len(e.Records) != 1 || e.Records[0] != e.Record {
		t.Errorf("it wraps %+v, in the records %q", e.Causes, e.Records)
	}
	if len(e.Builds) != 1 || e.Builds[0].Count != 1 || len(e.UsersOf) != 1 || e.UsersOf[0].Name != "anna" || len(e.In) != 1 || e.In[0].Kind != "request" {
		t.Errorf("builds %+v, users %+v, in %+v", e.Builds, e.UsersOf, e.In)
	}
	if len(e.Stack) == 0 || !strings.HasSuffix(e.Stack[0].Func, "stocked") || !e.Stack[0].Own {
		t.Errorf("the stack is %+v", e.Stack)
	}
	_, page := b.get(e.Page)
	for _, want := range []string{
		"no such shelf", "*fs.PathError", // the chain
		"// shown in the excerpt", "<mark>", // the source
		`href="vscode://file/`,                           // the editor
		"calls of libraries",                             // folded
		"/_toolbar/requests/" + e.Record + "/exceptions", // where it occurred
		"unknown build", "anna", "New: first seen within a day.",
		`value="resolve"`, `value="resolve-next"`, `value="ignore"`,
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not have %q", want)
		}
	}
	if res, _ := b.get("/_toolbar/exceptions/0000000000001"); res.StatusCode != http.StatusNotFound {
		t.Errorf("one that never was: %d", res.StatusCode)
	}
	if _, page := b.get("/_toolbar/exceptions?q=garden"); !strings.Contains(page, "shelf of /garden") || strings.Contains(page, "shelf of /cellar") {
		t.Error("the search does not find the one and only the one")
	}
	for params, n := range map[string]int{"?only=panics": 0, "?only=reported": 2, "?is=resolved": 0, "?is=new": 2, "?is=reopened": 0, "?is=all": 2, "?q=no+such+word": 0, "?order=count": 2} {
		if got := b.exceptions(params); len(got) != n {
			t.Errorf("%s: %d, expected %d", params, len(got), n)
		}
	}
}

func TestExceptions_AResolvedOneIsOpenedAgainWhenItComesAgain(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{Who: func(*http.Request) string { return "ben" }}, http.HandlerFunc(stocked))
	b.get("/garden")
	e := b.exceptions("")[0]
	_, page := b.get(e.Page)
	proof := proofs.FindStringSubmatch(page)[1]
	state := func() string {
		t.Helper()
		b.flush()
		var now listed
		b.api("exceptions/"+e.ID, &now)
		return now.State + " " + now.StateBy
	}
	for _, step := range []struct{ do, want, says string }{
		{"resolve", "resolved ben", "should it come again, it is opened again."},
		{"", "reopened ben", "It was resolved and came again"},
		{"ignore", "ignored ben", "stays ignored when it comes."},
		{"", "ignored ben", "stays ignored when it comes."},
		{"reopen", "new ben", "New: first seen within a day."},
		{"resolve-next", "resolved ben", "for the next build"},
		{"", "resolved ben", "for the next build"},
	} {
		if step.do == "" {
			b.get("/garden")
		} else if status := b.say(e.Page, step.do, e.ID, proof); status != http.StatusSeeOther {
			t.Fatalf("%s: %d", step.do, status)
		}
		if got := state(); got != step.want {
			t.Errorf("after %q it is %s, expected %s", step.do, got, step.want)
		}
		if _, page := b.get(e.Page); !strings.Contains(page, step.says) {
			t.Errorf("after %q the page does not say %q", step.do, step.says)
		}
	}
	if list := b.exceptions(""); len(list) != 0 {
		t.Errorf("a resolved one is among the open ones: %+v", list)
	}
	_, health := b.get("/_toolbar/health")
	for _, action := range []string{"resolve-next", "ignore", e.ID} {
		if !strings.Contains(health, action) {
			t.Errorf("the audit log does not have %q", action)
		}
	}
}

func TestExceptions_WhoMayNotChangesNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]toolbar.Config{
		"read only":     {ReadOnly: true},
		"not the right": {May: func(_ *http.Request, a web.Action) bool { return a != web.ActExceptions }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c, http.HandlerFunc(stocked))
			b.get("/garden")
			e := b.exceptions("")[0]
			_, page := b.get(e.Page)
			_, list := b.get("/_toolbar/exceptions")
			if strings.Contains(page+list, `value="resolve"`) {
				t.Error("there is a button to resolve it")
			}
			// Another form's proof is one of this process as well.
			proof := ""
			if m := proofs.FindStringSubmatch(page + list); m != nil {
				proof = m[1]
			} else if _, requests := b.get("/_toolbar/requests"); proofs.MatchString(requests) {
				proof = proofs.FindStringSubmatch(requests)[1]
			}
			if status := b.say(e.Page, "resolve", e.ID, proof); status != http.StatusForbidden {
				t.Errorf("with the proof of another form: %d", status)
			}
			if again := b.exceptions("")[0]; again.State != "new" {
				t.Errorf("it is %s", again.State)
			}
		})
	}
}

func TestExceptions_FormsAreChecked(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, http.HandlerFunc(stocked))
	b.get("/garden")
	e := b.exceptions("")[0]
	_, page := b.get(e.Page)
	proof := proofs.FindStringSubmatch(page)[1]
	for name, c := range map[string]struct {
		do, id, proof string
		want          int
	}{
		"no proof":          {"resolve", e.ID, "", http.StatusForbidden},
		"a forged proof":    {"resolve", e.ID, "A.B", http.StatusForbidden},
		"no such action":    {"remove", e.ID, proof, http.StatusBadRequest},
		"no such exception": {"resolve", "0000000000001", proof, http.StatusBadRequest},
		"no fingerprint":    {"resolve", "'; DROP TABLE exception", proof, http.StatusBadRequest},
	} {
		if status := b.say(e.Page, c.do, c.id, c.proof); status != c.want {
			t.Errorf("%s: %d, expected %d", name, status, c.want)
		}
	}
	if again := b.exceptions("")[0]; again.State != "new" {
		t.Errorf("it is %s", again.State)
	}
}

// In production nobody sees the source.
func TestExceptions_ExcerptsAreForDevelopment(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{Keep: collect.Keep{Share: 1}}, http.HandlerFunc(stocked))
	b.get("/garden")
	_, page := b.get(b.exceptions("")[0].Page)
	if strings.Contains(page, "shown in the excerpt") || !strings.Contains(page, "stocked") {
		t.Error("the page shows the source, or no stack")
	}
}
