package toolbar_test

import (
	"database/sql"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/collect"
	"github.com/go-debug-toolbar/debugtoolbar/instrument/sqltap"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
)

// pots is an app with a database and a page that reads and writes.
func pots(t *testing.T) (http.Handler, *sql.DB) {
	t.Helper()
	db, err := sqltap.Open("sqlite", "file:"+filepath.Join(t.TempDir(), "pots.db"), sqltap.Parameters(nil))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	if _, err := db.Exec("CREATE TABLE pots (id INTEGER PRIMARY KEY, glaze TEXT)"); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /pots", func(w http.ResponseWriter, r *http.Request) {
		var n int
		if err := db.QueryRowContext(r.Context(), "SELECT count(*) FROM pots WHERE glaze = ?", "ash").Scan(&n); err != nil {
			t.Error(err)
		}
		if _, err := db.ExecContext(r.Context(), "INSERT INTO pots (glaze) VALUES (?)", "ash"); err != nil {
			t.Error(err)
		}
		fmt.Fprint(w, n)
	})
	return mux, db
}

// panel shows the SQL of the only request and gives its id and the proof in its forms.
func (b *bundle) panel(statement string) (id, proof, page string) {
	b.Helper()
	var list struct {
		Records []struct{ ID string }
	}
	b.api("requests?q=path:/pots", &list)
	if len(list.Records) != 1 {
		b.Fatalf("%d Records", len(list.Records))
	}
	id = list.Records[0].ID
	_, page = b.get("/_toolbar/requests/" + id + "/sql?statement=" + statement)
	if m := regexp.MustCompile(`explain"[^>]*>\s*<input type="hidden" name="proof" value="([^"]+)"`).FindStringSubmatch(page); m != nil {
		proof = m[1]
	}
	return id, proof, page
}

func (b *bundle) explain(form url.Values, headers ...string) (int, string) {
	b.Helper()
	return b.post("explain", form, headers...)
}

// post sends a form of the dashboard and follows where it leads.
func (b *bundle) post(path string, form url.Values, headers ...string) (int, string) {
	b.Helper()
	req, err := http.NewRequest(http.MethodPost, b.srv.URL+"/_toolbar/"+path, strings.NewReader(form.Encode()))
	if err != nil {
		b.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i+1 < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		b.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		b.Fatal(err)
	}
	return res.StatusCode, string(body)
}

func TestT09_ExplainIsAskedByIDsOnly(t *testing.T) {
	app, db := pots(t)
	b := setup(t, toolbar.Config{}, app)
	b.get("/pots")
	b.flush()
	// One of the two statements reads; which comes first goes by their time.
	var id, proof, page string
	for _, statement := range []string{"0", "1"} {
		if id, proof, page = b.panel(statement); proof != "" {
			break
		}
	}
	if proof == "" {
		t.Fatal("no button for a statement that reads")
	}
	if !strings.Contains(page, "glaze = &#39;ash&#39;") {
		t.Error("the statement cannot be copied with its parameters")
	}
	span := regexp.MustCompile(`name="span" value="(\d+)"`).FindStringSubmatch(page)[1]
	back := html.UnescapeString(regexp.MustCompile(`name="span"[^>]*>\s*<input type="hidden" name="back" value="([^"]+)"`).FindStringSubmatch(page)[1])
	form := url.Values{"proof": {proof}, "id": {id}, "span": {span}, "back": {back}, "do": {"explain"}}
	status, page := b.explain(form, "Sec-Fetch-Site", "same-origin")
	if status != http.StatusOK || !strings.Contains(page, "SCAN pots") || !strings.Contains(page, "All rows of the table are read.") {
		t.Errorf("%d, want the page with the plan:\n%s", status, page)
	}
	count := func() (n int) {
		if err := db.QueryRow("SELECT count(*) FROM pots").Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, c := range map[string]struct {
		form    url.Values
		headers []string
		want    int
	}{
		"another site":      {form, []string{"Sec-Fetch-Site", "cross-site"}, http.StatusNotFound},
		"no proof":          {url.Values{"id": {id}, "span": {span}}, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusForbidden},
		"no such span":      {url.Values{"proof": {proof}, "id": {id}, "span": {"999"}}, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusBadRequest},
		"not a query":       {url.Values{"proof": {proof}, "id": {id}, "span": {"0"}}, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusBadRequest},
		"a text of its own": {url.Values{"proof": {proof}, "sql": {"DELETE FROM pots"}, "id": {"x"}, "span": {"1"}}, []string{"Sec-Fetch-Site", "same-origin"}, http.StatusBadRequest},
	} {
		if status, body := b.explain(c.form, c.headers...); status != c.want {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	for n := range 8 { // whatever is asked of the INSERT changes nothing
		form.Set("span", fmt.Sprint(n))
		b.explain(form, "Sec-Fetch-Site", "same-origin")
	}
	if n := count(); n != 1 {
		t.Errorf("%d pots, want the page's one", n)
	}
}

func TestT09_ExplainIsForDevelopment(t *testing.T) {
	for name, c := range map[string]toolbar.Config{
		"switched off": {Explain: toolbar.ExplainNever}, "not for viewers": {ReadOnly: true},
		"in production": {Keep: collect.Keep{Share: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			app, _ := pots(t)
			b := setup(t, c, app)
			b.get("/pots")
			b.flush()
			for _, statement := range []string{"0", "1"} {
				if _, proof, _ := b.panel(statement); proof != "" {
					t.Error("there is a button")
				}
			}
		})
	}
}
