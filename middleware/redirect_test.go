package middleware_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

func redirecting(to string, code int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, to, code) }
}

// TestRedirect_ChainIsLinked: each Record of a chain has the one before as its parent.
func TestRedirect_ChainIsLinked(t *testing.T) {
	t.Parallel()
	record, m := recording(middleware.RecordOptions{})
	mux := http.NewServeMux()
	mux.Handle("/form", redirecting("next?saved=1", 303))
	mux.Handle("/next", redirecting("/end", 307))
	mux.HandleFunc("/end", checkout)
	srv := httptest.NewServer(record(middleware.NewStack().Then(mux)))
	defer srv.Close()
	jar, _ := cookiejar.New(nil)
	client := *srv.Client()
	client.Jar = jar
	res, err := client.Post(srv.URL+"/form", "text/plain", nil)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if string(body) != "done" || len(jar.Cookies(res.Request.URL)) != 0 || len(res.Header["Set-Cookie"]) != 0 {
		t.Errorf("got %q, %v", body, res.Header)
	}
	<-m.arrived
	<-m.arrived
	<-m.arrived
	m.mu.Lock()
	defer m.mu.Unlock()
	first, second, third := m.records[0], m.records[1], m.records[2]
	if first.Parent != 0 || second.Parent != first.ID || third.Parent != second.ID {
		t.Errorf("parents %v, %v, %v", first.Parent, second.Parent, third.Parent)
	}
	wantAttrs(t, first, map[string]any{"redirect.from": nil, "http.response.header.location": "/next?saved=1"})
	wantAttrs(t, second, map[string]any{"redirect.from": first.ID.String(), "redirect.count": int64(1)})
	wantAttrs(t, third, map[string]any{"redirect.from": second.ID.String(), "redirect.count": int64(2)})
}

func TestRedirect_OnlyWhoWasSentIsLinked(t *testing.T) {
	t.Parallel()
	ask := func(h http.Handler, method, target, client, agent string) {
		r := httptest.NewRequest(method, target, nil)
		r.RemoteAddr = client
		r.Header.Set("User-Agent", agent)
		request(h, r)
	}
	for name, c := range map[string]struct {
		method, target, client, agent string
		linked                        bool
	}{
		"the same client":             {"GET", "http://a.test/to?x=1", "1.2.3.4:5", "b", true},
		"from another port":           {"GET", "http://a.test/to?x=1", "1.2.3.4:6", "b", true},
		"another client":              {"GET", "http://a.test/to?x=1", "1.2.3.5:5", "b", false},
		"another browser":             {"GET", "http://a.test/to?x=1", "1.2.3.4:5", "c", false},
		"another page":                {"GET", "http://a.test/to?x=2", "1.2.3.4:5", "b", false},
		"another host":                {"GET", "http://b.test/to?x=1", "1.2.3.4:5", "b", false},
		"a method that no 302 causes": {"POST", "http://a.test/to?x=1", "1.2.3.4:5", "b", false},
	} {
		record, m := recording(middleware.RecordOptions{})
		h := record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/from" {
				http.Redirect(w, r, "/to?x=1", http.StatusFound)
			}
		}))
		ask(h, "GET", "http://a.test/from", "1.2.3.4:5", "b")
		ask(h, c.method, c.target, c.client, c.agent)
		ask(h, c.method, c.target, c.client, c.agent) // a reload is no second redirect
		if linked := m.records[1].Parent == m.records[0].ID; linked != c.linked || m.records[2].Parent != 0 {
			t.Errorf("%s: linked %v, and the second time to %v", name, linked, m.records[2].Parent)
		}
	}
}

// TestRedirect_IsForgotten after a while, and there is no end of them.
func TestRedirect_IsForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record, m := recording(middleware.RecordOptions{})
		m.arrived = make(chan struct{}, 2000)
		h := record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/from" {
				http.Redirect(w, r, "/to?"+r.URL.RawQuery, http.StatusFound)
			}
		}))
		for i := range 1000 {
			request(h, httptest.NewRequest("GET", fmt.Sprintf("/from?%d", i), nil))
		}
		request(h, httptest.NewRequest("GET", "/to?0", nil))
		request(h, httptest.NewRequest("GET", "/to?999", nil))
		time.Sleep(20 * time.Second)
		request(h, httptest.NewRequest("GET", "/to?1", nil))
		request(h, httptest.NewRequest("GET", "/from?new", nil))
		request(h, httptest.NewRequest("GET", "/to?new", nil))
		parents := map[int]instrument.ID{1000: m.records[0].ID, 1001: 0, 1002: 0, 1004: m.records[1003].ID}
		for i, want := range parents {
			if m.records[i].Parent != want {
				t.Errorf("record %d has parent %v, want %v", i, m.records[i].Parent, want)
			}
		}
	})
}

// TestRedirect_IsRememberedAsLongAsIsAsked: for where somebody looks at the redirect before
// going on.
func TestRedirect_IsRememberedAsLongAsIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		record, m := recording(middleware.RecordOptions{RedirectTime: time.Minute})
		h := record(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/from" {
				http.Redirect(w, r, "/to?"+r.URL.RawQuery, http.StatusFound)
			}
		}))
		request(h, httptest.NewRequest("GET", "/from?1", nil))
		request(h, httptest.NewRequest("GET", "/from?2", nil))
		time.Sleep(50 * time.Second)
		request(h, httptest.NewRequest("GET", "/to?1", nil))
		time.Sleep(20 * time.Second)
		request(h, httptest.NewRequest("GET", "/to?2", nil))
		if m.records[2].Parent != m.records[0].ID || m.records[3].Parent != 0 {
			t.Errorf("parents after 50 and 70 seconds: %v and %v, want %v and none", m.records[2].Parent, m.records[3].Parent, m.records[0].ID)
		}
	})
}
