package toolbar_test

import (
	"bufio"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/go-debug-toolbar/debugtoolbar/instrument/slogtap"
	"github.com/go-debug-toolbar/debugtoolbar/toolbar"
	"github.com/go-debug-toolbar/debugtoolbar/web"
)

// chatty is an app that logs a line for each request, in which it says who came.
func chatty() http.Handler {
	log := slog.New(slogtap.New(slog.NewTextHandler(io.Discard, nil)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		log.InfoContext(r.Context(), "somebody came", "who", r.URL.Query().Get("who"), "password", "hunter2Canary")
		_, _ = io.WriteString(w, "hello "+r.URL.RequestURI())
	})
}

var (
	logsProof = regexp.MustCompile(`name="proof" value="([^"]+)"`)
	logsLink  = regexp.MustCompile(`href="(/[^"]*\?toolbar-logs=[^"]+)"`)
)

// follow asks for an address that follows a browser, and gives it.
func (b *bundle) follow() (link string) {
	b.Helper()
	_, page := b.get("/_toolbar/logs")
	form := url.Values{"proof": {logsProof.FindStringSubmatch(page)[1]}, "do": {"follow"}, "back": {"/_toolbar/logs"}}
	status, page := b.post("logs", form, "Sec-Fetch-Site", "same-origin")
	m := logsLink.FindStringSubmatch(page)
	if status != http.StatusOK || m == nil {
		b.Fatalf("no address: %d\n%s", status, page)
	}
	return html.UnescapeString(m[1])
}

// stranger is a browser that may not see the dashboard.
func (b *bundle) stranger() func(path string) (int, string) {
	b.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		b.Fatal(err)
	}
	client := *b.srv.Client()
	client.Jar = jar
	return func(path string) (int, string) {
		b.Helper()
		req, err := http.NewRequest(http.MethodGet, b.srv.URL+path, nil)
		if err != nil {
			b.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", "192.0.2.7")
		res, err := client.Do(req)
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
}

func TestBrowserLogs_OfOneBrowserAreShownAsTheyCome(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, chatty())
	link := b.follow()
	mara, noah := b.stranger(), b.stranger()
	if status, _ := mara("/_toolbar/logs"); status == http.StatusOK {
		if _, body := mara("/_toolbar/logs"); !strings.HasPrefix(body, "hello") {
			t.Fatal("a stranger sees the dashboard")
		}
	}
	// The address leads to the page that it names, without the token.
	if _, body := mara(strings.Replace(link, "/?", "/shelf?a=1&", 1)); body != "hello /shelf?a=1" {
		t.Errorf("it leads to %q", body)
	}
	b.flush() // so that the stream begins after it

	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.srv.URL+"/_toolbar/events?format=logs&q=tag:browser-"+browserOf(link), nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := b.srv.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	stream := bufio.NewReader(res.Body)
	if line, err := stream.ReadString('\n'); err != nil || !strings.HasPrefix(line, "retry") {
		t.Fatal(line, err)
	}
	noah("/?who=noah")
	mara("/?who=mara")
	var live strings.Builder
	for !strings.Contains(live.String(), "</tr>") {
		line, err := stream.ReadString('\n')
		if err != nil {
			t.Fatalf("%v after\n%s", err, live.String())
		}
		live.WriteString(line)
	}
	res.Body.Close()
	b.flush()
	_, page := b.get("/_toolbar/logs")
	var list struct {
		Chosen string
		Lines  []struct{ Text, Record, Name string }
	}
	b.api("logs", &list)
	for where, text := range map[string]string{"the stream": live.String(), "the page": page} {
		if !strings.Contains(text, "somebody came") || !strings.Contains(text, "mara") || strings.Contains(text, "noah") || strings.Contains(text, "hunter2Canary") {
			t.Errorf("%s has not the lines of this browser, masked:\n%s", where, text)
		}
	}
	if list.Chosen != browserOf(link) || len(list.Lines) != 2 { // of /shelf and of /
		t.Errorf("the API has %+v", list)
	}
	_, health := b.get("/_toolbar/health")
	if !strings.Contains(health, "browser-"+browserOf(link)) {
		t.Error("the audit log does not tell of it")
	}
}

func browserOf(link string) string {
	_, token, _ := strings.Cut(link, "toolbar-logs=")
	name, _, _ := strings.Cut(token, ".")
	return name
}

func TestBrowserLogs_OnlyATokenFromHereFollows(t *testing.T) {
	t.Parallel()
	b := setup(t, toolbar.Config{}, chatty())
	link := b.follow()
	u, err := url.Parse(link)
	if err != nil {
		t.Fatal(err)
	}
	token := u.Query().Get("toolbar-logs")
	parts := strings.Split(token, ".")
	other := setup(t, toolbar.Config{}, chatty())
	foreign, _ := url.Parse(other.follow())
	for name, bad := range map[string]string{
		"none":              "",
		"made up":           "abc.99999999999.abc",
		"no signature":      parts[0] + "." + parts[1],
		"longer":            parts[0] + ".99999999999." + parts[2],
		"another browser":   "aaaaaaaa." + parts[1] + "." + parts[2],
		"another process's": foreign.Query().Get("toolbar-logs"),
		"cut":               token[:len(token)-1],
	} {
		visit := b.stranger()
		if _, body := visit("/?toolbar-logs=" + url.QueryEscape(bad)); !strings.HasPrefix(body, "hello /?toolbar-logs=") {
			t.Errorf("%s: the app was not asked: %q", name, body)
		}
		visit("/")
	}
	// A cookie alone is no better, and where the address leads is this host.
	forged := b.stranger()
	if _, body := forged("//evil.test/x?toolbar-logs=" + url.QueryEscape(token)); body != "hello /evil.test/x" {
		t.Errorf("it leads to %q", body)
	}
	b.flush()
	var list struct {
		Lines []struct{ Name string }
	}
	b.api("logs", &list)
	if len(list.Lines) != 1 { // of the last visit
		t.Errorf("%d lines are followed: %+v", len(list.Lines), list.Lines)
	}

	// Who is let go is not followed any more, whatever it still has.
	_, page := b.get("/_toolbar/logs")
	form := url.Values{"proof": {logsProof.FindStringSubmatch(page)[1]}, "do": {"stop"}, "browser": {parts[0]}, "back": {"/_toolbar/logs"}}
	if status, _ := b.post("logs", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusOK {
		t.Errorf("stop: status %d", status)
	}
	forged("/")
	if _, body := b.stranger()(link); !strings.HasPrefix(body, "hello /?toolbar-logs=") {
		t.Errorf("after it was stopped: %q", body)
	}
	b.flush()
	b.api("logs?browser="+parts[0], &list)
	if len(list.Lines) != 1 {
		t.Errorf("after it was stopped: %d lines", len(list.Lines))
	}
}

func TestT04_BrowsersAreFollowedByWhoMay(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]toolbar.Config{
		"read only": {ReadOnly: true},
		"no right":  {May: func(_ *http.Request, a web.Action) bool { return a != web.ActLogs }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t, c, chatty())
			b.get("/")
			b.flush()
			_, page := b.get("/_toolbar/logs")
			if logsProof.MatchString(page) || logsLink.MatchString(page) {
				t.Error("the page offers it")
			}
			_, list := b.get("/_toolbar/requests")
			form := url.Values{"do": {"follow"}}
			if m := logsProof.FindStringSubmatch(list); m != nil {
				form.Set("proof", m[1])
			}
			if status, _ := b.post("logs", form, "Sec-Fetch-Site", "same-origin"); status != http.StatusForbidden {
				t.Errorf("status %d", status)
			}
		})
	}
}
