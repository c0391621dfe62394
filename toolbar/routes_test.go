package toolbar_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/store/sqlitefile"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// recorded is a toolbar with some Records, and one's id.
func recorded(t *testing.T) (tb *toolbar.Toolbar, path, id string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "toolbar.db")
	tb = newToolbar(t, path, io.Discard)
	sameAsBare(t, tb, 5)
	if err := tb.Flush(context.Background()); err != nil {
		t.Fatal(err)
	}
	page := ask(tb.Handler(), "/_toolbar/requests", local)
	m := regexp.MustCompile(`/_toolbar/requests/([0-9a-z]{13})`).FindStringSubmatch(page)
	if m == nil {
		t.Fatal("no Record is listed")
	}
	return tb, path, m[1]
}

// routes calls fn for each route of the dashboard.
func routes(t *testing.T, tb *toolbar.Toolbar, id string, fn func(method, path string)) {
	t.Helper()
	all := tb.Handler().(*web.Dashboard).Routes()
	if len(all) < 30 {
		t.Fatalf("only %d routes: %v", len(all), all)
	}
	fill := strings.NewReplacer("{id}", id, "{panel}", "queries", "{format}", "curl", "{name}", "x", "{$}", "")
	for _, route := range all {
		method, path, _ := strings.Cut(route, " ")
		if strings.HasSuffix(path, "/events") {
			continue // it does not end
		}
		fn(method, fill.Replace(path))
	}
}

// state is what the store has that viewers could change.
func state(t *testing.T, path string) string {
	t.Helper()
	db, err := sqlitefile.Open(path, sqlitefile.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tables, err := column(db, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT IN ('process', 'rollup', 'document') AND name NOT LIKE 'sqlite_%' ORDER BY name")
	if err != nil || len(tables) < 8 {
		t.Fatalf("tables %v, %v", tables, err)
	}
	h := sha256.New()
	for _, table := range tables {
		rows, err := db.Query("SELECT * FROM " + table)
		if err != nil {
			t.Fatal(err)
		}
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			values, into := make([]any, len(names)), make([]any, len(names))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintln(h, table, values)
		}
		rows.Close()
	}
	return fmt.Sprintf("%x", h.Sum(nil))
}

func column(db *sql.DB, text string) (list []string, err error) {
	rows, err := db.Query(text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, rows.Err()
}

func TestT01_EveryRouteIsTheAppsOwn404(t *testing.T) {
	t.Parallel()
	tb, _, id := recorded(t)
	app := http.NewServeMux()
	app.Handle("GET /{$}", hello)
	wrapped := tb.Wrap(app)
	n := 0
	routes(t, tb, id, func(method, path string) {
		n++
		for _, remote := range []string{stranger, "10.0.0.7:1", "@"} {
			answer := func(h http.Handler) string {
				r := httptest.NewRequest(method, path, strings.NewReader("do=delete&id="+id))
				r.RemoteAddr, r.Host = remote, "localhost"
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				var b bytes.Buffer
				if err := w.Result().Write(&b); err != nil {
					t.Fatal(err)
				}
				return b.String()
			}
			if got, want := answer(wrapped), answer(app); got != want || !strings.Contains(want, "404") {
				t.Errorf("%s %s is answered\n%s\nand by the app alone\n%s", method, path, got, want)
			}
		}
	})
	t.Logf("%d routes", n)
}

// Nothing that a link, an image or a script of another page can send changes anything.
func TestT04_NothingChangesButByAFormOfTheDashboard(t *testing.T) {
	t.Parallel()
	tb, path, id := recorded(t)
	wrapped := tb.Wrap(hello)
	before := state(t, path)
	params := []string{
		"", "do=delete&sure=yes&id=" + id, "pp=disable&profile-gc=1", "action=clear&clear=1&pause=1", "enable=0&disable=1&theme=x",
		"do=pin&id=" + id + "&proof=AAAA.BBBB",
	}
	routes(t, tb, id, func(_, path string) {
		for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodOptions} {
			for _, p := range params {
				r := httptest.NewRequest(method, path+"?"+p, nil)
				r.RemoteAddr, r.Host = local, "localhost"
				r.Header.Set("X-Rack-Mini-Profiler", "disable")
				r.Header.Set("X-Http-Method-Override", "POST")
				r.AddCookie(&http.Cookie{Name: "do", Value: "delete"})
				wrapped.ServeHTTP(httptest.NewRecorder(), r)
			}
		}
	})
	proof := regexp.MustCompile(`name="proof" value="([^"]+)"`).FindStringSubmatch(ask(tb.Handler(), "/_toolbar/requests", local))
	if proof == nil {
		t.Fatal("no form has a proof")
	}
	form := url.Values{"do": {"delete"}, "sure": {"yes"}, "id": {id}, "proof": {proof[1]}}
	const urlencoded = "application/x-www-form-urlencoded"
	post := func(path, kind, body string, header ...string) int {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		r.RemoteAddr, r.Host = local, "localhost:8080"
		r.Header.Set("Content-Type", kind)
		for i := 0; i+1 < len(header); i += 2 {
			r.Header.Set(header[i], header[i+1])
		}
		w := httptest.NewRecorder()
		wrapped.ServeHTTP(w, r)
		return w.Code
	}
	unproved := url.Values{"do": form["do"], "sure": form["sure"], "id": form["id"]}.Encode()
	for name, c := range map[string]struct {
		kind, body string
		header     []string
	}{
		"another site":         {urlencoded, form.Encode(), []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.test"}},
		"another port":         {urlencoded, form.Encode(), []string{"Sec-Fetch-Site", "same-site", "Origin", "http://localhost:3000"}},
		"typed":                {urlencoded, form.Encode(), []string{"Sec-Fetch-Site", "none"}},
		"an opaque origin":     {urlencoded, form.Encode(), []string{"Origin", "null"}},
		"no header":            {urlencoded, form.Encode(), nil},
		"another origin":       {urlencoded, form.Encode(), []string{"Origin", "http://localhost:8081"}},
		"no proof":             {urlencoded, unproved, []string{"Sec-Fetch-Site", "same-origin"}},
		"text":                 {"text/plain", form.Encode(), []string{"Sec-Fetch-Site", "same-origin"}},
		"JSON":                 {"application/json", `{"do":"delete","sure":"yes","id":"` + id + `"}`, []string{"Sec-Fetch-Site", "same-origin"}},
		"proof in the address": {urlencoded, unproved, []string{"Sec-Fetch-Site", "same-origin", "X-Query", "1"}},
		"proof of another": {urlencoded, strings.Replace(form.Encode(), proof[1][:8], "AAAAAAAA", 1),
			[]string{"Sec-Fetch-Site", "same-origin"}},
	} {
		query := ""
		if name == "proof in the address" {
			query = "?" + form.Encode()
		}
		routes(t, tb, id, func(method, path string) {
			if method != http.MethodPost || strings.HasSuffix(path, "/timing") && strings.Contains(fmt.Sprint(c.header), "same-origin") {
				return
			}
			if status := post(path+query, c.kind, c.body, c.header...); status < 400 && status != http.StatusOK {
				t.Errorf("%s to %s: status %d", name, path, status)
			}
		})
		if state(t, path) != before {
			t.Fatalf("%s: it changed something", name)
		}
	}
	if status := post("/_toolbar/marks", urlencoded, form.Encode(), "Sec-Fetch-Site", "same-origin"); status != http.StatusSeeOther {
		t.Errorf("the one that is right: %d", status)
	}
	if state(t, path) == before {
		t.Error("the one that is right changed nothing: the test does not see changes")
	}
}

func TestT18_NoRedirectLeadsAway(t *testing.T) {
	t.Parallel()
	tb, _, id := recorded(t)
	proof := regexp.MustCompile(`name="proof" value="([^"]+)"`).FindStringSubmatch(ask(tb.Handler(), "/_toolbar/requests", local))
	away := []string{
		"//evil.test", "///evil.test", "////evil.test", "https://evil.test", "http:evil.test", "https:/evil.test", "https:///evil.test",
		`/\evil.test`, `\\evil.test`, `/\/evil.test`, `\/\/evil.test`, "/_toolbar/../../evil.test", "/_toolbar//evil.test", "//evil.test/_toolbar/",
		"/_toolbar/..//evil.test", "/_toolbar/%2e%2e//evil.test", "/_toolbar/%2f%2fevil.test", "/%5cevil.test", "javascript:alert(1)", "data:text/html,x",
		"/_toolbar/\r\nLocation: https://evil.test", "/_toolbar/%0d%0aLocation:%20https://evil.test", "https://evil.test/_toolbar/", "//localhost@evil.test",
		"http://localhost:8080@evil.test/_toolbar/", "/_toolbar@evil.test", ".evil.test", "@evil.test", "%2f%2fevil.test", "\t//evil.test", " //evil.test",
		"/_toolbar/?x=//evil.test#@evil.test", "ftp://evil.test",
	}
	redirects := 0
	check := func(what, payload string, w *httptest.ResponseRecorder) {
		to, ok := w.Header()["Location"]
		if !ok {
			return
		}
		redirects++
		u, err := url.Parse(to[0])
		switch {
		case err != nil || len(to) != 1:
			t.Errorf("%s with %q leads to %q", what, payload, to)
		case u.Host != "" || u.Scheme != "" || u.Opaque != "" || u.User != nil || !strings.HasPrefix(to[0], "/"),
			strings.HasPrefix(to[0], "//"), strings.HasPrefix(to[0], `/\`), strings.ContainsAny(to[0], "\r\n\t"):
			t.Errorf("%s with %q leads to %q", what, payload, to[0])
		}
	}
	params := []string{"back", "next", "url", "to", "return", "return_to", "redirect", "continue", "here", "path", "a", "b"}
	for i, payload := range away {
		routes(t, tb, id, func(method, path string) {
			q := url.Values{}
			for j, name := range params {
				q.Set(name, away[(i+j)%len(away)])
			}
			targets := []string{path + "?" + q.Encode()}
			switch {
			case path == "/_toolbar/":
				targets = append(targets, path+url.PathEscape(payload), path+payload)
			case method == http.MethodGet && i%len(params) != 0: // each parameter has had each payload then
				return
			}
			for _, target := range targets {
				u, err := url.Parse(target)
				if err != nil {
					continue
				}
				form := url.Values{"proof": {proof[1]}, "back": {payload}, "do": {"pin"}, "id": {id}}
				if method == http.MethodPost && strings.HasSuffix(target, "0") {
					form.Set("do", "compare")
				}
				r := httptest.NewRequest(method, "/", strings.NewReader(form.Encode()))
				r.URL, r.RequestURI = u, target
				r.RemoteAddr, r.Host = local, "localhost"
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Sec-Fetch-Site", "same-origin")
				r.Header.Set("Referer", payload)
				r.Header.Set("X-Forwarded-Prefix", payload)
				w := httptest.NewRecorder()
				tb.Handler().ServeHTTP(w, r)
				check(method+" "+path, payload, w)
			}
		})
		for _, ids := range [][]string{{id}, {id, payload}, {payload, payload}} {
			form := url.Values{"proof": {proof[1]}, "back": {payload}, "do": {"compare"}, "id": ids}
			r := httptest.NewRequest(http.MethodPost, "/_toolbar/marks", strings.NewReader(form.Encode()))
			r.RemoteAddr, r.Host = local, "localhost"
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("Sec-Fetch-Site", "same-origin")
			w := httptest.NewRecorder()
			tb.Handler().ServeHTTP(w, r)
			check("compare", payload, w)
		}
	}
	if redirects < len(away) {
		t.Errorf("%d redirects were seen: the test does not reach them", redirects)
	}
	t.Logf("%d payloads, %d redirects", len(away), redirects)
}
